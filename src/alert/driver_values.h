// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hash/fingerprint.h"

namespace tocsin {

using DriverValue = std::uint32_t;  // 0: none

// The texts of values that drive something: each is kept once, as long as somebody holds it. One
// thread.
class DriverValues {
 public:
  // For one holder more; drop() is for one less.
  DriverValue take(std::string_view text);
  void keep(DriverValue value) { ++at(value).second.holders; }
  void drop(DriverValue value);

  std::string_view text(DriverValue value) const { return at(value).first; }
  std::size_t size() const { return by_text_.size(); }
  std::size_t bytes() const { return bytes_; }  // of memory, about

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash64(text, 0); }
  };
  struct Held {
    DriverValue value = 0;
    std::uint32_t holders = 0;
  };
  using ByText = std::unordered_map<std::string, Held, TextHash, std::equal_to<>>;
  ByText::value_type& at(DriverValue value) { return *by_value_[value - 1]; }
  const ByText::value_type& at(DriverValue value) const { return *by_value_[value - 1]; }

  ByText by_text_;
  std::vector<ByText::value_type*> by_value_;
  std::vector<DriverValue> free_;
  std::size_t bytes_ = 0;
};

}  // namespace tocsin
