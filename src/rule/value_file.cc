// SPDX-License-Identifier: Apache-2.0
#include "rule/value_file.h"

#include <utility>

#include "document/source_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kValuesBytesMax = std::size_t{16} << 20;
constexpr std::size_t kValueMax = 256;  // as long as a text of an event

class ValuesReader {
 public:
  ValuesReader(const SourceText& source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  // False if a line is wrong.
  bool read(ListedValues::Set& values) {
    for (int number = 1; number <= static_cast<int>(source_.lines()); ++number) {
      const std::string_view line = source_.line(number);
      if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
      if (!check(number, line)) continue;
      values.emplace(line);
    }
    return good_;
  }

 private:
  // Values are compared exactly: what would never be met is told instead.
  bool check(int number, std::string_view line) {
    const std::size_t start = source_.line_start(number);
    constexpr std::string_view kAround = " \t";
    const std::size_t first = line.find_first_not_of(kAround);
    const std::size_t end = line.find_last_not_of(kAround) + 1;
    if (first > 0) return wrong(start, first, "this value begins with a blank", kExactly);
    if (end < line.size()) {
      return wrong(start + end, line.size() - end, "this value ends with a blank", kExactly);
    }
    if (line.size() > kValueMax) {
      return wrong(start, line.size(), "a value has at most 256 bytes", "");
    }
    return true;
  }

  static constexpr const char* kExactly = "values are compared exactly: take it away";

  bool wrong(std::size_t offset, std::size_t bytes, std::string message, std::string hint) {
    good_ = false;
    if (!is_full(diagnostics_, Diagnostic::Level::error)) {
      diagnostics_.push_back(source_.error(offset, bytes, std::move(message), std::move(hint)));
    }
    return false;
  }

  const SourceText& source_;
  Diagnostics& diagnostics_;
  bool good_ = true;
};

}  // namespace

std::shared_ptr<const ListedValues> read_values(const Reader& reader, const Node& node,
                                                Files& files) {
  const auto* name = reader.text(node, "a file with a value a line, such as vip-users.txt");
  if (name == nullptr) return nullptr;
  if (name->empty()) {
    reader.error(node, "a file's name is missing", "write {in: vip-users.txt}");
    return nullptr;
  }
  const std::string path = resolve_path(reader.file(), *name);
  const auto bytes = files.read(path, kValuesBytesMax);
  if (!bytes) {
    reader.error(node, "cannot read " + path + ": " + bytes.error().message,
                 "a value a line; values written here are a list: [a, b]");
    return nullptr;
  }
  auto& diagnostics = reader.diagnostics();
  if (bytes->find_first_not_of(" \t\r\n") == std::string::npos) {
    reader.error(node, path + " holds no value, which no request would match", "a value a line");
    return nullptr;
  }
  const auto source = SourceText::read(path, *bytes, diagnostics, kValuesBytesMax);
  ListedValues::Set values;
  if (!source || !ValuesReader(*source, diagnostics).read(values)) return nullptr;
  return std::make_shared<const ListedValues>(*name, std::move(values));
}

}  // namespace tocsin
