// SPDX-License-Identifier: Apache-2.0
#include "notify/webhook/webhook_channel.h"

#include <simdjson.h>

#include <catch2/catch.hpp>
#include <map>

#include "hash/digest.h"
#include "notify/samples.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

HttpRequest webhook_request(const Notice& notice, std::string secret = "") {
  WebhookConfig config;
  config.name = "oncall";
  config.url = "https://ops.company.example/page";
  config.hmac_secret = std::move(secret);
  return std::get<HttpRequest>(WebhookChannel(config).request(
      {notice, render(notice), Form::full, wall(utc(2026, 11, 21, 14, 7, 33)) + Millis{999}, ""}));
}

std::map<std::string, std::string> headers_of(const HttpRequest& request) {
  return {request.headers.begin(), request.headers.end()};
}

std::string body_of(const Notice& notice, Form form = Form::full) {
  return webhook_body(notice, render(notice), form);
}

}  // namespace

TEST_CASE("An alert is told as a summary and its object") {
  CHECK(body_of(told(user_over())) ==
        R"({"summary":"🔴 100% Free-tier user user-123: $25.04 of $25 in November","alerts":[)"
        R"({"id":"91aabbccddeeff00112233445566778a","rule":"free-tier-user",)"
        R"("group":{"user":"user-123"},)"
        R"("window":{"start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z"},)"
        R"("rung":"100%","amount":"25","value":"25.04","budget":"25","severity":"critical",)"
        R"("at":"2026-11-21T10:04:12Z","crossed":[],"labels":{}}],)"
        R"("digest":null,"engine":null,"resolved":null})");
}

TEST_CASE("A digest lists every alert but those of windows long closed") {
  Notice notice = digest_of(50);
  notice.alerts[7].stale = true;
  simdjson::dom::parser parser;
  const std::string body = body_of(notice);
  const simdjson::dom::element root = parser.parse(body);
  CHECK(simdjson::dom::array(root["alerts"]).size() == 49);
  CHECK(std::string_view(root["digest"]["id"]) == notice.id);
  CHECK(std::string_view(root["digest"]["from"]) == "2026-11-21T10:04:10Z");
  CHECK(std::string_view(root["digest"]["until"]) == "2026-11-21T10:04:40Z");
  CHECK(std::int64_t(root["digest"]["count"]) == 49);
}

TEST_CASE("The plain form has the first hundred alerts and says how many there were") {
  simdjson::dom::parser parser;
  const std::string body = body_of(digest_of(2'345), Form::plain);
  const simdjson::dom::element root = parser.parse(body);
  CHECK(simdjson::dom::array(root["alerts"]).size() == 100);
  CHECK(std::int64_t(root["digest"]["count"]) == 2'345);
}

TEST_CASE("The engine's messages have no alerts") {
  CHECK(body_of(engine_notice({"lag", "llm.requests[3]", "Tocsin is 14 min behind", {"Wait."}})) ==
        R"({"summary":"🛠 Tocsin is 14 min behind","alerts":[],"digest":null,)"
        R"("engine":{"kind":"lag","subject":"llm.requests[3]","text":"Tocsin is 14 min behind",)"
        R"("details":["Wait."]},"resolved":null})");
}

TEST_CASE("A resolution carries the alert that ended") {
  const std::string body = body_of(resolved_notice());
  CHECK(body.find(R"("alerts":[],"digest":null,"engine":null,"resolved":[{"alert":{"id":"0c0c)") !=
        std::string::npos);
  CHECK(body.find(R"("since":"2026-11-21T10:41:00Z","until":"2026-11-21T10:55:00Z",)"
                  R"("highest":"0.091","reason":"below the limit"}])") != std::string::npos);
}

TEST_CASE("A post carries its key, and a signature over time and body") {
  const Notice notice = told(user_over());
  const HttpRequest request = webhook_request(notice, "hush");
  auto headers = headers_of(request);
  CHECK(headers["Content-Type"] == "application/json; charset=utf-8");
  CHECK(headers["Idempotency-Key"] == notice.id);
  CHECK(headers["Tocsin-Timestamp"] == "1795270053");
  CHECK(headers["Tocsin-Signature"] ==
        "t=1795270053,v1=" + hex(hmac_sha256("hush", "1795270053." + request.body)));
  CHECK(headers["User-Agent"] == "tocsin");
}

TEST_CASE("Without a secret a post is not signed") {
  CHECK(headers_of(webhook_request(told(user_over()))).count("Tocsin-Signature") == 0);
}

TEST_CASE("Texts of events are escaped in JSON") {
  const std::string body = body_of(told(user_over("a\"\\\n\xE2\x80\xA8\xff")));
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.parse(body);
  const std::string_view user = simdjson::dom::array(root["alerts"]).at(0)["group"]["user"];
  CHECK(user == "a\"\\\n\xE2\x80\xA8\xEF\xBF\xBD");
}
