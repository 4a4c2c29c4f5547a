// SPDX-License-Identifier: Apache-2.0
#include "notify/notifier.h"

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "alert/alert_codec.h"
#include "notify/outbox_keys.h"
#include "notify/samples.h"
#include "notify/slack/slack_channel.h"
#include "notify/webhook/webhook_channel.h"
#include "state/memory_store.h"
#include "support/contains.h"
#include "support/faulty_store.h"
#include "support/manual_clock.h"
#include "support/recording_transport.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

class Lines final : public Log {
 public:
  void info(std::string_view text) override { all += std::string(text) + "\n"; }
  void warn(std::string_view text) override { all += std::string(text) + "\n"; }
  void error(std::string_view text) override { all += std::string(text) + "\n"; }
  std::string all;
};

constexpr const char* kSlack = "https://hooks.slack.example/secret-a";
constexpr const char* kPlatform = "https://hooks.slack.example/secret-p";
constexpr const char* kHook = "https://ops.example/secret-h";

// A notifier with channels alerts (Slack), oncall (webhook) and platform (Slack, for the engine).
class Desk {
 public:
  MemoryStore memory;
  FaultyStore store{memory};
  RecordingTransport transport;
  ManualClock clock{wall(utc(2026, 11, 21, 14, 7, 32))};
  Lines log;
  std::unique_ptr<Notifier> notifier;
  std::uint64_t seq = 0;

  Desk() { start(); }

  // As a process does, with whatever is stored.
  void start() {
    std::vector<std::unique_ptr<Channel>> channels;
    SlackConfig alerts, platform;
    alerts.name = "alerts";
    alerts.webhook_url = kSlack;
    platform.name = "platform";
    platform.webhook_url = kPlatform;
    WebhookConfig hook;
    hook.name = "oncall";
    hook.url = kHook;
    channels.push_back(std::make_unique<SlackChannel>(alerts));
    channels.push_back(std::make_unique<SlackChannel>(platform));
    channels.push_back(std::make_unique<WebhookChannel>(hook));
    NotifierConfig config;
    config.engine_channels = {"platform"};
    notifier = std::make_unique<Notifier>(NotifierParts{store, transport, clock, log},
                                          std::move(channels), config);
    REQUIRE(notifier->load());
  }

  // The commit: rows first, then the offer.
  void offer(const std::vector<Alert>& alerts, const std::vector<std::string>& channels) {
    WriteBatch commit;
    std::vector<Outgoing> outgoing;
    for (const Alert& alert : alerts) {
      ++seq;
      OutboxLog().append(Recorded{seq, alert, channels}, commit);
      outgoing.push_back({seq, alert, channels});
    }
    REQUIRE(memory.write(commit, Sync::yes));
    notifier->offer(outgoing);
  }
  void resolve(const Resolution& ended, const std::vector<std::string>& channels) {
    WriteBatch commit;
    OutboxLog().append(Resolved{ended, channels}, commit);
    REQUIRE(memory.write(commit, Sync::yes));
    notifier->resolve(ended, channels);
  }

  void step() { REQUIRE(notifier->step()); }
  // Rounds at all moments at which something could happen.
  void run_for(Millis time, Millis stride = Millis{1'000}) {
    for (Millis gone{0}; gone <= time; gone += stride) {
      step();
      step();
      clock.advance(stride);
    }
  }

  std::vector<std::string> bodies(const std::string& url) const {
    std::vector<std::string> bodies;
    for (const HttpRequest& request : transport.posted) {
      if (request.url == url) bodies.push_back(request.body);
    }
    return bodies;
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> keys;
    for (const HttpRequest& request : transport.posted) {
      for (const auto& [name, value] : request.headers) {
        if (name == "Idempotency-Key") keys.push_back(value);
      }
    }
    return keys;
  }
  std::size_t rows(char kind) const {
    std::size_t count = 0;
    for (const auto& [key, value] : memory.map()) count += key[0] == kind ? 1U : 0U;
    return count;
  }
  ChannelStatus status(const std::string& name) const {
    for (const ChannelStatus& status : notifier->status()) {
      if (status.name == name) return status;
    }
    return {};
  }
};

std::vector<Alert> users(int count, const char* prefix = "user-") {
  std::vector<Alert> alerts;
  for (int i = 0; i < count; ++i) {
    Alert alert = user_over(prefix + std::to_string(i));
    alert.id = std::string(prefix) + std::to_string(i);
    alerts.push_back(std::move(alert));
  }
  return alerts;
}

}  // namespace

TEST_CASE("An alert is sent in the round after it was offered, and marked") {
  Desk desk;
  desk.offer({production()}, {"alerts", "oncall"});
  CHECK(desk.transport.wakes > 0);
  desk.step();
  REQUIRE(desk.bodies(kSlack).size() == 1);
  REQUIRE(desk.bodies(kHook).size() == 1);
  CHECK(contains(desk.bodies(kSlack)[0], "80% Production spend: $80.02 of $100 today"));
  CHECK(desk.rows('o') == 0);
  CHECK(desk.rows('n') == 0);
  CHECK(desk.rows('d') == 2);
  CHECK(desk.status("alerts").delivered == 1);
  CHECK(desk.status("alerts").queued == 0);
}

TEST_CASE("Before anything is sent its row is synced") {
  Desk desk;
  desk.transport.set_script([&](const HttpRequest&) {
    desk.memory.lose_power();
    CHECK(desk.rows('n') == 1);
    CHECK(desk.rows('o') == 0);
    return RecordingTransport::ok();
  });
  desk.offer({production()}, {"alerts"});
  desk.step();
  CHECK(desk.transport.posted.size() == 1);
}

TEST_CASE("Rungs passed in one commit are one message, the highest, naming the others") {
  Desk desk;
  Alert half = production(), most = production();
  half.id = "half";
  half.rung = "50%";
  half.amount = usd("50");
  desk.offer({half, most}, {"oncall"});
  desk.step();
  REQUIRE(desk.bodies(kHook).size() == 1);
  const std::string body = desk.bodies(kHook)[0];
  CHECK(contains(body, R"("summary":"🟠 80% Production spend)"));
  CHECK(contains(body, R"("rung":"80%")"));
  CHECK(contains(body, R"("rung":"50%")"));
  CHECK(contains(body, R"("crossed":["50%"])"));
  CHECK(contains(body, R"("crossed":["80%"])"));
  CHECK(desk.keys() == std::vector<std::string>{most.id});
}

TEST_CASE("A new slot at the level of the one before is not sent") {
  Desk desk;
  Alert alert = production();
  alert.continues = true;
  desk.offer({alert}, {"alerts"});
  desk.step();
  CHECK(desk.transport.posted.empty());
  CHECK(desk.rows('o') == 0);
}

TEST_CASE("Ten thousand users over at once are one message and one digest") {
  Desk desk;
  desk.offer(users(10'000), {"alerts", "oncall"});
  desk.step();
  CHECK(desk.bodies(kSlack).size() == 1);
  desk.run_for(Millis{29'000});
  CHECK(desk.bodies(kSlack).size() == 1);
  desk.run_for(Millis{120'000});
  REQUIRE(desk.bodies(kSlack).size() == 2);
  CHECK(contains(desk.bodies(kSlack)[1], "Free-tier user: 9,999 crossed in 1 s: 9,999 over $25"));
  REQUIRE(desk.bodies(kHook).size() == 2);
  std::set<std::string> ids;
  for (const std::string& body : desk.bodies(kHook)) {
    for (std::size_t at = 0; (at = body.find("{\"id\":\"user-", at)) != std::string::npos; ++at) {
      ids.insert(body.substr(at + 7, body.find('"', at + 7) - at - 7));
    }
  }
  CHECK(ids.size() == 10'000);
  CHECK(desk.rows('o') == 0);
}

TEST_CASE("After an interval without any, a group is told at once again") {
  Desk desk;
  desk.offer(users(1), {"alerts"});
  desk.run_for(Millis{10'000});
  desk.offer(users(1, "second-"), {"alerts"});
  desk.run_for(Millis{10'000});
  CHECK(desk.bodies(kSlack).size() == 1);
  desk.run_for(Millis{15'000});
  REQUIRE(desk.bodies(kSlack).size() == 2);  // alone in its digest: told as any alert is
  CHECK(contains(desk.bodies(kSlack)[1], "100% Free-tier user second-0: $25.04 of $25"));
  desk.run_for(Millis{60'000});
  desk.offer(users(1, "third-"), {"alerts"});
  desk.step();
  CHECK(desk.bodies(kSlack).size() == 3);
}

TEST_CASE("A rule without groups is told at once always") {
  Desk desk;
  for (int i = 0; i < 3; ++i) {
    Alert alert = production();
    alert.id = "alert-" + std::to_string(i);
    desk.offer({alert}, {"oncall"});
    desk.step();
  }
  CHECK(desk.bodies(kHook).size() == 3);
}

TEST_CASE("What was crossed while catching up is one digest a rule and channel at its end") {
  Desk desk;
  std::vector<Alert> old = users(50);
  Alert daily = production();
  old.push_back(daily);
  for (Alert& alert : old) alert.old_news = true;
  old[3].stale = true;
  desk.offer(old, {"alerts", "oncall"});
  desk.run_for(Millis{100'000});
  CHECK(desk.transport.posted.empty());
  CHECK(desk.status("alerts").queued == 51);
  desk.notifier->catch_up_ended();
  desk.step();
  REQUIRE(desk.bodies(kHook).size() == 2);
  CHECK(contains(desk.bodies(kHook)[0], "Free-tier user: 49 already over when Tocsin caught up"));
  CHECK(contains(desk.bodies(kHook)[0], R"("count":49)"));
  CHECK(contains(desk.bodies(kHook)[1], "today, already over when Tocsin caught up"));
  desk.run_for(Millis{5'000});
  REQUIRE(desk.bodies(kSlack).size() == 2);
  CHECK(contains(desk.bodies(kSlack)[0], "1 crossing of windows that closed long before"));
}

TEST_CASE("A start while catching up keeps waiting for its end") {
  Desk desk;
  Alert alert = production();
  alert.old_news = true;
  desk.offer({alert}, {"alerts"});
  desk.step();
  desk.start();
  desk.step();
  CHECK(desk.transport.posted.empty());
  desk.notifier->catch_up_ended();
  desk.step();
  CHECK(desk.bodies(kSlack).size() == 1);
}

TEST_CASE("A crash between sending and marking sends the same id again, and loses nothing") {
  Desk desk;
  desk.offer(users(40), {"oncall"});
  desk.step();
  desk.clock.advance(Millis{30'000});
  desk.store.fail_write(2);  // the first is the digest's row, the second its mark
  const auto stepped = desk.notifier->step();
  REQUIRE_FALSE(stepped);
  CHECK(stepped.error().reaction == Reaction::stop);
  REQUIRE(desk.keys().size() == 2);
  CHECK_FALSE(desk.notifier->step());  // dead: nothing more is sent
  CHECK(desk.keys().size() == 2);

  desk.store.repair();
  desk.start();
  desk.step();
  REQUIRE(desk.keys().size() == 3);
  CHECK(desk.keys()[2] == desk.keys()[1]);
  CHECK(desk.bodies(kHook)[2] == desk.bodies(kHook)[1]);
  CHECK(desk.rows('n') == 0);
}

TEST_CASE("A crash before the message was stored sends it from the outbox") {
  Desk desk;
  desk.offer({production()}, {"oncall"});
  desk.store.fail_write(1);
  REQUIRE_FALSE(desk.notifier->step());
  CHECK(desk.transport.posted.empty());
  desk.store.repair();
  desk.start();
  desk.step();
  CHECK(desk.keys() == std::vector<std::string>{production().id});
}

TEST_CASE("A receiver that fails one time in ten gets every alert in the end") {
  Desk desk;
  int count = 0;
  std::set<std::string> taken;
  desk.transport.set_script([&](const HttpRequest& request) {
    if (++count % 10 == 3) return RecordingTransport::status(count % 20 == 3 ? 500 : 429);
    if (count % 10 == 7) return RecordingTransport::no_answer("ops.example: Timeout was reached");
    for (const auto& [name, value] : request.headers) {
      if (name == "Idempotency-Key") taken.insert(value);
    }
    return RecordingTransport::ok();
  });
  for (int i = 0; i < 500; ++i) {
    Alert alert = production();
    alert.id = "alert-" + std::to_string(i);
    desk.offer({alert}, {"oncall"});
    desk.step();
    desk.clock.advance(Millis{100});
  }
  desk.run_for(Millis{900'000});
  CHECK(taken.size() == 500);
  CHECK(desk.rows('o') + desk.rows('n') + desk.rows('p') == 0);
  CHECK(desk.status("oncall").delivered == 500);
  CHECK(desk.status("oncall").retried > 0);
}

TEST_CASE("A channel that hangs slows no other") {
  Desk desk;
  desk.transport.set_script([&](const HttpRequest& request) -> std::optional<Response> {
    if (request.url == kSlack) return std::nullopt;
    return RecordingTransport::ok();
  });
  for (int i = 0; i < 20; ++i) {
    Alert alert = production();
    alert.id = "alert-" + std::to_string(i);
    desk.offer({alert}, {"alerts", "oncall"});
    desk.step();
    CHECK(desk.bodies(kHook).size() == static_cast<std::size_t>(i) + 1);
  }
  CHECK(desk.bodies(kSlack).size() == 1);
  CHECK(desk.status("alerts").queued == 20);
  desk.transport.set_script(nullptr);
  desk.transport.answer_hanging(RecordingTransport::ok());
  desk.run_for(Millis{60'000});
  CHECK(desk.bodies(kSlack).size() == 20);
}

TEST_CASE("However many messages wait for a channel that hangs, each is told in the end") {
  Desk desk;
  desk.transport.set_script([](const HttpRequest&) { return std::nullopt; });
  std::vector<Alert> alerts;
  for (int i = 0; i < 1'500; ++i) {
    Alert alert = production();
    alert.id = "alert-" + std::to_string(i) + ";";
    alert.rule += std::to_string(i);
    alerts.push_back(std::move(alert));
  }
  desk.offer(alerts, {"oncall"});
  desk.step();
  const auto before = desk.bodies(kHook).size();
  CHECK(before < 10);
  desk.transport.set_script(nullptr);
  desk.transport.answer_hanging(RecordingTransport::ok());
  desk.run_for(Millis{240'000});
  const auto bodies = desk.bodies(kHook);
  CHECK(bodies.size() == alerts.size());
  std::string all;
  for (const auto& body : bodies) all += body;
  for (const Alert& alert : alerts) REQUIRE(contains(all, alert.id));
  CHECK(desk.status("oncall").delivered == alerts.size());
}

TEST_CASE("A channel that refuses us is broken, told to the engine's channel and not to itself") {
  Desk desk;
  desk.transport.set_script([&](const HttpRequest& request) {
    return request.url == kSlack ? RecordingTransport::status(404, "no_service")
                                 : RecordingTransport::ok();
  });
  desk.offer({production()}, {"alerts"});
  desk.step();
  desk.step();
  CHECK(desk.status("alerts").broken);
  CHECK(desk.status("alerts").parked == 1);
  CHECK(desk.status("alerts").last_error == "answered 404 (no_service)");
  CHECK(desk.rows('p') == 1);
  REQUIRE(desk.bodies(kPlatform).size() == 1);
  CHECK(contains(desk.bodies(kPlatform)[0],
                 "Tocsin cannot tell channel alerts anything: it answered 404 (no_service)"));
  CHECK(contains(desk.bodies(kPlatform)[0], "Not delivered: 🟠 80% Production spend"));
  CHECK(desk.bodies(kSlack).size() == 1);

  // The next message tries it after five minutes.
  desk.transport.set_script(nullptr);
  Alert next = production();
  next.id = "next";
  desk.offer({next}, {"alerts"});
  desk.run_for(Millis{290'000});
  CHECK(desk.bodies(kSlack).size() == 1);
  desk.run_for(Millis{15'000});
  CHECK(desk.bodies(kSlack).size() == 2);
  CHECK_FALSE(desk.status("alerts").broken);
}

TEST_CASE("When the engine's own channel is broken nobody else is told, but the log") {
  Desk desk;
  desk.transport.set_script([](const HttpRequest&) { return RecordingTransport::status(410); });
  desk.notifier->engine({"lag", "p3", "Tocsin is 14 min behind", {}});
  desk.run_for(Millis{10'000});
  CHECK(desk.transport.posted.size() == 1);
  CHECK(contains(desk.log.all, "Nobody else can be told: Tocsin cannot tell channel platform"));
}

TEST_CASE("The same trouble of the engine is told once an hour") {
  Desk desk;
  for (int i = 0; i < 10; ++i) {
    desk.notifier->engine({"lag", "p3", "Tocsin is " + std::to_string(i) + " min behind", {}});
    desk.step();
  }
  desk.notifier->engine({"lag", "p4", "Tocsin is behind elsewhere too", {}});
  desk.step();
  CHECK(desk.bodies(kPlatform).size() == 2);
  desk.clock.advance(Millis{3'600'000});
  desk.notifier->engine({"lag", "p3", "Tocsin is 70 min behind", {}});
  desk.step();
  CHECK(desk.bodies(kPlatform).size() == 3);
}

TEST_CASE("Refused blocks are sent again as plain text") {
  Desk desk;
  desk.transport.set_script([](const HttpRequest& request) {
    return contains(request.body, "\"blocks\"") ? RecordingTransport::status(400, "invalid_blocks")
                                                : RecordingTransport::ok();
  });
  desk.offer({production()}, {"alerts"});
  desk.step();
  desk.step();
  CHECK(desk.bodies(kSlack).size() == 2);
  CHECK(desk.status("alerts").delivered == 1);
}

TEST_CASE("What no one takes for a day is parked and told") {
  Desk desk;
  desk.transport.set_script([&](const HttpRequest& request) {
    return request.url == kHook ? RecordingTransport::status(500) : RecordingTransport::ok();
  });
  desk.offer({production()}, {"oncall"});
  desk.run_for(std::chrono::hours{24} + std::chrono::minutes{2}, Millis{60'000});
  CHECK(desk.rows('p') == 1);
  CHECK(desk.rows('n') == 0);
  REQUIRE(desk.bodies(kPlatform).size() == 1);
  CHECK(contains(desk.bodies(kPlatform)[0], "did not take the message within 24 h"));
  // Backed off to five minutes at most: some hundreds of tries, not thousands.
  CHECK(desk.bodies(kHook).size() > 200);
  CHECK(desk.bodies(kHook).size() < 1'500);
}

TEST_CASE("A channel that is not configured any more parks what is left for it, and says so") {
  Desk desk;
  WriteBatch rows;
  put_outbox_row(rows, "gone", 7, production());
  Notice composed = told(production());
  composed.id = "composed";
  put_composed(rows, {"gone", {""}}, composed, {});
  REQUIRE(desk.memory.write(rows, Sync::yes));
  desk.start();
  desk.step();
  desk.step();
  CHECK(desk.rows('o') + desk.rows('n') == 0);
  CHECK(desk.rows('p') == 2);
  REQUIRE(desk.bodies(kPlatform).size() == 1);
  CHECK(contains(desk.bodies(kPlatform)[0], "channel gone, which is not configured any more"));
}

TEST_CASE("A damaged row is parked and told, and the others are sent") {
  Desk desk;
  WriteBatch rows;
  rows.put(outbox_key("alerts", 1), "garbage");
  put_outbox_row(rows, "alerts", 2, production());
  REQUIRE(desk.memory.write(rows, Sync::yes));
  desk.start();
  desk.step();
  desk.step();
  CHECK(desk.bodies(kSlack).size() == 1);
  CHECK(desk.bodies(kPlatform).size() == 1);
  CHECK(desk.rows('p') == 1);
}

TEST_CASE("An end is told after its beginning, and many ends together") {
  Desk desk;
  const Resolution ended = resolved_notice().resolved.front();
  desk.offer({error_rate()}, {"oncall"});
  desk.resolve(ended, {"oncall"});
  desk.step();
  CHECK(desk.bodies(kHook).size() == 1);
  Resolution other = ended;
  other.alert.group = {{"provider", "azure"}, {"model", "gpt-4o"}};
  desk.resolve(other, {"oncall"});
  desk.run_for(Millis{31'000});
  REQUIRE(desk.bodies(kHook).size() == 2);
  CHECK(contains(desk.bodies(kHook)[1], "Error rate: 2 back below the limit"));
  CHECK(desk.rows('r') == 0);
}

TEST_CASE("An end that waits is told after a crash too, after its beginning") {
  Desk desk;
  std::vector<Alert> rates = {error_rate(), error_rate()};
  rates[1].group = {{"provider", "azure"}, {"model", "gpt-4o"}};
  desk.offer(rates, {"oncall"});
  desk.step();
  desk.resolve(resolved_notice().resolved.front(), {"oncall"});
  desk.step();
  CHECK(desk.bodies(kHook).size() == 1);
  desk.start();
  desk.run_for(Millis{31'000});
  REQUIRE(desk.bodies(kHook).size() == 3);
  CHECK(contains(desk.bodies(kHook)[1], R"("resolved":null)"));
  CHECK(contains(desk.bodies(kHook)[2], "Error rate back to 1.2%"));
  CHECK(desk.rows('r') + desk.rows('o') + desk.rows('n') == 0);
}

TEST_CASE("A level that held on through a catch-up is told as of its last slot") {
  Desk desk;
  Alert first = error_rate(), last = error_rate();
  first.old_news = first.stale = last.old_news = last.continues = true;
  first.id = "first";
  first.window = {utc(2026, 11, 20, 10, 38), utc(2026, 11, 20, 10, 43)};
  desk.offer({first, last}, {"oncall"});
  desk.step();
  desk.notifier->catch_up_ended();
  desk.step();
  REQUIRE(desk.bodies(kHook).size() == 1);
  CHECK(contains(desk.bodies(kHook)[0], "Error rate 7.4% (limit 5%) openai/gpt-4o"));
  CHECK(contains(desk.bodies(kHook)[0], last.id));
}

TEST_CASE("Secrets are in no log line and in no message") {
  Desk desk;
  desk.transport.set_script([&](const HttpRequest& request) {
    return request.url == kHook ? RecordingTransport::status(404, "no " + std::string(kHook))
                                : RecordingTransport::ok();
  });
  desk.offer({production()}, {"oncall"});
  desk.run_for(Millis{5'000});
  CHECK_FALSE(desk.log.all.empty());
  CHECK_FALSE(contains(desk.log.all, "secret"));
  for (const std::string& body : desk.bodies(kPlatform)) CHECK_FALSE(contains(body, "secret"));
}

TEST_CASE("A round waits until something is due, and no longer") {
  Desk desk;
  desk.offer(users(2), {"alerts"});
  desk.step();
  REQUIRE(desk.notifier->step(Millis{60'000}));
  CHECK(desk.transport.waits.back() == Millis{30'000});
  desk.clock.advance(Millis{30'000});
  REQUIRE(desk.notifier->step(Millis{60'000}));
  CHECK(desk.bodies(kSlack).size() == 2);
}

TEST_CASE("A stop ends the loop and leaves what waits in the outbox") {
  Desk desk;
  desk.offer(users(3), {"alerts"});
  std::stop_source stop;
  std::jthread loop([&] { CHECK(desk.notifier->run(stop.get_token())); });
  while (desk.status("alerts").delivered == 0) std::this_thread::yield();
  stop.request_stop();
  loop.join();
  CHECK(desk.rows('o') == 2);
  desk.start();
  desk.step();
  CHECK(desk.bodies(kSlack).size() >= 2);
}
