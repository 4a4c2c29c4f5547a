// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hash/fingerprint.h"
#include "rule/condition.h"

namespace tocsin {

// A bit for each rule, in words.
using RuleMask = std::vector<std::uint64_t>;

// For a value of one field, the rules that it does not rule out: what all their conditions on this
// field make of it is worked out once for a value, then remembered. One thread.
class FieldMasks {
 public:
  // `seed` makes the hash of values unpredictable to who chooses them.
  FieldMasks(std::size_t rules, std::uint64_t seed);

  // A clause, every condition of which is about this field, that must hold, or with `negated` must
  // not. It must outlive this.
  struct Need {
    const Clause* clause = nullptr;
    bool negated = false;
  };
  // All that the rule needs of this field; once a rule, and not after the first question.
  void require(std::uint32_t rule, std::vector<Need> needs);

  // Lives until the next question. Empty text: the field is missing.
  std::span<const std::uint64_t> of(std::string_view text);
  // The same of a field with many values, where one is enough (tags): a rule may need one
  // condition of it, not negated.
  void of_any(std::span<const std::string_view> texts, RuleMask& mask);

 private:
  struct Asked {
    std::uint32_t rule = 0;
    std::vector<Need> needs;
  };
  struct TextHash {
    using is_transparent = void;
    std::uint64_t seed = 0;
    std::size_t operator()(std::string_view text) const { return hash64(text, seed); }
  };
  template <class Value>
  using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

  std::span<const std::uint64_t> mask(std::size_t index) const;
  bool asked_for(std::string_view text) const;
  std::size_t learn(std::string_view text);
  void meet(std::string_view text, std::uint64_t* mask) const;

  std::size_t words_;
  std::size_t known_max_;
  RuleMask free_;                             // rules that need nothing of this field
  ByText<std::vector<std::uint32_t>> exact_;  // rules that need one of some values, by value
  // Rules that need one of the values of a file.
  std::vector<std::pair<std::shared_ptr<const ListedValues>, std::uint32_t>> listed_;
  std::vector<Asked> asked_;   // rules that need anything else
  ByText<std::size_t> known_;  // indices of masks
  RuleMask masks_;             // the first: of values that no rule asks for
};

}  // namespace tocsin
