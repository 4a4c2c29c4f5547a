// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "notify/message.h"
#include "notify/notifier.h"
#include "notify/outbox.h"
#include "notify/plain_text.h"
#include "notify/samples.h"
#include "notify/webhook/webhook_channel.h"
#include "state/memory_store.h"
#include "support/manual_clock.h"
#include "support/recording_transport.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

std::string line_of(const UnpricedReport& report) {
  return render(unpriced_notice(report)).first_line;
}

const Message::Field* field(const Message& message, const std::string& label) {
  for (const auto& one : message.fields) {
    if (one.label == label) return &one;
  }
  return nullptr;
}

std::string paragraphs(const Message& message) {
  std::string text;
  for (const Text& one : message.paragraphs) text += one.text + "\n";
  return text;
}

struct Quiet final : Log {
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

// A notifier with one channel, for the engine.
struct EngineDesk {
  EngineDesk() { start(); }
  // As a process does, with whatever is stored.
  void start() {
    WebhookConfig hook;
    hook.name = "ops";
    hook.url = "https://ops.example/hook";
    std::vector<std::unique_ptr<Channel>> channels;
    channels.push_back(std::make_unique<WebhookChannel>(hook));
    NotifierConfig config;
    config.engine_channels = {"ops"};
    notifier = std::make_unique<Notifier>(NotifierParts{store, transport, clock, log},
                                          std::move(channels), config);
    REQUIRE(notifier->load());
  }
  // What the state thread's commit leaves for it.
  EngineMessage put(const UnpricedReport& report) {
    EngineMessage message = *unpriced_notice(report).engine;
    WriteBatch commit;
    put_engine_row(commit, message);
    REQUIRE(store.write(commit, Sync::yes));
    return message;
  }
  void run() {
    for (int i = 0; i < 6; ++i) {
      REQUIRE(notifier->step());
      clock.advance(Millis{1'000});
    }
  }
  std::size_t rows(char kind) const {
    std::size_t rows = 0;
    for (const auto& [key, value] : store.map()) rows += key[0] == kind ? 1U : 0U;
    return rows;
  }

  MemoryStore store;
  RecordingTransport transport;
  ManualClock clock{wall(utc(2026, 11, 21, 10, 36))};
  Quiet log;
  std::unique_ptr<Notifier> notifier;
};

}  // namespace

TEST_CASE("A message of the engine with a row is told once, also by the next process") {
  EngineDesk desk;
  SECTION("its row goes when the message takes its place") {
    desk.notifier->engine(desk.put(unpriced_report()));
    CHECK(desk.rows('e') == 1);
    desk.run();
    CHECK(desk.rows('e') == 0);
    desk.start();
    desk.run();
    CHECK(desk.transport.posted.size() == 1);
  }
  SECTION("a process that died before is followed by one that finds it") {
    desk.put(unpriced_report());
    desk.start();
    desk.run();
    CHECK(desk.rows('e') == 0);
    CHECK(desk.transport.posted.size() == 1);
  }
  SECTION("one that came as the process stops is sent by the next, once") {
    desk.notifier->engine(desk.put(unpriced_report()));
    std::stop_source stop;
    stop.request_stop();
    REQUIRE(desk.notifier->run(stop.get_token()));
    CHECK(desk.rows('e') == 0);
    CHECK(desk.rows('n') == 1);
    desk.start();
    desk.run();
    CHECK(desk.transport.posted.size() == 1);
  }
  SECTION("another of the same kind and subject within the hour is told, too") {
    desk.notifier->engine(desk.put(unpriced_report()));
    desk.run();
    UnpricedReport later = unpriced_report();
    later.models[0].requests = 3;
    desk.notifier->engine(desk.put(later));
    desk.run();
    CHECK(desk.transport.posted.size() == 2);
  }
  SECTION("one that cannot be read is parked, and that is told") {
    WriteBatch commit;
    commit.put("e1", "?");
    REQUIRE(desk.store.write(commit, Sync::yes));
    desk.start();
    desk.run();
    CHECK(desk.rows('e') == 0);
    CHECK(desk.rows('p') == 1);
    CHECK(desk.transport.posted.size() == 1);
  }
}

TEST_CASE("The first line of what has no price has 90 characters at most, and its end") {
  UnpricedReport report = unpriced_report();
  for (const std::size_t size : {1U, 24U, 30U, 100U, 256U}) {
    report.models[0].model = "openai/" + std::string(size, 'm');
    const std::string line = line_of(report);
    CHECK(characters(line) <= 90);
    CHECK(line.ends_with(": 1,240 requests since 09:12 are in no budget"));
  }
  report.unmetered = true;
  report.models[0].service = std::string(256, 's');
  CHECK(characters(line_of(report)) <= 90);
  CHECK(line_of(report).ends_with("since 09:12 cost nothing"));
}

TEST_CASE("When it began is told in the reader's zone, with the date if it was another day") {
  UnpricedReport report = unpriced_report();
  CHECK(line_of(report).find("since 09:12 are") != std::string::npos);
  report.zone = "Asia/Tokyo";
  CHECK(line_of(report).find("since 18:12 are") != std::string::npos);
  report.models[0].since = utc(2026, 11, 20, 14, 59);  // 23:59 the day before
  CHECK(line_of(report).find("since 20 Nov, 23:59 are") != std::string::npos);
  report.models[0].since = utc(2026, 11, 20, 15, 0);
  CHECK(line_of(report).find("since 00:00 are") != std::string::npos);
}

TEST_CASE("What is in no budget counts in the line, what is counted otherwise is said apart") {
  UnpricedReport report = unpriced_report();
  UnpricedModel& model = report.models[0];
  model.partial = 40;
  model.lacking = {"input_smell"};
  model.estimated = 200;
  model.like = "gpt-4o-mini";
  const Message message = render(unpriced_notice(report));
  CHECK(message.first_line.find(": 1,000 requests since 09:12 are in no budget") !=
        std::string::npos);
  CHECK(paragraphs(message).find("Without a price: input_smell, of 40 requests.") !=
        std::string::npos);
  CHECK(paragraphs(message).find("200 requests more are estimated.") != std::string::npos);
}

TEST_CASE("A model that several services send no usage of is one model") {
  UnpricedReport report = unpriced_report();
  report.unmetered = true;
  report.models.push_back(report.models[0]);
  report.models[1].service = "chat";
  CHECK(
      line_of(report) ==
      "⚪ No usage from 2 services for openai/gpt-6-nano: 2,480 requests since 09:12 cost nothing");
  report.models[1].model = "acme/x";
  CHECK(line_of(report) == "⚪ No usage for 2 models: 2,480 requests since 09:12 cost nothing");
}

TEST_CASE("One request is one") {
  UnpricedReport report = unpriced_report();
  report.models[0].requests = 1;
  CHECK(line_of(report).ends_with(": 1 request since 09:12 is in no budget"));
}

TEST_CASE("What nothing is known of is left out: no likes, no services, no budgets") {
  UnpricedReport report = unpriced_report();
  UnpricedModel& model = report.models[0];
  model.likes.clear();
  model.services = {{"(none)", 1'240}};
  model.budgets.clear();
  const Message message = render(unpriced_notice(report));
  CHECK(message.fields.size() == 1);
  CHECK(message.context.size() == 1);
  CHECK(paragraphs(message).find("- {model: gpt-6-nano, like: ANOTHER}") != std::string::npos);
}

TEST_CASE("A price file's entry is only offered for a name that can be typed") {
  UnpricedReport report = unpriced_report();
  CHECK(paragraphs(render(unpriced_notice(report)))
            .find("  provider: openai\n  models:\n    - {model: gpt-6-nano, like: gpt-4o-mini}") !=
        std::string::npos);
  for (const char* const model : {"openai/<!channel>", "openai/a b", "unknown/m", "openai/"}) {
    report.models[0].model = model;
    CHECK(paragraphs(render(unpriced_notice(report))).find("{model:") == std::string::npos);
  }
}

TEST_CASE("A mention in a model's name is text that wakes nobody, in fields too") {
  UnpricedReport report = unpriced_report();
  report.models[0].model = "openai/<!channel>";
  report.models[0].services = {{"<!here>", 2}};
  report.models[0].likes[0].model = "*like*";
  const Message message = render(unpriced_notice(report));
  CHECK(field(message, "From")->value.born == Text::Born::elsewhere);
  CHECK(field(message, "If like *like*")->value.born == Text::Born::elsewhere);
  CHECK(field(message, "If like gpt-4o")->value.born == Text::Born::ours);
  CHECK(message.title.born == Text::Born::elsewhere);
}

TEST_CASE("A report survives the state, and one of before has none") {
  const Notice notice = unpriced_notice(unpriced_report());
  const auto read = decode_notice(encode_notice(notice));
  REQUIRE(read);
  CHECK(webhook_body(*read, render(*read), Form::full) ==
        webhook_body(notice, render(notice), Form::full));
  CHECK(read->engine->unpriced->models[0].budgets[2].percent == std::nullopt);
  const auto message = decode_engine_message(encode_engine_message(*notice.engine));
  REQUIRE(message);
  CHECK(message->text == notice.engine->text);
  // Version 1 ended with the details.
  Notice plain = engine_notice({"lag", "p3", "late", {"wait"}});
  std::string bytes = encode_notice(plain);
  bytes[0] = 1;
  bytes.resize(bytes.size() - 2);  // and nothing of a report, and of a place
  const auto old = decode_notice(bytes);
  REQUIRE(old);
  CHECK(old->engine->details.size() == 1);
  CHECK_FALSE(old->engine->unpriced);
}
