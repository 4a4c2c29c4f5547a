// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "state/keys.h"
#include "state/state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

TEST_CASE("Every rung passed is an alert of its own, once, and names the others of its commit") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 9 * kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "80%"});
  CHECK(engine.told[0].crossed == std::vector<std::string>{"80%"});
  CHECK(engine.told[1].crossed == std::vector<std::string>{"50%"});
  engine.feed({{0, kNoon, "ann", kDollar}}, kNoon);
  engine.feed({{0, kNoon, "ann", kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "80%", "100%"});
  CHECK(engine.told[2].value == 10 * kDollar);
}

TEST_CASE("Reaching a rung exactly is enough, a picodollar less is not") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 5 * kDollar - 1}}, kNoon);
  CHECK(engine.told.empty());
  engine.feed({{0, kNoon, "ann", 1}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
}

TEST_CASE("A budget of $0 is over with the first spend, not before it") {
  StateFixture engine({user_day_rule("daily", 0)});
  engine.feed({{0, kNoon, "ann", 0}}, kNoon);
  CHECK(engine.told.empty());
  engine.feed({{0, kNoon, "ann", 1}}, kNoon);
  CHECK(engine.told.size() == 3);
}

TEST_CASE("A rung told before a restart is not told after it") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.open();
  engine.feed({{0, kNoon, "ann", kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
  CHECK(engine.totals().at("daily ann 20000") == 7 * kDollar);
}

TEST_CASE("Raising a limit arms what is no longer met; reaching it again is a new alert") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.rules = {user_day_rule("daily", 100 * kDollar)};
  engine.open();
  engine.feed({{0, kNoon, "ann", 43 * kDollar}}, kNoon);
  CHECK(engine.told.size() == 1);
  engine.feed({{0, kNoon, "ann", kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "50%"});
  CHECK(engine.ids.size() == 2);
}

TEST_CASE("Lowering a limit tells what is now met, once, without waiting for a request") {
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  engine.feed({{0, kNoon, "ann", 60 * kDollar}, {0, kNoon, "bob", kDollar}}, kNoon);
  engine.rules = {user_day_rule("daily", 70 * kDollar)};
  engine.open();
  engine.feed({}, kNoon);
  engine.feed({}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "80%"});
  engine.open();
  engine.feed({}, kNoon);
  CHECK(engine.told.size() == 2);
}

TEST_CASE("The sweep after an edit also finds groups that are not in memory") {
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  engine.limits.journal_bytes = 1;
  engine.open();
  engine.feed({{0, kNoon, "ann", 60 * kDollar}}, kNoon);
  for (int i = 0; i < 10; ++i) engine.feed({{0, kNoon, "bob", 1}}, kNoon);
  engine.rules = {user_day_rule("daily", 70 * kDollar)};
  engine.open();
  engine.feed({}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "80%"});
}

TEST_CASE("A rung that a sweep arms again stays armed when its group is not in memory") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.limits.journal_bytes = 1;
  engine.limits.hot_bytes = 1;
  engine.open();
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  for (int i = 0; i < 10; ++i) engine.feed({{0, kNoon, "bob", 1}}, kNoon);
  const bool by_reload = GENERATE(true, false);
  const auto limit = [&](int dollars) {
    if (by_reload) {
      engine.exchange({user_day_rule("daily", dollars * kDollar)});
    } else {
      engine.rules = {user_day_rule("daily", dollars * kDollar)};
      engine.open();
    }
    engine.settle();
    for (int i = 0; i < 10; ++i) engine.feed({{0, kNoon, "bob", 1}}, kNoon);
  };
  limit(100);
  CHECK(engine.told.size() == 1);
  limit(12);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "50%"});
}

TEST_CASE("Groups beyond max_groups share (other): their money counts, no rung rings") {
  Rule rule = user_day_rule("daily", 10 * kDollar);
  rule.max_groups = 2;
  StateFixture engine({rule});
  engine.feed({{0, kNoon, "ann", 1},
               {0, kNoon, "bob", 1},
               {0, kNoon, "cy", 20 * kDollar},
               {0, kNoon, "dee", 5 * kDollar}},
              kNoon);
  CHECK(engine.told.empty());
  CHECK(engine.totals().at("daily (other) 20000") == 25 * kDollar);
  CHECK(engine.state->counts()[Count::overflow_groups] == 2);
}

Rule rolling_hour_rule(const std::string& name) {
  Rule rule = user_day_rule(name, 10 * kDollar);
  rule.window.kind = WindowKind::rolling;
  rule.window.length = std::chrono::hours(1);
  return rule;
}

TEST_CASE("Rolling groups beyond the memory for them share (other), after a start too") {
  StateFixture engine({rolling_hour_rule("rolling")});
  engine.limits.pane_bytes = 4'000;
  engine.open();
  int128 expected = 0;
  for (int i = 0; i < 100; ++i) {
    if (i == 50) engine.open();
    engine.feed({{0, kNoon, "user " + std::to_string(i), i + 1}}, kNoon);
    expected += i + 1;
  }
  int128 total = 0;
  for (const auto& [cell, of_cell] : engine.totals()) total += of_cell;
  CHECK(total == expected);
  const auto groups = engine.totals().size();
  CHECK(groups > 6);
  CHECK(groups < 12);
  CHECK(engine.state->sizes().pane_bytes < 5'000);
  CHECK(engine.state->counts()[Count::crowded_groups] == 100 - (groups - 1));
  CHECK(engine.state->counts()[Count::overflow_groups] == 0);
  engine.feed({{0, kNoon, "somebody new", 20 * kDollar}, {0, kNoon, "user 1", 20 * kDollar}},
              kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "80%", "100%"});  // of user 1 alone
}

TEST_CASE("A rolling rule of many groups leaves the others memory for some") {
  StateFixture engine({rolling_hour_rule("many"), rolling_hour_rule("few")});
  engine.limits.pane_bytes = 8'000;
  engine.open();
  for (int i = 0; i < 100; ++i) engine.feed({{0, kNoon, "user " + std::to_string(i), 1}}, kNoon);
  const auto crowded = engine.state->counts()[Count::crowded_groups];
  CHECK(crowded > 80);
  engine.feed({{1, kNoon, "ann", 1}, {1, kNoon, "bob", 1}}, kNoon);
  CHECK(engine.state->counts()[Count::crowded_groups] == crowded);
}

TEST_CASE("Cells of calendar windows give way to rolling groups, down to their quarter") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar), rolling_hour_rule("rolling")});
  engine.limits.hot_bytes = 400'000;
  engine.limits.pane_bytes = 300'000;
  engine.open();
  for (int i = 0; i < 4'000; ++i) {
    const std::string user = "user " + std::to_string(i);
    engine.feed({{0, kNoon, user, 1}, {1, kNoon, user, 1}}, kNoon);
    const auto sizes = engine.state->sizes();
    REQUIRE(sizes.hot_bytes + sizes.pane_bytes < 400'000 + 400'000 / 8);
  }
  CHECK(engine.state->sizes().pane_bytes > 250'000);
}

TEST_CASE("A rolling rung rings once per slot, and a slot at the same level is not told again") {
  Rule rule = user_day_rule("rolling", 10 * kDollar);
  rule.window.kind = WindowKind::rolling;
  rule.window.length = std::chrono::hours(1);
  StateFixture engine({rule});
  const std::int64_t slot = kNoon;
  engine.feed({{0, slot + 50 * 60'000, "ann", 6 * kDollar}}, slot + 50 * 60'000);
  engine.feed({{0, slot + 51 * 60'000, "ann", 1}}, slot + 51 * 60'000);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
  engine.feed({{0, slot + kHour + 60'000, "ann", 1}}, slot + kHour + 60'000);
  REQUIRE(engine.told.size() == 2);
  CHECK_FALSE(engine.told[0].continues);
  CHECK(engine.told[1].continues);
  engine.feed({{0, slot + 3 * kHour, "ann", 6 * kDollar}}, slot + 3 * kHour);
  REQUIRE(engine.told.size() == 3);
  CHECK_FALSE(engine.told[2].continues);
}

TEST_CASE("A late event re-judges the panes after it within W") {
  Rule rule = user_day_rule("rolling", 10 * kDollar);
  rule.window.kind = WindowKind::rolling;
  rule.window.length = std::chrono::hours(1);
  StateFixture engine({rule});
  engine.feed({{0, kNoon + 30 * 60'000, "ann", 4 * kDollar}}, kNoon + 30 * 60'000);
  engine.feed({{0, kNoon, "ann", 2 * kDollar}}, kNoon + 30 * 60'000);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
}

TEST_CASE("An error rate is judged when the watermark passes, holds for its time, and resolves") {
  Rule rule;
  rule.name = "errors";
  rule.filter = std::make_shared<MatchAll>();
  rule.group_by = {{"user", {FieldRef::Kind::user, Unit::input, ""}}};
  rule.metric = Metric::error_rate;
  rule.window.kind = WindowKind::rolling;
  rule.window.length = std::chrono::minutes(5);
  rule.min_requests = 20;
  rule.hold = std::chrono::minutes(2);
  Rung rung;
  rung.kind = Rung::Kind::amount;
  rung.number = 5 * power_of_ten(10);
  rung.text = "5%";
  rule.ladder = {rung};
  StateFixture engine({rule});
  const auto minute = [&](int m, int failed, int good) {
    std::vector<StateFixture::Event> events;
    for (int i = 0; i < failed + good; ++i) {
      events.push_back({0, kNoon + m * 60'000, "ann", i < failed ? 1 : 0});
    }
    engine.feed(events, kNoon + m * 60'000);
  };
  minute(0, 0, 100);
  minute(1, 10, 90);
  minute(2, 10, 90);
  CHECK(engine.told.empty());
  minute(3, 10, 90);
  minute(4, 10, 90);
  minute(5, 10, 90);
  REQUIRE(engine.told.size() == 1);
  CHECK(engine.told[0].requests >= 100);
  const std::string id = engine.told[0].id;
  engine.open();
  for (int m = 6; m < 20; ++m) minute(m, 0, 100);
  CHECK(engine.told.size() == 1);
  REQUIRE(engine.resolutions.size() == 1);
  CHECK(engine.resolutions[0].alert.id == id);
}

TEST_CASE(
    "A rule that is taken out and put back finds its totals, whatever was trimmed meanwhile") {
  Rule rolling = user_day_rule("rolling", 10 * kDollar);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(24);
  const Rule kept = user_day_rule("kept", 10 * kDollar);
  const Rule taken = user_day_rule("taken", 10 * kDollar);
  StateFixture engine({kept, taken, rolling});
  engine.limits.journal_bytes = 1;
  engine.open();
  engine.feed({{2, kNoon - kHour, "ann", 2 * kDollar}}, kNoon);
  for (int i = 0; i < 10; ++i) engine.feed({{0, kNoon, "bob", 1}}, kNoon);
  engine.feed({{1, kNoon, "ann", 4 * kDollar}, {2, kNoon, "ann", 2 * kDollar}}, kNoon);
  engine.rules = {kept};
  engine.open();
  for (int i = 0; i < 10; ++i) engine.feed({{0, kNoon, "bob", 1}}, kNoon);
  engine.rules = {kept, taken, rolling};
  engine.open();
  engine.feed({{1, kNoon, "ann", 1}, {2, kNoon, "ann", kDollar}}, kNoon);
  CHECK(engine.totals().at("taken ann 20000") == 4 * kDollar + 1);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
}

TEST_CASE("Trimming the journal loses no pane of a rolling window") {
  Rule rolling = user_day_rule("rolling", 10 * kDollar);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(24);
  StateFixture engine({rolling});
  engine.limits.journal_bytes = 1;
  engine.open();
  for (int i = 0; i < 8; ++i) {
    engine.feed({{0, kNoon + i * kHour, "ann", kDollar / 2}}, kNoon + i * kHour);
  }
  engine.open();
  engine.feed({{0, kNoon + 9 * kHour, "ann", kDollar}}, kNoon + 9 * kHour);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
}

TEST_CASE("A raised limit arms a rolling rung again within its slot") {
  Rule rolling = user_day_rule("rolling", 10 * kDollar);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(24);
  StateFixture engine({rolling});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.rules[0].budgets->fallback = 20 * kDollar;
  engine.open();
  engine.feed({{0, kNoon, "ann", 4 * kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "50%"});
  CHECK(engine.ids.size() == 2);
}

TEST_CASE("A raised limit that one commit passes rings, though the old mark was still stored") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.rules = {user_day_rule("daily", 100 * kDollar)};
  engine.open();
  engine.feed({{0, kNoon, "ann", 45 * kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "50%"});
}

TEST_CASE("Groups of panes get keys of their own some at a time, and none is lost to a restart") {
  Rule rolling = user_day_rule("rolling", 10 * kDollar);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(24);
  StateFixture engine({rolling});
  engine.limits.journal_bytes = 4'000;
  engine.limits.spills_per_commit = 7;
  engine.open();
  const auto user = [](int i) { return "user" + std::to_string(i); };
  const auto stored = [&] {
    std::size_t cells = 0;
    for (const auto& [key, value] : engine.store.map()) cells += key[0] == 'C' ? 1U : 0U;
    return cells;
  };
  for (int i = 0; i < 300; ++i) {
    const std::size_t before = stored();
    const std::size_t over = std::max<std::size_t>(
        engine.state->sizes().journal_bytes / engine.limits.journal_bytes + 1, 1);
    engine.feed({{0, kNoon + i * 60'000, user(i % 100), kDollar}}, kNoon + i * 60'000);
    CHECK(stored() - before <= 7 * over * over);
  }
  CHECK(stored() > 50);
  CHECK(engine.state->sizes().journal_bytes < 3 * engine.limits.journal_bytes);
  CHECK(engine.told.empty());
  engine.open();
  // Each has three dollars from before, so the next two bring it to half of its budget.
  for (int i = 0; i < 100; ++i) {
    engine.feed({{0, kNoon + 301 * 60'000, user(i), 2 * kDollar}}, kNoon + 301 * 60'000);
  }
  CHECK(engine.told.size() == 100);
}

TEST_CASE("A group of panes that has nothing more to say is forgotten, and its key with it") {
  Rule rolling = user_day_rule("rolling", 10 * kDollar);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(1);
  StateFixture engine({rolling});
  engine.limits.journal_bytes = 1;
  engine.open();
  engine.feed({{0, kNoon, "ann", kDollar}}, kNoon);
  engine.feed({{0, kNoon, "bob", kDollar}}, kNoon);
  engine.feed({}, kNoon);
  CHECK(engine.state->sizes().cells == 2);
  CHECK(engine.store.map().contains(key::cell('C', 1, 0,
                                              "\x04"
                                              "ann")));
  engine.feed({{0, kNoon + 5 * kHour, "cy", kDollar}}, kNoon + 5 * kHour);
  CHECK(engine.state->sizes().cells == 1);
  CHECK_FALSE(engine.store.map().contains(key::cell('C', 1, 0,
                                                    "\x04"
                                                    "ann")));
}

TEST_CASE(
    "A group that comes back after it was forgotten is not told again of its past by a kill") {
  Rule held = user_day_rule("held", 10 * kDollar);
  held.window.kind = WindowKind::rolling;
  held.window.length = std::chrono::hours(1);
  held.hold = std::chrono::minutes(1);
  StateFixture engine({held});
  for (int minute = 0; minute < 3; ++minute) {
    const std::int64_t at = kNoon + minute * 60'000;
    engine.feed({{0, at, "ann", 6 * kDollar}}, at);
  }
  for (int i = 0; i < 3; ++i) engine.feed({}, kNoon + (5 + i) * kHour);
  CHECK(engine.state->sizes().cells == 0);
  const std::size_t told = engine.told.size();
  CHECK(told > 0);
  engine.feed({{0, kNoon + 9 * kHour, "ann", 1}}, kNoon + 9 * kHour);
  engine.open();
  for (int i = 0; i < 3; ++i) engine.feed({}, kNoon + (10 + i) * kHour);
  CHECK(engine.told.size() == told);
}

TEST_CASE("A rung that rings after a quiet time goes on, and is not ended by the time before it") {
  Rule rolling = user_day_rule("rolling", 10 * kDollar);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(1);
  StateFixture engine({rolling});
  engine.feed({{0, kNoon, "ann", kDollar}}, kNoon);
  engine.feed({}, kNoon + 50 * kMinute);
  engine.feed({{0, kNoon + 55 * kMinute, "ann", 6 * kDollar}}, kNoon + 55 * kMinute);
  engine.feed({}, kNoon + 58 * kMinute);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
  engine.feed({{0, kNoon + 62 * kMinute, "ann", 1}}, kNoon + 62 * kMinute);
  REQUIRE(engine.told.size() == 2);
  CHECK(engine.told[1].continues);
}

TEST_CASE("A request stamped 2099 does not end what its group is told of now") {
  Rule rolling = user_day_rule("rolling", 10 * kDollar);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(1);
  StateFixture engine({rolling});
  constexpr std::int64_t k2099 = 4'070'908'800'000;
  engine.feed({{0, kNoon + 30 * kMinute, "ann", 6 * kDollar}}, kNoon + 30 * kMinute);
  engine.feed({{0, k2099, "ann", 1}}, kNoon + 31 * kMinute);
  engine.feed({{0, kNoon + 65 * kMinute, "ann", 1}}, kNoon + 65 * kMinute);
  REQUIRE(engine.told.size() == 2);
  CHECK(engine.told[1].continues);
}

TEST_CASE("Time is waited for while a rung may end, and not for groups that only spend") {
  Rule rolling = user_day_rule("rolling", 10 * kDollar);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(1);
  StateFixture engine({rolling});
  engine.feed({{0, kNoon, "ann", kDollar}}, kNoon);
  engine.feed({}, kNoon + kHour);
  CHECK_FALSE(engine.state->waits_for_time(event_time_ms(kNoon + 2 * kHour)));
  engine.feed({{0, kNoon + kHour, "ann", 6 * kDollar}}, kNoon + kHour);
  CHECK(engine.state->waits_for_time(event_time_ms(kNoon + 2 * kHour)));
  engine.feed({}, kNoon + 4 * kHour);
  CHECK_FALSE(engine.state->waits_for_time(event_time_ms(kNoon + 6 * kHour)));
}

TEST_CASE("Windows and alerts older than the retention leave the store") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.limits.retention = std::chrono::days(30);
  engine.open();
  engine.feed({{0, kNoon, "ann", 20 * kDollar}}, kNoon);
  engine.feed({}, kNoon + 2 * kDay);
  CHECK(engine.totals().size() == 1);
  engine.feed({{0, kNoon + 40 * kDay, "bob", 1}}, kNoon + 40 * kDay);
  for (int i = 0; i < 1'001; ++i) engine.feed({}, kNoon + 40 * kDay);
  CHECK(engine.totals() == std::map<std::string, int128>{{"daily bob 20040", 1}});
  std::size_t alerts = 0;
  REQUIRE(StateView(engine.store, engine.rules).alerts([&](const Alert&) { return ++alerts > 0; }));
  CHECK(alerts == 0);
}

TEST_CASE("An alert that a stamp of 2099 caused keeps no later one from leaving the store") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.limits.retention = std::chrono::days(30);
  engine.open();
  constexpr std::int64_t k2099 = 4'070'908'800'000;
  engine.feed({{0, k2099, "eve", 20 * kDollar}}, kNoon);
  engine.feed({{0, kNoon, "ann", 20 * kDollar}}, kNoon);
  for (int i = 0; i < 1'001; ++i) engine.feed({}, kNoon + 40 * kDay);
  std::set<std::string> left;
  REQUIRE(StateView(engine.store, engine.rules).alerts([&](const Alert& alert) {
    return left.insert(alert.group.front().second).second || !left.empty();
  }));
  CHECK(left == std::set<std::string>{"eve"});
}

TEST_CASE("Time that was logged, versions of the rules and marks of delivery leave as well") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.limits.retention = std::chrono::days(30);
  engine.open();
  engine.feed({}, kNoon);
  const auto tick = [&](std::int64_t clock_ms, std::vector<std::uint32_t> idle) {
    const EventTime clock = clock_ms == 0 ? StreamTime::kUnset : event_time_ms(clock_ms);
    const Tick row{std::move(idle), clock, {}};
    engine.take(engine.state->commit({.tick = &row}));
  };
  const auto keys = [&](char kind) {
    std::vector<std::string> found;
    for (const auto& [key, value] : engine.store.map()) {
      if (key[0] == kind) found.push_back(key.substr(1));
    }
    return found;
  };
  tick(0, {engine.partition});
  tick(kNoon + kHour, {});
  // The rules of the old time: the second of these judged what was read after it.
  engine.exchange({user_day_rule("daily", 20 * kDollar)});
  engine.exchange({user_day_rule("daily", 30 * kDollar)});
  tick(kNoon + 2 * kHour, {});
  engine.exchange({user_day_rule("daily", 40 * kDollar)});
  tick(kNoon + 20 * kDay, {});
  tick(0, {engine.partition});
  const auto versions = keys('V');
  const auto ticks = keys('T');
  REQUIRE(versions.size() == 4);
  REQUIRE(ticks.size() == 5);
  const auto mark = [](std::int64_t composed_ms) {
    return key::numbered('d', static_cast<std::uint64_t>(composed_ms)) + "0123456789abcdefops";
  };
  WriteBatch marks;
  marks.put(mark(kNoon), "old");
  marks.put(mark(kNoon + 20 * kDay), "newer");
  // Of these re-pricings the second is of what the third version counted.
  const std::uint64_t third = key::read_u64(versions[2]);
  marks.put(key::numbered(key::kRepricing, third - 1), encode_repricing({}));
  marks.put(key::numbered(key::kRepricing, third + 1), encode_repricing({}));
  REQUIRE(engine.store.write(marks, Sync::no));

  engine.feed({}, kNoon + 40 * kDay);
  const WallTime now{std::chrono::milliseconds(kNoon + 40 * kDay)};
  for (int i = 0; i < 1'001; ++i) engine.take(engine.state->commit({.now = now}));
  CHECK(keys('V') == std::vector<std::string>{versions[2], versions[3]});
  CHECK(keys('R') == std::vector<std::string>{key::numbered('R', third + 1).substr(1)});
  CHECK(keys('T') == std::vector<std::string>{ticks[3], ticks[4]});
  CHECK(keys('d') == std::vector<std::string>{mark(kNoon + 20 * kDay).substr(1)});
}

TEST_CASE("A state of a newer format is refused in one sentence") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({}, kNoon);
  WriteBatch batch;
  batch.put("Mformat", std::string("\x63", 1) + std::string(9, '\0'));
  REQUIRE(engine.store.write(batch, Sync::no));
  CHECK_THROWS_WITH(engine.open(), Catch::Contains("newer tocsin (format 99"));
}

TEST_CASE("A state of an older format goes on, as one that an older program refuses") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  std::string format = engine.store.map().at("Mformat");
  REQUIRE(format[0] == 5);
  format[0] = GENERATE('\1', '\2', '\3', '\4');
  WriteBatch batch;
  batch.put("Mformat", format);
  for (const auto& [key, value] : engine.store.map()) {
    if (key[0] != 'W') continue;
    REQUIRE(value[0] == 2);
    REQUIRE(value.back() == 0);  // not in pages
    batch.put(key, '\1' + value.substr(1, value.size() - 2));
  }
  REQUIRE(engine.store.write(batch, Sync::no));
  const std::uint64_t seed = engine.state->seed();
  engine.open();
  CHECK(engine.state->seed() == seed);
  engine.feed({{0, kNoon, "ann", kDollar}}, kNoon);
  CHECK(engine.totals().at("daily ann 20000") == 7 * kDollar);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
  CHECK(engine.store.map().at("Mformat")[0] == 5);
}

TEST_CASE("An id that cannot be looked up stops the state before anything more is stored") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.limits.ids.newest = 100;
  engine.open();
  engine.state->ids().move(0, 1'000);
  const auto id = [](std::uint64_t n) {
    return ClaimedId{.print = fingerprint128(std::to_string(n), 1), .second = 1'000};
  };
  std::vector<ClaimedId> ids;
  for (std::uint64_t n = 0; n < 200; ++n) {
    ids.push_back(id(n));
    REQUIRE(engine.state->ids().claim(ids.back()));
  }
  const Work work{{}, ids, {}, nullptr};
  engine.take(engine.state->commit({.work = std::span(&work, 1)}));
  engine.take(engine.state->commit({}));
  WriteBatch batch;
  for (const auto& [key, value] : engine.store.map()) {
    if (key[0] == 'D') batch.put(key, "no page");
  }
  REQUIRE_FALSE(batch.empty());
  REQUIRE(engine.store.write(batch, Sync::no));
  ClaimedId again = id(7);
  CHECK_FALSE(engine.state->ids().claim(again));
  const auto committed = engine.state->commit({});
  REQUIRE_FALSE(committed);
  CHECK(committed.error().reaction == Reaction::stop);
  CHECK_THAT(committed.error().message, Catch::Contains("the state is damaged"));
}

TEST_CASE("What rings while catching up is old news, and what rings after it is not") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.catching_up = true;
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.catching_up = false;
  engine.feed({{0, kNoon, "ann", 3 * kDollar}}, kNoon);
  REQUIRE(engine.rungs() == std::vector<std::string>{"50%", "80%"});
  CHECK(engine.told[0].old_news);
  CHECK_FALSE(engine.told[1].old_news);
}

TEST_CASE("A partition without traffic holds time back until it is idle") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  const std::uint32_t quiet = engine.state->add_partition({"requests", 7});
  engine.feed({}, kNoon);
  CHECK(engine.state->watermark() == StreamTime::kUnset);
  const Tick tick{{quiet}, event_time_ms(kNoon - kDay), {}};
  engine.take(engine.state->commit({.tick = &tick}));
  CHECK(to_ms(engine.state->watermark()) == kNoon - 60'000);
}

TEST_CASE("Records that are committed with the tick that calls their partition idle move time on") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  StreamTime::Saved time;
  time.now = event_time_ms(kNoon);
  const Progress progress{engine.partition, {1, 0, 0}, 0, time};
  const Work work{{}, {}, std::span(&progress, 1), nullptr};
  const Tick tick{{engine.partition}, StreamTime::kUnset, {}};
  engine.take(engine.state->commit({.work = std::span(&work, 1), .tick = &tick}));
  CHECK(to_ms(engine.state->watermark()) == kNoon - 60'000);
}
