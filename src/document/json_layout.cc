// SPDX-License-Identifier: Apache-2.0
#include "document/json_layout.h"

#include <cstddef>

namespace tocsin {
namespace {

// After the string that begins at `at`.
std::size_t after_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

class Layout {
 public:
  explicit Layout(std::string_view json) : json_(json) {}

  std::string text() {
    for (std::size_t at = 0; at < json_.size();) at = take(at);
    out_ += '\n';
    return std::move(out_);
  }

 private:
  // Takes what begins at `at`, and returns where the next thing does.
  std::size_t take(std::size_t at) {
    const char c = json_[at];
    if (c == '"') {
      const std::size_t end = after_string(json_, at);
      out_ += json_.substr(at, end - at);
      return end;
    }
    if (c == '{' || c == '[') return open(at);
    if (c == '}' || c == ']') {
      --depth_;
      line();
      out_ += c;
    } else if (c == ',') {
      out_ += c;
      line();
    } else if (c == ':') {
      out_ += ": ";
    } else if (c != ' ' && c != '\n') {
      out_ += c;
    }
    return at + 1;
  }

  std::size_t open(std::size_t at) {
    const std::size_t end = end_of_flat(at);
    if (end == 0) {
      out_ += json_[at];
      ++depth_;
      line();
      return at + 1;
    }
    for (std::size_t i = at; i < end;) {
      if (json_[i] == '"') {
        const std::size_t after = after_string(json_, i);
        out_ += json_.substr(i, after - i);
        i = after;
        continue;
      }
      if (json_[i] != ' ' && json_[i] != '\n') out_ += json_[i];
      if (json_[i] == ',') out_ += ' ';
      ++i;
    }
    return end;
  }

  // After an empty object or a list of scalars that begins at `at`; 0: it is neither.
  std::size_t end_of_flat(std::size_t at) const {
    if (json_[at] == '{') return json_.substr(at, 2) == "{}" ? at + 2 : 0;
    for (std::size_t i = at + 1; i < json_.size();) {
      if (json_[i] == ']') return i + 1;
      if (json_[i] == '{' || json_[i] == '[') return 0;
      i = json_[i] == '"' ? after_string(json_, i) : i + 1;
    }
    return 0;
  }

  void line() {
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  std::string_view json_;
  std::string out_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string laid_out(std::string_view json) { return Layout(json).text(); }

}  // namespace tocsin
