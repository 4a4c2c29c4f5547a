// SPDX-License-Identifier: Apache-2.0
// What goes over from one message of a channel to the next: what it edits, what it tells again,
// what another tells in its place, and what a person wants sent again.
#include <simdjson.h>

#include <catch2/catch.hpp>
#include <thread>

#include "notify/alertmanager/alertmanager_channel.h"
#include "notify/notifier.h"
#include "notify/outbox_keys.h"
#include "notify/samples.h"
#include "notify/slack/slack_bot.h"
#include "notify/slack/slack_channel.h"
#include "notify/webhook/webhook_channel.h"
#include "state/memory_store.h"
#include "support/manual_clock.h"
#include "support/recording_transport.h"

using namespace tocsin;
using namespace tocsin::samples;
using Verdict = Outcome::Verdict;

namespace {

class NothingLogged final : public Log {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

constexpr const char* kBot = "https://slack.example/api";
constexpr const char* kAlertmanager = "http://am.example:9093";
constexpr const char* kHooked = "https://ops.example/hook";
constexpr const char* kBroken = "https://hooks.slack.example/gone";

std::string value_at(const std::string& json, const std::string& pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(json).at_pointer(pointer).get(element) != simdjson::SUCCESS) return "(absent)";
  std::string_view text;
  return element.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(element);
}

// A notifier with channels bot, am, hook, and slack, which falls back to hook.
class Station {
 public:
  MemoryStore store;
  RecordingTransport transport;
  ManualClock clock{wall(utc(2026, 11, 21, 14, 7, 32))};
  NothingLogged log;
  std::unique_ptr<Notifier> notifier;
  std::uint64_t seq = 0;
  int ts = 0;
  std::string edit_error;
  bool is_slack_down = false;  // no answer, in place of a refusal

  Station() {
    transport.set_script([this](const HttpRequest& request) { return answer(request); });
    start();
  }

  void start() {
    std::vector<std::unique_ptr<Channel>> channels;
    channels.push_back(std::make_unique<SlackBotChannel>(
        SlackBotConfig{.name = "bot", .url = kBot, .token = "xoxb-1", .channel = "#alerts"}));
    channels.push_back(std::make_unique<AlertmanagerChannel>(
        AlertmanagerConfig{.name = "am", .url = kAlertmanager}));
    WebhookConfig hook;
    hook.name = "hook";
    hook.url = kHooked;
    channels.push_back(std::make_unique<WebhookChannel>(hook));
    channels.push_back(
        std::make_unique<SlackChannel>(SlackConfig{.name = "slack", .webhook_url = kBroken}));
    NotifierConfig config;
    config.engine_channels = {"hook"};
    config.fallbacks = {{"slack", "hook"}};
    notifier = std::make_unique<Notifier>(NotifierParts{store, transport, clock, log},
                                          std::move(channels), config);
    REQUIRE(notifier->load());
  }

  void offer(const Alert& alert, const std::string& channel) {
    WriteBatch commit;
    OutboxLog().append(Recorded{++seq, alert, {channel}}, commit);
    REQUIRE(store.write(commit, Sync::yes));
    notifier->offer({{seq, alert, {channel}}});
    run();
  }
  void resolve(const Resolution& ended, const std::string& channel) {
    WriteBatch commit;
    OutboxLog().append(Resolved{ended, {channel}}, commit);
    REQUIRE(store.write(commit, Sync::yes));
    notifier->resolve(ended, {channel});
    run();
  }
  void run(int rounds = 6, Millis stride = Millis{2'000}) {
    for (int i = 0; i < rounds; ++i) {
      REQUIRE(notifier->step());
      clock.advance(stride);
    }
  }
  std::vector<std::string> bodies(const std::string& url) const {
    std::vector<std::string> bodies;
    for (const HttpRequest& request : transport.posted) {
      if (request.url.starts_with(url)) bodies.push_back(request.body);
    }
    return bodies;
  }
  std::vector<std::string> methods() const {
    std::vector<std::string> methods;
    for (const HttpRequest& request : transport.posted) {
      if (request.url.starts_with(kBot))
        methods.push_back(request.url.substr(request.url.rfind('/') + 1));
    }
    return methods;
  }
  std::size_t rows(char kind) const {
    std::size_t count = 0;
    for (const auto& [key, value] : store.map()) count += key[0] == kind ? 1U : 0U;
    return count;
  }
  // Asks as the API does, on a thread of its own.
  Result<std::string> resend(Resending what) {
    Result<std::string> sent = retry("not asked");
    const std::size_t woken = transport.wakes;
    std::thread asking([&] { sent = notifier->resend(std::move(what), Millis{60'000}); });
    while (transport.wakes == woken) std::this_thread::yield();
    run();
    asking.join();
    return sent;
  }

 private:
  std::optional<Response> answer(const HttpRequest& request) {
    if (request.url == kBroken) {
      if (is_slack_down) return RecordingTransport::no_answer("refused");
      return RecordingTransport::status(404, "no_service");
    }
    if (!request.url.starts_with(kBot)) return RecordingTransport::status(200);
    if (request.url.ends_with("chat.update") && !edit_error.empty()) {
      return RecordingTransport::status(200, R"({"ok":false,"error":")" + edit_error + "\"}");
    }
    const bool reply = request.body.find("\"thread_ts\"") != std::string::npos;
    const bool edit = request.url.ends_with("chat.update");
    const std::string now = reply  ? "9.9"
                            : edit ? value_at(request.body, "/ts")
                                   : "1." + std::to_string(++ts);
    return RecordingTransport::status(200, R"({"ok":true,"channel":"C1","ts":")" + now +
                                               R"(","message":{)" +
                                               (reply ? R"("thread_ts":"1.1")" : "") + "}}");
  }
};

Alert higher() {
  Alert alert = production();
  alert.id = "a2090aaaaaaaaaaaaaaaaaaaaaaaaaaa";
  alert.rung = "100%";
  alert.amount = usd("100");
  alert.value = usd("100.01");
  alert.severity = Severity::critical;
  return alert;
}

Resolution over() { return resolved_notice().resolved.front(); }

}  // namespace

TEST_CASE("A bot posts a message, and its details in the thread") {
  Station station;
  station.offer(production(), "bot");
  const auto bodies = station.bodies(kBot);
  REQUIRE(station.methods() == std::vector<std::string>{"chat.postMessage", "chat.postMessage"});
  CHECK(value_at(bodies[0], "/channel") == "#alerts");
  CHECK(value_at(bodies[0], "/thread_ts") == "(absent)");
  CHECK(value_at(bodies[1], "/channel") == "C1");
  CHECK(value_at(bodies[1], "/thread_ts") == "1.1");
  CHECK(value_at(bodies[1], "/reply_broadcast") == "(absent)");
  CHECK(station.rows('d') == 1);
}

TEST_CASE("A bot edits its message when a higher rung is passed, and says so in the channel") {
  Station station;
  station.offer(production(), "bot");
  station.start();  // what it remembers outlives the process
  station.offer(higher(), "bot");
  const auto bodies = station.bodies(kBot);
  REQUIRE(station.methods() == std::vector<std::string>{"chat.postMessage", "chat.postMessage",
                                                        "chat.update", "chat.postMessage"});
  CHECK(value_at(bodies[2], "/ts") == "1.1");
  CHECK(value_at(bodies[2], "/channel") == "C1");
  CHECK(value_at(bodies[2], "/text").find("100%") != std::string::npos);
  CHECK(value_at(bodies[3], "/thread_ts") == "1.1");
  CHECK(value_at(bodies[3], "/reply_broadcast") == "true");
}

TEST_CASE("Another window, and another group, are other messages") {
  Station station;
  station.offer(production(), "bot");
  Alert tomorrow = production();
  tomorrow.id = "11aa";
  tomorrow.window.start += Millis{86'400'000};
  station.offer(tomorrow, "bot");
  const auto methods = station.methods();
  CHECK(std::count(methods.begin(), methods.end(), "chat.update") == 0);
}

TEST_CASE("Where a message can be edited no more the bot says it anew") {
  for (const char* error :
       {"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"}) {
    INFO(error);
    Station station;
    station.offer(production(), "bot");
    station.edit_error = error;
    station.offer(higher(), "bot");
    station.run(10);
    const auto methods = station.methods();
    REQUIRE(methods.size() == 5);
    CHECK(methods[2] == "chat.update");
    CHECK(methods[3] == "chat.postMessage");
    CHECK(value_at(station.bodies(kBot)[3], "/channel") == "#alerts");
    CHECK(value_at(station.bodies(kBot)[3], "/thread_ts") == "(absent)");
    CHECK(station.rows('p') == 0);
    CHECK(station.rows('d') == 2);
  }
}

TEST_CASE("An end edits the message, and the next beginning is a new one") {
  Station station;
  station.offer(error_rate(), "bot");
  station.resolve(over(), "bot");
  Alert again = error_rate();
  again.id = "22bb";
  station.run(20);
  station.offer(again, "bot");
  station.run(20);
  const auto methods = station.methods();
  REQUIRE(methods.size() >= 6);
  CHECK(methods[2] == "chat.update");
  CHECK(methods[4] == "chat.postMessage");
  CHECK(value_at(station.bodies(kBot)[4], "/channel") == "#alerts");
}

TEST_CASE("What the errors of Slack's Web API lead to") {
  const SlackBotChannel bot({.name = "bot", .url = kBot, .token = "xoxb-1", .channel = "#alerts"});
  const auto of = [&](const std::string& error) {
    return bot.classify(
        RecordingTransport::status(200, R"({"ok":false,"error":")" + error + "\"}"));
  };
  CHECK(of("ratelimited").verdict == Verdict::pause);
  CHECK(of("invalid_auth").verdict == Verdict::broken);
  CHECK(of("not_in_channel").verdict == Verdict::broken);
  CHECK(of("not_in_channel").reason == "answered 200 (not_in_channel)");
  CHECK(of("msg_blocks_too_long").verdict == Verdict::degrade);
  CHECK(of("internal_error").verdict == Verdict::retry);
  CHECK(of("something_new").verdict == Verdict::park);
  CHECK(of("xoxb-1 <b>").reason == "answered 200, refusing it");
  CHECK(bot.classify(RecordingTransport::status(200, "<html>")).verdict == Verdict::broken);
  Response slow = RecordingTransport::status(429, "");
  slow.retry_after = std::chrono::seconds{30};
  CHECK(bot.classify(slow).verdict == Verdict::pause);
  CHECK(bot.classify(slow).after == std::chrono::seconds{30});
}

TEST_CASE("Alertmanager is told an alert until its window ends") {
  Station station;
  station.offer(production(), "am");
  const auto first = station.bodies(kAlertmanager);
  REQUIRE(first.size() == 1);
  CHECK(value_at(first[0], "/0/labels/alertname") == "production-daily");
  CHECK(value_at(first[0], "/0/startsAt") == "2026-11-21T13:07:32Z");
  CHECK(value_at(first[0], "/0/endsAt") == "2026-11-21T23:00:00Z");
  CHECK(value_at(first[0], "/0/annotations/budget") == "100");
  station.run(3, Millis{60'000});
  const auto again = station.bodies(kAlertmanager);
  CHECK(again.size() >= 3);
  CHECK(again.back() == first[0]);
}

TEST_CASE("What stands is told again by the next process, and no more once it is over") {
  Station station;
  station.offer(production(), "am");
  CHECK(station.rows(kKeepsakePrefix) == 1);
  station.start();
  const std::size_t before = station.bodies(kAlertmanager).size();
  station.run(2, Millis{60'000});
  CHECK(station.bodies(kAlertmanager).size() > before);
  station.clock.advance(Millis{10 * 3'600'000});
  station.run(4, Millis{60'000});
  CHECK(station.rows(kKeepsakePrefix) == 0);
  const std::size_t after = station.bodies(kAlertmanager).size();
  station.run(4, Millis{60'000});
  CHECK(station.bodies(kAlertmanager).size() == after);
}

TEST_CASE("What has no end yet ends five minutes after it was told last, and its end is told too") {
  Station station;
  station.offer(error_rate(), "am");
  CHECK(value_at(station.bodies(kAlertmanager)[0], "/0/endsAt") == "2026-11-21T14:12:32Z");
  station.run(2, Millis{60'000});
  station.resolve(over(), "am");
  station.run(20);
  const std::string last = station.bodies(kAlertmanager).back();
  CHECK(value_at(last, "/0/endsAt") == "2026-11-21T10:55:00Z");
  CHECK(station.rows(kKeepsakePrefix) == 1);
  station.run(8, Millis{60'000});
  CHECK(station.rows(kKeepsakePrefix) == 0);
}

TEST_CASE("A large digest is told to Alertmanager in several requests") {
  const AlertmanagerChannel am({.name = "am", .url = kAlertmanager});
  const Notice notice = digest_of(1'234);
  REQUIRE(am.parts(notice) == 3);
  const Message message = render(notice);
  simdjson::dom::parser parser;
  const auto request = std::get<HttpRequest>(
      am.request({.notice = notice, .message = message, .now = notice.composed_at, .part = 2}));
  CHECK(simdjson::dom::array(parser.parse(request.body)).size() == 234);
  CHECK(request.url == std::string(kAlertmanager) + "/api/v2/alerts");
}

TEST_CASE("What a broken channel cannot be told is told once by its fallback, and marked") {
  Station station;
  station.offer(production(), "slack");
  station.run(10);
  std::vector<std::string> told;
  for (const std::string& body : station.bodies(kHooked)) {
    if (value_at(body, "/engine") == "null") told.push_back(body);
  }
  REQUIRE(told.size() == 1);
  CHECK(value_at(told[0], "/alerts/0/id") == production().id);
  CHECK(value_at(told[0], "/in_place_of") == "slack: it answered 404 (no_service)");
  CHECK(station.rows('p') == 1);
  station.start();
  station.run(10);
  CHECK(std::count_if(
            station.transport.posted.begin(), station.transport.posted.end(),
            [](const auto& r) { return r.body.find("in_place_of") != std::string::npos; }) == 1);
}

TEST_CASE("What waits behind a broken channel goes to the fallback without waiting for it") {
  Station station;
  station.offer(production(), "slack");
  station.offer(higher(), "slack");
  station.run(4);
  std::size_t told = 0;
  for (const std::string& body : station.bodies(kHooked)) {
    told += body.find("in_place_of") != std::string::npos ? 1U : 0U;
  }
  CHECK(told == 2);
}

TEST_CASE("A channel without an answer is given ten minutes, then its fallback is told") {
  Station station;
  station.is_slack_down = true;
  station.offer(production(), "slack");
  station.run(4, Millis{60'000});
  CHECK(station.bodies(kHooked).empty());
  station.run(8, Millis{60'000});
  REQUIRE(station.bodies(kHooked).size() == 1);
  CHECK(
      value_at(station.bodies(kHooked)[0], "/in_place_of").starts_with("slack: it gave no answer"));
  station.start();
  station.run(4, Millis{60'000});
  CHECK(station.bodies(kHooked).size() == 1);
}

TEST_CASE("A message says in whose place it is told") {
  Notice notice = told(production());
  notice.in_place_of = "slack: it answered 404";
  CHECK(lines_of(render(notice)).find("Told here in place of channel slack: it answered 404.") !=
        std::string::npos);
  const auto again = decode_notice(encode_notice(notice));
  REQUIRE(again);
  CHECK(again->in_place_of == notice.in_place_of);
}

TEST_CASE("A parked message is sent again as the same, and then it is parked no more") {
  Station station;
  station.offer(production(), "slack");
  REQUIRE(station.rows('p') == 1);
  station.clock.advance(Millis{30 * 3'600'000});
  Notice notice;
  for (const auto& [key, value] : station.store.map()) {
    if (key[0] == kParkedPrefix) notice = decode_notice(decode_parked(value)->notice).value();
  }
  const std::size_t posts = station.bodies(kBroken).size();
  const auto sent = station.resend({{"slack", ""}, notice, true});
  REQUIRE(sent);
  CHECK(*sent == notice.id);
  CHECK(station.bodies(kBroken).size() == posts + 1);
  std::size_t in_place = 0;
  for (const std::string& body : station.bodies(kHooked)) {
    in_place += body.find("in_place_of") != std::string::npos ? 1U : 0U;
  }
  CHECK(in_place == 1);
  const auto none = station.resend({{"nobody", ""}, notice, true});
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "channel nobody is not configured any more: bring it back first");
}

TEST_CASE("A delivered message is sent again as another one") {
  Station station;
  station.offer(production(), "hook");
  Notice notice = told(production());
  const auto sent = station.resend({{"hook", ""}, notice, false});
  REQUIRE(sent);
  CHECK(*sent != production().id);
  CHECK(station.bodies(kHooked).size() == 2);
  CHECK(station.rows('d') == 2);
}

TEST_CASE("A mark keeps the first line of what was told") {
  Station station;
  station.offer(production(), "hook");
  for (const auto& [key, value] : station.store.map()) {
    if (key[0] != kDeliveryPrefix) continue;
    CHECK(decode_delivery(value)->first_line.starts_with(
        "🟠 80% Production spend: $80.02 of $100"));
  }
}
