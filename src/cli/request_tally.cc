// SPDX-License-Identifier: Apache-2.0
#include "cli/request_tally.h"

#include <algorithm>
#include <functional>

#include "rule/field.h"
#include "tocsin/ascii.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

constexpr std::size_t kValuesMax = 1'000;

std::int64_t minute_of(EventTime t) { return floor_div(to_ms(t), 60'000); }

}  // namespace

void ValueCounts::add(std::string_view value, std::uint64_t n) {
  const auto known = of.find(value);
  if (known != of.end()) {
    known->second += n;
  } else if (of.size() < kValuesMax) {
    of.emplace(value, n);
  } else {
    others += n;
  }
}

void ValueCounts::add(const ValueCounts& more) {
  for (const auto& [value, n] : more.of) add(value, n);
  others += more.others;
}

void RequestTally::add(const RequestTally& older) {
  requests += older.requests;
  matched += older.matched;
  elsewhere += older.elsewhere;
  unpriced += older.unpriced;
  estimated += older.estimated;
  unmetered += older.unmetered;
  cached += older.cached;
  duplicates += older.duplicates;
  quarantined += older.quarantined;
  if (parts.size() < older.parts.size()) parts.resize(older.parts.size());
  for (std::size_t i = 0; i < older.parts.size(); ++i) {
    parts[i].passed += older.parts[i].passed;
    parts[i].failed.add(older.parts[i].failed);
    parts[i].first_failed.add(older.parts[i].first_failed);
  }
  names.add(older.names);
  near.add(older.near);
  if (older.last && (!last || last->time < older.last->time)) last = older.last;
  for (const auto& [minute, cost] : older.minutes) minutes[minute] += cost;
}

Money RequestTally::cost() const {
  int128 sum = 0;
  for (const auto& [minute, cost] : minutes) sum += cost;
  return Money::pico(sum);
}

Money RequestTally::last_hour(EventTime now) const {
  int128 sum = 0;
  for (auto at = minutes.upper_bound(minute_of(now) - 60); at != minutes.end(); ++at) {
    sum += at->second;
  }
  return Money::pico(sum);
}

TallyVisitor::TallyVisitor(const Rule& rule, GroupValues group, Window window)
    : rule_(rule), group_(std::move(group)), window_(window), parts_(filter_parts(*rule.filter)) {
  for (const auto& [field, value] : group_) fields_.push_back(field_ref(field));
}

void TallyVisitor::begin_part() {
  part_ = {};
  part_.parts.resize(parts_.size());
}

bool TallyVisitor::end_part(bool whole) {
  if (whole || !any_) tally_.add(part_);
  any_ = true;
  return true;
}

bool TallyVisitor::is_of_group(const EventContext& context) {
  bool is = true;
  bool near = true;
  std::string values;
  for (std::size_t i = 0; i < group_.size(); ++i) {
    const auto value = field_text(fields_[i], context, scratch_);
    const std::string_view shown = value.empty() ? kNone : value;
    is = is && shown == group_[i].second;
    near = near && same_name(shown, group_[i].second);
    if (near) values += (values.empty() ? "" : "/") + std::string(shown);
  }
  if (near && !is) part_.near.add(values);
  return is;
}

void TallyVisitor::request(const ScannedRequest& request) {
  const Event& event = request.event;
  if (!event.id.empty()) {
    const std::size_t id = std::hash<std::string_view>{}(event.id) * 31 +
                           std::hash<std::string_view>{}(event.producer);
    if (!ids_.insert(id).second) {
      ++part_.duplicates;
      return;
    }
  }
  if (!window_.contains(request.time)) return;
  const EventContext context{event, request.partition.topic};
  if (!is_of_group(context)) {
    ++part_.elsewhere;
    return;
  }
  ++part_.requests;
  for (const auto& property : event.properties) part_.names.add(property.name);
  bool failed = false;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].holds(context)) {
      ++part_.parts[i].passed;
      continue;
    }
    const std::string value = parts_[i].value(context);
    part_.parts[i].failed.add(value);
    if (!failed) part_.parts[i].first_failed.add(value);
    failed = true;
  }
  // A filter that cannot be taken apart.
  if (parts_.empty()) failed = !rule_.filter->matches(context);
  if (!failed) take_matched(request);
}

void TallyVisitor::take_matched(const ScannedRequest& request) {
  ++part_.matched;
  const Cost& cost = request.cost;
  if (!cost.unpriced.empty()) ++part_.unpriced;
  if (cost.basis == CostBasis::estimated) ++part_.estimated;
  if (cost.basis == CostBasis::unmetered) ++part_.unmetered;
  if (cost.basis == CostBasis::cached) ++part_.cached;
  part_.minutes[minute_of(request.time)] += cost.amount.pico();
  if (part_.last && part_.last->time > request.time) return;
  const Event& event = request.event;
  RequestTally::Last last;
  last.time = request.time;
  last.id = event.id;
  last.model = event.provider.empty() ? std::string() : std::string(event.provider) + "/";
  last.model += event.model;
  last.user = event.user;
  last.cost = cost.amount;
  last.priced = cost.unpriced.empty();
  part_.last = std::move(last);
}

}  // namespace tocsin
