// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "alert/alert_codec.h"
#include "notify/notifier.h"
#include "notify/outbox_keys.h"
#include "notify/samples.h"
#include "notify/slack/slack_channel.h"
#include "state/memory_store.h"
#include "support/manual_clock.h"
#include "support/recording_transport.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

class NoLines final : public Log {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

std::unique_ptr<Channel> slack(const std::string& name, const std::string& url) {
  SlackConfig config;
  config.name = name;
  config.webhook_url = url;
  return std::make_unique<SlackChannel>(config);
}

// A notifier with channels a and b, whose addresses are made of their names.
class ExchangeDesk {
 public:
  ExchangeDesk() {
    std::vector<std::unique_ptr<Channel>> channels;
    channels.push_back(slack("a", "https://one.example/a"));
    channels.push_back(slack("b", "https://one.example/b"));
    NotifierConfig config;
    config.engine_channels = {"b"};
    notifier = std::make_unique<Notifier>(NotifierParts{store, transport, clock, log},
                                          std::move(channels), config);
    REQUIRE(notifier->load());
  }

  void offer(const std::string& id, const std::string& channel) {
    WriteBatch commit;
    Alert alert = production();
    alert.id = id;
    OutboxLog().append(Recorded{++seq, alert, {channel}}, commit);
    REQUIRE(store.write(commit, Sync::yes));
    notifier->offer({{seq, alert, {channel}}});
  }
  void exchange(std::vector<std::unique_ptr<Channel>> channels, std::vector<std::string> kept,
                std::vector<std::string> engine = {}) {
    ChannelChange change;
    change.channels = std::move(channels);
    change.kept = std::move(kept);
    change.engine_channels = std::move(engine);
    notifier->exchange(std::move(change));
  }
  void steps(int n = 4) {
    for (int i = 0; i < n; ++i) REQUIRE(notifier->step());
  }
  std::size_t sent(const std::string& url) const {
    std::size_t n = 0;
    for (const HttpRequest& request : transport.posted) {
      if (request.url == url) ++n;
    }
    return n;
  }
  std::size_t rows(char kind) const {
    std::size_t n = 0;
    for (const auto& [key, value] : store.map()) {
      if (key[0] == kind) ++n;
    }
    return n;
  }

  MemoryStore store;
  RecordingTransport transport;
  ManualClock clock{wall(utc(2026, 11, 21, 14, 7, 32))};
  NoLines log;
  std::unique_ptr<Notifier> notifier;
  std::uint64_t seq = 0;
};

std::vector<std::unique_ptr<Channel>> one(std::unique_ptr<Channel> channel) {
  std::vector<std::unique_ptr<Channel>> channels;
  channels.push_back(std::move(channel));
  return channels;
}

}  // namespace

TEST_CASE("A new channel can be told things at once") {
  ExchangeDesk desk;
  desk.exchange(one(slack("c", "https://one.example/c")), {"a", "b"});
  desk.offer("x", "c");
  desk.steps();
  CHECK(desk.sent("https://one.example/c") == 1);
  CHECK(desk.rows('d') == 1);
}

TEST_CASE("A channel that stays goes on, and its request under way ends as it would have") {
  ExchangeDesk desk;
  desk.transport.set_script([](const HttpRequest&) { return std::nullopt; });
  desk.offer("x", "a");
  desk.steps();
  desk.exchange({}, {"a", "b"});
  desk.steps();
  desk.transport.answer_hanging(RecordingTransport::ok());
  desk.steps();
  CHECK(desk.sent("https://one.example/a") == 1);
  CHECK(desk.rows('d') == 1);
  CHECK(desk.rows('n') == 0);
}

TEST_CASE("What waits for a changed channel goes to its new address, once") {
  ExchangeDesk desk;
  desk.transport.set_script([](const HttpRequest& request) -> std::optional<Response> {
    if (request.url == "https://one.example/a") return std::nullopt;
    return RecordingTransport::ok();
  });
  desk.offer("x", "a");  // under way to the old address
  desk.offer("y", "a");  // behind it
  desk.steps();
  desk.exchange(one(slack("a", "https://two.example/a")), {"b"});
  desk.steps();
  CHECK(desk.sent("https://two.example/a") == 1);
  SECTION("the one under way was taken") {
    desk.transport.answer_hanging(RecordingTransport::ok());
    desk.steps();
    CHECK(desk.sent("https://two.example/a") == 1);
  }
  SECTION("the one under way failed, and is told at the new address too") {
    desk.transport.answer_hanging(RecordingTransport::status(503));
    for (int i = 0; i < 5; ++i) {
      desk.steps();
      desk.clock.advance(std::chrono::seconds(2));
    }
    CHECK(desk.sent("https://two.example/a") == 2);
  }
  CHECK(desk.rows('d') == 2);
  CHECK(desk.rows('n') == 0);
  CHECK(desk.rows('p') == 0);
}

TEST_CASE("What waits for a channel that leaves is parked, and told on the engine route") {
  ExchangeDesk desk;
  desk.transport.set_script([](const HttpRequest& request) -> std::optional<Response> {
    if (request.url == "https://one.example/a") return std::nullopt;
    return RecordingTransport::ok();
  });
  desk.offer("x", "a");
  desk.offer("y", "a");
  desk.steps();
  desk.offer("z", "a");  // not yet composed
  desk.exchange({}, {"b"}, {"b"});
  desk.steps();
  CHECK(desk.rows('p') == 2);
  SECTION("but for one under way that was taken") {
    desk.transport.answer_hanging(RecordingTransport::ok());
    desk.steps();
    CHECK(desk.rows('p') == 2);
    CHECK(desk.rows('d') == 4);
  }
  SECTION("and so is one under way that failed") {
    desk.transport.answer_hanging(RecordingTransport::status(503));
    desk.steps();
    CHECK(desk.rows('p') == 3);
  }
  CHECK(desk.rows('o') == 0);
  CHECK(desk.rows('n') == 0);
  CHECK(desk.sent("https://one.example/b") == 1);
}

TEST_CASE("The engine's own messages follow its route") {
  ExchangeDesk desk;
  desk.exchange({}, {"a", "b"}, {"a"});
  desk.notifier->engine({"lag", "topic", "Tocsin is behind", {}});
  desk.steps();
  CHECK(desk.sent("https://one.example/a") == 1);
  CHECK(desk.sent("https://one.example/b") == 0);
}

TEST_CASE("A message of the engine's own for a channel that leaves at once is parked, not lost") {
  ExchangeDesk desk;
  desk.notifier->engine({"lag", "topic", "Tocsin is behind", {}});
  desk.exchange({}, {"a"}, {"a"});
  desk.steps();
  CHECK(desk.sent("https://one.example/b") == 0);
  CHECK(desk.rows('p') == 1);
  CHECK(desk.sent("https://one.example/a") == 1);  // told that there is one
}

TEST_CASE("An end is not told at a new address before its beginning, which was under way") {
  ExchangeDesk desk;
  desk.transport.set_script([](const HttpRequest& request) -> std::optional<Response> {
    if (request.url == "https://one.example/a") return std::nullopt;
    return RecordingTransport::ok();
  });
  desk.notifier->offer({{1, error_rate(), {"a"}}});
  desk.steps();
  desk.notifier->resolve(resolved_notice().resolved.front(), {"a"});
  desk.clock.advance(std::chrono::minutes(1));
  desk.steps();
  desk.exchange(one(slack("a", "https://two.example/a")), {"b"});
  desk.steps();
  CHECK(desk.sent("https://two.example/a") == 0);
  std::size_t posts = 2;
  SECTION("and failed") { desk.transport.answer_hanging(RecordingTransport::status(503)); }
  SECTION("and was taken") {
    desk.transport.answer_hanging(RecordingTransport::ok());
    posts = 1;
  }
  for (int i = 0; i < 5; ++i) {
    desk.steps();
    desk.clock.advance(std::chrono::seconds(2));
  }
  CHECK(desk.sent("https://two.example/a") == posts);
  CHECK(desk.transport.posted.back().body.find("esolved") != std::string::npos);
  CHECK(desk.rows('n') == 0);
}
