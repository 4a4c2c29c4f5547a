// SPDX-License-Identifier: Apache-2.0
// Which rules and prices judged from which offsets on: for recordings, and to know later what an
// event cost.
#include <algorithm>
#include <set>

#include "hash/digest.h"
#include "state/keys.h"
#include "state/state.h"

namespace tocsin {
namespace {

// Events may be ahead of the stream: an hour where many come, and where few do as long as eight
// take.
constexpr Millis kMargin{std::chrono::days{7}};

}  // namespace

Result<void> State::note_version() {
  std::string rules;
  for (std::size_t i = 0; i < in_force_; ++i) {
    const auto& rule = rules_[i];
    rules += rule->row.rule + "\n" + rule->row.fingerprint + "\n" + rule->row.ladder + "\n";
  }
  Version version;
  version.commit = commit_ + 1;
  version.rules = hex(sha256(rules), 16);
  version.tariff = tariff_;
  const std::string name =
      version.rules + (tariff_ ? " " + tariff_->list + " " + tariff_->choice : std::string());
  const auto last = store_.get(key::meta("rules"));
  if (!last) return tl::unexpected(last.error());
  if (*last && **last == name) return {};
  batch_.put(key::meta("rules"), name);
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    version.at.emplace_back(i, partitions_[i].position.next_offset);
  }
  version.in_force.assign(in_force_ids_.begin(), in_force_ids_.end());
  version.time = newest_time();
  batch_.put(key::numbered(key::kVersion, version.commit), encode_version(version));
  version_ = version.commit;
  if (!tariff_) return {};
  auto versions = read_versions(store_);
  if (!versions) return tl::unexpected(versions.error());
  versions->push_back(std::move(version));
  return keep_price_list(*versions);
}

Result<void> State::load_version() {
  const std::string from(1, key::kVersion);
  return store_.scan_back(from, key::after(from), [&](auto key, auto) {
    version_ = key::read_u64(key.substr(1));
    return false;
  });
}

// The earliest start of a window that events may be in whose cost can still change.
EventTime State::open_since() const {
  const EventTime now = newest_time();
  if (now == StreamTime::kUnset) return EventTime::min();
  EventTime since = now;
  for (std::size_t i = 0; i < in_force_; ++i) {
    RuleState& rule = *rules_[i];
    if (rule.rule->metric != Metric::cost) continue;
    since = std::min(since, !rule.calendar ? now - rule.rule->window.length
                                           : rule.calendar->window_at(now).start);
  }
  return since;
}

// A list that no event of an open window was counted by is of no use.
Result<void> State::keep_price_list(const std::vector<Version>& versions) {
  EventTime since = open_since();
  if (since != EventTime::min()) since -= kMargin;
  // Those of re-pricings are among them: each was in force when it was done.
  std::set<std::string, std::less<>> needed;
  EventTime ended = EventTime::max();  // no later; one before stamps are trusted has no time
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->tariff && ended >= since) needed.insert(version->tariff->list);
    if (version->time != StreamTime::kUnset) ended = version->time;
  }
  bool kept = false;
  const std::string from(1, key::kPriceList);
  auto scanned = store_.scan(from, key::after(from), [&](auto key, auto) {
    const auto list = key.substr(1);
    if (!needed.contains(list)) batch_.erase(std::string(key));
    kept = kept || list == tariff_->list;
    return true;
  });
  if (!scanned) return scanned;
  if (!kept && tariff_->bytes) batch_.put(key::kPriceList + tariff_->list, *tariff_->bytes);
  return {};
}

}  // namespace tocsin
