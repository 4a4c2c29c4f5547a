// SPDX-License-Identifier: Apache-2.0
#include "json_reader.h"

#include <cstdint>

namespace tocsin::fuzz {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_character(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  const std::uint32_t lead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(lead[more] | code >> (6 * more));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | (code >> (6 * i) & 0x3F));
}

class Reader {
 public:
  Reader(std::string_view bytes, JsonLimits limits) : left_(bytes), limits_(limits) {}

  bool document(Json& value) {
    if (!this->value(value, 0)) return false;
    blanks();
    return left_.empty();
  }

 private:
  void blanks() {
    while (!left_.empty() && std::string_view(" \t\r\n").find(left_[0]) != std::string_view::npos) {
      left_.remove_prefix(1);
    }
  }
  bool take(std::string_view word) {
    if (!left_.starts_with(word)) return false;
    left_.remove_prefix(word.size());
    return true;
  }

  bool value(Json& out, std::size_t depth) {
    blanks();
    if (take("{")) return depth < limits_.depth_max && object(out, depth + 1);
    if (take("[")) return depth < limits_.depth_max && array(out, depth + 1);
    if (take("\"")) return string(out);
    if (take("null")) return true;
    if (take("true")) return word(out, Json::Kind::boolean, "true");
    if (take("false")) return word(out, Json::Kind::boolean, "false");
    for (const char* name : {"NaN", "Infinity", "-Infinity"}) {
      if (limits_.lenient && take(name)) return word(out, Json::Kind::number, name);
    }
    return number(out);
  }
  static bool word(Json& out, Json::Kind kind, std::string_view text) {
    out.kind = kind;
    out.text = text;
    return true;
  }

  bool object(Json& out, std::size_t depth) {
    out.kind = Json::Kind::object;
    blanks();
    if (take("}")) return true;
    do {
      blanks();
      auto& [name, inner] = out.entries.emplace_back();
      if (!take("\"") || !string(name)) return false;
      blanks();
      if (!take(":") || !value(inner, depth)) return false;
      blanks();
    } while (take(","));
    return take("}");
  }

  bool array(Json& out, std::size_t depth) {
    out.kind = Json::Kind::array;
    blanks();
    if (take("]")) return true;
    do {
      if (!value(out.items.emplace_back(), depth)) return false;
      blanks();
    } while (take(","));
    return take("]");
  }

  bool number(Json& out) {
    const std::string_view from = left_;
    take("-");
    if (!take("0") && !digits()) return false;
    if (take(".") && !digits()) return false;
    if (take("e") || take("E")) {
      if (!take("+")) take("-");
      if (!digits()) return false;
    }
    return word(out, Json::Kind::number, from.substr(0, from.size() - left_.size()));
  }
  bool digits() {
    const std::size_t before = left_.size();
    while (!left_.empty() && is_digit(left_[0])) left_.remove_prefix(1);
    return left_.size() < before;
  }

  bool string(Json& out) {
    out.kind = Json::Kind::text;
    while (!left_.empty()) {
      const char c = left_[0];
      left_.remove_prefix(1);
      if (c == '"') return limits_.lenient || !out.bad_escape;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out.text += c;
      } else if (left_.empty() || static_cast<unsigned char>(left_[0]) < 0x20) {
        return false;
      } else {
        escape(out);
      }
    }
    return false;
  }
  void escape(Json& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    const char c = left_[0];
    left_.remove_prefix(1);
    if (const std::size_t at = kNames.find(c); at != std::string_view::npos) {
      out.text += kMeant[at];
    } else if (c != 'u' || !unicode(out.text)) {
      out.bad_escape = true;
    }
  }
  bool unicode(std::string& out) {
    std::uint32_t code = hex4();
    if (code >= 0xDC00 && code <= 0xDFFF) return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
      if (!take("\\u")) return false;
      const std::uint32_t low = hex4();
      if (low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00);
    }
    if (code == kNoCode) return false;
    append_character(out, code);
    return true;
  }
  // Takes nothing where there are no four digits.
  std::uint32_t hex4() {
    constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
    std::uint32_t code = 0;
    if (left_.size() < 4) return kNoCode;
    for (const char c : left_.substr(0, 4)) {
      const std::size_t at = kDigits.find(c);
      if (at == std::string_view::npos) return kNoCode;
      code = code * 16 + static_cast<std::uint32_t>(at < 16 ? at : at - 6);
    }
    left_.remove_prefix(4);
    return code;
  }

  static constexpr std::uint32_t kNoCode = 0xFFFFFFFF;

  std::string_view left_;
  const JsonLimits limits_;
};

}  // namespace

const Json* Json::find(std::string_view name) const {
  for (const auto& [key, value] : entries) {
    if (key.text == name) return &value;
  }
  return nullptr;
}

bool is_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto at = [&](std::size_t k) -> std::uint32_t {
      return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0U;
    };
    const std::uint32_t lead = at(i);
    const std::size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4) return false;
    std::uint32_t code = more == 0 ? lead : lead & (0x3FU >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      if ((at(i + k) & 0xC0) != 0x80) return false;
      code = code << 6 | (at(i + k) & 0x3F);
    }
    if ((more == 2 && code < 0x800) || (more == 3 && (code < 0x10000 || code > 0x10FFFF))) {
      return false;
    }
    if (code >= 0xD800 && code <= 0xDFFF) return false;
    i += more + 1;
  }
  return true;
}

std::optional<Json> read_json(std::string_view bytes, JsonLimits limits) {
  Json value;
  if (!is_utf8(bytes) || !Reader(bytes, limits).document(value)) return std::nullopt;
  return value;
}

std::optional<Json> read_json(std::string_view bytes) { return read_json(bytes, JsonLimits{}); }

}  // namespace tocsin::fuzz
