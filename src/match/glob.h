// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

// A pattern for whole values: `*` stands for any text, also none, `?` for one character of UTF-8;
// nothing else is special and nothing can be escaped. Immutable; any thread.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  // Does `text` hold anything that makes it a glob?
  static bool is_glob(std::string_view text) {
    return text.find_first_of("*?") != std::string_view::npos;
  }

  // At most value x pattern steps, whatever the two hold; no allocation.
  bool matches(std::string_view value) const;

 private:
  // What stands between the stars.
  std::vector<std::string> pieces_;
};

}  // namespace tocsin
