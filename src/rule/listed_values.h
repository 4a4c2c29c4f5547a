// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace tocsin {

// The values of a file that a condition names: `{in: vip-users.txt}`. Immutable; any thread.
class ListedValues {
 public:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Set = std::unordered_set<std::string, Hash, std::equal_to<>>;

  ListedValues(std::string file, Set values) : file_(std::move(file)), values_(std::move(values)) {}

  bool contains(std::string_view value) const { return values_.contains(value); }
  // As the rule writes it. It stands for the values where rules are told apart: a rule whose file
  // has other values now goes on counting.
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  Set values_;
};

}  // namespace tocsin
