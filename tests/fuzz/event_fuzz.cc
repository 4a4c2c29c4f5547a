// SPDX-License-Identifier: Apache-2.0
// Native records and Helicone's against a second reader: what is an event, each of its fields, and
// money to the last digit. The first byte is the format, the rest the record.
#include <algorithm>
#include <vector>

#include "expected_event.h"
#include "json_reader.h"
#include "told.h"

namespace tocsin::fuzz {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// Of records that are found out to be of another format nothing is expected here.
bool has_others(std::string_view text) {
  const auto value = read_json(text, {.depth_max = 32, .lenient = true});
  if (!value) return false;
  return is_of_others(*value) ||
         std::any_of(value->items.begin(), value->items.end(), is_of_others);
}

std::string expected_document(std::string_view text, Format format, bool& others) {
  others = others || (format == Format::automatic && has_others(text));
  const auto value = read_json(text, {.depth_max = 32, .lenient = true});
  if (!value) return "refused\n.\n";
  if (value->is(Json::Kind::object)) return expected_event(*value, format).text() + ".\n";
  if (!value->is(Json::Kind::array)) return "refused\n.\n";
  std::string all;
  for (const Json& item : value->items) {
    all += item.is(Json::Kind::object) ? expected_event(item, format).text() : "refused\n";
    all += ".\n";
  }
  return all;
}

// One a line where the first line ends an object and the next begins one.
bool are_lines(std::string_view record) {
  const std::size_t end = record.find('\n');
  if (end == std::string_view::npos) return false;
  const std::size_t last = record.substr(0, end).find_last_not_of(kBlanks);
  const std::size_t next = record.find_first_not_of(kBlanks, end);
  return last != std::string_view::npos && next != std::string_view::npos && record[last] == '}' &&
         record[next] == '{';
}

std::string expected_record(std::string_view record, Format format, bool& others) {
  constexpr std::size_t kFraming = 5;
  if (record.size() >= kFraming && record[0] == '\0') {
    const std::size_t first = record.find_first_not_of(kBlanks, kFraming);
    if (first == std::string_view::npos) return "refused\n.\n";
    if (record[first] != '{' && record[first] != '[') return "refused\n.\n";
    record.remove_prefix(kFraming);
  }
  if (record.starts_with("\xEF\xBB\xBF")) record.remove_prefix(3);
  if (record.find_first_not_of(kBlanks) == std::string_view::npos) return "refused\n.\n";
  if (!are_lines(record)) return expected_document(record, format, others);
  std::string all;
  while (!record.empty()) {
    const std::string_view line = record.substr(0, record.find('\n'));
    record.remove_prefix(std::min(line.size() + 1, record.size()));
    if (line.find_first_not_of(kBlanks) != std::string_view::npos) {
      all += expected_document(line, format, others);
    }
  }
  return all;
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 64 * 1024) return 0;
  const auto format = static_cast<Format>(data[0] % 3);
  std::string_view record(reinterpret_cast<const char*>(data) + 1, size - 1);
  // A line feed first may be a span in protobuf.
  while (format == Format::automatic && record.starts_with('\n')) record.remove_prefix(1);
  const std::string told = fuzz::told_of(record, format).all;
  bool others = false;
  const std::string expected = fuzz::expected_record(record, format, others);
  if (!others) fuzz::expect_same(told, expected, "the events of a record");
  return 0;
}
