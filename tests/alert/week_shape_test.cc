// SPDX-License-Identifier: Apache-2.0
#include "alert/week_shape.h"

#include <catch2/catch.hpp>

#include "alert/pane_cell.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kWeekMs = 7 * kDayMs;
constexpr std::int64_t kMonday = 4 * kDayMs;  // 1970-01-05, the first week here

EventTime at(int week, int day, int hour, int minute = 0) {
  return event_time_ms(kMonday + week * kWeekMs + day * kDayMs + hour * kHourMs + minute * 60'000);
}

LocalHours hours_of(const char* zone) { return std::move(*LocalHours::create(zone)); }

// An even pace from 9 to 17 from Monday to Friday: `each` requests of 1 each an hour.
void add_office_week(WeekShape& shape, int week, std::int64_t each, int128 amount) {
  for (int day = 0; day < 5; ++day) {
    for (int hour = 9; hour < 17; ++hour) shape.add(at(week, day, hour), amount, each);
  }
}
Window week_of(int week) { return {at(week, 0, 0), at(week + 1, 0, 0)}; }

// By weeks before that of `by`: how much of the window has usually come, in 1/1000.
std::optional<std::int64_t> permille(WeekShape& shape, const Window& window, EventTime by) {
  const auto share = shape.share(window, by - Millis{1}, by);
  if (!share) return std::nullopt;
  return share->elapsed * 1'000 / share->whole;
}

}  // namespace

TEST_CASE("A week is known by two whole weeks before it, a day by one") {
  WeekShape shape(hours_of("UTC"));
  const auto weeks = [&](const Window& window) {
    const auto share = shape.share(window, window.start, window.end);
    return share ? share->weeks : 0;
  };
  const auto tuesday = [](int week) { return Window{at(week, 1, 0), at(week, 2, 0)}; };
  for (int week = 0; week < 7; ++week) add_office_week(shape, week, 5, 5);
  // The first is none: nothing came before it, so it may be a part of one.
  CHECK(weeks(tuesday(1)) == 0);
  CHECK(weeks(tuesday(2)) == 1);
  CHECK(weeks(week_of(2)) == 0);
  CHECK(weeks(week_of(3)) == 2);
  CHECK(weeks(week_of(4)) == 3);
  CHECK(weeks(week_of(5)) == 4);
  CHECK(weeks(week_of(6)) == 4);
  // Four weeks on, the last of these is the one that is left, and it was no first one.
  CHECK(weeks(tuesday(10)) == 1);
  CHECK(weeks(tuesday(11)) == 0);
}

TEST_CASE("By office hours all of a week has come on Friday at 17:00") {
  WeekShape shape(hours_of("UTC"));
  for (int week = 0; week < 3; ++week) add_office_week(shape, week, 5, 5);
  const Window week = week_of(3);
  CHECK(permille(shape, week, at(3, 0, 9)) == 0);
  CHECK(permille(shape, week, at(3, 0, 13)) == 100);     // 4 of 40 hours
  CHECK(permille(shape, week, at(3, 2, 9, 30)) == 412);  // 16.5 of 40
  CHECK(permille(shape, week, at(3, 4, 17)) == 1'000);
  CHECK(shape.tenth(week, at(3, 0, 0)) == at(3, 0, 13));
  // $10 by Wednesday 9:00, 16 of 40 hours: $15 in 24 hours, at the end of Wednesday.
  CHECK(shape.reached(week, at(3, 2, 9), 10, 15) == at(3, 2, 17));
  CHECK(shape.reached(week, at(3, 2, 9), 10, 25) == at(3, 4, 17));
  CHECK_FALSE(shape.reached(week, at(3, 2, 9), 10, 26));
  CHECK_FALSE(shape.reached(week, at(3, 2, 9), 10, 10));
  // On a Saturday nothing usually comes, which says nothing of what does.
  CHECK_FALSE(permille(shape, {at(3, 5, 0), at(3, 6, 0)}, at(3, 5, 12)));
}

TEST_CASE("A window of some weeks has their shape one after the other") {
  WeekShape shape(hours_of("UTC"));
  for (int week = 0; week < 4; ++week) add_office_week(shape, week, 5, 5);
  // Thirty days from a Wednesday: Wed-Fri, three weeks, Mon-Thu and Friday: 3 + 15 + 4 days at
  // work are 22 of 8 hours each, 176.
  const Window month{at(3, 2, 0), at(3, 2, 0) + Millis{30 * kDayMs}};
  CHECK(permille(shape, month, at(3, 4, 17)) == 24 * 1'000 / 176);
  CHECK(permille(shape, month, at(3, 6, 12)) == 24 * 1'000 / 176);
  CHECK(permille(shape, month, at(4, 4, 24)) == 64 * 1'000 / 176);
  for (int week = 4; week < 7; ++week) add_office_week(shape, week, 5, 5);
  CHECK(permille(shape, month, month.end) == 1'000);
}

TEST_CASE("A dear hour counts as one week's, not by its amount") {
  WeekShape shape(hours_of("UTC"));
  for (int week = 0; week < 5; ++week) add_office_week(shape, week, 5, 5);
  // In week 3 Monday's first hour costs 1,800 and no 5: 1,800 of 1,995 of that week.
  shape.add(at(3, 0, 9), 1'795, 1);
  // (3 x 1/40 + 1,800 / 1,995) / 4 = 24.4 % of the week by Monday 10:00, where the sums would say
  // 1,815 of 2,595: 70 %.
  CHECK(permille(shape, week_of(5), at(5, 0, 10)) == 244);
}

TEST_CASE("Weeks of few requests, and windows in which few come, have no shape") {
  WeekShape few(hours_of("UTC"));
  for (int week = 0; week < 5; ++week) add_office_week(few, week, 2, 100);  // 80 a week
  CHECK_FALSE(permille(few, week_of(5), at(5, 2, 12)));
  WeekShape some(hours_of("UTC"));
  for (int week = 0; week < 5; ++week) add_office_week(some, week, 3, 100);  // 24 a day
  for (int week = 0; week < 5; ++week) some.add(at(week, 5, 23), 1, 19);
  CHECK(permille(some, {at(5, 4, 0), at(5, 5, 0)}, at(5, 4, 13)) == 500);
  CHECK_FALSE(permille(some, {at(5, 5, 0), at(5, 6, 0)}, at(5, 5, 12)));
}

TEST_CASE("Where the clock is set hours count as the clock shows them") {
  WeekShape shape(hours_of("Europe/Berlin"));
  // Once an hour from Monday 21 September 2026, 00:00 there, to Sunday 25 October, 02:00 twice.
  const EventTime first = event_time_ms(1'789'941'600'000);
  for (int hour = 0; hour < 5 * 168 + 1; ++hour) {
    shape.add(first + Millis{hour * kHourMs}, 10, 10);
  }
  // That Sunday has 25 hours, each as dear as the others: its noon is the end of the 13th.
  const Window sunday{first + Millis{(4 * 168 + 144) * kHourMs},
                      first + Millis{(5 * 168 + 1) * kHourMs}};
  const auto share = shape.share(sunday, sunday.start, sunday.start + Millis{13 * kHourMs});
  REQUIRE(share);
  CHECK(share->weeks == 3);
  CHECK(share->elapsed * 25 == share->whole * 13);
  // The week after begins when its clock says so.
  CHECK(shape.next_week(sunday.start) == sunday.end);
  CHECK(shape.next_week(sunday.end) == sunday.end);
}

TEST_CASE("What lies too far back is given away, and nothing of it is missed") {
  WeekShape shape(hours_of("UTC"));
  for (int week = 0; week < 8; ++week) add_office_week(shape, week, 5, 5);
  const auto before = shape.share(week_of(8), at(8, 0, 0), at(8, 2, 12));
  std::vector<std::int64_t> forgotten;
  shape.forget_before(at(8, 6, 23), [&](std::int64_t hour) { forgotten.push_back(hour); });
  CHECK(forgotten.size() == 3 * 40);  // weeks 0 to 2
  WeekShape kept(hours_of("UTC"));
  std::size_t changed = 0;
  shape.take_changed([&](std::int64_t hour, const WeekShape::Hour& sums) {
    kept.set(hour, sums);
    ++changed;
  });
  CHECK(changed == 5 * 40);
  shape.take_changed([&](std::int64_t, const WeekShape::Hour&) { ++changed; });
  CHECK(changed == 5 * 40);
  const auto after = kept.share(week_of(8), at(8, 0, 0), at(8, 2, 12));
  REQUIRE((before && after));
  CHECK(after->weeks == 4);
  CHECK(before->elapsed == after->elapsed);
}

TEST_CASE("What comes in this week or later changes nothing of what is said of this one") {
  WeekShape shape(hours_of("UTC"));
  for (int week = 0; week < 4; ++week) add_office_week(shape, week, 5, 5);
  WeekShape more(hours_of("UTC"));
  for (int week = 0; week < 4; ++week) add_office_week(more, week, 5, 5);
  more.add(at(4, 0, 3), 1'000, 1'000);
  more.add(at(6'000, 0, 3), 1'000, 1'000);
  const auto one = shape.share(week_of(4), at(4, 2, 0), at(4, 2, 0));
  const auto other = more.share(week_of(4), at(4, 2, 0), at(4, 2, 0));
  REQUIRE((one && other));
  CHECK((one->elapsed == other->elapsed && one->whole == other->whole));
}

TEST_CASE("Windows without an end, or of years, are left to a straight line") {
  WeekShape shape(hours_of("UTC"));
  for (int week = 0; week < 4; ++week) add_office_week(shape, week, 5, 5);
  CHECK_FALSE(shape.share({at(0, 0, 0), kNever}, at(4, 0, 0), at(4, 0, 0)));
  CHECK_FALSE(shape.share({EventTime::min(), at(5, 0, 0)}, at(4, 0, 0), at(4, 0, 0)));
  CHECK_FALSE(shape.share({at(0, 0, 0), at(100, 0, 0)}, at(4, 0, 0), at(4, 0, 0)));
  CHECK(shape.share({at(0, 0, 0), at(53, 0, 0)}, at(4, 0, 0), at(4, 0, 0)));
}

namespace {

Calendar weeks() {
  WindowSpec spec;
  spec.kind = WindowKind::week;
  return std::move(*Calendar::create(spec));
}

// A group that spends 1 a minute in office hours, 2,400 a week, and a rung of its forecast.
struct Office {
  explicit Office(int128 line) : ladder{{{line, line, Rung::Kind::forecast, 0, 0}}} {
    rule.calendar = &calendar;
    rule.forecasts = true;
  }

  void spend(EventTime minute, int128 amount = 1) {
    cell.panes.add({rule.panes.at(minute), amount, 1});
    shape.add(minute, amount, 1);
  }
  void spend_day(int week, int day) {
    for (int minute = 0; minute < 8 * 60; ++minute) spend(at(week, day, 9, minute));
  }
  void spend_week(int week) {
    for (int day = 0; day < 5; ++day) spend_day(week, day);
  }
  void judge(EventTime until) {
    tocsin::judge(rule, ladder, rule.panes.at(until) - 1, cell, reached, ended);
    forget(rule, Millis{0}, until, cell);
  }

  Calendar calendar = weeks();
  WeekShape shape{hours_of("UTC")};
  PaneRule rule{.panes = Panes::minutes(), .judged = true};
  Ladder ladder;
  PaneCell cell{};
  std::vector<PaneReached> reached{};
  std::vector<PaneEnded> ended{};
};

}  // namespace

TEST_CASE("On Friday at 17:00 a straight line says half as much more, the usual shape says 100%") {
  // Told by the last minute alone: one more than a week's 2,400 is only reached if at 17:00 the
  // forecast is over it. 113 of 168 hours have passed: 2,400 x 168 / 113 = 3,568.
  for (const bool shaped : {false, true}) {
    CAPTURE(shaped);
    Office office(2'400);
    if (shaped) office.rule.shape = &office.shape;
    for (int week = 0; week < 3; ++week) office.spend_week(week);
    office.judge(at(3, 0, 0));
    office.reached.clear();
    for (int day = 0; day < 4; ++day) office.spend_day(3, day);
    for (int minute = 0; minute < 8 * 60 - 1; ++minute) office.spend(at(3, 4, 9, minute));
    office.judge(at(3, 4, 16, 59));
    office.reached.clear();
    office.cell.episodes.clear();  // as if nothing had been told this week
    office.spend(at(3, 4, 16, 59));
    office.judge(at(4, 0, 0));
    REQUIRE(office.reached.size() == 1);
    const PaneReached& told = office.reached[0];
    CHECK(told.at == at(3, 4, 17));
    CHECK(told.value == 2'400);
    CHECK((told.beside == (shaped ? 2'400 : 3'568)));
    CHECK(told.shape.has_value() == shaped);
    if (shaped) CHECK(told.shape->weeks == 2);
  }
}

TEST_CASE("An even week never is over its budget by its shape, and is by a straight line") {
  for (const bool shaped : {false, true}) {
    CAPTURE(shaped);
    Office office(2'401);
    if (shaped) office.rule.shape = &office.shape;
    for (int week = 0; week < 6; ++week) {
      office.spend_week(week);
      office.judge(at(week + 1, 0, 0));
    }
    // By a straight line each week: a tenth of it is over on Monday at 16:48 with 468 spent, which
    // makes 4,680. By the shape no more from the fourth on, when two whole weeks lie behind.
    CHECK(office.reached.size() == (shaped ? 3 : 6));
  }
}

TEST_CASE("What comes when little does usually is no forecast until a tenth of the rest has") {
  Office office(2'400);
  office.rule.shape = &office.shape;
  for (int week = 0; week < 3; ++week) office.spend_week(week);
  office.judge(at(3, 0, 0));
  office.reached.clear();
  // 20 requests on Monday at 3:00, 250 in all: by Tuesday 0:00 the first tenth of the week, 16.8
  // hours, and 8 of its 40 usual ones have passed: 250 x 5 = 1,250.
  for (int minute = 0; minute < 25; ++minute) office.spend(at(3, 0, 3, minute), 10);
  office.judge(at(3, 0, 16));
  CHECK(office.reached.empty());
  office.judge(at(4, 0, 0));
  CHECK(office.reached.empty());
  // The same of 24 each, 600: at 16:48, a tenth of the week, 7.8 of 40 hours have: 3,076.
  for (int minute = 0; minute < 25; ++minute) office.spend(at(4, 0, 3, minute), 24);
  office.judge(at(4, 0, 16));
  CHECK(office.reached.empty());
  office.judge(at(5, 0, 0));
  REQUIRE(office.reached.size() == 1);
  CHECK(office.reached[0].at == at(4, 0, 16, 48));
  CHECK(office.reached[0].beside == 3'076);
}
