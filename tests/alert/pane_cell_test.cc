// SPDX-License-Identifier: Apache-2.0
#include "alert/pane_cell.h"

#include <catch2/catch.hpp>

using namespace tocsin;

namespace {

// Panes of a minute, W an hour; a rung at 10.
struct Rolling {
  PaneRule rule{.panes = Panes::of(std::chrono::hours(1)),
                .calendar = nullptr,
                .length = std::chrono::hours(1),
                .judged = false,
                .metric = Metric::cost,
                .min_requests = 0,
                .hold = Millis{0},
                .keep_firing_for = std::chrono::minutes(5)};
  Ladder ladder{{{10, 10, Rung::Kind::amount, 0, 0}}};
  PaneCell cell;
  std::vector<PaneReached> reached;
  std::vector<PaneEnded> ended;

  void add(std::int64_t pane, int128 amount) {
    cell.panes.add({pane, amount, 1});
    ring(rule, ladder, pane, cell, reached);
  }
};

}  // namespace

TEST_CASE("A pane covers as many panes before it as reach W") {
  Rolling r;
  r.add(0, 6);
  r.add(59, 3);
  CHECK(r.reached.empty());
  r.add(60, 4);
  CHECK(r.reached.empty());  // 0 is out of reach of 60
  r.add(59, 1);
  REQUIRE(r.reached.size() == 1);
  CHECK(r.reached[0].value == 10);
  CHECK(r.reached[0].about.end == r.rule.panes.end(59));
}

TEST_CASE("What rings does not depend on the order in which panes came") {
  const std::vector<std::pair<std::int64_t, int>> events = {{3, 4},   {50, 5},  {61, 6},  {70, 2},
                                                            {118, 9}, {121, 3}, {300, 12}};
  const auto slots = [&](std::vector<std::pair<std::int64_t, int>> order) {
    Rolling r;
    for (const auto& [pane, amount] : order) r.add(pane, amount);
    std::vector<std::int64_t> all;
    for (const auto& hit : r.reached) all.push_back(to_ms(hit.id_start));
    std::sort(all.begin(), all.end());
    return all;
  };
  auto order = events;
  const auto expected = slots(order);
  CHECK(expected.size() == 3);
  for (int i = 0; i < 200; ++i) {
    std::next_permutation(order.begin(), order.end());
    CHECK(slots(order) == expected);
  }
}

TEST_CASE("A rolling sum ends when it has been below its rung for keep_firing_for, not before") {
  Rolling r;
  r.add(0, 10);
  REQUIRE(r.reached.size() == 1);
  judge(r.rule, r.ladder, 64, r.cell, r.reached, r.ended);
  CHECK(r.ended.empty());  // below since pane 60
  judge(r.rule, r.ladder, 65, r.cell, r.reached, r.ended);
  REQUIRE(r.ended.size() == 1);
  CHECK(r.ended[0].highest == 10);
  CHECK(r.cell.episodes.empty());
}

TEST_CASE("Forgetting keeps what an admissible late event could still change") {
  Rolling r;
  r.add(0, 6);
  r.add(100, 3);
  forget(r.rule, std::chrono::hours(1), r.rule.panes.start(119), r.cell);
  CHECK(r.cell.panes.all().size() == 2);
  forget(r.rule, std::chrono::hours(1), r.rule.panes.start(180), r.cell);
  CHECK(r.cell.panes.all().size() == 1);
}

TEST_CASE("What was not judged yet is not forgotten") {
  Rolling r;
  r.rule.judged = true;
  r.cell.panes.add({100, 3, 1});
  forget(r.rule, Millis{0}, r.rule.panes.start(500), r.cell);
  CHECK(r.cell.panes.all().size() == 1);
}

TEST_CASE("A rate is compared exactly and shown half-even to six decimals") {
  CHECK(value_of(Metric::error_rate, {0, 1, 3}) == 333'333'000'000);
  CHECK(value_of(Metric::error_rate, {0, 1, 0}) == 0);
  PaneRule rule{.panes = Panes::of(std::chrono::minutes(5)),
                .calendar = nullptr,
                .length = std::chrono::minutes(5),
                .judged = true,
                .metric = Metric::error_rate,
                .min_requests = 1,
                .hold = Millis{0},
                .keep_firing_for = Millis{0}};
  const Ladder ladder{{{5 * power_of_ten(10), 5 * power_of_ten(10), Rung::Kind::amount, 0, 0}}};
  PaneCell cell;
  std::vector<PaneReached> reached;
  std::vector<PaneEnded> ended;
  cell.panes.add({10, 1, 20});
  judge(rule, ladder, 10, cell, reached, ended);
  CHECK(reached.size() == 1);
  PaneCell below;
  below.panes.add({10, 49'999, 1'000'000});
  reached.clear();
  judge(rule, ladder, 10, below, reached, ended);
  CHECK(reached.empty());
}

TEST_CASE("A cell that is read again goes on as if it had stayed, by a new ladder too") {
  Rolling r;
  r.rule.judged = true;
  auto calendar = Calendar::create(WindowSpec{});
  REQUIRE(calendar);
  if (GENERATE(true, false)) {
    r.rule.calendar = &*calendar;
    r.rule.panes = Panes::minutes();
  }
  for (const std::int64_t pane : {1, 2, 5}) r.cell.panes.add({pane, 3, 1});
  PaneCell read = r.cell;  // as it was stored when its last event came
  judge(r.rule, r.ladder, 4, r.cell, r.reached, r.ended);
  CHECK(r.reached.empty());
  forget(r.rule, Millis{0}, r.rule.panes.start(5), r.cell);
  settle(r.rule, 4, read);
  const Ladder lower{{{6, 6, Rung::Kind::amount, 0, 0}}};
  for (PaneCell* const cell : {&r.cell, &read}) {
    r.reached.clear();
    judge(r.rule, lower, 5, *cell, r.reached, r.ended);
    REQUIRE(r.reached.size() == 1);
    CHECK(r.reached[0].id_start == r.rule.panes.start(5));
    CHECK(r.reached[0].amount == 9);
  }
}

TEST_CASE("Time that leaps is judged as if it had passed minute by minute") {
  auto calendar = Calendar::create(WindowSpec{});
  REQUIRE(calendar);
  const auto run = [&](bool leaps, Millis keep) {
    Rolling r;
    r.rule = {.panes = Panes::minutes(),
              .calendar = &*calendar,
              .length = Millis{0},
              .judged = true,
              .metric = Metric::error_rate,
              .min_requests = 1,
              .hold = std::chrono::minutes(2),
              .keep_firing_for = keep};
    r.ladder = {{{power_of_ten(11), power_of_ten(11), Rung::Kind::amount, 0, 0},
                 {power_of_ten(12) / 2, 1, Rung::Kind::amount, 1, 1}}};
    const std::int64_t days[] = {10, 0, 700, 1'430, 1'450, 3'000};
    for (const std::int64_t pane : days) r.cell.panes.add({pane, pane % 3 == 1 ? 1 : 0, 2});
    for (std::int64_t pane = leaps ? 10'000 : 1; pane <= 10'000; ++pane) {
      judge(r.rule, r.ladder, pane, r.cell, r.reached, r.ended);
    }
    std::vector<std::int64_t> told;
    for (const auto& one : r.reached) told.push_back(to_ms(one.id_start));
    for (const auto& one : r.ended) told.push_back(to_ms(one.until));
    return told;
  };
  for (const Millis keep : {Millis{0}, Millis{std::chrono::minutes(30)}}) {
    CHECK_FALSE(run(true, keep).empty());
    CHECK(run(true, keep) == run(false, keep));
  }
}

TEST_CASE("Time that leaps is not followed pane by pane to a sum that rang ahead of it") {
  Rolling r;
  std::vector<PanePeak> judged;  // one for each slot looked at
  r.add(1, 1);
  r.add(1'000'000, 10);  // as by a stamp of 2099
  REQUIRE(r.reached.size() == 1);
  r.rule.peaks = &judged;
  judge(r.rule, r.ladder, 999'999, r.cell, r.reached, r.ended);
  CHECK(judged.size() <= 2);
  CHECK(r.ended.empty());
  judge(r.rule, r.ladder, 1'000'100, r.cell, r.reached, r.ended);
  REQUIRE(r.ended.size() == 1);
  CHECK(r.ended[0].until == r.rule.panes.end(1'000'065));
}

TEST_CASE("A judged pane counts whichever of its group's panes came first") {
  // From two partitions, of which one is ahead: what judges first has seen pane 5 alone.
  const auto reached = [](std::int64_t first, std::int64_t second) {
    Rolling r;
    r.rule.judged = true;
    std::vector<std::int64_t> panes;
    r.cell.panes.add({first, 10, 1});
    judge(r.rule, r.ladder, 2, r.cell, r.reached, r.ended);
    r.cell.panes.add({second, 10, 1});
    judge(r.rule, r.ladder, 200, r.cell, r.reached, r.ended);
    for (const auto& hit : r.reached) panes.push_back(to_ms(hit.id_start) / 60'000);
    return panes;
  };
  CHECK(reached(3, 5) == std::vector<std::int64_t>{3});
  CHECK(reached(5, 3) == std::vector<std::int64_t>{3});
}

TEST_CASE("A pane counts once in its calendar window, in however many steps time passes it") {
  auto day = Calendar::create(WindowSpec{});
  REQUIRE(day);
  const PaneRule rule{.panes = Panes::minutes(),
                      .calendar = &*day,
                      .length = Millis{0},
                      .judged = true,
                      .metric = Metric::cost,
                      .min_requests = 0,
                      .hold = Millis{0},
                      .keep_firing_for = Millis{0}};
  const Ladder ladder{{{10, 10, Rung::Kind::amount, 0, 0}}};
  PaneCell cell;
  std::vector<PaneReached> reached;
  std::vector<PaneEnded> ended;
  const auto pass = [&](std::int64_t pane, int128 amount) {
    if (amount != 0) cell.panes.add({pane, amount, 1});
    judge(rule, ladder, pane, cell, reached, ended);
    forget(rule, Millis{0}, rule.panes.end(pane), cell);
  };
  pass(1, 6);
  pass(2, 0);
  pass(3, 3);
  CHECK(reached.empty());
  pass(4, 1);
  REQUIRE(reached.size() == 1);
  CHECK(reached[0].value == 10);
}
