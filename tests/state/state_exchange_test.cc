// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "state/state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

Rule rolling_rule(const std::string& name, int128 budget) {
  Rule rule = user_day_rule(name, budget);
  rule.window.kind = WindowKind::rolling;
  rule.window.length = std::chrono::hours(24);
  return rule;
}

std::size_t rows(const StateFixture& engine, char kind) {
  std::size_t n = 0;
  for (const auto& [key, value] : engine.store.map()) {
    if (key[0] == kind) ++n;
  }
  return n;
}

}  // namespace

TEST_CASE("A rule that a reload leaves alone keeps its totals and tells nothing twice") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.exchange({user_day_rule("new", kDollar), user_day_rule("daily", 10 * kDollar)});
  engine.settle();
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
  engine.feed({{1, kNoon, "ann", 2 * kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "80%"});
  CHECK(engine.totals() == std::map<std::string, int128>{{"daily ann 20000", 8 * kDollar}});
}

TEST_CASE("A new rule counts from the reload on") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.exchange({user_day_rule("daily", 10 * kDollar), user_day_rule("new", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", kDollar}, {1, kNoon, "ann", kDollar}}, kNoon);
  CHECK(engine.totals().at("daily ann 20000") == 7 * kDollar);
  CHECK(engine.totals().at("new ann 20000") == kDollar);
}

TEST_CASE("A rule whose filter or window is edited starts a new state, and the old one stays") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  Rule weekly = user_day_rule("daily", 10 * kDollar);
  weekly.window.kind = WindowKind::week;
  engine.exchange({weekly});
  engine.settle();
  engine.exchange({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", kDollar}}, kNoon);
  CHECK(engine.totals().at("daily ann 20000") == 7 * kDollar);
}

TEST_CASE("A limit lowered by a reload tells what is now met, once, without a request") {
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  engine.feed({{0, kNoon, "ann", 60 * kDollar}, {0, kNoon, "bob", kDollar}}, kNoon);
  engine.exchange({user_day_rule("daily", 70 * kDollar)});
  engine.settle();
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "80%"});
  CHECK(engine.ids.size() == 2);
  engine.open();
  engine.settle();
  CHECK(engine.told.size() == 2);
}

TEST_CASE("What a reload finds met rang at the newest request, not where the watermark waits") {
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  engine.feed({{0, kNoon, "ann", 60 * kDollar}}, kNoon);
  engine.exchange({user_day_rule("daily", 70 * kDollar)});
  engine.settle();
  REQUIRE(engine.told.size() == 2);
  CHECK(engine.told.back().at == EventTime{Millis{kNoon}});
}

TEST_CASE("A limit raised by a reload arms its rungs before the next request counts") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  // No room to sweep: the request comes first.
  engine.limits.spills_per_commit = 0;
  engine.open();
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.exchange({user_day_rule("daily", 100 * kDollar)});
  engine.feed({{0, kNoon, "ann", 45 * kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "50%"});
  CHECK(engine.ids.size() == 2);
}

TEST_CASE("A limit raised by a reload arms a rolling rung too, also after a restart") {
  StateFixture engine({rolling_rule("rolling", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.exchange({rolling_rule("rolling", 20 * kDollar)});
  SECTION("by the sweep") { engine.settle(); }
  SECTION("by its next request") {}
  SECTION("though the process was killed") { engine.open(); }
  engine.feed({{0, kNoon, "ann", 4 * kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "50%"});
  CHECK(engine.ids.size() == 2);
}

TEST_CASE("A restart in the midst of a sweep sweeps again") {
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  engine.feed({{0, kNoon, "ann", 60 * kDollar}, {0, kNoon, "bob", 60 * kDollar}}, kNoon);
  engine.limits.spills_per_commit = 1;
  engine.exchange({user_day_rule("daily", 70 * kDollar)});
  CHECK(engine.state->has_work());
  engine.open();
  engine.settle();
  CHECK(engine.told.size() == 4);
  CHECK(engine.ids.size() == 4);
}

TEST_CASE("A rule taken out and put back by reloads finds its totals") {
  const Rule kept = user_day_rule("kept", 10 * kDollar);
  const std::vector<Rule> all = {kept, user_day_rule("taken", 10 * kDollar),
                                 rolling_rule("rolling", 10 * kDollar)};
  StateFixture engine(all);
  engine.limits.journal_bytes = 1;
  engine.limits.spills_per_commit = 1;
  engine.open();
  for (const char* user : {"ann", "bob", "cy", "dee"}) {
    engine.feed({{1, kNoon, user, 4 * kDollar}, {2, kNoon, user, 4 * kDollar}}, kNoon);
  }
  engine.exchange({kept});
  SECTION("at once") {}
  SECTION("when some of its cells are stored") {
    for (int i = 0; i < 2; ++i) engine.feed({{0, kNoon, "bob", 1}}, kNoon);
  }
  SECTION("when all are") {
    for (int i = 0; i < 20; ++i) engine.feed({{0, kNoon, "bob", 1}}, kNoon);
    CHECK(engine.state->sizes().cells == 1);
  }
  SECTION("after a restart") {
    engine.open();
    for (int i = 0; i < 20; ++i) engine.feed({{0, kNoon, "bob", 1}}, kNoon);
  }
  engine.exchange(all);
  engine.feed({{1, kNoon, "dee", 1}, {2, kNoon, "dee", kDollar}}, kNoon);
  CHECK(engine.totals().at("taken ann 20000") == 4 * kDollar);
  CHECK(engine.totals().at("taken dee 20000") == 4 * kDollar + 1);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
}

TEST_CASE(
    "A rule taken out before time began judges its panes when it is put back, after a kill too") {
  Rule held = rolling_rule("held", 0);
  held.budgets.reset();
  held.hold = std::chrono::minutes(1);
  held.ladder = {held.ladder.front()};
  held.ladder[0].kind = Rung::Kind::amount;
  held.ladder[0].number = kDollar;
  const Rule other = user_day_rule("other", 1'000 * kDollar);
  const auto run = [&](bool killed) {
    StateFixture engine({held, other});
    const std::int64_t unset = to_ms(StreamTime::kUnset);
    engine.feed({{0, kNoon, "ann", 2 * kDollar}}, unset);
    engine.exchange({other});
    engine.feed({{0, kNoon, "bob", 1}}, kNoon + kHour);
    if (killed) engine.open();
    engine.exchange({held, other});
    engine.feed({}, kNoon + 2 * kHour);
    return engine.ids;
  };
  CHECK(run(false).size() == 1);
  CHECK(run(true) == run(false));
}

TEST_CASE("What was judged is not judged again by another ladder, whoever judged it") {
  const bool rolling = GENERATE(true, false);
  const auto rates = [&](int percent) {
    Rule rule = user_day_rule("rates", 0);
    rule.budgets.reset();
    rule.metric = Metric::error_rate;
    rule.min_requests = 1;
    if (rolling) {
      rule.window.kind = WindowKind::rolling;
      rule.window.length = std::chrono::hours(1);
    }
    rule.ladder = {rule.ladder.front()};
    rule.ladder[0].kind = Rung::Kind::amount;
    rule.ladder[0].number = percent * power_of_ten(10);
    rule.ladder[0].text = std::to_string(percent) + "%";
    return rule;
  };
  const Rule other = user_day_rule("other", 1'000 * kDollar);
  const std::string how =
      GENERATE(as<std::string>{}, "edited", "taken out", "taken out at a start");
  const auto run = [&](bool killed) {
    StateFixture engine({rates(90), other});
    const auto kill = [&] {
      if (killed) engine.open();
    };
    const auto feed = [&](std::uint32_t rule, std::int64_t minute, const std::string& user) {
      const std::int64_t at = kNoon + minute * 60'000;
      engine.feed({{rule, at, user, 1}, {rule, at, user, 0}}, at);
    };
    feed(0, 0, "ann");
    feed(0, 5, "bob");  // what ann had is judged
    kill();
    if (how == "edited") {
      engine.exchange({rates(10), other});
    } else {
      if (how == "taken out") {
        engine.exchange({other});
      } else {
        engine.rules = {other};
        engine.open();
      }
      feed(0, 7, "cy");
      kill();
      for (int i = 0; i < 5; ++i) engine.feed({}, kNoon + 8 * 60'000);  // its cells are stored
      kill();
      engine.exchange({rates(10), other});
    }
    kill();
    feed(0, 9, "ann");
    kill();
    feed(0, 30, "bob");
    // Until here the limit was the other one.
    for (const Alert& alert : engine.told)
      CHECK(alert.window.end >= event_time_ms(kNoon + 300'000));
    return engine.ids;
  };
  const auto ids = run(false);
  CHECK(ids.size() == 2);
  CHECK(run(true) == ids);
}

TEST_CASE("What was judged since a rule was put back is not judged again after a start") {
  const auto rates = [&](int percent) {
    Rule rule = rolling_rule("rates", 0);
    rule.budgets.reset();
    rule.metric = Metric::error_rate;
    rule.min_requests = 1;
    rule.ladder = {rule.ladder.front()};
    rule.ladder[0].kind = Rung::Kind::amount;
    rule.ladder[0].number = percent * power_of_ten(10);
    return rule;
  };
  const Rule other = user_day_rule("other", 1'000 * kDollar);
  StateFixture engine({rates(90), other});
  engine.feed({}, kNoon);
  engine.exchange({other});
  engine.exchange({rates(90), other});
  engine.feed({{0, kNoon + kHour, "ann", 1}, {0, kNoon + kHour, "ann", 0}}, kNoon + kHour);
  engine.feed({}, kNoon + 30 * kHour);
  engine.rules = {rates(10), other};
  engine.open();
  for (int i = 1; i < 3; ++i) engine.feed({}, kNoon + (30 + i) * kHour);
  CHECK(engine.told.empty());
}

TEST_CASE("A limit that is set back before all were judged by the other one judges all again") {
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  engine.feed({{0, kNoon, "ann", 60 * kDollar}, {0, kNoon, "bob", 60 * kDollar}}, kNoon);
  engine.limits.spills_per_commit = 1;
  engine.exchange({user_day_rule("daily", 1'000 * kDollar)});
  engine.take(engine.state->commit({}));
  CHECK(engine.state->sweeping());
  engine.exchange({user_day_rule("daily", 100 * kDollar)});
  if (GENERATE(true, false)) engine.open();
  engine.settle();
  CHECK(engine.told.size() == 3);
  CHECK(engine.ids.size() == 2);
}

TEST_CASE("A window that closes while a rule taken out is stored takes no other window with it") {
  const Rule kept = user_day_rule("kept", 10 * kDollar);
  const std::vector<Rule> both = {kept, user_day_rule("taken", 10 * kDollar)};
  StateFixture engine(both);
  engine.limits.spills_per_commit = 1;
  engine.open();
  const std::int64_t next_day = kNoon + kDay / 2;
  for (const char* user : {"ann", "bob", "cy"}) {
    engine.feed({{1, kNoon, user, kDollar}, {1, next_day, user, 2 * kDollar}}, next_day);
  }
  engine.exchange({kept});  // stores one cell of the first day, which then closes
  for (int i = 0; i < 5; ++i) engine.feed({{0, next_day, "bob", 1}}, next_day + 2 * kHour);
  CHECK(engine.state->sizes().cells == 1);
  engine.exchange(both);
  engine.feed({{1, next_day, "ann", 1}}, next_day + 2 * kHour);
  CHECK(engine.totals().at("taken ann 20000") == kDollar);
  CHECK(engine.totals().at("taken ann 20001") == 2 * kDollar + 1);
}

TEST_CASE("Cells that make room while a rule taken out is stored take no other cell with them") {
  const Rule kept = user_day_rule("kept", 10 * kDollar);
  const std::vector<Rule> both = {kept, user_day_rule("taken", 10 * kDollar)};
  const std::vector<std::string> users = {"ann", "bob", "cy", "dee", "eve", "fay"};
  const auto begin = [&](StateFixture& engine) {
    engine.limits.spills_per_commit = 1;
    engine.open();
    for (const auto& user : users) engine.feed({{1, kNoon, user, kDollar}}, kNoon);
    engine.feed({{0, kNoon, "bob", 1}}, kNoon);
    engine.exchange({kept});
  };
  StateFixture roomy(both), engine(both);
  begin(roomy);
  engine.limits.hot_bytes = roomy.state->sizes().hot_bytes;
  begin(engine);
  for (int i = 0; i < 20; ++i) engine.feed({{0, kNoon, std::to_string(i), 1}}, kNoon);
  engine.exchange(both);
  for (const auto& user : users) engine.feed({{1, kNoon, user, 1}}, kNoon);
  for (const auto& user : users) {
    CHECK(engine.totals().at("taken " + user + " 20000") == kDollar + 1);
  }
}

TEST_CASE("Cells read ahead for a rule put back are not older than what was stored since") {
  const Rule kept = user_day_rule("kept", 10 * kDollar);
  const std::vector<Rule> both = {kept, rolling_rule("rolling", 10 * kDollar)};
  StateFixture engine(both);
  const std::vector<std::string> users = {"ann", "bob", "cy", "dee"};
  for (const auto& user : users) engine.feed({{1, kNoon, user, 4 * kDollar}}, kNoon);
  engine.limits.spills_per_commit = 1;
  engine.exchange({kept});
  auto prepared = engine.prepare(both);
  REQUIRE(prepared);
  CHECK(rows(engine, 'C') < users.size());
  engine.rules = {kept};
  for (int i = 0; i < 20; ++i) engine.feed({{0, kNoon, "bob", 1}}, kNoon);  // stores the others
  CHECK(engine.state->sizes().cells == 1);
  engine.rules = both;
  engine.exchange(std::move(*prepared));
  for (const auto& user : users) engine.feed({{1, kNoon, user, kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>(4, "50%"));
}

TEST_CASE("An exchange is one write: either version is there, with its rows and its point") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  const std::size_t versions = rows(engine, 'V');
  const std::size_t writes = engine.store.writes();
  auto prepared = engine.prepare({user_day_rule("daily", 20 * kDollar)});
  REQUIRE(prepared);
  (*prepared)->rows.put("Mkept", "the texts");
  engine.exchange(std::move(*prepared));
  CHECK(engine.store.writes() == writes + 1);
  engine.store.lose_power();
  CHECK(rows(engine, 'V') == versions + 1);
  CHECK(engine.store.map().at("Mkept") == "the texts");
}

TEST_CASE("A rule with more rungs than a state has bits is refused, and the others go on") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", kDollar}}, kNoon);
  Rule many = user_day_rule("daily", 10 * kDollar);
  for (int i = 1; i < 64; ++i) {
    many.ladder.push_back(many.ladder[0]);
    many.ladder.back().text = std::to_string(i) + "$left";
  }
  const auto prepared = engine.prepare({many});
  REQUIRE_FALSE(prepared);
  CHECK(prepared.error().reaction == Reaction::reject);
  engine.feed({{0, kNoon, "ann", 4 * kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
}
