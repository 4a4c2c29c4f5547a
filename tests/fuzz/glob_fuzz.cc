// SPDX-License-Identifier: Apache-2.0
// Globs against a matcher that tries everything, and regular expressions against the same texts.
// The pattern stands before a zero byte, the value after it.
#include <string>
#include <vector>

#include "bytes.h"
#include "fuzz_target.h"
#include "json_reader.h"
#include "match/glob.h"
#include "match/pattern.h"

namespace tocsin::fuzz {
namespace {

std::vector<std::string> characters(std::string_view utf8) {
  std::vector<std::string> all;
  for (const char c : utf8) {
    if (all.empty() || (static_cast<unsigned char>(c) & 0xC0) != 0x80) all.emplace_back();
    all.back().push_back(c);
  }
  return all;
}

// Row by row of a table: does the pattern so far describe the value so far?
bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& value) {
  std::vector<bool> row(value.size() + 1, false);
  row[0] = true;
  for (const std::string& p : pattern) {
    std::vector<bool> next(value.size() + 1, false);
    if (p == "*") next[0] = row[0];
    for (std::size_t i = 1; i <= value.size(); ++i) {
      next[i] = p == "*" ? next[i - 1] || row[i] : row[i - 1] && (p == "?" || p == value[i - 1]);
    }
    row = next;
  }
  return row.back();
}

// The glob as a regular expression; letters that mean something to one in brackets.
std::string expression_of(const std::vector<std::string>& glob) {
  std::string expression = "(?s:";
  for (const std::string& c : glob) {
    if (c == "*") {
      expression += ".*";
    } else if (c == "?") {
      expression += '.';
    } else if (std::string_view("\\^$.|+()[]{}").find(c) != std::string_view::npos) {
      expression += "\\" + c;
    } else {
      expression += c;
    }
  }
  return expression + ")";
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size > 1'000) return 0;
  fuzz::Bytes bytes(data, size);
  const std::string pattern = bytes.line();
  const std::string value(bytes.rest());
  // Neither of them is anything else where globs are used.
  if (!fuzz::is_utf8(pattern) || !fuzz::is_utf8(value)) return 0;
  const auto glob = fuzz::characters(pattern);
  const bool expected = fuzz::matches(glob, fuzz::characters(value));
  fuzz::expect(Glob(pattern).matches(value) == expected, "a glob describes what it describes");
  const auto same = Pattern::compile(fuzz::expression_of(glob));
  if (same) fuzz::expect(same->matches(value) == expected, "and so does its regular expression");
  // Whatever it is, it is refused in words or takes a time that grows with the value alone.
  if (const auto any = Pattern::compile(pattern)) {
    static_cast<void>(any->matches(value));
  } else {
    fuzz::expect(!any.error().message.empty(), "a refusal has words");
  }
  return 0;
}
