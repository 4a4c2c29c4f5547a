// SPDX-License-Identifier: Apache-2.0
// Which rules in force match nothing.
#include <algorithm>
#include <utility>

#include "state/keys.h"
#include "state/state.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

std::string match_key(std::uint32_t state) {
  std::string key(1, key::kMatch);
  key::append_u32(key, state);
  return key;
}

}  // namespace

std::string encode_match(const MatchRow& row) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(1);
  out.signed_number(to_ms(row.since));
  out.number(row.requests);
  out.byte(row.matching ? 1 : 0);
  out.byte(row.told ? 1 : 0);
  return bytes;
}

bool decode_match(std::string_view bytes, MatchRow& row) {
  RowReader in(bytes);
  const std::uint8_t version = in.byte();
  row.since = event_time_ms(in.signed_number());
  row.requests = in.number();
  row.matching = in.byte() == 1;
  row.told = in.byte() == 1;
  return version == 1 && in.ok() && in.done();
}

Result<void> State::load_matches() {
  bool good = true;
  const std::string from(1, key::kMatch);
  auto scanned = store_.scan(from, key::after(from), [&](auto key, auto value) {
    MatchRow row;
    good = key.size() == 5 && decode_match(value, row);
    if (!good) return false;
    const auto rule = by_id_.find(key::read_u32(key.substr(1)));
    if (rule == by_id_.end()) {
      batch_.erase(std::string(key));  // put back, it begins anew
    } else {
      rule->second->match = row;
    }
    return true;
  });
  if (!scanned) return scanned;
  if (!good) return stop("the state is damaged: when a rule last matched cannot be read");
  if (watermark_ != StreamTime::kUnset) match_hour_ = floor_div(to_ms(watermark_), kHourMs);
  return {};
}

// After the commit's deltas are applied and its time has passed.
void State::note_matches() {
  if (watermark_ == StreamTime::kUnset) return;
  const std::int64_t hour = floor_div(to_ms(watermark_), kHourMs);
  const bool turns = std::exchange(match_hour_, hour) != hour;
  for (std::size_t i = 0; i < in_force_; ++i) {
    RuleState& rule = *rules_[i];
    MatchRow& row = rule.match;
    const bool matches = std::exchange(rule.matches, false);
    const bool begins = row.since == StreamTime::kUnset ||
                        (turns && (row.matching || (!row.told && !rule.has_begun(watermark_))));
    if (!begins && (!matches || row.matching)) continue;
    if (rule.rule->second_part) {  // as the first
      if (row.since != StreamTime::kUnset) forget_match(rule);
      continue;
    }
    if (begins) row = {.since = watermark_, .requests = counts_[Count::events]};
    if (matches) row.matching = true;  // with what was told, until the next hour begins it anew
    batch_.put(match_key(rule.row.id), encode_match(row));
  }
}

void State::forget_match(RuleState& rule) {
  rule.match = {};
  batch_.erase(match_key(rule.row.id));
}

std::vector<State::Unmatched> State::unmatched(Millis at_least) const {
  std::vector<Unmatched> found;
  if (watermark_ == StreamTime::kUnset) return found;
  for (std::size_t i = 0; i < in_force_; ++i) {
    const MatchRow& row = rules_[i]->match;
    const bool known = !rules_[i]->rule->second_part && row.since != StreamTime::kUnset;
    if (!known || row.matching || watermark_ - row.since < at_least) continue;
    const std::uint64_t now = counts_[Count::events];
    found.push_back({rules_[i]->rule.get(), watermark_ - row.since,
                     now - std::min(now, row.requests), row.told});
  }
  return found;
}

void State::tell_unmatched(const Rule& rule) {
  for (std::size_t i = 0; i < in_force_; ++i) {
    if (rules_[i]->rule.get() != &rule) continue;
    rules_[i]->match.told = true;
    batch_.put(match_key(rules_[i]->row.id), encode_match(rules_[i]->match));
  }
}

}  // namespace tocsin
