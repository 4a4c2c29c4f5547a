// SPDX-License-Identifier: Apache-2.0
// Rungs that time decides: below, times, forecast; and what ends them.
#include <catch2/catch.hpp>

#include "alert/pane_cell.h"

using namespace tocsin;

namespace {

constexpr int128 kPercent = power_of_ten(10);
constexpr int128 kTimes = power_of_ten(12);

Ladder one_rung(Rung::Kind kind, int128 amount) { return {{{amount, amount, kind, 0, 0}}}; }

struct Judged {
  PaneRule rule;
  Ladder ladder;
  PaneCell cell{};
  std::vector<PaneReached> reached{};
  std::vector<PaneEnded> ended{};

  void add(std::int64_t pane, int128 amount, std::int64_t requests = 1) {
    cell.panes.add({pane, amount, requests});
    cell.first_pane = std::min(cell.first_pane, pane);
  }
  void judge(std::int64_t through) {
    tocsin::judge(rule, ladder, through, cell, reached, ended);
    forget(rule, Millis{3'600'000}, rule.panes.start(through + 1), cell);
  }
};

PaneRule rolling(Metric metric, Millis length) {
  return {.panes = Panes::of(length), .length = length, .judged = true, .metric = metric};
}

Calendar days() {
  WindowSpec spec;
  spec.kind = WindowKind::day;
  return std::move(*Calendar::create(spec));
}

PaneRule daily(Metric metric, Calendar& calendar) {
  return {.panes = Panes::minutes(), .calendar = &calendar, .judged = true, .metric = metric};
}

}  // namespace

TEST_CASE("A rate below its line rings, and not at the line") {
  PaneRule rule = rolling(Metric::cache_hit_rate, std::chrono::minutes(5));
  rule.min_requests = 20;
  Judged j{rule, one_rung(Rung::Kind::below, 20 * kPercent)};
  j.add(0, 20, 100);
  j.judge(0);
  CHECK(j.reached.empty());
  j.add(60, 19, 100);
  j.judge(60);
  REQUIRE(j.reached.size() == 1);
  CHECK(j.reached[0].value == 19 * kPercent);
}

TEST_CASE("Requests that stop coming are below a line, once") {
  PaneRule rule = rolling(Metric::requests, std::chrono::minutes(10));
  rule.judges_absence = true;
  Judged j{rule, one_rung(Rung::Kind::below, 10)};
  for (std::int64_t pane = 0; pane < 60; ++pane) j.add(pane, 1);
  j.judge(109);
  CHECK(j.reached.empty());  // ten of them are within ten minutes still
  j.judge(2'000);
  REQUIRE(j.reached.size() == 1);
  CHECK(j.reached[0].id_start == rule.panes.start(110));
  CHECK(j.reached[0].value == 9);
  j.judge(1'000'000'000);
  CHECK(j.reached.size() == 1);
}

TEST_CASE("What did not come in a day is known at its end") {
  Calendar calendar = days();
  PaneRule rule = daily(Metric::requests, calendar);
  rule.judges_absence = true;
  Judged j{rule, one_rung(Rung::Kind::below, 100)};
  j.add(0, 60, 60);
  j.judge(1'438);
  CHECK(j.reached.empty());
  j.judge(1'439);
  REQUIRE(j.reached.size() == 1);
  CHECK(j.reached[0].value == 60);
  j.add(1'500, 100, 100);
  j.judge(2'879);
  CHECK(j.reached.size() == 1);
}

TEST_CASE("A window that the first request lies in is not whole, and not below anything") {
  PaneRule rule = rolling(Metric::requests, std::chrono::minutes(10));
  rule.judges_absence = true;
  Judged j{rule, one_rung(Rung::Kind::below, 100)};
  j.add(50, 1);
  j.judge(108);
  CHECK(j.reached.empty());
  j.judge(109);
  CHECK(j.reached.size() == 1);
}

TEST_CASE("A value is compared with the same window before, once there is one") {
  PaneRule rule = rolling(Metric::cost, std::chrono::hours(1));
  rule.compare_to = std::chrono::hours(24);
  Judged j{rule, one_rung(Rung::Kind::times, 3 * kTimes)};
  for (std::int64_t pane = 0; pane < 60; ++pane) j.add(pane, 10);
  j.add(60, 1'000'000);
  j.judge(60);
  CHECK(j.reached.empty());  // nothing was before
  for (std::int64_t pane = 24 * 60; pane < 25 * 60; ++pane) j.add(pane, 30);
  j.judge(25 * 60 - 2);
  CHECK(j.reached.empty());  // the hour that ends now began before the group did
  j.judge(25 * 60 - 1);
  REQUIRE(j.reached.size() == 1);
  CHECK(j.reached[0].value == 1'800);
  CHECK(j.reached[0].beside == 600);
}

TEST_CASE("A day so far is compared with another one up to the same time") {
  Calendar calendar = days();
  PaneRule rule = daily(Metric::cost, calendar);
  rule.compare_to = std::chrono::hours(24 * 7);
  Judged j{rule, one_rung(Rung::Kind::times, 2 * kTimes)};
  constexpr std::int64_t kWeek = 7 * 1'440;
  for (std::int64_t pane = 0; pane < 1'440; ++pane) j.add(pane, 10);
  j.judge(kWeek - 1);
  for (std::int64_t pane = kWeek; pane < kWeek + 100; ++pane)
    j.add(pane, pane < kWeek + 50 ? 10 : 40);
  j.judge(kWeek + 99);
  REQUIRE(j.reached.size() == 1);
  // After n minutes: n x 10 then, 500 + (n - 50) x 40 now: twice as much from n = 75 on.
  CHECK(j.reached[0].id_start == rule.panes.start(kWeek + 74));
  CHECK(j.reached[0].value == 1'500);
  CHECK(j.reached[0].beside == 750);
}

TEST_CASE("A forecast is a straight line, told once a window, not from its first tenth") {
  Calendar calendar = days();
  PaneRule rule = daily(Metric::cost, calendar);
  rule.forecasts = true;
  Judged j{rule, one_rung(Rung::Kind::forecast, 1'000)};
  j.add(10, 200, 20);  // heading for 26,000
  j.judge(142);
  CHECK(j.reached.empty());
  j.judge(143);
  REQUIRE(j.reached.size() == 1);
  CHECK(j.reached[0].value == 200);
  CHECK(j.reached[0].beside == 2'000);  // in a tenth of the day
  CHECK(j.reached[0].id_start == EventTime{});
  j.judge(1'000);  // heading for 288
  j.add(1'001, 800, 1);
  j.judge(1'439);
  CHECK(j.reached.size() == 1);
  CHECK(j.ended.empty());
  j.add(1'600, 500, 30);
  j.judge(1'600);
  CHECK(j.reached.size() == 2);
}

TEST_CASE("A forecast from fewer than twenty requests is none") {
  Calendar calendar = days();
  PaneRule rule = daily(Metric::cost, calendar);
  rule.forecasts = true;
  Judged j{rule, one_rung(Rung::Kind::forecast, 1'000)};
  j.add(200, 900, 19);
  j.judge(700);
  CHECK(j.reached.empty());
}

TEST_CASE("What is reached ends where resolve_at says, not at its own line") {
  PaneRule rule = rolling(Metric::error_rate, std::chrono::minutes(1));
  rule.min_requests = 1;
  rule.resolve_at = 5 * kPercent;
  Judged j{rule, one_rung(Rung::Kind::amount, 20 * kPercent)};
  j.add(0, 30, 100);
  j.judge(0);
  REQUIRE(j.reached.size() == 1);
  j.add(60, 10, 100);
  j.judge(60);
  CHECK(j.ended.empty());
  CHECK(j.reached.size() == 1);
  j.add(120, 4, 100);
  j.judge(120);
  REQUIRE(j.ended.size() == 1);
  CHECK(j.ended[0].value == 4 * kPercent);
}

TEST_CASE("Too little cost in the window is no alert") {
  PaneRule rule = rolling(Metric::error_rate, std::chrono::minutes(1));
  rule.min_cost = 50;
  Judged j{rule, one_rung(Rung::Kind::amount, 20 * kPercent)};
  PaneSum sums{0, 30, 100};
  sums.more.make().cost = 49;
  j.cell.panes.add(sums);
  j.judge(0);
  CHECK(j.reached.empty());
  sums.pane = 60;
  sums.more.make().cost = 50;
  j.cell.panes.add(sums);
  j.judge(60);
  CHECK(j.reached.size() == 1);
}

TEST_CASE("An average is divided by those who are different") {
  PaneSum sums{0, 1'000, 40};
  for (const auto* user : {"ada", "bob", "ada", "cy"}) {
    sums.more.make().sketch.add(distinct_element(user), 1);
  }
  CHECK(value_of(Metric::cost_per_user, sums) == 333);
  CHECK(value_of(Metric::cost_per_request, sums) == 25);
  CHECK(denominator_of(Metric::cost_per_user, sums) == 3);
}
