// SPDX-License-Identifier: Apache-2.0
#include "alert/make_alert.h"

#include <catch2/catch.hpp>

#include "support/dollar.h"
#include "support/rules.h"
#include "tocsin/group.h"

using namespace tocsin;

namespace {

struct Case {
  Rule rule = user_day_rule("daily", 10 * kDollar);
  Ladder ladder = ladder_for(rule, 10 * kDollar, {0, 1, 2});
  std::string group = [] {
    std::string key;
    append_group_value(key, "ann");
    return key;
  }();
  Crossing crossing() const {
    Crossing crossing;
    crossing.ladder = &ladder;
    crossing.step = &ladder.steps[1];
    crossing.group = group;
    crossing.id_start = event_time_ms(1'700'000'000'000);
    crossing.value = 8 * kDollar;
    return crossing;
  }
};

}  // namespace

TEST_CASE("The id is the same for the same crossing, whenever and at whatever value it is found") {
  const Case a;
  Crossing later = a.crossing();
  later.value = 9 * kDollar;
  later.at = event_time_ms(5);
  later.requests = 77;
  CHECK(alert_id(a.rule, a.crossing()) == alert_id(a.rule, later));
  CHECK(alert_id(a.rule, later).size() == 32);
}

TEST_CASE("Another rule, state, group, window, rung or amount is another id") {
  const Case a;
  const std::string id = alert_id(a.rule, a.crossing());
  Case renamed;
  renamed.rule.name = "nightly";
  CHECK(alert_id(renamed.rule, renamed.crossing()) != id);
  CHECK(make_alert(a.rule, a.rule.fingerprint(), a.crossing()).id == id);
  CHECK(make_alert(a.rule, "of another filter", a.crossing()).id != id);
  Case refiltered;
  refiltered.rule.metric = Metric::requests;
  CHECK(alert_id(refiltered.rule, refiltered.crossing()) != id);
  Case regrouped;
  regrouped.group = std::string(1, '\0');
  CHECK(alert_id(regrouped.rule, regrouped.crossing()) != id);
  Crossing moved = a.crossing();
  moved.id_start += Millis{1};
  CHECK(alert_id(a.rule, moved) != id);
  Crossing higher = a.crossing();
  higher.step = &a.ladder.steps[2];
  CHECK(alert_id(a.rule, higher) != id);
  Case raised;
  raised.ladder = ladder_for(raised.rule, 11 * kDollar, {0, 1, 2});
  CHECK(alert_id(raised.rule, raised.crossing()) != id);
}

TEST_CASE("An alert names its group as people read it, its budget and the rung above") {
  const Case a;
  const Alert alert = make_alert(a.rule, a.rule.fingerprint(), a.crossing());
  CHECK(alert.group == std::vector<std::pair<std::string, std::string>>{{"user", "ann"}});
  CHECK(alert.budget == 10 * kDollar);
  CHECK(alert.amount == 8 * kDollar);
  REQUIRE(alert.next);
  CHECK(alert.next->rung == "100%");
}
