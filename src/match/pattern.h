// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "tocsin/result.h"

namespace tocsin {

// A regular expression of RE2's syntax over UTF-8. Immutable; any thread.
class Pattern {
 public:
  // reject: not a regular expression, or one that takes over a megabyte; the message says why.
  static Result<Pattern> compile(std::string_view expression);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  // Does it describe the whole of `value`? Linear in the value's size.
  bool matches(std::string_view value) const;

 private:
  struct Compiled;
  explicit Pattern(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace tocsin
