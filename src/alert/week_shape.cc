// SPDX-License-Identifier: Apache-2.0
#include "alert/week_shape.h"

#include <algorithm>
#include <utility>

namespace tocsin {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr Millis kLongest{400 * kDayMs};
constexpr std::int64_t kUnitMs = 60'000;  // of a line: a share for a minute
constexpr std::int64_t kBillion = 1'000'000'000;

// A day is known by one week, a week not.
int weeks_needed(const Window& window) {
  // With the hour that a day may be longer.
  return (window.end - window.start).count() <= kDayMs + kDayMs / 24 ? 1 : 2;
}

}  // namespace

void WeekShape::add(EventTime at, int128 amount, std::int64_t requests) {
  const std::int64_t number = hours_.at(at);
  if (last_ == sums_.end() || last_->first != number) last_ = sums_.try_emplace(number).first;
  Hour& hour = last_->second;
  hour.amount += amount;
  hour.requests += requests;
  if (!std::exchange(hour.changed, true)) changed_.push_back(number);
  if (LocalHours::week(number) >= latest_) return;
  profile_ = {};
  lines_ = {};
  asked_.reset();
}

void WeekShape::set(std::int64_t hour, const Hour& sums) { sums_[hour] = sums; }

WeekShape::Profile WeekShape::make_profile(std::int64_t week) const {
  Profile profile;
  profile.week = week;
  const auto from = [&](std::int64_t of) { return sums_.lower_bound(of * LocalHours::kWeek); };
  const auto first = from(week - kWeeks - 1);
  for (std::int64_t of = week - kWeeks; of < week; ++of) {
    const auto begin = from(of);
    const auto end = from(of + 1);
    if (begin == first) continue;  // nothing came before it: it may be a part of one
    Hour all;
    for (auto at = begin; at != end; ++at) {
      all.amount += std::max<int128>(at->second.amount, 0);
      all.requests += at->second.requests;
    }
    if (all.requests < kRequestsAWeek || all.amount <= 0) continue;
    ++profile.weeks;
    for (auto at = begin; at != end; ++at) {
      const std::size_t hour = LocalHours::in_week(at->first);
      profile.shares[hour] +=
          static_cast<std::int64_t>(std::max<int128>(at->second.amount, 0) * kBillion / all.amount);
      profile.requests[hour] += at->second.requests;
    }
  }
  return profile;
}

WeekShape::Line WeekShape::make_line(const Window& window, std::int64_t week) {
  // Weeks come in order, but for windows that two of them share; an older one is not asked twice.
  if (profile_.weeks == 0 || profile_.week != week) profile_ = make_profile(week);
  Line line;
  line.window = window;
  line.week = week;
  if (profile_.weeks < weeks_needed(window)) return line;
  std::int64_t come = 0;
  int128 requests = 0;
  for (EventTime at = window.start; at < window.end;) {
    line.points.push_back({at, come});
    const std::size_t hour = LocalHours::in_week(hours_.at(at));
    const EventTime next = std::min(hours_.next(at), window.end);
    come += profile_.shares[hour] * (next - at).count() / kUnitMs;
    requests += int128{profile_.requests[hour]} * (next - at).count();
    at = next;
  }
  line.points.push_back({window.end, come});
  if (come > 0 && requests >= int128{kRequestsAWindow} * profile_.weeks * kDayMs / 24) {
    line.weeks = profile_.weeks;
  }
  return line;
}

const WeekShape::Line* WeekShape::line(const Window& window, EventTime at) {
  // Of a window that long a week is next to nothing; some of them have no end.
  if (window.start == EventTime::min() || window.end == kNever ||
      window.end - window.start > kLongest) {
    return nullptr;
  }
  const std::int64_t week = LocalHours::week(hours_.at(at));
  latest_ = std::max(latest_, week);
  for (const Line& known : lines_) {
    if (known.window == window && known.week == week) return known.weeks > 0 ? &known : nullptr;
  }
  newest_ = (newest_ + 1) % lines_.size();
  lines_[newest_] = make_line(window, week);
  return lines_[newest_].weeks > 0 ? &lines_[newest_] : nullptr;
}

std::int64_t WeekShape::Line::by(EventTime at) const {
  const auto after = std::upper_bound(points.begin(), points.end(), at,
                                      [](EventTime t, const Point& p) { return t < p.at; });
  if (after == points.begin()) return 0;
  if (after == points.end()) return whole();
  const Point& from = *(after - 1);
  const int128 come = after->before - from.before;
  return from.before +
         static_cast<std::int64_t>(come * (at - from.at).count() / (after->at - from.at).count());
}

// The first time with by(time) >= come.
EventTime WeekShape::Line::when(std::int64_t come) const {
  const auto to = std::lower_bound(points.begin(), points.end(), come,
                                   [](const Point& p, std::int64_t c) { return p.before < c; });
  if (to == points.begin()) return window.start;
  if (to == points.end()) return window.end;
  const Point& from = *(to - 1);
  const int128 hour = to->before - from.before;
  const int128 part = int128{come - from.before} * (to->at - from.at).count();
  return from.at + Millis{static_cast<std::int64_t>((part + hour - 1) / hour)};
}

std::optional<WeekShape::Share> WeekShape::share(const Window& window, EventTime at, EventTime by) {
  if (asked_ && asked_->window == window && asked_->at == at && asked_->by == by) {
    return asked_->share;
  }
  asked_ = Asked{window, at, by, std::nullopt};
  if (const Line* const known = line(window, at)) {
    asked_->share = Share{known->by(by), known->whole(), known->weeks};
  }
  return asked_->share;
}

std::optional<EventTime> WeekShape::tenth(const Window& window, EventTime at) {
  const Line* const known = line(window, at);
  if (known == nullptr) return std::nullopt;
  return known->when((known->whole() + 9) / 10);
}

std::optional<EventTime> WeekShape::reached(const Window& window, EventTime by, int128 now,
                                            int128 total) {
  const Line* const known = line(window, by - Millis{1});
  if (known == nullptr || now <= 0 || total <= now) return std::nullopt;
  const int128 come = (total * known->by(by) + now - 1) / now;
  if (come > known->whole()) return std::nullopt;
  return known->when(static_cast<std::int64_t>(come));
}

EventTime WeekShape::next_week(EventTime at) {
  const std::int64_t week = LocalHours::week(hours_.at(at));
  if (LocalHours::week(hours_.at(at - Millis{1})) < week) return at;
  if (week_.contains(at)) return week_.end;
  EventTime next = at;
  while (LocalHours::week(hours_.at(next)) <= week) next = hours_.next(next);
  week_ = {at, next};
  return next;
}

}  // namespace tocsin
