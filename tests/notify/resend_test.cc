// SPDX-License-Identifier: Apache-2.0
#include "notify/email/resend_channel.h"

#include <simdjson.h>
#include <catch2/catch.hpp>
#include <map>

#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/samples.h"

using namespace tocsin;
using namespace tocsin::samples;
using Verdict = Outcome::Verdict;

namespace {

ResendChannel resend_channel(std::string name = "Tocsin") {
  MailApiConfig config;
  config.name = "finance";
  config.from = {std::move(name), "tocsin@company.example"};
  config.to = {{"Ada", "ada@company.example"}, {"", "bob@company.example"}};
  config.url = "https://api.resend.com";
  config.secret = "re_123";
  return ResendChannel(config);
}

HttpRequest request_for(const Notice& notice, std::string_view to = "ada@company.example",
                        std::string sender = "Tocsin") {
  return std::get<HttpRequest>(
      resend_channel(std::move(sender))
          .request({notice, render(notice), Form::full, notice.composed_at, to}));
}

std::map<std::string, std::string> headers_of(const HttpRequest& request) {
  return {request.headers.begin(), request.headers.end()};
}

std::string text_at(const std::string& json, const std::string& pointer) {
  simdjson::dom::parser parser;
  std::string_view text;
  REQUIRE(parser.parse(json).at_pointer(pointer).get(text) == simdjson::SUCCESS);
  return std::string(text);
}

Outcome outcome_of(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return resend_channel().classify(response);
}

}  // namespace

TEST_CASE("A mail by Resend goes to one recipient, with both forms and the thread") {
  const Notice notice = told(production());
  const HttpRequest request = request_for(notice);
  CHECK(request.url == "https://api.resend.com/emails");
  CHECK(headers_of(request)["Authorization"] == "Bearer re_123");
  CHECK(text_at(request.body, "/from") == "Tocsin <tocsin@company.example>");
  CHECK(text_at(request.body, "/to/0") == "ada@company.example");
  CHECK(request.body.find("bob@") == std::string::npos);
  CHECK(text_at(request.body, "/subject") == email_subject(notice, render(notice)));
  CHECK(text_at(request.body, "/text") == email_text(notice, render(notice)));
  CHECK(text_at(request.body, "/html") == email_html(notice, render(notice)));
  CHECK(text_at(request.body, "/headers/References") ==
        "<production-daily-2026-11-21@company.example>");
}

TEST_CASE("The key of a try is the notice's and the recipient's, and allowed to be that long") {
  const Notice notice = told(production());
  const auto key = [&](std::string_view to) {
    return headers_of(request_for(notice, to))["Idempotency-Key"];
  };
  CHECK(key("ada@company.example") == key("ada@company.example"));
  CHECK(key("ada@company.example") != key("bob@company.example"));
  CHECK(key("ada@company.example").starts_with(notice.id + "-"));
  CHECK(key(std::string(200, 'a') + "@company.example").size() <= 256);
}

TEST_CASE("A sender's name is told from the address whatever it holds") {
  const Notice notice = told(production());
  CHECK(text_at(request_for(notice, "ada@company.example", "Caf\xc3\xa9").body, "/from") ==
        "Caf\xc3\xa9 <tocsin@company.example>");
  CHECK(text_at(request_for(notice, "ada@company.example", "Costs, Inc.").body, "/from") ==
        "\"Costs, Inc.\" <tocsin@company.example>");
}

TEST_CASE("What an answer of Resend leads to") {
  CHECK(outcome_of(200, R"({"id":"49a3999c"})").verdict == Verdict::delivered);
  CHECK(outcome_of(200, "<html>sign in</html>").verdict == Verdict::broken);
  const auto error = [](const std::string& name) {
    return R"({"statusCode":0,"name":")" + name + R"(","message":"The \"to\" is x@y.example"})";
  };
  CHECK(outcome_of(409, error("concurrent_idempotent_requests")).verdict == Verdict::retry);
  CHECK(outcome_of(409, error("invalid_idempotent_request")).verdict == Verdict::park);
  CHECK(outcome_of(429, error("rate_limit_exceeded")).verdict == Verdict::pause);
  CHECK(outcome_of(500, error("application_error")).verdict == Verdict::retry);
  CHECK(outcome_of(401, error("missing_api_key")).verdict == Verdict::broken);
  CHECK(outcome_of(403, error("validation_error")).verdict == Verdict::broken);
  CHECK(outcome_of(400, error("validation_error")).verdict == Verdict::park);
  const Outcome parked = outcome_of(422, error("validation_error"));
  CHECK(parked.verdict == Verdict::park);
  CHECK(parked.reason == "answered 422 (The \"to\" is \xE2\x80\xA6)");
  CHECK(outcome_of(422, R"({"message":"key re_123"})").reason == "answered 422");
  CHECK(outcome_of(422, "\"message\"").reason == "answered 422");
}
