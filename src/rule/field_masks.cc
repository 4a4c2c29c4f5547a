// SPDX-License-Identifier: Apache-2.0
#include "rule/field_masks.h"

#include <algorithm>
#include <utility>

namespace tocsin {
namespace {

// Values remembered: of few rules the one limit, of very many the other.
constexpr std::size_t kKnownMax = 4096;
constexpr std::size_t kKnownMin = 64;
constexpr std::size_t kKnownBytes = 1 << 20;  // of masks

// Every condition of the clause is about the field with this text.
bool holds(const Clause& clause, std::string_view text) {
  return holds_by(clause, [text](const Condition& condition) { return condition.holds(text); });
}

// Nothing but a list of values, here or in a file.
bool exact(const Clause& clause) {
  if (clause.kind != Clause::Kind::condition) return false;
  const Condition& condition = *clause.condition;
  return condition.kind == Condition::Kind::any_of && condition.globs.empty() &&
         condition.patterns.empty();
}

std::uint64_t bit(std::uint32_t rule) { return std::uint64_t{1} << (rule % 64); }

}  // namespace

FieldMasks::FieldMasks(std::size_t rules, std::uint64_t seed)
    : words_((rules + 63) / 64),
      known_max_(std::clamp(kKnownBytes / (words_ * sizeof(std::uint64_t)), kKnownMin, kKnownMax)),
      free_(words_, ~std::uint64_t{0}),
      exact_(0, TextHash{seed}),
      known_(0, TextHash{seed}) {}

void FieldMasks::require(std::uint32_t rule, std::vector<Need> needs) {
  free_[rule / 64] &= ~bit(rule);
  if (needs.size() > 1 || needs.front().negated || !exact(*needs.front().clause)) {
    asked_.push_back({rule, std::move(needs)});
    return;
  }
  const Condition& condition = *needs.front().clause->condition;
  for (const auto& value : condition.values) exact_[value].push_back(rule);
  if (condition.listed != nullptr) listed_.emplace_back(condition.listed, rule);
}

std::span<const std::uint64_t> FieldMasks::mask(std::size_t index) const {
  return {masks_.data() + index * words_, words_};
}

std::span<const std::uint64_t> FieldMasks::of(std::string_view text) {
  if (masks_.empty()) masks_ = free_;
  const auto known = known_.find(text);
  if (known != known_.end()) return mask(known->second);
  // However many values there are: those that no rule asks for are all alike.
  if (asked_.empty() && !asked_for(text)) return mask(0);
  return mask(learn(text));
}

void FieldMasks::of_any(std::span<const std::string_view> texts, RuleMask& mask) {
  mask = free_;
  for (const auto text : texts) {
    const auto of_one = of(text);
    for (std::size_t i = 0; i < words_; ++i) mask[i] |= of_one[i];
  }
}

bool FieldMasks::asked_for(std::string_view text) const {
  if (text.empty()) return false;
  return exact_.contains(text) ||
         std::any_of(listed_.begin(), listed_.end(),
                     [text](const auto& file) { return file.first->contains(text); });
}

std::size_t FieldMasks::learn(std::string_view text) {
  if (known_.size() >= known_max_) {
    known_.clear();
    masks_.resize(words_);
  }
  const std::size_t index = masks_.size() / words_;
  masks_.insert(masks_.end(), free_.begin(), free_.end());
  meet(text, masks_.data() + index * words_);
  known_.emplace(text, index);
  return index;
}

// Adds the rules whose requirements the value satisfies.
void FieldMasks::meet(std::string_view text, std::uint64_t* mask) const {
  if (const auto found = exact_.find(text); !text.empty() && found != exact_.end()) {
    for (const std::uint32_t rule : found->second) mask[rule / 64] |= bit(rule);
  }
  for (const auto& [values, rule] : listed_) {
    if (values->contains(text)) mask[rule / 64] |= bit(rule);
  }
  for (const auto& [rule, needs] : asked_) {
    const bool met = std::all_of(needs.begin(), needs.end(), [text](const Need& need) {
      return holds(*need.clause, text) != need.negated;
    });
    if (met) mask[rule / 64] |= bit(rule);
  }
}

}  // namespace tocsin
