// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "notify/acknowledgement.h"
#include "notify/notifier.h"
#include "notify/samples.h"
#include "notify/slack/slack_channel.h"
#include "state/memory_store.h"
#include "support/contains.h"
#include "support/manual_clock.h"
#include "support/recording_transport.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

constexpr Millis kMinuteLong{60'000};
constexpr Millis kHourLong{3'600'000};

class Unheard final : public Log {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

Hours office_hours() {
  Hours hours;
  hours.zone = "UTC";
  hours.ranges.push_back({std::bitset<7>("0111110"), 8 * 60, 19 * 60});
  return hours;
}

// A notifier of one channel with manners, on Friday 20 November 2026, 18:30.
class MannersDesk {
 public:
  MemoryStore store;
  RecordingTransport transport;
  ManualClock clock{wall(utc(2026, 11, 20, 18, 30))};
  Unheard log;
  Manners manners;
  Repeats repeats;
  std::vector<std::string> over;  // ids of alerts whose level stands no more
  std::unique_ptr<Notifier> notifier;
  std::uint64_t seq = 0;

  void start() {
    std::vector<std::unique_ptr<Channel>> channels;
    SlackConfig slack;
    slack.name = "office";
    slack.webhook_url = "https://hooks.slack.example/a";
    channels.push_back(std::make_unique<SlackChannel>(slack));
    NotifierConfig config;
    config.engine_channels = {"office"};
    config.manners["office"] = manners;
    config.repeats = repeats;
    config.levels = [this](const std::vector<Alert>& alerts) {
      std::vector<std::optional<Alert>> levels;
      for (Alert alert : alerts) {
        const bool gone = std::find(over.begin(), over.end(), alert.id) != over.end();
        alert.value += usd("1");
        levels.push_back(gone ? std::nullopt : std::optional(std::move(alert)));
      }
      return levels;
    };
    notifier = std::make_unique<Notifier>(NotifierParts{store, transport, clock, log},
                                          std::move(channels), config);
    REQUIRE(notifier->load());
  }
  void offer(Alert alert, const std::string& id) {
    alert.id = id;
    alert.at = as_event_time(clock.wall());
    WriteBatch commit;
    OutboxLog().append(Recorded{++seq, alert, {"office"}}, commit);
    REQUIRE(store.write(commit, Sync::yes));
    notifier->offer({{seq, alert, {"office"}}});
  }
  void resolve(const Alert& alert) {
    Resolution ended{alert, alert.value, alert.at, alert.at + kMinuteLong};
    WriteBatch commit;
    OutboxLog().append(Resolved{ended, {"office"}}, commit);
    REQUIRE(store.write(commit, Sync::yes));
    notifier->resolve(ended, {"office"});
  }
  void run_for(Millis time) {
    for (Millis gone{0}; gone < time; gone += kMinuteLong) {
      REQUIRE(notifier->step());
      REQUIRE(notifier->step());
      clock.advance(kMinuteLong);
    }
  }
  std::size_t sent() const { return transport.posted.size(); }
  std::string last() const { return transport.posted.back().body; }
  std::size_t rows(char kind) const {
    std::size_t count = 0;
    for (const auto& [key, value] : store.map()) count += key[0] == kind ? 1U : 0U;
    return count;
  }
};

}  // namespace

TEST_CASE("What comes outside a channel's hours is one message when they begin") {
  MannersDesk desk;
  desk.manners.hours = office_hours();
  desk.start();
  desk.offer(production(), "in-time");
  desk.run_for(kHourLong);
  CHECK(desk.sent() == 1);
  desk.offer(production(), "a");
  desk.offer(error_rate(), "b");
  desk.offer(user_over("user-1"), "c");
  desk.run_for(24 * kHourLong);
  CHECK(desk.sent() == 1);
  CHECK(desk.rows('o') == 3);
  desk.run_for(40 * kHourLong);  // to Monday, after 08:00
  REQUIRE(desk.sent() == 2);
  CHECK(contains(desk.last(), "3 alerts of 3 rules, held until now"));
  CHECK(desk.rows('o') == 0);
  desk.offer(production(), "d");
  desk.run_for(kMinuteLong);
  CHECK(desk.sent() == 3);
}

TEST_CASE("What is held survives the process, and is one message still") {
  MannersDesk desk;
  desk.manners.hours = office_hours();
  desk.clock.advance(kHourLong);
  desk.start();
  desk.offer(production(), "a");
  desk.offer(error_rate(), "b");
  desk.run_for(kHourLong);
  CHECK(desk.sent() == 0);
  desk.clock.advance(64 * kHourLong);  // nobody ran as the hours began
  desk.start();
  desk.run_for(kHourLong);
  REQUIRE(desk.sent() == 1);
  CHECK(contains(desk.last(), "2 alerts of 2 rules"));
}

TEST_CASE("A channel that drops is never told what came outside its hours") {
  MannersDesk desk;
  desk.manners.hours = office_hours();
  desk.manners.drops = true;
  desk.clock.advance(kHourLong);
  desk.start();
  desk.offer(production(), "a");
  desk.run_for(72 * kHourLong);
  CHECK(desk.sent() == 0);
  CHECK(desk.rows('o') == 0);
  CHECK(desk.rows('d') == 1);  // which says why
}

TEST_CASE("The engine's own messages know no hours") {
  MannersDesk desk;
  desk.manners.hours = office_hours();
  desk.clock.advance(kHourLong);
  desk.start();
  desk.notifier->engine({"lag", "llm.requests[3]", "Tocsin is 14 min behind", {}});
  desk.run_for(kMinuteLong);
  CHECK(desk.sent() == 1);
}

TEST_CASE("Beyond its messages of an hour a channel is told the rest as one") {
  MannersDesk desk;
  desk.manners.max_per_hour = 3;
  desk.start();
  for (int i = 0; i < 10; ++i) desk.offer(production(), "a" + std::to_string(i));
  desk.run_for(50 * kMinuteLong);
  CHECK(desk.sent() == 3);
  desk.start();  // which remembers
  desk.run_for(8 * kMinuteLong);
  CHECK(desk.sent() == 3);
  desk.run_for(10 * kMinuteLong);
  REQUIRE(desk.sent() == 4);
  CHECK(contains(desk.last(), "max_per_hour"));
  CHECK(desk.rows('o') == 0);
}

TEST_CASE("What stands is told again as often as the rule says, as it stands then") {
  MannersDesk desk;
  desk.repeats["production-daily"] = 2 * kHourLong;
  desk.start();
  desk.offer(production(), "a");
  desk.offer(error_rate(), "b");
  desk.run_for(kHourLong);
  CHECK(desk.sent() == 2);
  desk.run_for(2 * kHourLong);
  REQUIRE(desk.sent() == 3);
  CHECK(contains(desk.last(), "$81.02 of $100"));
  CHECK(contains(desk.last(), "still over"));
  desk.start();  // which remembers
  desk.run_for(kHourLong);
  CHECK(desk.sent() == 3);
  desk.run_for(kHourLong);
  CHECK(desk.sent() == 4);
}

TEST_CASE("A higher rung begins the time anew, and is what people are reminded of") {
  MannersDesk desk;
  desk.repeats["production-daily"] = 2 * kHourLong;
  desk.start();
  desk.offer(production(), "a");
  desk.run_for(kHourLong);
  Alert higher = production();
  higher.rung = "100%";
  higher.amount = usd("100");
  higher.value = usd("104");
  desk.offer(higher, "b");
  desk.run_for(kHourLong + 30 * kMinuteLong);
  CHECK(desk.sent() == 2);
  desk.run_for(kHourLong);
  REQUIRE(desk.sent() == 3);
  CHECK(contains(desk.last(), "$105.00 of $100"));
}

TEST_CASE("Nobody is reminded of what stands no more, has ended, or is seen to") {
  MannersDesk desk;
  desk.repeats = {
      {"production-daily", kHourLong}, {"errors", kHourLong}, {"free-tier-user", kHourLong}};
  desk.start();
  desk.offer(production(), "a");
  desk.offer(error_rate(), "b");
  desk.offer(user_over("user-1"), "c");
  desk.run_for(2 * kMinuteLong);
  CHECK(desk.sent() == 3);
  CHECK(desk.rows('l') == 3);
  desk.over = {"a"};
  Alert ended = error_rate();
  ended.id = "b";
  desk.resolve(ended);
  REQUIRE(acknowledge(desk.store, "c", {"ada", "", desk.clock.wall()}));
  desk.run_for(5 * kHourLong);
  CHECK(desk.sent() == 4);  // the end
  CHECK(desk.rows('l') == 0);
}

TEST_CASE("Of an alert's acknowledgements the first counts") {
  MemoryStore store;
  const WallTime now = wall(utc(2026, 11, 21));
  CHECK_FALSE(acknowledgement_of(store, "a"));
  REQUIRE(acknowledge(store, "a", {"ada", "on it", now}));
  CHECK(acknowledge(store, "a", {"bob", "", now + kHourLong})->by == "ada");
  CHECK(acknowledgement_of(store, "a") == Acknowledgement{"ada", "on it", now});
}
