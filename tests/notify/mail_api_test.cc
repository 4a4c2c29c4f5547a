// SPDX-License-Identifier: Apache-2.0
#include "notify/email/mail_api.h"

#include <simdjson.h>

#include <catch2/catch.hpp>
#include <map>

#include "notify/email/aws_signature.h"
#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/email/mailgun_channel.h"
#include "notify/email/postmark_channel.h"
#include "notify/email/sendgrid_channel.h"
#include "notify/email/ses_channel.h"
#include "notify/samples.h"

using namespace tocsin;
using namespace tocsin::samples;
using Verdict = Outcome::Verdict;

namespace {

MailApiConfig config(std::string url) {
  return {.name = "finance",
          .from = {"Tocsin", "tocsin@company.example"},
          .to = {{"Ada", "ada@company.example"}, {"", "bob@company.example"}},
          .url = std::move(url),
          .secret = "k3y"};
}

SendgridChannel sendgrid() { return SendgridChannel(config("https://api.sendgrid.com")); }
PostmarkChannel postmark() { return {config("https://api.postmarkapp.com"), "outbound"}; }
MailgunChannel mailgun() { return {config("https://api.mailgun.net"), "mg.company.example"}; }
SesChannel ses() {
  return {config("https://email.eu-central-1.amazonaws.com"),
          "eu-central-1",
          {"AKIDEXAMPLE", "k3y", ""}};
}

HttpRequest request_of(const Channel& channel, const Notice& notice) {
  return std::get<HttpRequest>(channel.request({.notice = notice,
                                                .message = render(notice),
                                                .now = wall(utc(2026, 11, 21, 14, 7, 33)),
                                                .destination = "ada@company.example"}));
}

std::map<std::string, std::string> headers_in(const HttpRequest& request) {
  return {request.headers.begin(), request.headers.end()};
}

std::string json_at(const std::string& json, const std::string& pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(json).at_pointer(pointer).get(element) != simdjson::SUCCESS) return "(absent)";
  std::string_view text;
  return element.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(element);
}

Outcome api_outcome(const Channel& channel, int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return channel.classify(response);
}

std::string form_value(const std::string& body, const std::string& name) {
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('&', at), body.size());
    const std::string field = body.substr(at, end - at);
    if (field.starts_with(name + "=")) {
      std::string text;
      for (std::size_t i = name.size() + 1; i < field.size(); ++i) {
        if (field[i] == '%') {
          text.push_back(static_cast<char>(std::stoi(field.substr(i + 1, 2), nullptr, 16)));
          i += 2;
        } else {
          text.push_back(field[i]);
        }
      }
      return text;
    }
    at = end + 1;
  }
  return "(absent)";
}

}  // namespace

TEST_CASE("A mail by SendGrid goes to one recipient, text first, with its thread") {
  const Notice notice = told(production());
  const HttpRequest request = request_of(sendgrid(), notice);
  CHECK(request.url == "https://api.sendgrid.com/v3/mail/send");
  CHECK(headers_in(request)["Authorization"] == "Bearer k3y");
  CHECK(json_at(request.body, "/personalizations/0/to/0/email") == "ada@company.example");
  CHECK(json_at(request.body, "/from/email") == "tocsin@company.example");
  CHECK(json_at(request.body, "/from/name") == "Tocsin");
  CHECK(json_at(request.body, "/subject") == email_subject(notice, render(notice)));
  CHECK(json_at(request.body, "/content/0/type") == "text/plain");
  CHECK(json_at(request.body, "/content/0/value") == email_text(notice, render(notice)));
  CHECK(json_at(request.body, "/content/1/value") == email_html(notice, render(notice)));
  CHECK(json_at(request.body, "/headers/In-Reply-To") ==
        "<production-daily-2026-11-21@company.example>");
  CHECK(json_at(request.body, "/tracking_settings/click_tracking/enable") == "false");
  CHECK(request.body.find("bob@") == std::string::npos);
}

TEST_CASE("What an answer of SendGrid leads to") {
  const auto of = [](int status, std::string body) {
    return api_outcome(sendgrid(), status, std::move(body));
  };
  CHECK(of(202, "").verdict == Verdict::delivered);
  CHECK(of(200, "<html>sign in</html>").verdict == Verdict::broken);
  const Outcome refused = of(400, R"({"errors":[{"message":"Bad subject","field":"subject"}]})");
  CHECK(refused.verdict == Verdict::park);
  CHECK(refused.reason == "answered 400 (Bad subject)");
  CHECK(of(401, R"({"errors":[{"message":"no k3y"}]})").reason == "answered 401");
  CHECK(of(401, "").verdict == Verdict::broken);
  CHECK(of(403, "").verdict == Verdict::broken);
  CHECK(of(413, "").verdict == Verdict::park);
  CHECK(of(429, "").verdict == Verdict::pause);
  CHECK(of(500, "").verdict == Verdict::retry);
  CHECK(of(0, "").verdict == Verdict::retry);
}

TEST_CASE("A mail by Postmark goes to one recipient, with both forms and the thread") {
  const Notice notice = told(production());
  const HttpRequest request = request_of(postmark(), notice);
  CHECK(request.url == "https://api.postmarkapp.com/email");
  CHECK(headers_in(request)["X-Postmark-Server-Token"] == "k3y");
  CHECK(json_at(request.body, "/From") == "Tocsin <tocsin@company.example>");
  CHECK(json_at(request.body, "/To") == "ada@company.example");
  CHECK(json_at(request.body, "/TextBody") == email_text(notice, render(notice)));
  CHECK(json_at(request.body, "/HtmlBody") == email_html(notice, render(notice)));
  CHECK(json_at(request.body, "/MessageStream") == "outbound");
  CHECK(json_at(request.body, "/Headers/0/Name") == "In-Reply-To");
  CHECK(json_at(request.body, "/Headers/0/Value") ==
        "<production-daily-2026-11-21@company.example>");
}

TEST_CASE("What an answer of Postmark leads to") {
  const auto of = [](int status, int code) {
    return api_outcome(postmark(), status,
                       R"({"ErrorCode": )" + std::to_string(code) + R"(, "Message": "Because."})");
  };
  CHECK(of(200, 0).verdict == Verdict::delivered);
  CHECK(api_outcome(postmark(), 200, "<html>").verdict == Verdict::broken);
  CHECK(of(200, 406).verdict == Verdict::park);
  CHECK(of(422, 300).verdict == Verdict::park);
  CHECK(of(422, 406).verdict == Verdict::park);
  CHECK(of(422, 300).reason == "answered 422 (Because.)");
  CHECK(of(422, 401).verdict == Verdict::broken);
  CHECK(of(422, 405).verdict == Verdict::broken);
  CHECK(of(401, 10).verdict == Verdict::broken);
  CHECK(of(429, 0).verdict == Verdict::pause);
  CHECK(of(500, 0).verdict == Verdict::retry);
}

TEST_CASE("A mail by Mailgun is a form, with a Message-ID of ours") {
  const Notice notice = told(production());
  const HttpRequest request = request_of(mailgun(), notice);
  CHECK(request.url == "https://api.mailgun.net/v3/mg.company.example/messages");
  CHECK(headers_in(request)["Authorization"] == "Basic YXBpOmszeQ==");
  CHECK(headers_in(request)["Content-Type"] == "application/x-www-form-urlencoded");
  CHECK(form_value(request.body, "from") == "Tocsin <tocsin@company.example>");
  CHECK(form_value(request.body, "to") == "ada@company.example");
  CHECK(form_value(request.body, "text") == email_text(notice, render(notice)));
  CHECK(form_value(request.body, "html") == email_html(notice, render(notice)));
  CHECK(form_value(request.body, "h%3AMessage-Id") == "<" + notice.id + "@company.example>");
  CHECK(form_value(request.body, "h%3AIn-Reply-To") ==
        "<production-daily-2026-11-21@company.example>");
}

TEST_CASE("What an answer of Mailgun leads to") {
  const auto of = [](int status, std::string body) {
    return api_outcome(mailgun(), status, std::move(body));
  };
  CHECK(of(200, R"({"id":"<1@mg>","message":"Queued. Thank you."})").verdict == Verdict::delivered);
  CHECK(of(200, "Forbidden").verdict == Verdict::broken);
  CHECK(of(400, R"({"message":"'to' parameter is not valid"})").reason ==
        "answered 400 ('to' parameter is not valid)");
  CHECK(of(400, "").verdict == Verdict::park);
  CHECK(of(401, "Forbidden").verdict == Verdict::broken);
  CHECK(of(402, "").verdict == Verdict::broken);
  CHECK(of(404, "").verdict == Verdict::broken);
  CHECK(of(429, "").verdict == Verdict::pause);
  CHECK(of(503, "").verdict == Verdict::retry);
}

TEST_CASE("A request to AWS is signed as its documentation shows") {
  // The example of the documentation of Signature Version 4: ListUsers of IAM.
  AwsRequest request{
      .method = "GET",
      .path = "/",
      .query = "Action=ListUsers&Version=2010-05-08",
      .headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
                  {"host", "iam.amazonaws.com"},
                  {"x-amz-date", "20150830T123600Z"}},
      .body = "",
      .region = "us-east-1",
      .service = "iam"};
  const WallTime now = wall(utc(2015, 8, 30, 12, 36));
  CHECK(aws_date(now) == "20150830T123600Z");
  CHECK(aws_authorization(request, {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""},
                          now) ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST_CASE("A mail by SES is signed, with both forms and the thread") {
  const Notice notice = told(production());
  const HttpRequest request = request_of(ses(), notice);
  CHECK(request.url == "https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails");
  const AwsRequest same{.method = "POST",
                        .path = "/v2/email/outbound-emails",
                        .query = "",
                        .headers = {{"content-type", "application/json"},
                                    {"host", "email.eu-central-1.amazonaws.com"},
                                    {"x-amz-date", "20261121T140733Z"}},
                        .body = request.body,
                        .region = "eu-central-1",
                        .service = "ses"};
  CHECK(headers_in(request)["X-Amz-Date"] == "20261121T140733Z");
  CHECK(headers_in(request)["Content-Type"] == "application/json");
  CHECK(headers_in(request)["Authorization"] ==
        aws_authorization(same, {"AKIDEXAMPLE", "k3y", ""}, wall(utc(2026, 11, 21, 14, 7, 33))));
  CHECK(json_at(request.body, "/FromEmailAddress") == "Tocsin <tocsin@company.example>");
  CHECK(json_at(request.body, "/Destination/ToAddresses/0") == "ada@company.example");
  const std::string simple = "/Content/Simple";
  CHECK(json_at(request.body, simple + "/Subject/Data") == email_subject(notice, render(notice)));
  CHECK(json_at(request.body, simple + "/Body/Text/Data") == email_text(notice, render(notice)));
  CHECK(json_at(request.body, simple + "/Body/Html/Data") == email_html(notice, render(notice)));
  CHECK(json_at(request.body, simple + "/Headers/0/Name") == "In-Reply-To");
}

TEST_CASE("What an answer of SES leads to") {
  const auto of = [](int status, std::string body) {
    return api_outcome(ses(), status, std::move(body));
  };
  CHECK(of(200, R"({"MessageId":"0100"})").verdict == Verdict::delivered);
  CHECK(of(200, "<html>").verdict == Verdict::broken);
  CHECK(of(400, R"({"message":"Illegal address"})").verdict == Verdict::park);
  CHECK(of(400, R"({"message":"Email address is not verified."})").verdict == Verdict::broken);
  CHECK(of(403, R"({"message":"The request signature does not match"})").verdict ==
        Verdict::broken);
  CHECK(of(429, "").verdict == Verdict::pause);
  CHECK(of(500, "").verdict == Verdict::retry);
}

TEST_CASE("Fields of an answer in JSON are found whatever stands around them") {
  CHECK(json_text_of(R"({"a": "x\"y\\z\n.", "b": 1})", "a") == "x\"y\\z .");
  CHECK(json_text_of(R"({"a": 1})", "a").empty());
  CHECK(json_text_of("\"a\"", "a").empty());
  CHECK(json_number_of(R"({"b" : 12})", "b") == 12);
  CHECK_FALSE(json_number_of(R"({"b": "12"})", "b"));
  CHECK_FALSE(json_number_of("\"b\":", "b"));
}
