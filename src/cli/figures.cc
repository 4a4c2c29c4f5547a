// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "cli/suggest.h"
#include "rule/field.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

constexpr std::size_t kDimensionsMax = 24;
constexpr std::size_t kValuesMax = 300;
constexpr std::size_t kUserDaysMax = 500'000;
constexpr std::int64_t kHourMs = 3'600'000;

Calendar days_in(const std::string& zone) {
  WindowSpec spec;
  spec.zone = zone;
  return std::move(*Calendar::create(spec));
}

}  // namespace

Figures::Figures(const std::string& zone) : calendar_(days_in(zone)) {}

void Figures::counted(const CountedEvent& counted) {
  const std::lock_guard lock(mutex_);
  const Event& event = counted.event;
  const int128 cost = counted.cost.pico();
  const EventTime day = calendar_.window_at(counted.time).start;
  ++requests_;
  days_[day] += cost;
  hours_[event_time_ms(floor_div(to_ms(counted.time), kHourMs) * kHourMs)] += cost;
  if (event.status) {
    ++with_status_;
    if (event.is_error()) ++errors_;
  }
  if (!event.user.empty()) add_user(event.user, day, cost);
  for (const auto& [name, value] : event.properties) add(name, false, value, day, cost);
  // Fields that a property of their name stands in for are there already if it does.
  const std::array<std::pair<std::string_view, std::string_view>, 5> fields = {
      {{"model", event.model},
       {"service", event.service},
       {"team", event.team},
       {"environment", event.environment},
       {"agent", event.agent}}};
  for (const auto& [name, value] : fields) {
    const bool there =
        std::any_of(event.properties.begin(), event.properties.end(),
                    [&, of = name](const Property& p) { return same_name(p.name, of); });
    if (!there) add(name, true, value, day, cost);
  }
}

void Figures::add(std::string_view name, bool field, std::string_view value, EventTime day,
                  int128 cost) {
  if (value.empty()) return;
  auto at = std::find_if(dimensions_.begin(), dimensions_.end(),
                         [&](const Dimension& known) { return same_name(known.name, name); });
  if (at == dimensions_.end()) {
    if (dimensions_.size() == kDimensionsMax) return;
    Dimension& made = dimensions_.emplace_back();
    made.name = name;
    made.field = field;
    at = dimensions_.end() - 1;
  }
  ++at->requests;
  if (at->crowded) return;
  auto of = at->values.find(value);
  if (of == at->values.end()) {
    if (at->values.size() == kValuesMax) {
      at->crowded = true;
      at->values.clear();
      return;
    }
    of = at->values.emplace(value, ByDay{}).first;
  }
  of->second[day] += cost;
}

void Figures::add_user(std::string_view user, EventTime day, int128 cost) {
  scratch_.assign(user);
  auto known = users_.find(scratch_);
  if (known == users_.end()) {
    if (user_days_ >= kUserDaysMax) return;
    known = users_.emplace(scratch_, ByDay{}).first;
  }
  const auto [at, fresh] = known->second.try_emplace(day, 0);
  if (fresh) ++user_days_;
  at->second += cost;
}

std::vector<int128> Figures::user_days() const {
  std::vector<int128> all;
  all.reserve(user_days_);
  for (const auto& [user, days] : users_) {
    for (const auto& [day, cost] : days) all.push_back(cost);
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace tocsin
