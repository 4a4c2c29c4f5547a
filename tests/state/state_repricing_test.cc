// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "state/keys.h"
#include "state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

struct Wanted {
  std::uint32_t rule = 0;
  std::int64_t at_ms = 0;
  std::string user;
  int128 more = 0;
};

// A state that keeps prices, and corrections made by hand.
struct RepricingFixture : StateFixture {
  explicit RepricingFixture(std::vector<Rule> of) : StateFixture(std::move(of)) {
    tariff = make_tariff("first", "computed");
    exchange(rules);
    told.clear();
  }

  RepricingStart begin(bool keep = true) {
    auto start = state->begin_repricing({event_time_ms(kNoon), false}, keep);
    if (!start) throw std::runtime_error(start.error().message);
    take(state->commit({.sync = Sync::yes}));
    return *start;
  }
  void correct(const std::vector<Wanted>& wanted) { take(try_correct(begin(), wanted)); }
  Result<Committed> try_correct(const RepricingStart& start, const std::vector<Wanted>& wanted) {
    Fold fold(7);
    for (const auto& each : wanted) {
      std::string group;
      if (each.user == "(other)") {
        group = kOverflowGroup;
      } else {
        append_group_value(group, each.user);
      }
      Delta delta;
      delta.rule = each.rule;
      delta.at = at({each.rule, each.at_ms, each.user, 0});
      delta.group = group;
      delta.amount = each.more;
      delta.latest = event_time_ms(each.at_ms);
      fold.add(delta);
    }
    std::vector<Delta> deltas(fold.deltas().begin(), fold.deltas().end());
    Corrections corrections{.version = start.version, .deltas = deltas, .row = {}};
    corrections.row.tariff = start.tariff;
    corrections.row.ranges = {{0, 0, start.until[0]}};
    corrections.row.time = start.time;
    return state->correct(corrections, {});
  }
  bool pending() const { return pending_repricing(store)->has_value(); }
  std::size_t done() const { return read_repricings(store)->size(); }
};

std::string day(std::int64_t ms) { return std::to_string(ms / kDay); }

}  // namespace

TEST_CASE("A correction changes totals, and rings what is over by it as old news") {
  RepricingFixture fixture({user_day_rule("r", kDollar)});
  fixture.feed({{0, kNoon, "a", kDollar * 4 / 10}, {0, kNoon, "b", kDollar / 10}}, kNoon);
  CHECK(fixture.told.empty());
  fixture.correct({{0, kNoon, "a", kDollar / 2}, {0, kNoon, "b", -kDollar / 20}});
  CHECK(fixture.totals()["r a " + day(kNoon)] == kDollar * 9 / 10);
  CHECK(fixture.totals()["r b " + day(kNoon)] == kDollar / 20);
  REQUIRE(fixture.rungs() == std::vector<std::string>{"50%", "80%"});
  CHECK(fixture.told[0].old_news);
  CHECK(fixture.told[0].repriced);
  CHECK(fixture.told[0].requests == 1);
  CHECK(fixture.recorded()[0].repriced);

  // The id is what the same total would have had by itself.
  RepricingFixture other({user_day_rule("r", kDollar)});
  other.feed({{0, kNoon, "a", kDollar * 9 / 10}}, kNoon);
  CHECK(other.ids == fixture.ids);
  CHECK_FALSE(other.told[0].repriced);
}

TEST_CASE("A level stays reached when a correction takes its total below, whatever comes after") {
  RepricingFixture fixture({user_day_rule("r", kDollar)});
  if (GENERATE(false, true)) {
    fixture.limits.hot_bytes = 1;  // every cell leaves the memory
    fixture.limits.journal_bytes = 100;
    fixture.open();
  }
  fixture.feed({{0, kNoon, "a", kDollar * 9 / 10}}, kNoon);
  CHECK(fixture.rungs() == std::vector<std::string>{"50%", "80%"});
  fixture.told.clear();
  fixture.correct({{0, kNoon, "a", -kDollar * 8 / 10}});
  CHECK(fixture.totals()["r a " + day(kNoon)] == kDollar / 10);

  const auto spends_again = [&] {
    fixture.feed({{0, kNoon, "b", 1}}, kNoon);
    fixture.feed({{0, kNoon, "a", kDollar * 8 / 10}}, kNoon);
    CHECK(fixture.told.empty());
    fixture.feed({{0, kNoon, "a", kDollar / 10}}, kNoon);
    CHECK(fixture.rungs() == std::vector<std::string>{"100%"});
  };
  SECTION("in the same life") { spends_again(); }
  SECTION("after a restart") {
    fixture.open();
    spends_again();
  }
  SECTION("after an edit of the ladder") {
    Rule edited = user_day_rule("r", kDollar);
    edited.ladder.erase(edited.ladder.begin());
    fixture.exchange({edited});
    fixture.settle();
    spends_again();
  }
  SECTION("but a limit raised above what it had come to arms again") {
    fixture.exchange({user_day_rule("r", 2 * kDollar)});
    fixture.settle();
    fixture.feed({{0, kNoon, "a", kDollar * 16 / 10}}, kNoon);
    CHECK(fixture.rungs() == std::vector<std::string>{"50%", "80%"});
  }
}

TEST_CASE("Rolling sums are put right where a window still covers them") {
  Rule rule = user_day_rule("r", kDollar);
  rule.window.kind = WindowKind::rolling;
  rule.window.length = Millis{kHour};
  RepricingFixture fixture({rule});
  fixture.feed({{0, kNoon, "a", kDollar * 4 / 10}}, kNoon);
  fixture.feed({{0, kNoon + kMinute, "a", kDollar * 4 / 10}}, kNoon + kMinute);
  fixture.told.clear();
  fixture.correct({{0, kNoon, "a", kDollar * 3 / 10}, {0, kNoon - kHour, "a", 5 * kDollar}});
  CHECK(fixture.rungs() == std::vector<std::string>{"100%"});
  CHECK(fixture.told[0].value == kDollar * 11 / 10);
  fixture.told.clear();
  fixture.open();
  fixture.correct({{0, kNoon, "a", -kDollar * 6 / 10}, {0, kNoon, "nobody", kDollar}});
  fixture.feed({{0, kNoon + kMinute, "a", kDollar * 6 / 10}}, kNoon + kMinute);
  CHECK(fixture.told.empty());
}

TEST_CASE(
    "What rings by a correction before any stamp is trusted is of the time of the first ones") {
  Rule rule = user_day_rule("r", kDollar);
  if (GENERATE(false, true)) {
    rule.window.kind = WindowKind::rolling;
    rule.window.length = Millis{kHour};
  }
  RepricingFixture fixture({rule});
  StreamTime::Saved untrusted;
  untrusted.run = 1;
  untrusted.least = event_time_ms(kNoon);
  fixture.feed({{0, kNoon, "a", kDollar * 4 / 10}}, untrusted);
  fixture.correct({{0, kNoon, "a", kDollar / 2}});
  REQUIRE(fixture.rungs() == std::vector<std::string>{"50%", "80%"});
  CHECK(fixture.told[0].at == event_time_ms(kNoon));
}

TEST_CASE("A correction of a slot that is over rings in the slots that its window reaches alone") {
  Rule rule = user_day_rule("r", kDollar);
  rule.window.kind = WindowKind::rolling;
  rule.window.length = Millis{kDay};
  RepricingFixture fixture({rule});
  const std::int64_t evening = kNoon + 11 * kHour, night = kNoon + 14 * kHour;
  fixture.feed({{0, evening, "a", kDollar * 9 / 10}}, evening);
  CHECK(fixture.rungs() == std::vector<std::string>{"50%", "80%"});
  fixture.feed({{0, night, "a", 1}}, night);
  if (GENERATE(false, true)) fixture.open();
  fixture.told.clear();
  fixture.correct({{0, evening, "a", kDollar * 3 / 10}});
  CHECK(fixture.rungs() == std::vector<std::string>{"100%"});
  CHECK(fixture.told[0].value == kDollar * 12 / 10 + 1);
  std::set<std::string> ids;
  for (const Alert& alert : fixture.recorded()) CHECK(ids.insert(alert.id).second);
}

TEST_CASE("What shares (other), or is not there, is put right there or not at all") {
  Rule rule = user_day_rule("r", kDollar);
  rule.max_groups = 1;
  RepricingFixture fixture({rule});
  fixture.feed({{0, kNoon, "a", 5}}, kNoon);
  fixture.correct({{0, kNoon, "b", 7}, {0, kNoon - kDay, "a", 7}});
  CHECK(fixture.totals().size() == 1);
  fixture.feed({{0, kNoon, "b", 5}}, kNoon);
  fixture.correct({{0, kNoon, "b", 7}});
  CHECK(fixture.totals()["r (other) " + day(kNoon)] == 12);
}

TEST_CASE("A correction for other rules or prices than those in force changes nothing") {
  RepricingFixture fixture({user_day_rule("r", kDollar)});
  fixture.feed({{0, kNoon, "a", 5}}, kNoon);
  const auto start = fixture.begin();
  fixture.tariff = make_tariff("second", "computed");
  fixture.exchange(fixture.rules);
  const auto refused = fixture.try_correct(start, {{0, kNoon, "a", 7}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reaction == Reaction::retry);
  fixture.feed({{0, kNoon, "a", 5}}, kNoon);
  CHECK(fixture.totals()["r a " + day(kNoon)] == 10);
  CHECK(fixture.pending());
  CHECK(fixture.done() == 0);
  fixture.correct({{0, kNoon, "a", 7}});
  CHECK(fixture.totals()["r a " + day(kNoon)] == 17);
}

TEST_CASE("A correction is there whole or not at all, wherever its write is cut off") {
  RepricingFixture fixture({user_day_rule("r", kDollar)});
  fixture.feed({{0, kNoon, "a", kDollar / 10}}, kNoon);
  const auto start = fixture.begin();
  CHECK(fixture.pending());
  CHECK(start.until == std::vector<std::int64_t>{1});
  CHECK(start.time == event_time_ms(kNoon));
  const auto fault = GENERATE(FaultyStore::Fault::not_applied, FaultyStore::Fault::applied);
  fixture.faulty.fail_write(1, fault);
  CHECK_FALSE(fixture.try_correct(start, {{0, kNoon, "a", kDollar}}));
  fixture.faulty.repair();
  fixture.open();
  const bool written = fault == FaultyStore::Fault::applied;
  CHECK(fixture.pending() == !written);
  CHECK(fixture.done() == (written ? 1 : 0));
  CHECK(fixture.totals()["r a " + day(kNoon)] == (written ? kDollar * 11 / 10 : kDollar / 10));
  if (!written) fixture.correct({{0, kNoon, "a", kDollar}});
  CHECK_FALSE(fixture.pending());
  CHECK(fixture.totals()["r a " + day(kNoon)] == kDollar * 11 / 10);
  const auto rows = *read_repricings(fixture.store);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].holds(0, 0));
  CHECK_FALSE(rows[0].holds(0, 1));
  CHECK(rows[0].in_force == std::vector<std::uint32_t>{1});
  CHECK(rows[0].tariff.is(*fixture.tariff));
}

TEST_CASE("A re-pricing that is given up leaves nothing, and one that is tried was never begun") {
  RepricingFixture fixture({user_day_rule("r", kDollar)});
  fixture.begin(false);
  CHECK_FALSE(fixture.pending());
  fixture.begin();
  REQUIRE(fixture.pending());
  CHECK((*pending_repricing(fixture.store))->since == event_time_ms(kNoon));
  CHECK((*pending_repricing(fixture.store))->lives == 1);
  fixture.state->give_up_repricing();
  fixture.take(fixture.state->commit({}));
  CHECK_FALSE(fixture.pending());
  CHECK(fixture.done() == 0);
}

// Else what these requests cost would be asked of the version that counted them, should its list
// be in force again.
TEST_CASE("What was priced again is known as long as the version that counted it") {
  RepricingFixture fixture({user_day_rule("r", kDollar)});
  fixture.correct({});  // no stamp was trusted yet
  fixture.feed({{0, kNoon, "a", 5}}, kNoon);
  fixture.correct({});
  const auto use = [&](const char* list) {
    fixture.tariff = make_tariff(list, "computed");
    fixture.exchange(fixture.rules);
  };
  use("second");
  CHECK(fixture.done() == 2);
  fixture.feed({{0, kNoon + 30 * kDay, "a", 5}}, kNoon + 30 * kDay);
  use("first");
  CHECK(fixture.done() == 2);
}

TEST_CASE("Heights go with the window they are of") {
  RepricingFixture fixture({user_day_rule("r", kDollar)});
  fixture.limits.retention = Millis{kDay};
  fixture.open();
  fixture.feed({{0, kNoon, "a", kDollar}}, kNoon);
  fixture.correct({{0, kNoon, "a", -kDollar / 2}});
  CHECK(fixture.rows(key::kHeight) == 1);
  for (std::int64_t i = 0; i < 1'100; ++i) {
    fixture.feed({{0, kNoon + 4 * kDay, "a", 1}}, kNoon + 4 * kDay);
  }
  CHECK(fixture.rows(key::kHeight) == 0);
}
