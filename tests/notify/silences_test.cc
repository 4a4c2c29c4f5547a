// SPDX-License-Identifier: Apache-2.0
#include "notify/silences.h"

#include <catch2/catch.hpp>

#include "notify/notifier.h"
#include "notify/outbox_keys.h"
#include "notify/samples.h"
#include "notify/slack/slack_channel.h"
#include "state/memory_store.h"
#include "support/contains.h"
#include "support/manual_clock.h"
#include "support/recording_transport.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

constexpr Millis kHour{3'600'000};

class NoWords final : public Log {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

Silence of_rule(std::string rule, WallTime until) {
  Silence silence;
  silence.rule = std::move(rule);
  silence.until = until;
  silence.author = "ada";
  silence.comment = "load test";
  return silence;
}

// A state with silences, and a notifier with one channel.
class QuietDesk {
 public:
  MemoryStore store;
  RecordingTransport transport;
  ManualClock clock{wall(utc(2026, 11, 21, 14, 7, 32))};
  NoWords log;
  std::unique_ptr<SilenceBook> silences;
  std::unique_ptr<Notifier> notifier;
  std::vector<std::string> over;  // ids of alerts whose level stands no more
  int128 now_at = 0;              // what those that stand are at now; 0: as they rang
  std::uint64_t seq = 0;

  QuietDesk() { start(); }

  // As a process does, with whatever is stored.
  void start() {
    silences = std::make_unique<SilenceBook>(store);
    REQUIRE(silences->load(clock.wall()));
    std::vector<std::unique_ptr<Channel>> channels;
    SlackConfig slack;
    slack.name = "alerts";
    slack.webhook_url = "https://hooks.slack.example/a";
    channels.push_back(std::make_unique<SlackChannel>(slack));
    NotifierConfig config;
    config.engine_channels = {"alerts"};
    config.levels = [this](const std::vector<Alert>& alerts) {
      std::vector<std::optional<Alert>> levels;
      for (Alert alert : alerts) {
        const bool gone = std::find(over.begin(), over.end(), alert.id) != over.end();
        if (now_at > 0) alert.value = now_at;
        levels.push_back(gone ? std::nullopt : std::optional(std::move(alert)));
      }
      return levels;
    };
    notifier = std::make_unique<Notifier>(
        NotifierParts{store, transport, clock, log, silences.get()}, std::move(channels), config);
    REQUIRE(notifier->load());
  }

  Silence begin(Silence silence) {
    auto made = silences->add(std::move(silence), clock.wall());
    REQUIRE(made);
    notifier->wake();
    return *made;
  }
  Alert offer(Alert alert) {
    OutboxLog outbox(silences.get());
    outbox.note(alert, clock.wall());
    WriteBatch commit;
    outbox.append(Recorded{++seq, alert, {"alerts"}}, commit);
    REQUIRE(store.write(commit, Sync::yes));
    notifier->offer({{seq, alert, {"alerts"}}});
    return alert;
  }
  void resolve(const Alert& alert) {
    Resolution ended{alert, alert.value, alert.at, alert.at + Millis{60'000}};
    WriteBatch commit;
    OutboxLog().append(Resolved{ended, {"alerts"}}, commit);
    REQUIRE(store.write(commit, Sync::yes));
    notifier->resolve(ended, {"alerts"});
  }
  void run_for(Millis time) {
    for (Millis gone{0}; gone <= time; gone += Millis{10'000}) {
      REQUIRE(notifier->step());
      REQUIRE(notifier->step());
      clock.advance(Millis{10'000});
    }
  }
  std::size_t sent() const { return transport.posted.size(); }
  std::size_t rows(char kind) const {
    std::size_t count = 0;
    for (const auto& [key, value] : store.map()) count += key[0] == kind ? 1U : 0U;
    return count;
  }
};

}  // namespace

TEST_CASE(
    "A silence covers a rule, or those that a glob describes, and of them what all matchers say") {
  Alert alert = user_over("user-1");
  alert.labels = {{"team", "search"}};
  const auto covers = [&](const char* rule,
                          std::vector<std::pair<std::string, std::string>> match) {
    Silence silence;
    silence.rule = rule;
    silence.match = std::move(match);
    return silence.covers(alert);
  };
  CHECK(covers("free-tier-user", {}));
  CHECK(covers("free-*", {}));
  CHECK(covers("*", {{"user", "user-1"}}));
  CHECK(covers("*", {{"USER", "user-?"}, {"severity", "critical"}}));
  CHECK(covers("*", {{"team", "search"}}));
  CHECK_FALSE(covers("free-tier", {}));
  CHECK_FALSE(covers("*", {{"user", "user-2"}}));
  CHECK_FALSE(covers("*", {{"user", "user-1"}, {"severity", "warning"}}));
  CHECK_FALSE(covers("*", {{"service", "chat"}}));
}

TEST_CASE("What rings under a silence is recorded with its id, and told to nobody") {
  QuietDesk desk;
  const Silence silence = desk.begin(of_rule("production-daily", desk.clock.wall() + 2 * kHour));
  const Alert alert = desk.offer(production());
  desk.run_for(kHour);
  CHECK(alert.silence == silence.id);
  CHECK(desk.sent() == 0);
  desk.offer(user_over());
  desk.run_for(Millis{0});
  CHECK(desk.sent() == 1);  // another rule
}

TEST_CASE("When a silence ends one message tells what still stands, with how it stands now") {
  QuietDesk desk;
  desk.begin(of_rule("production-daily", desk.clock.wall() + kHour));
  desk.offer(production());
  desk.now_at = usd("91.20");
  desk.run_for(2 * kHour);
  REQUIRE(desk.sent() == 1);
  CHECK(contains(desk.transport.posted[0].body, "$91.20 of $100"));
  CHECK(contains(desk.transport.posted[0].body, "silence ended"));
  CHECK(desk.rows('o') == 0);
}

TEST_CASE("What ended under its silence is never told, nor that it ended") {
  QuietDesk desk;
  desk.begin(of_rule("*", desk.clock.wall() + kHour));
  desk.resolve(desk.offer(error_rate()));
  desk.over = {desk.offer(production()).id};
  desk.run_for(2 * kHour);
  CHECK(desk.sent() == 0);
  CHECK(desk.rows('o') == 0);
  CHECK(desk.rows('r') == 0);
}

TEST_CASE("The end of what was told before its silence is told all the same") {
  QuietDesk desk;
  const Alert alert = desk.offer(error_rate());
  desk.run_for(Millis{0});
  desk.begin(of_rule("*", desk.clock.wall() + kHour));
  desk.resolve(alert);
  desk.run_for(kHour);
  CHECK(desk.sent() == 2);
}

TEST_CASE("Silences, and what they keep back, outlive the process") {
  QuietDesk desk;
  desk.begin(of_rule("production-daily", desk.clock.wall() + kHour));
  desk.offer(production());
  desk.start();
  CHECK(desk.silences->all().size() == 1);
  desk.run_for(kHour / 2);
  CHECK(desk.sent() == 0);
  desk.start();
  desk.run_for(kHour);
  CHECK(desk.sent() == 1);
  desk.start();
  desk.run_for(kHour);
  CHECK(desk.sent() == 1);
}

TEST_CASE("A silence that is ended before its time lets go what it kept back at once") {
  QuietDesk desk;
  const Silence silence = desk.begin(of_rule("*", desk.clock.wall() + 24 * kHour));
  desk.offer(production());
  desk.run_for(Millis{0});
  REQUIRE(desk.silences->end(silence.id, "bob", desk.clock.wall()));
  desk.run_for(Millis{0});
  CHECK(desk.sent() == 1);
  CHECK(desk.silences->find(silence.id)->ended_by == "bob");
  CHECK_FALSE(desk.silences->end(silence.id, "bob", desk.clock.wall()));
  CHECK_FALSE(desk.silences->end("00000000", "bob", desk.clock.wall()));
}

TEST_CASE("What another silence covers waits for that one too") {
  QuietDesk desk;
  desk.begin(of_rule("production-daily", desk.clock.wall() + 2 * kHour));
  const Alert alert = desk.offer(production());
  Silence longer = of_rule("*", desk.clock.wall() + 4 * kHour);
  longer.comment = "move";
  desk.begin(longer);
  desk.run_for(3 * kHour);
  CHECK(desk.sent() == 0);
  desk.start();
  desk.run_for(2 * kHour);
  CHECK(desk.sent() == 1);
}

TEST_CASE("Many groups under a silence become one digest when it ends") {
  QuietDesk desk;
  desk.begin(of_rule("free-tier-user", desk.clock.wall() + kHour));
  for (int i = 0; i < 30; ++i) {
    Alert alert = user_over("user-" + std::to_string(i));
    alert.id = "id-" + std::to_string(i);
    desk.offer(alert);
  }
  desk.run_for(2 * kHour);
  REQUIRE(desk.sent() == 1);
  CHECK(contains(desk.transport.posted[0].body, "30 still over now that the silence is over"));
}

TEST_CASE("A silence must end after it begins, and in the future") {
  QuietDesk desk;
  CHECK_FALSE(desk.silences->add(of_rule("*", desk.clock.wall()), desk.clock.wall()));
  Silence late = of_rule("*", desk.clock.wall() + kHour);
  late.from = desk.clock.wall() + 2 * kHour;
  CHECK_FALSE(desk.silences->add(late, desk.clock.wall()));
  CHECK(desk.silences->all().empty());
}

TEST_CASE("Silences of the configuration begin, stay and end with what it says") {
  QuietDesk desk;
  const WallTime now = desk.clock.wall();
  const Silence written = of_rule("production-daily", now + 24 * kHour);
  REQUIRE(desk.silences->set_written({written}, now));
  REQUIRE(desk.silences->all().size() == 1);
  const std::string id = desk.silences->all()[0].id;
  CHECK(desk.silences->covering(production(), now) == id);
  REQUIRE(desk.silences->set_written({written}, now + kHour));
  CHECK(desk.silences->all().size() == 1);
  CHECK(desk.silences->all()[0].made == now);
  REQUIRE(desk.silences->set_written({}, now + kHour));
  CHECK(desk.silences->covering(production(), now + kHour).empty());
  REQUIRE(desk.silences->set_written({written}, now + 2 * kHour));
  CHECK(desk.silences->covering(production(), now + 2 * kHour) == id);
  // What a person ended is not begun anew by the file that still has it.
  REQUIRE(desk.silences->end(id, "bob", now + 3 * kHour));
  REQUIRE(desk.silences->set_written({written}, now + 4 * kHour));
  CHECK(desk.silences->covering(production(), now + 4 * kHour).empty());
}

TEST_CASE("A silence is stored as it is") {
  Silence silence = of_rule("free-*", wall(utc(2026, 11, 22)));
  silence.id = "3f9c2a81";
  silence.match = {{"user", "user-1"}, {"severity", "warning"}};
  silence.from = wall(utc(2026, 11, 21));
  silence.made = wall(utc(2026, 11, 20));
  silence.by_file = true;
  silence.ended_by = "bob";
  const std::string bytes = encode_silence(silence);
  CHECK(decode_silence(bytes).value() == silence);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_silence(bytes.substr(0, size)));
  }
}
