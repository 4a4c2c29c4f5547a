// SPDX-License-Identifier: Apache-2.0
#include "notify/pagerduty/pagerduty_channel.h"

#include <simdjson.h>

#include <catch2/catch.hpp>
#include <set>

#include "notify/golden_samples.h"
#include "notify/plain_text.h"
#include "notify/samples.h"

using namespace tocsin;
using namespace tocsin::samples;
using Verdict = Outcome::Verdict;

namespace {

PagerDutyConfig pager() {
  return {.name = "pager",
          .url = "https://events.pagerduty.com",
          .routing_key = "R0UT1NG",
          .public_url = "https://tocsin.company.example"};
}

std::string event_at(const std::string& json, const std::string& pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(json).at_pointer(pointer).get(element) != simdjson::SUCCESS) return "(absent)";
  std::string_view text;
  return element.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(element);
}

std::string event(const Notice& notice, std::size_t part = 0, Form form = Form::full) {
  const Message message = render(notice);
  return pagerduty_event({.notice = notice, .message = message, .form = form, .part = part},
                         pager());
}

std::size_t parts(const Notice& notice) { return PagerDutyChannel(pager()).parts(notice); }

Outcome pager_outcome(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return PagerDutyChannel(pager()).classify(response);
}

}  // namespace

TEST_CASE("An alert triggers an incident of its rule, group and window") {
  const std::string body = event(told(user_over()));
  CHECK(event_at(body, "/routing_key") == "R0UT1NG");
  CHECK(event_at(body, "/event_action") == "trigger");
  CHECK(event_at(body, "/dedup_key") == "free-tier-user|user=user-123|2026-11-01T00:00:00Z");
  CHECK(event_at(body, "/client_url") == "https://tocsin.company.example");
  CHECK(event_at(body, "/payload/summary") ==
        "🔴 100% Free-tier user user-123: $25.04 of $25 in November");
  CHECK(event_at(body, "/payload/severity") == "critical");
  CHECK(event_at(body, "/payload/source") == "user-123");
  CHECK(event_at(body, "/payload/component") == "free-tier-user");
  CHECK(event_at(body, "/payload/timestamp") == "2026-11-21T10:04:12Z");
  CHECK(event_at(body, "/payload/custom_details/Spent") == "$25.04 of $25.00");
}

TEST_CASE("A higher rung of the same window is the same incident") {
  Alert higher = production();
  higher.rung = "100%";
  higher.severity = Severity::critical;
  CHECK(event_at(event(told(higher)), "/dedup_key") ==
        event_at(event(told(production())), "/dedup_key"));
  Alert tomorrow = production();
  tomorrow.window.start += Millis{86'400'000};
  CHECK(event_at(event(told(tomorrow)), "/dedup_key") !=
        event_at(event(told(production())), "/dedup_key"));
}

TEST_CASE("An end resolves the incident that its beginning triggered") {
  const std::string ended = event(resolved_notice());
  CHECK(event_at(ended, "/event_action") == "resolve");
  CHECK(event_at(ended, "/dedup_key") == event_at(event(told(error_rate())), "/dedup_key"));
}

TEST_CASE("A few groups are an incident each, many are one") {
  const Notice few = digest_of(20), many = digest_of(21);
  REQUIRE(parts(few) == 20);
  std::set<std::string> keys;
  for (std::size_t i = 0; i < 20; ++i) keys.insert(event_at(event(few, i), "/dedup_key"));
  CHECK(keys.size() == 20);
  CHECK(event_at(event(few, 1), "/payload/summary")
            .starts_with("🟠 80% Free-tier user user-1: $20.00 of $25 in November"));
  REQUIRE(parts(many) == 1);
  CHECK(event_at(event(many), "/payload/summary") == render(many).first_line);
  CHECK(event_at(event(many), "/dedup_key") == "free-tier-user|" + many.id);
  CHECK(event_at(event(many), "/payload/severity") == "critical");
}

TEST_CASE("Two rungs of one group in a digest are one incident, at the higher") {
  Notice notice = digest_of(2);
  notice.alerts[1] = notice.alerts[0];
  notice.alerts[0].rung = "80%";
  notice.alerts[0].severity = Severity::warning;
  CHECK(parts(notice) == 1);
  CHECK(event_at(event(notice), "/payload/severity") == "critical");
}

TEST_CASE("Several ends resolve several incidents") {
  Notice notice = resolved_notice();
  notice.resolved.push_back(notice.resolved[0]);
  notice.resolved[1].alert.group = {{"provider", "azure"}, {"model", "gpt-4o"}};
  REQUIRE(parts(notice) == 2);
  CHECK(event_at(event(notice, 0), "/dedup_key") == "errors|provider=openai|model=gpt-4o|");
  CHECK(event_at(event(notice, 1), "/dedup_key") == "errors|provider=azure|model=gpt-4o|");
}

TEST_CASE("A key has at most 255 characters, and long groups do not share one") {
  const Alert one = user_over(std::string(300, 'a') + "1"),
              other = user_over(std::string(300, 'a') + "2");
  CHECK(characters(pagerduty_key(one)) <= 255);
  CHECK(pagerduty_key(one) != pagerduty_key(other));
  std::string arabic;
  for (int i = 0; i < 128; ++i) arabic += "\xD9\x85";
  CHECK(pagerduty_key(user_over(arabic)).size() <= 255);
}

TEST_CASE("The plain form has only what an event needs") {
  const std::string body = event(told(user_over()), 0, Form::plain);
  CHECK(event_at(body, "/payload/custom_details") == "(absent)");
  CHECK(event_at(body, "/payload/summary") ==
        "🔴 100% Free-tier user user-123: $25.04 of $25 in November");
  CHECK(event_at(body, "/payload/source") == "user-123");
}

TEST_CASE("A runbook with an address is a link") {
  Alert alert = user_over();
  alert.runbook = "https://runbooks.company.example/llm";
  CHECK(event_at(event(told(alert)), "/links/0/href") == alert.runbook);
  alert.runbook = "javascript:alert(1)";
  CHECK(event_at(event(told(alert)), "/links") == "(absent)");
}

TEST_CASE("No event of any message is larger than PagerDuty takes, and its summary is clean") {
  for (const auto& sample : golden_samples()) {
    INFO(sample.name);
    for (std::size_t i = 0; i < parts(sample.notice); ++i) {
      const std::string body = event(sample.notice, i);
      CHECK(body.size() <= 512'000);
      CHECK(characters(event_at(body, "/payload/summary")) <= 1'024);
      CHECK(event_at(body, "/dedup_key") != "");
    }
  }
}

TEST_CASE("What an answer of PagerDuty leads to") {
  CHECK(pager_outcome(202, R"({"status":"success","message":"Event processed"})").verdict ==
        Verdict::delivered);
  CHECK(pager_outcome(200, "<html>sign in</html>").verdict == Verdict::broken);
  CHECK(pager_outcome(400, R"({"status":"invalid event","errors":["'severity' is invalid"]})")
            .verdict == Verdict::degrade);
  const Outcome key = pager_outcome(400, R"({"errors":["Invalid 'routing_key' R0UT1NG"]})");
  CHECK(key.verdict == Verdict::broken);
  CHECK(key.reason == "answered 400: it does not know the routing key");
  CHECK(pager_outcome(403, "").verdict == Verdict::broken);
  CHECK(pager_outcome(429, "").verdict == Verdict::pause);
  CHECK(pager_outcome(500, "").verdict == Verdict::retry);
}
