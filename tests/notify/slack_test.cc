// SPDX-License-Identifier: Apache-2.0
#include <rapidcheck.h>
#include <simdjson.h>

#include "notify/golden_samples.h"

#include <catch2/catch.hpp>

#include "notify/plain_text.h"
#include "notify/samples.h"
#include "notify/slack/slack_blocks.h"
#include "notify/slack/slack_channel.h"

using namespace tocsin;
using namespace tocsin::samples;
using Verdict = Outcome::Verdict;

namespace {

constexpr std::string_view kPing = "<!channel> & <@U1>";

// Every text object of the body, by type, in order.
struct Texts {
  std::vector<std::string> plain, markdown;
  std::string top;
  std::size_t header = 0, fields = 0, field_longest = 0, section_longest = 0, elements_most = 0;
  std::size_t blocks = 0, all = 0;
};

void take_object(simdjson::dom::element object, Texts& texts) {
  const std::string_view type = object["type"];
  const std::string text{std::string_view{object["text"]}};
  (type == "mrkdwn" ? texts.markdown : texts.plain).push_back(text);
  texts.all += characters(text);
}

Texts texts_of(const std::string& body) {
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.parse(body);
  Texts texts;
  texts.top = std::string(std::string_view(root["text"]));
  texts.all = characters(texts.top);
  for (const simdjson::dom::element block : simdjson::dom::array(root["blocks"])) {
    ++texts.blocks;
    const std::string_view type = block["type"];
    simdjson::dom::element inner;
    if (block["text"].get(inner) == simdjson::SUCCESS) {
      take_object(inner, texts);
      const std::size_t length = characters(std::string_view(inner["text"]));
      std::size_t& longest = type == "header" ? texts.header : texts.section_longest;
      longest = std::max(longest, length);
    }
    simdjson::dom::array several;
    if (block["fields"].get(several) == simdjson::SUCCESS) {
      texts.fields = std::max(texts.fields, several.size());
      for (const simdjson::dom::element field : several) {
        take_object(field, texts);
        texts.field_longest =
            std::max(texts.field_longest, characters(std::string_view(field["text"])));
      }
    }
    if (block["elements"].get(several) == simdjson::SUCCESS) {
      texts.elements_most = std::max(texts.elements_most, several.size());
      for (const simdjson::dom::element element : several) take_object(element, texts);
    }
  }
  return texts;
}

// An alert with the same text wherever text can come from outside.
Alert hostile(const std::string& text) {
  Alert alert = user_over(text);
  alert.group.front().first = text;
  alert.summary = alert.where = alert.description = alert.runbook = alert.rule = text;
  alert.rung = text;
  alert.crossed = {text};
  alert.labels = {{text, text}};
  alert.origin = text;
  alert.next = Alert::Next{text, usd("30"), Severity::critical};
  return alert;
}

SlackChannel channel() {
  SlackConfig config;
  config.name = "alerts";
  config.webhook_url = "https://hooks.slack.example/services/T/B/secret";
  return SlackChannel(config);
}

}  // namespace

TEST_CASE("A message is Block Kit under a text that is its first line") {
  CHECK(
      slack_body(render(told(production()))) ==
      R"~({"text":"🟠 80% Production spend: $80.02 of $100 today, gone by 17:39 at this pace",)~"
      R"~("mrkdwn":false,"unfurl_links":false,"unfurl_media":false,"blocks":[)~"
      R"~({"type":"header","text":{"type":"plain_text",)~"
      R"~("text":"Production spend at 80% of today's $100","emoji":false}},)~"
      R"~({"type":"section","fields":[)~"
      R"~({"type":"mrkdwn","text":"*Spent*\n$80.02 of $100.00","verbatim":true},)~"
      R"~({"type":"mrkdwn","text":"*Left*\n$19.98","verbatim":true},)~"
      R"~({"type":"mrkdwn","text":"*Pace*\n$5.66/h (even: $4.17/h)","verbatim":true},)~"
      R"~({"type":"mrkdwn","text":"*Gone by*\n17:39 today","verbatim":true},)~"
      R"~({"type":"mrkdwn","text":"*By midnight*\nabout $136","verbatim":true},)~"
      R"~({"type":"mrkdwn","text":"*Requests*\n31,204, $0.0026 each","verbatim":true}]},)~"
      R"~({"type":"section","text":{"type":"mrkdwn",)~"
      R"~("text":"`████████████████░░░░` 80% of the money, 58% of the day","verbatim":true}},)~"
      R"~({"type":"context","elements":[{"type":"mrkdwn",)~"
      R"~("text":"warning · rule `production-daily` · next: 95% at $95.00 (~16:46)",)~"
      R"~("verbatim":true},)~"
      R"~({"type":"plain_text","text":"Environment = production","emoji":false}]},)~"
      R"~({"type":"context","elements":[{"type":"mrkdwn",)~"
      R"~("text":"Sat 21 Nov, 00:00–24:00 Europe/Berlin · rang 210 ms after the request · )~"
      R"~(id 3f9c2a81","verbatim":true}]},{"type":"context","elements":[{"type":"mrkdwn",)~"
      R"~("text":"Why it rang: `tocsin explain production-daily`","verbatim":true}]}]})~");
}

TEST_CASE("No text from outside pings anybody or becomes markup, wherever it stands") {
  const std::string ping(kPing);
  Notice catch_up = digest_of(3);
  catch_up.kind = Notice::Kind::catch_up;
  for (Alert& alert : catch_up.alerts) alert.rule = alert.summary = alert.where = ping;
  for (Alert& alert : catch_up.alerts) alert.group.front().second += ping;
  Notice resolved = resolved_notice();
  resolved.resolved.front().alert.rule = resolved.resolved.front().alert.summary = ping;
  resolved.resolved.front().alert.group = {{ping, ping}};
  for (const Notice& notice :
       {told(hostile(ping)), catch_up, resolved, engine_notice({"lag", ping, ping, {ping}})}) {
    const Texts texts = texts_of(slack_body(render(notice)));
    CHECK(texts.top.find("<") == std::string::npos);
    for (const std::string& text : texts.markdown) {
      INFO(text);
      CHECK(text.find('<') == std::string::npos);
    }
    CHECK(slack_plain_body(render(notice)).find("<!") == std::string::npos);
  }
}

TEST_CASE("Values of events stand in plain text only") {
  const std::string value = "evil*value*";
  for (const Notice& notice : {told(user_over(value)), [&] {
                                 Notice resolved = resolved_notice();
                                 resolved.resolved.front().alert.group = {{"user", value}};
                                 return resolved;
                               }()}) {
    for (const std::string& text : texts_of(slack_body(render(notice))).markdown) {
      INFO(text);
      CHECK(text.find("evil") == std::string::npos);
    }
  }
}

TEST_CASE("The message stays within Slack's limits, whatever is in it") {
  CHECK(rc::check([] {
    const auto size = *rc::gen::inRange<std::size_t>(1, 6'000);
    const std::string unit =
        *rc::gen::element<std::string>("x", "&", "<\xC3\xA4>", "\xF0\x9F\x98\x80");
    std::string text;
    while (text.size() < size) text += unit;
    Alert alert = hostile(text);
    alert.crossed.assign(30, text);
    Notice engine = engine_notice({"k", text, text, std::vector<std::string>(60, text)});
    std::vector<Notice> notices = notices_full_of(text);
    notices.push_back(told(alert));
    notices.push_back(engine);
    for (const Notice& notice : notices) {
      const Texts texts = texts_of(slack_body(render(notice)));
      RC_ASSERT(texts.blocks <= 50U);
      RC_ASSERT(texts.header <= 150U);
      RC_ASSERT(texts.section_longest <= 3'000U);
      RC_ASSERT(texts.fields <= 10U);
      RC_ASSERT(texts.field_longest <= 2'000U);
      RC_ASSERT(texts.elements_most <= 10U);
      RC_ASSERT(texts.all <= 12'000U);
    }
  }));
}

TEST_CASE("Every message is within Slack's limits") {
  for (const auto& [name, notice] : golden_samples()) {
    INFO(name);
    const Texts texts = texts_of(slack_body(render(notice)));
    CHECK(texts.all <= 12'000);
    CHECK(texts.header <= 150);
    CHECK(texts.blocks <= 50);
  }
}

TEST_CASE("Only status 200 with the body ok is a delivery to Slack") {
  const auto verdict = [](int status, std::string body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return channel().classify(response).verdict;
  };
  CHECK(verdict(200, "ok") == Verdict::delivered);
  CHECK(verdict(200, "ok\n") == Verdict::delivered);
  CHECK(verdict(200, R"({"ok":false,"error":"x"})") == Verdict::broken);
  CHECK(verdict(200, "<html>Log in</html>") == Verdict::broken);
  CHECK(verdict(204, "") == Verdict::broken);
  CHECK(verdict(400, "invalid_blocks") == Verdict::degrade);
  CHECK(verdict(403, "invalid_token") == Verdict::broken);
  CHECK(verdict(404, "no_service") == Verdict::broken);
  CHECK(verdict(410, "channel_is_archived") == Verdict::broken);
  CHECK(verdict(500, "rollup_error") == Verdict::retry);
}

TEST_CASE("The plain form is the message without blocks") {
  const Notice notice = told(production());
  const auto request =
      std::get<HttpRequest>(channel().request({notice, render(notice), Form::plain, {}, ""}));
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.parse(request.body);
  CHECK(root["blocks"].error() == simdjson::NO_SUCH_FIELD);
  const std::string_view text = root["text"];
  CHECK(text.starts_with("🟠 80% Production spend: $80.02 of $100 today"));
  CHECK(text.find("\nSpent: $80.02 of $100.00\n") != std::string_view::npos);
  CHECK(request.url == "https://hooks.slack.example/services/T/B/secret");
}
