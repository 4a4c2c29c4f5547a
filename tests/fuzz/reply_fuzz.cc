// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a receiver of messages says, through the real transport to each channel's
// verdict. The first byte says who: a server of HTTP or of mail; what it says follows.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "blurting_server.h"
#include "fuzz_target.h"
#include "net/curl_transport.h"
#include "notify/alertmanager/alertmanager_channel.h"
#include "notify/email/mailgun_channel.h"
#include "notify/email/postmark_channel.h"
#include "notify/email/resend_channel.h"
#include "notify/email/sendgrid_channel.h"
#include "notify/email/ses_channel.h"
#include "notify/email/smtp_channel.h"
#include "notify/pagerduty/pagerduty_channel.h"
#include "notify/plain_text.h"
#include "notify/slack/slack_bot.h"
#include "notify/slack/slack_channel.h"
#include "notify/teams/teams_channel.h"
#include "notify/webhook/webhook_channel.h"

namespace tocsin::fuzz {
namespace {

using Verdict = Outcome::Verdict;

const std::string kSecret = "canary-7f3a9c";
constexpr std::size_t kBodyMax = 64 * 1024;
constexpr std::chrono::hours kRetryAfterMax{24 * 366};
constexpr int kPollsMax = 1'000;

BlurtingServer& server() {
  static BlurtingServer one;
  return one;
}

Response response_to(Request request) {
  // What carries HTTP on this machine is none of what is tried here.
  static const auto transport = [] {
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) unsetenv(name);
    return std::move(CurlTransport::create({}).value());
  }();
  Response came;
  bool done = false;
  transport->send(std::move(request), [&](const Response& response) {
    came = response;
    done = true;
  });
  for (int polls = 0; !done && polls < kPollsMax; ++polls) transport->poll(Millis{1'000});
  expect(done, "a request ends");
  return came;
}

void check_response(const Response& response) {
  expect(response.status >= 0 && response.status <= 999, "a status has three digits");
  expect(response.status != 0 || !response.error.empty(), "no answer has a cause");
  expect(response.body.size() <= kBodyMax, "of a body no more is read than anybody needs");
  expect(response.error.find(kSecret) == std::string::npos, "no cause tells a path");
  if (!response.retry_after) return;
  expect(response.retry_after->count() > 0 && *response.retry_after <= kRetryAfterMax,
         "a time to wait is one");
}

void check_outcome(const Outcome& outcome, const Response& response) {
  expect(outcome.reason.find(kSecret) == std::string::npos, "no reason tells a secret");
  expect(clean_text(outcome.reason) == outcome.reason, "a reason is one line of text");
  expect(characters(outcome.reason) <= 400, "a reason is short: " + outcome.reason);
  expect(outcome.reason.empty() == (outcome.verdict == Verdict::delivered), "a failure has one");
  if (outcome.verdict == Verdict::delivered) {
    expect(response.status >= 200 && response.status < 300, "delivered is what was taken");
  }
}

Verdict verdict_by_table(const Response& response) {
  const int status = response.status;
  if (status >= 200 && status <= 299) return Verdict::delivered;
  if (status >= 300 && status <= 399) return Verdict::broken;
  if (status == 400 || status == 413) return Verdict::degrade;
  if (status == 401 || status == 403 || status == 404 || status == 410) return Verdict::broken;
  if (status == 429) return Verdict::pause;
  if (status == 408 || status == 425) return Verdict::retry;
  if (status >= 400 && status <= 499) return Verdict::park;
  return status == 503 && response.retry_after ? Verdict::pause : Verdict::retry;
}

// The status that plain HTTP/1.1 has in its first line, 0: it is not plain.
int plain_status(const std::string& reply) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const std::size_t head = reply.find("\r\n\r\n");
  if (!reply.starts_with(kVersion) || head == std::string::npos || reply.size() < 14) return 0;
  const std::string digits = reply.substr(kVersion.size(), 3);
  if (digits.find_first_not_of("0123456789") != std::string::npos) return 0;
  const bool ends = reply[12] == ' ' || reply[12] == '\r';
  // With no header but one of no consequence.
  const bool bare = reply.substr(0, head).find("\r\n") == std::string::npos &&
                    std::count(reply.begin(), reply.begin() + static_cast<long>(head), '\n') == 0;
  return ends && bare ? std::stoi(digits) : 0;
}

// What the others make of it.
void check_services(const Response& response) {
  const std::string at = "http://" + server().address();
  const MailApiConfig mail{.name = "mail",
                           .from = {"", "tocsin@company.example"},
                           .to = {{"", "ada@company.example"}},
                           .url = at,
                           .secret = kSecret};
  check_outcome(ResendChannel(mail).classify(response), response);
  check_outcome(SendgridChannel(mail).classify(response), response);
  check_outcome(PostmarkChannel(mail, "outbound").classify(response), response);
  check_outcome(MailgunChannel(mail, "company.example").classify(response), response);
  check_outcome(SesChannel(mail, "eu-central-1", {"id", kSecret, ""}).classify(response), response);
  check_outcome(SlackBotChannel({.name = "bot", .url = at, .token = kSecret, .channel = "C0"})
                    .classify(response),
                response);
  check_outcome(
      PagerDutyChannel({.name = "page", .url = at, .routing_key = kSecret, .public_url = {}})
          .classify(response),
      response);
  check_outcome(AlertmanagerChannel(
                    {.name = "am", .url = at, .user = {}, .password = kSecret, .public_url = {}})
                    .classify(response),
                response);
  check_outcome(TeamsChannel({.name = "teams", .webhook_url = at}).classify(response), response);
}

void check_http(const std::string& reply) {
  server().say(reply);
  HttpRequest request;
  request.url = "http://" + server().address() + "/hook/" + kSecret;
  request.headers = {{"Content-Type", "application/json"}, {"X-Line", "a\r\nInjected: b"}};
  request.body = "{}";
  request.timeout = Millis{3'000};
  const Response response = response_to(request);
  check_response(response);
  const std::string heard = server().heard();
  expect(heard.empty() || heard.starts_with("POST /hook/" + kSecret + " HTTP/1.1\r\n"),
         "nothing is asked but what was to be: " + heard);
  expect(heard.find("\nInjected:") == std::string::npos, "no header comes from a value");
  expect(heard.find("\nGET ") == std::string::npos, "no redirect is followed");
  if (const int status = plain_status(reply); status >= 200) {
    expect(response.status == status || response.status == 0, "a plain answer has its status");
  }
  const WebhookChannel webhook(
      {.name = "hook", .url = request.url, .hmac_secret = kSecret, .public_url = {}});
  check_outcome(webhook.classify(response), response);
  expect(webhook.classify(response).verdict == verdict_by_table(response), "by the table");
  const SlackChannel slack({.name = "slack", .webhook_url = request.url});
  check_outcome(slack.classify(response), response);
  if (slack.classify(response).verdict == Verdict::delivered) {
    expect(response.status == 200 && response.body.find("ok") != std::string::npos,
           "Slack takes a message in its own words");
  }
  check_services(response);
}

void check_mail_replies(const std::string& replies) {
  server().say(replies);
  const SmtpConfig config{.name = "mail",
                          .from = {"", "tocsin@company.example"},
                          .to = {{"", "ada@company.example"}},
                          .server = "smtp://" + server().address(),
                          .plaintext_allowed = true,
                          .ca_file = {},
                          .user = {},
                          .password = kSecret};
  MailRequest request;
  request.server = config.server;
  request.plaintext_allowed = true;
  request.from = config.from.address;
  request.to = config.to.front().address;
  request.headers = {{"Subject", "a\r\nBcc: eve@evil.example"}};
  request.text = request.html = "text\n.\nRCPT TO:<eve@evil.example>\n";
  request.timeout = Millis{3'000};
  const Response response = response_to(request);
  check_response(response);
  const SmtpChannel channel(config);
  check_outcome(channel.classify(response), response);
  const std::string heard = server().heard();
  expect(heard.find("\nBcc:") == std::string::npos, "no header comes from a value");
  // A line that is a dot alone would end the mail, and what follows would be a command.
  const std::size_t dot = heard.find("\r\n.\r\n");
  expect(dot == std::string::npos || heard.find("RCPT", dot) == std::string::npos,
         "no command comes from a text");
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 100'000) return 0;
  const std::string reply(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) == 0) {
    fuzz::check_http(reply);
  } else {
    fuzz::check_mail_replies(reply);
  }
  return 0;
}
