// SPDX-License-Identifier: Apache-2.0
#include "event/pieces.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace tocsin {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::size_t kTextMax = 4096;
constexpr std::array<std::string_view, 3> kSpanKeys = {"resourceSpans", "scopeSpans", "spans"};
constexpr std::array<std::uint64_t, 3> kSpanFields = {1, 2, 2};  // the same in OTLP's protobuf
constexpr std::size_t kNone = std::string_view::npos;

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kBlank, at), text.size());
}

// Behind the JSON text that begins at `at`; kNone: it has no end.
std::size_t text_end(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return kNone;
}

// Behind the JSON value that begins at `at`, by its brackets alone; kNone: it has no end.
std::size_t value_end(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      at = text_end(json, at);
      if (at == kNone || depth == 0) return at;
      --at;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;  // behind a number
      if (--depth == 0) return at + 1;
    } else if (depth == 0 && (c == ',' || kBlank.find(c) != kNone)) {
      return at;
    }
  }
  return depth == 0 ? json.size() : kNone;
}

using Parts = std::vector<std::string_view>;

// The elements of the array that begins at `at`, and where it ends; nothing: it is none.
std::optional<std::pair<Parts, std::size_t>> elements(std::string_view json, std::size_t at) {
  Parts parts;
  at = skip_blanks(json, at + 1);
  while (at < json.size() && json[at] != ']') {
    const std::size_t end = value_end(json, at);
    if (end == kNone || end == at) return std::nullopt;
    parts.push_back(json.substr(at, end - at));
    at = skip_blanks(json, end);
    if (at < json.size() && json[at] == ',') {
      at = skip_blanks(json, at + 1);
    } else if (at == json.size() || json[at] != ']') {
      return std::nullopt;
    }
  }
  if (at == json.size()) return std::nullopt;
  return std::pair{std::move(parts), at + 1};
}

// Where the value of `key` begins in the object that `json` is; kNone: it has none.
std::size_t find_value(std::string_view json, std::string_view key) {
  std::size_t at = skip_blanks(json, 1);
  while (at < json.size() && json[at] == '"') {
    const std::size_t end = text_end(json, at);
    if (end == kNone) return kNone;
    const bool found = json.substr(at + 1, end - at - 2) == key;
    at = skip_blanks(json, end);
    if (at == json.size() || json[at] != ':') return kNone;
    at = skip_blanks(json, at + 1);
    if (found) return at;
    const std::size_t behind = value_end(json, at);
    if (behind == kNone || behind == at) return kNone;
    at = skip_blanks(json, behind);
    if (at < json.size() && json[at] == ',') at = skip_blanks(json, at + 1);
  }
  return kNone;
}

// The JSON with every long text in it emptied.
std::string without_long_texts(std::string_view json) {
  std::string kept;
  std::size_t done = 0;
  for (std::size_t at = json.find('"'); at != kNone; at = json.find('"', at)) {
    const std::size_t end = text_end(json, at);
    if (end == kNone) break;
    if (end - at > kTextMax) {
      kept += json.substr(done, at + 1 - done);
      done = end - 1;
    }
    at = end;
  }
  kept += json.substr(done);
  return kept;
}

// What is around a list of parts, and how they are joined in it.
struct Wrapping {
  std::string before, after;
  std::string_view between;
};

struct Whole {
  std::string text;
  std::size_t first = 0;  // of its parts, among all
};
using Wholes = std::vector<Whole>;
using Texts = std::vector<std::string>;

// How many parts from `first` on fit together; each does alone.
std::size_t fitting(const Texts& parts, std::size_t first, const Wrapping& around,
                    std::size_t max) {
  std::size_t bytes = around.before.size() + around.after.size() + parts[first].size();
  std::size_t count = 1;
  while (first + count < parts.size()) {
    bytes += around.between.size() + parts[first + count].size();
    if (bytes > max) break;
    ++count;
  }
  return count;
}

Wholes wrapped(const Texts& parts, const Wrapping& around, std::size_t max) {
  Wholes wholes;
  for (std::size_t first = 0; first < parts.size();) {
    const std::size_t count = fitting(parts, first, around, max);
    std::string& text = wholes.emplace_back(Whole{around.before, first}).text;
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) text += around.between;
      text += parts[first + i];
    }
    text += around.after;
    first += count;
  }
  return wholes;
}

// An object of OTLP as several, each with some of what the first of `keys` lists.
std::optional<Wholes> cut_object(std::string_view json, std::span<const std::string_view> keys,
                                 std::size_t max) {
  if (keys.empty()) {
    std::string small = without_long_texts(json);
    if (small.size() > max) return std::nullopt;
    return Wholes{{std::move(small), 0}};
  }
  const std::size_t list = find_value(json, keys.front());
  if (list == kNone || list == json.size() || json[list] != '[') {
    return cut_object(json, {}, max);
  }
  const auto found = elements(json, list);
  if (!found) return std::nullopt;
  const Wrapping around{std::string(json.substr(0, list + 1)),
                        "]" + std::string(json.substr(found->second)), ","};
  const std::size_t frame = around.before.size() + around.after.size();
  if (frame >= max) return std::nullopt;
  Texts parts;
  for (const auto element : found->first) {
    if (element.size() <= max - frame) {
      parts.emplace_back(element);
      continue;
    }
    auto smaller = cut_object(element, keys.subspan(1), max - frame);
    if (!smaller) return std::nullopt;
    for (Whole& one : *smaller) parts.push_back(std::move(one.text));
  }
  return wrapped(parts, around, max);
}

bool read_varint(std::string_view bytes, std::size_t& at, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// Behind the field that begins at `at`; its number and, of a message, its content. kNone: broken.
std::size_t field_end(std::string_view bytes, std::size_t at, std::uint64_t& number,
                      std::string_view& content) {
  constexpr std::uint64_t kVarint = 0, kFixed64 = 1, kLengthed = 2, kFixed32 = 5;
  std::uint64_t tag = 0, value = 0;
  if (!read_varint(bytes, at, tag)) return kNone;
  number = tag >> 3;
  content = {};
  switch (tag & 7) {
    case kVarint: return read_varint(bytes, at, value) ? at : kNone;
    case kFixed64: return bytes.size() - at >= 8 ? at + 8 : kNone;
    case kFixed32: return bytes.size() - at >= 4 ? at + 4 : kNone;
    case kLengthed:
      if (!read_varint(bytes, at, value) || value > bytes.size() - at) return kNone;
      content = bytes.substr(at, static_cast<std::size_t>(value));
      return at + content.size();
    default: return kNone;
  }
}

// A message of OTLP as several, each with some of the first of `fields`, as cut_object() does it.
std::optional<Wholes> cut_message(std::string_view bytes, std::span<const std::uint64_t> fields,
                                  std::size_t max) {
  if (fields.empty()) return std::nullopt;  // a span's texts cannot go without its lengths
  Wrapping around;
  std::vector<std::pair<std::string_view, std::string_view>> found;  // the field, its content
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint64_t number = 0;
    std::string_view content;
    const std::size_t end = field_end(bytes, at, number, content);
    if (end == kNone) return std::nullopt;
    const auto field = bytes.substr(at, end - at);
    if (number == fields.front()) {
      found.emplace_back(field, content);
    } else {
      around.before += field;
    }
    at = end;
  }
  constexpr std::size_t kTagAndLength = 11;
  if (around.before.size() + kTagAndLength >= max) return std::nullopt;
  const std::size_t room = max - around.before.size();
  Texts parts;
  for (const auto& [field, content] : found) {
    if (field.size() <= room) {
      parts.emplace_back(field);
      continue;
    }
    const auto smaller = cut_message(content, fields.subspan(1), room - kTagAndLength);
    if (!smaller) return std::nullopt;
    for (const Whole& one : *smaller) {
      std::string& part = parts.emplace_back();
      append_varint(part, fields.front() << 3 | 2);
      append_varint(part, one.text.size());
      part += one.text;
    }
  }
  return wrapped(parts, around, max);
}

// Parts that stand side by side, those that are too large without their long texts.
std::optional<Wholes> cut_list(const Parts& parts, const Wrapping& around, std::size_t max) {
  const std::size_t room = max - around.before.size() - around.after.size();
  Texts fitted;
  for (const auto part : parts) {
    std::string& one = fitted.emplace_back(part);
    if (one.size() > room) one = without_long_texts(part);
    if (one.size() > room) return std::nullopt;
  }
  return wrapped(fitted, around, max);
}

Parts lines(std::string_view text) {
  Parts parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::optional<Wholes> cut_json(std::string_view json, std::size_t max) {
  if (json.front() == '[') {
    const auto found = elements(json, 0);
    if (!found || skip_blanks(json, found->second) != json.size()) return std::nullopt;
    return cut_list(found->first, {"[", "]", ","}, max);
  }
  const std::size_t end = value_end(json, 0);
  if (end == kNone) return std::nullopt;
  const std::size_t next = skip_blanks(json, end);
  if (next < json.size() && json[next] == '{') return cut_list(lines(json), {"", "", "\n"}, max);
  return cut_object(json, kSpanKeys, max);
}

std::optional<Wholes> cut_large(std::string_view body, std::size_t max) {
  const std::string_view text = body.substr(body.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  const std::size_t start = skip_blanks(text, 0);
  if (start < text.size() && (text[start] == '{' || text[start] == '[')) {
    if (auto wholes = cut_json(text.substr(start), max)) return wholes;
  }
  // Protobuf can begin with what is a line's end and a bracket.
  return cut_message(body, kSpanFields, max);
}

}  // namespace

std::optional<Pieces> Pieces::cut(std::string_view body, std::size_t max) {
  Pieces pieces;
  if (body.size() <= max) {
    pieces.pieces_.push_back({body, 0});
    return pieces;
  }
  auto wholes = cut_large(body, max);
  if (!wholes) return std::nullopt;
  for (Whole& one : *wholes) {
    pieces.pieces_.push_back({pieces.made_.emplace_back(std::move(one.text)), one.first});
  }
  return pieces;
}

}  // namespace tocsin
