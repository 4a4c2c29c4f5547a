// SPDX-License-Identifier: Apache-2.0
#include "cli/message_tally.h"

#include <catch2/catch.hpp>

using namespace tocsin;

namespace {

constexpr std::int64_t kTallyNine = 1'795'165'200'000;

Recorded recorded(std::int64_t second, const std::string& user,
                  std::vector<std::string> channels = {"alerts"}) {
  static std::uint64_t number = 0;
  Recorded made;
  made.number = ++number;
  made.alert.rule = "users";
  made.alert.rung = "80%";
  if (!user.empty()) made.alert.group = {{"user", user}};
  made.alert.at = event_time_ms(kTallyNine + second * 1000);
  made.channels = std::move(channels);
  return made;
}

Committed commit_of(std::vector<Recorded> alerts) {
  Committed made;
  made.alerts = std::move(alerts);
  return made;
}

}  // namespace

TEST_CASE("Alerts are gathered into messages by the clock of the events") {
  MessageTally tally(Millis{30'000});
  tally.committed(commit_of({recorded(0, "ann")}));  // told at once
  tally.committed(commit_of({recorded(5, "ben")}));  // these two together at :30
  tally.committed(commit_of({recorded(20, "cia")}));
  tally.committed(commit_of({recorded(4000, "dan")}));  // at once, in the next hour
  tally.finish();
  const auto alerts = tally.channels().at("alerts");
  CHECK(alerts.alerts == 4);
  CHECK(alerts.messages == 3);
  CHECK(alerts.busiest_hour == 2);
}

TEST_CASE("A channel counts what comes to it, and what waits at the end is told") {
  MessageTally tally(Millis{30'000});
  tally.committed(commit_of({recorded(0, "ann", {"alerts", "finance"}), recorded(0, "ben", {})}));
  tally.committed(commit_of({recorded(1, "cia", {"finance"})}));
  tally.finish();
  const auto channels = tally.channels();
  CHECK(channels.size() == 2);
  CHECK(channels.at("alerts").messages == 1);
  CHECK(channels.at("finance").alerts == 2);
  CHECK(channels.at("finance").messages == 2);
}

TEST_CASE("What is recorded and not sent is in no message") {
  MessageTally tally(Millis{30'000});
  auto again = recorded(0, "");
  again.alert.continues = true;
  tally.committed(commit_of({again}));
  tally.finish();
  CHECK(tally.channels().empty());
}
