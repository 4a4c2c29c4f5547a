// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "cli/explain_state.h"
#include "cli/explain_text.h"
#include "cli/explain_words.h"
#include "notify/outbox.h"
#include "state/state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kAtNoon = 1'795'262'400'000;  // 2026-11-21T12:00:00Z

const Route kRoute{{{"office"}}, {{"alerts"}}, {{"alerts", "oncall"}}};

std::vector<Rule> one_rule() {
  Rule rule = user_day_rule("user-day", 10 * kDollar);
  rule.summary = "Daily spend of a user";
  rule.where_text = "Environment = production";
  rule.origin = {"rules/users.yaml", 4, 1};
  return {rule};
}

// The same with a rung for what the day is heading for, which makes two parts of it.
std::vector<Rule> rule_with_forecast() {
  Rule rule = one_rule()[0];
  rule.budgets = Budgets{100 * kDollar, {}};
  Rung forecast = rule.ladder.back();
  forecast.kind = Rung::Kind::forecast;
  forecast.text = "forecast100%";
  rule.ladder.push_back(forecast);
  return parts_of(rule);
}

// Each user spends so many dollars by then, an equal part each ten minutes.
struct Heading : StateFixture {
  explicit Heading(const std::vector<std::pair<std::string, int128>>& dollars,
                   std::int64_t until = kAtNoon)
      : StateFixture(rule_with_forecast()) {
    constexpr int kParts = 40;
    for (int i = 1; i <= kParts; ++i) {
      const std::int64_t at = until - (kParts - i) * 10 * kMinute;
      std::vector<Event> events;
      for (const auto& [user, amount] : dollars) {
        for (const std::uint32_t part : {0U, 1U}) {
          events.push_back({part, at, user, amount * kDollar / kParts});
        }
      }
      feed(events, at);
    }
    feed({}, until + 2 * kMinute);
  }
};

// A state in which each user has spent some dollars by noon.
struct Spent : StateFixture {
  explicit Spent(const std::vector<std::pair<std::string, int128>>& dollars)
      : StateFixture(one_rule()) {
    std::vector<Event> events;
    for (const auto& [user, amount] : dollars)
      events.push_back({0, kAtNoon, user, amount * kDollar});
    feed(events, kAtNoon);
  }
};

Result<Explanation> explained(const StateFixture& fixture, const GroupValues& group) {
  const auto snapshot = fixture.store.snapshot();
  return explain_rule({*snapshot, fixture.rules, kRoute, event_time_ms(kAtNoon)},
                      {"user-day", group});
}

}  // namespace

TEST_CASE("A group is explained with what it spent, its rungs and where they go") {
  const Spent fixture({{"user-1", 9}, {"user-2", 1}});
  const auto of = explained(fixture, {{"USER", "user-1"}});
  REQUIRE(of);
  CHECK(of->is_one);
  CHECK(of->counted);
  CHECK(of->level.value == 9 * kDollar);
  CHECK(of->level.budget == 10 * kDollar);
  CHECK(of->level.rung == "80%");
  CHECK(of->level.severity == Severity::warning);
  REQUIRE(of->ladder.size() == 3);
  CHECK(of->ladder[0].reached);
  CHECK(of->ladder[1].channels == std::vector<std::string>{"alerts"});
  CHECK_FALSE(of->ladder[2].reached);
  CHECK(of->ladder[2].channels == std::vector<std::string>{"alerts", "oncall"});
  CHECK(of->told.size() == 2);
  CHECK(of->since == event_time_ms(kAtNoon));
}

TEST_CASE("Without a group the fullest are told first") {
  const Spent fixture({{"user-1", 2}, {"user-2", 9}, {"user-3", 5}});
  const auto of = explained(fixture, {});
  REQUIRE(of);
  CHECK_FALSE(of->is_one);
  CHECK(of->groups == 3);
  REQUIRE(of->fullest.size() == 3);
  CHECK(of->fullest[0].group == GroupValues{{"user", "user-2"}});
  CHECK(of->fullest[2].group == GroupValues{{"user", "user-1"}});
}

TEST_CASE("A group that is not counted is told its budget, its window and its like") {
  const Spent fixture({{"user-1", 2}});
  const auto of = explained(fixture, {{"user", "User-1"}});
  REQUIRE(of);
  CHECK_FALSE(of->counted);
  CHECK(of->level.budget == 10 * kDollar);
  CHECK(of->level.window.contains(event_time_ms(kAtNoon)));
  CHECK(of->near == std::vector<std::string>{"user-1"});
}

TEST_CASE("An unknown rule or field is answered with what there is") {
  const Spent fixture({{"user-1", 1}});
  const auto snapshot = fixture.store.snapshot();
  const ExplainInput input{*snapshot, fixture.rules, kRoute, event_time_ms(kAtNoon)};
  const auto no_rule = explain_rule(input, {"user-dya", {}});
  REQUIRE_FALSE(no_rule);
  CHECK(no_rule.error().message == "there is no rule \"user-dya\"; did you mean \"user-day\"?");
  const auto no_field = explain_rule(input, {"user-day", {{"team", "x"}}});
  REQUIRE_FALSE(no_field);
  CHECK(no_field.error().message == "rule \"user-day\" is not grouped by \"team\", but by user");
}

TEST_CASE("All rules are listed with their fullest group") {
  const Spent fixture({{"user-1", 2}, {"user-2", 9}});
  const auto snapshot = fixture.store.snapshot();
  const auto of = explain_rules({*snapshot, fixture.rules, kRoute, event_time_ms(kAtNoon)});
  REQUIRE(of);
  REQUIRE(of->rules.size() == 1);
  CHECK(of->rules[0].groups == 2);
  CHECK(of->rules[0].over == 1);
  REQUIRE(of->rules[0].fullest);
  CHECK(of->rules[0].fullest->value == 9 * kDollar);
  CHECK(rule_levels_text(*of, Terminal()) ==
        "user-day  warning   $9.00 of $10  ━━━━━━━━━━──   90%  user-2, fullest of 2\n");
}

TEST_CASE("What became of an alert is read from its marks") {
  Spent fixture({{"user-1", 9}});
  REQUIRE(fixture.told.size() == 2);
  Notice notice;
  notice.id = fixture.told[1].id;
  notice.composed_at = WallTime{Millis{kAtNoon + 10}};
  notice.alerts = {fixture.told[1]};
  Delivery delivery;
  delivery.id = notice.id;
  delivery.to = {"alerts", ""};
  delivery.delivered = true;
  delivery.when = WallTime{Millis{kAtNoon + 210}};
  delivery.attempts = 1;
  delivery.alert_ids = {fixture.told[1].id};
  WriteBatch batch;
  put_delivered(batch, notice, delivery);
  delivery.to = {"finance", "ann@company.example"};
  delivery.delivered = false;
  delivery.reason = "refused the address";
  put_parked(batch, notice, delivery);
  put_outbox_row(batch, "office", 1, fixture.told[0]);
  REQUIRE(fixture.store.write(batch, Sync::yes));
  const auto of = explained(fixture, {{"user", "user-1"}});
  REQUIRE(of);
  REQUIRE(of->told.size() == 2);
  REQUIRE(of->told[0].tellings.size() == 1);
  CHECK(of->told[0].tellings[0].channel == "office");
  CHECK(of->told[0].tellings[0].fate == ToldOn::Fate::waiting);
  REQUIRE(of->told[1].tellings.size() == 2);
  const std::string text = explanation_text(*of, {}, Terminal());
  CHECK_THAT(text, Catch::Contains("  told      50%   12:00:00   office … waiting\n"
                                   "            80%   12:00:00   "));
  CHECK_THAT(text, Catch::Contains("alerts ✓ 210 ms"));
  CHECK_THAT(text, Catch::Contains("finance (ann@company.example) ✗ parked: refused"));
}

TEST_CASE("An explanation survives its own JSON, whatever a group is called") {
  for (const std::string user : {"user-1", "a\"b\\c\n\t\x01", "<!channel> & {x: [y]}", "null", "~",
                                 "\xD8\xB9\xD8\xB1\xD8\xA8", "- # !tag &a *b %", "1e9", ""}) {
    CAPTURE(user);
    const Spent fixture({{user, 9}, {"other", 3}});
    const auto of = explained(fixture, {{"user", user.empty() ? "(none)" : user}});
    REQUIRE(of);
    CHECK(of->counted);
    const std::string json = explanation_json(*of);
    const auto again = parse_explanation(json);
    REQUIRE(again);
    CHECK(explanation_json(*again) == json);
    CHECK(explanation_text(*again, {}, Terminal()) == explanation_text(*of, {}, Terminal()));
    const auto snapshot = fixture.store.snapshot();
    const auto levels = explain_rules({*snapshot, fixture.rules, kRoute, event_time_ms(kAtNoon)});
    REQUIRE(levels);
    const auto levels_again = parse_rule_levels(rule_levels_json(*levels));
    REQUIRE(levels_again);
    CHECK(rule_levels_json(*levels_again) == rule_levels_json(*levels));
  }
}

TEST_CASE("A forecast that was told says what it was and by what, also over the wire") {
  const Spent fixture({{"user-1", 9}});
  auto of = explained(fixture, {{"user", "user-1"}});
  REQUIRE(of);
  of->told[0].forecast = 12 * kDollar;
  of->told[1].forecast = 13 * kDollar;
  of->told[1].forecast_weeks = 4;
  const auto again = parse_explanation(explanation_json(*of));
  REQUIRE(again);
  const std::string text = explanation_text(*again, {}, Terminal());
  CHECK_THAT(text, Catch::Contains("heading for $12 by a straight line"));
  CHECK_THAT(text, Catch::Contains("heading for $13 by the usual shape of 4 weeks"));
}

TEST_CASE("What is no explanation is refused") {
  CHECK_FALSE(parse_explanation("{}"));
  CHECK_FALSE(parse_explanation("<html>"));
  CHECK_FALSE(parse_rule_levels("{\"rules\": 7}"));
}

TEST_CASE("An explanation is drawn within 80 columns") {
  const Spent fixture({{"user-1", 9}});
  const auto of = explained(fixture, {{"user", "user-1"}});
  REQUIRE(of);
  const std::string text = explanation_text(*of, {}, Terminal());
  CHECK(text ==
        "user-day  user = user-1              rules/users.yaml:4   warning since 12:00:00\n"
        "\n"
        "  spent     $9.00 of $10.00   ━━━━━━━━━━──  90%   50% of the day has passed\n"
        "  window    day: Sat 21 Nov, 00:00–24:00 UTC\n"
        "  next      100% at $10.00 (critical)\n"
        "\n"
        "  told      50%   12:00:00   recorded; no message of it is known any more\n"
        "            80%   12:00:00   recorded; no message of it is known any more\n"
        "\n"
        "  trust     complete: nothing was late, unpriced or set aside\n"
        "            all rules, since the state began: 0 late, 0 unpriced, 0 quarantined\n");
}

TEST_CASE("Who drives what was spent is told in the words of messages, also over the wire") {
  StateFixture fixture(one_rule());
  fixture.now = WallTime{Millis{kAtNoon}};
  fixture.feed(
      {{0, kAtNoon, "user-1", 6 * kDollar, "chat"}, {0, kAtNoon, "user-1", 3 * kDollar, "search"}},
      kAtNoon);
  const auto of = explained(fixture, {{"user", "user-1"}});
  REQUIRE(of);
  const std::string said =
      "  who       Feature chat $6.00 (67%), search $3.00 (33%).\n"
      "  window    day";
  CHECK_THAT(explanation_text(*of, {}, Terminal()), Catch::Contains(said));
  const auto again = parse_explanation(explanation_json(*of));
  REQUIRE(again);
  CHECK(again->drivers == of->drivers);
}

TEST_CASE("What the day before and the last hour came to is told, also over the wire") {
  StateFixture fixture(one_rule());
  for (std::int64_t at = kAtNoon - 36 * kHour; at <= kAtNoon; at += 20 * kMinute) {
    fixture.now = WallTime{Millis{at}};
    fixture.feed({{0, at, "user-1", kDollar / 10, "chat"}}, at);
  }
  const auto of = explained(fixture, {{"user", "user-1"}});
  REQUIRE(of);
  const auto again = parse_explanation(explanation_json(*of));
  REQUIRE(again);
  for (const Explanation& one : {*of, *again}) {
    const std::string text = explanation_text(one, {}, Terminal());
    CHECK_THAT(text, Catch::Contains("  before    $3.60 yesterday at the same time\n"
                                     "  who       Feature chat $3.70 (100%, +$0.10).\n"
                                     "  window    day"));
    CHECK_THAT(text, Catch::Contains("  pace      $0.40/h, the last hour (even: $0.42/h)"));
  }
}

TEST_CASE("How much lies in groups without a value is said of a rule, and how to fill it in") {
  // 3 of 25 dollars, which is 12%.
  const Spent fixture({{"user-1", 2}, {"", 3}, {"user-3", 20}});
  const auto of = explained(fixture, {});
  REQUIRE(of);
  CHECK(of->total == 25 * kDollar);
  REQUIRE(of->unfilled.size() == 1);
  CHECK(of->unfilled[0] == std::pair{std::string("user"), 3 * kDollar});
  const std::string said =
      "  (none)    12% of it, $3.00, has no user: a table under lookup in tocsin.yaml\n"
      "            can fill it in\n";
  CHECK_THAT(explanation_text(*of, {}, Terminal()), Catch::Contains(said));
  const auto again = parse_explanation(explanation_json(*of));
  REQUIRE(again);
  CHECK_THAT(explanation_text(*again, {}, Terminal()), Catch::Contains(said));
  const auto all = explained(Spent({{"user-1", 2}}), {});
  REQUIRE(all);
  CHECK_THAT(explanation_text(*all, {}, Terminal()), !Catch::Contains("(none)"));
}

TEST_CASE("A rule with a forecast is explained as one, with all its rungs") {
  // $60 in half a day are $120 in a whole one; $30 are $60.
  const Heading fixture({{"user-1", 60}, {"user-2", 30}});
  const auto of = explained(fixture, {{"user", "user-1"}});
  REQUIRE(of);
  CHECK(of->level.value == 60 * kDollar);
  CHECK(of->level.rung == "forecast100%");
  CHECK(of->level.severity == Severity::critical);
  REQUIRE(of->ladder.size() == 4);
  CHECK(of->ladder[0].reached);
  CHECK_FALSE(of->ladder[2].reached);
  CHECK(of->ladder[3].rung == "forecast100%");
  CHECK(of->ladder[3].reached);
  CHECK(of->ladder[3].channels == std::vector<std::string>{"alerts", "oncall"});
  CHECK(of->since);
  const std::string text = explanation_text(*of, {}, Terminal());
  CHECK_THAT(text, Catch::Contains("  next      80% at $80.00 (warning)"));
  CHECK_THAT(text, Catch::Contains("  rungs     50% at $50.00 (info), reached · 80% at $80.00 "
                                   "(warning) · 100% at\n"));
  CHECK_THAT(text, Catch::Contains("forecast 100% at $100.00 (critical), reached\n"));
  const auto again = parse_explanation(explanation_json(*of));
  REQUIRE(again);
  CHECK(explanation_text(*again, {}, Terminal()) == text);
}

TEST_CASE(
    "Groups of a rule with a forecast stand at the graver of its rungs, and are counted once") {
  const Heading fixture({{"user-1", 60}, {"user-2", 30}, {"user-3", 49}});
  const auto of = explained(fixture, {});
  REQUIRE(of);
  REQUIRE(of->fullest.size() == 3);
  CHECK(of->fullest[0].rung == "forecast100%");
  CHECK(of->fullest[1].rung.empty());
  CHECK(of->fullest[2].rung.empty());
  CHECK(of->ladder.size() == 4);
  const auto snapshot = fixture.store.snapshot();
  const auto levels = explain_rules({*snapshot, fixture.rules, kRoute, event_time_ms(kAtNoon)});
  REQUIRE(levels);
  REQUIRE(levels->rules.size() == 1);
  CHECK(levels->rules[0].groups == 3);
  CHECK(levels->rules[0].over == 1);
  REQUIRE(levels->rules[0].fullest);
  CHECK(levels->rules[0].fullest->rung == "forecast100%");
}

TEST_CASE("A group that only a forecast has reached is one that stands at a rung") {
  // $40 in a third of the day are $120 in all of it.
  const Heading fixture({{"user-1", 40}, {"user-2", 10}}, kAtNoon - 4 * kHour);
  const auto of = explained(fixture, {{"user", "user-1"}});
  REQUIRE(of);
  CHECK(of->level.rung == "forecast100%");
  CHECK_FALSE(of->ladder[0].reached);
  CHECK(of->ladder[3].reached);
  const auto snapshot = fixture.store.snapshot();
  const auto levels = explain_rules({*snapshot, fixture.rules, kRoute, event_time_ms(kAtNoon)});
  REQUIRE(levels);
  CHECK(levels->rules.at(0).over == 1);
  CHECK(levels->rules.at(0).fullest->rung == "forecast100%");
}

TEST_CASE("Long text is wrapped at blanks, and what has none is left whole") {
  CHECK(wrapped("one two three", 2, 8) == "one two\n  three");
  CHECK(wrapped("unbreakable", 2, 4) == "unbreakable");
  CHECK(wrapped("", 2, 4).empty());
}
