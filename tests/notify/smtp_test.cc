// SPDX-License-Identifier: Apache-2.0
#include "notify/email/smtp_channel.h"

#include <catch2/catch.hpp>

#include "notify/email/email_text.h"
#include "notify/email/reply_text.h"
#include "notify/samples.h"

using namespace tocsin;
using namespace tocsin::samples;
using Hurdle = Response::Hurdle;
using Verdict = Outcome::Verdict;

namespace {

SmtpChannel smtp_channel() {
  SmtpConfig config;
  config.name = "finance";
  config.from = {"Tocsin", "tocsin@company.example"};
  config.to = {{"Ada", "ada@company.example"}, {"", "bob@company.example"}};
  config.server = "smtps://mail.company.example";
  config.user = "tocsin";
  config.password = "hush-hush";
  return SmtpChannel(config);
}

MailRequest mail_of(const Notice& notice, std::string_view to = "ada@company.example") {
  return std::get<MailRequest>(
      smtp_channel().request({notice, render(notice), Form::full, notice.composed_at, to}));
}

std::string header(const MailRequest& mail, const std::string& name) {
  for (const auto& [header, value] : mail.headers) {
    if (header == name) return value;
  }
  return "(none)";
}

Response reply(int status, std::string text, Hurdle hurdle = Hurdle::none) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  response.hurdle = hurdle;
  return response;
}
Response failure(std::string error, Hurdle hurdle = Hurdle::none) {
  Response response;
  response.error = std::move(error);
  response.hurdle = hurdle;
  return response;
}

void expect(const Response& response, Verdict verdict, const std::string& reason) {
  const Outcome outcome = smtp_channel().classify(response);
  INFO(response.status << " " << response.body << response.error);
  CHECK(outcome.verdict == verdict);
  CHECK(outcome.reason == reason);
}

}  // namespace

TEST_CASE("Each recipient is a destination, and reads who else was told") {
  CHECK(smtp_channel().destinations() ==
        std::vector<std::string>{"ada@company.example", "bob@company.example"});
  const MailRequest mail = mail_of(told(production()), "bob@company.example");
  CHECK(mail.to == "bob@company.example");
  CHECK(mail.from == "tocsin@company.example");
  CHECK(header(mail, "To") == "Ada <ada@company.example>, bob@company.example");
  CHECK(header(mail, "From") == "Tocsin <tocsin@company.example>");
}

TEST_CASE("A mail has the message's words in both forms, and the headers of its thread") {
  const Notice notice = told(production());
  const MailRequest mail = mail_of(notice);
  CHECK(header(mail, "Subject") == "[warning] Production spend 80%: $80.02 of $100 today");
  CHECK(header(mail, "Date") == "Sat, 21 Nov 2026 13:07:32 +0000");
  CHECK(header(mail, "Message-ID") == "<3f9c2a81aaaaaaaaaaaaaaaaaaaaaaaa@company.example>");
  CHECK(header(mail, "In-Reply-To") == "<production-daily-2026-11-21@company.example>");
  CHECK(mail.text == email_text(notice, render(notice)));
  CHECK(mail.html.find("Production spend") != std::string::npos);
}

TEST_CASE("A second try, also to another recipient, is the same mail") {
  const Notice notice = told(production());
  MailRequest first = mail_of(notice), second = mail_of(notice, "bob@company.example");
  CHECK(first.headers == second.headers);
  CHECK(first.text == second.text);
  CHECK(first.html == second.html);
}

TEST_CASE("Hostile names make no header of their own and stay inert in each") {
  std::string arabic;
  for (int i = 0; i < 128; ++i) arabic += "\xd8\xa7";
  for (const std::string& evil :
       {std::string("a\r\nBcc: eve@evil.example\r\n\r\nbody"),
        std::string("<script>alert(1)</script>"), std::string("<!channel>"),
        std::string("\xe2\x80\xae") + "gro.live", arabic}) {
    Alert alert = user_over(evil);
    alert.rule = alert.summary = alert.where = evil;
    const MailRequest mail = mail_of(told(alert));
    CHECK(mail.headers.size() == 10);
    for (const auto& [name, value] : mail.headers) {
      INFO(name);
      for (const char c : value) CHECK((c >= 0x20 && c < 0x7f));
      if (name != "Subject") CHECK(value.find("eve@") == std::string::npos);
    }
  }
}

TEST_CASE("What a reply leads to: delivered, again, parked, or a broken channel") {
  expect(reply(250, "2.0.0 Ok"), Verdict::delivered, "");
  expect(reply(251, "forwarded"), Verdict::delivered, "");
  for (const int code : {421, 450, 451, 452, 454, 471}) {
    expect(reply(code, "4.7.1 later"), Verdict::retry,
           "answered " + std::to_string(code) + " (4.7.1 later)");
  }
  for (const int code : {501, 550, 551, 552, 553, 554}) {
    expect(reply(code, "5.1.1 no such user"), Verdict::park,
           "answered " + std::to_string(code) + " (5.1.1 no such user)");
  }
  for (const int code : {530, 534, 535, 538}) {
    expect(reply(code, ""), Verdict::broken,
           "wants a login: " + std::to_string(code) + "; mend user or password");
  }
  expect(failure("mail.example: Timeout was reached"), Verdict::retry,
         "gave no answer (mail.example: Timeout was reached)");
}

TEST_CASE("What keeps a mail from being offered breaks the channel, but not if it may pass") {
  expect(reply(535, "5.7.8 wrong", Hurdle::login), Verdict::broken,
         "refused the login: 535 (5.7.8 wrong); mend user or password");
  expect(failure("h: Login denied", Hurdle::login), Verdict::broken,
         "refused the login: h: Login denied; mend user or password");
  expect(reply(454, "4.7.0 later", Hurdle::login), Verdict::retry, "answered 454 (4.7.0 later)");
  expect(reply(454, "no TLS now", Hurdle::encryption), Verdict::retry, "answered 454 (no TLS now)");
  expect(failure("h: Requested SSL level failed", Hurdle::encryption), Verdict::broken,
         "offers no STARTTLS, and without it nothing is sent; if it wants TLS from the first byte "
         "on, write smtps://");
  expect(failure("h: SSL certificate problem: self-signed certificate", Hurdle::certificate),
         Verdict::broken,
         "could not prove who it is (h: SSL certificate problem: self-signed certificate); if its "
         "certificate is of a CA of your own, name that as ca_file");
  expect(reply(554, "no service", Hurdle::greeting), Verdict::broken,
         "does not talk to this machine: 554 (no service)");
  expect(reply(421, "too many", Hurdle::greeting), Verdict::retry, "answered 421 (too many)");
}

TEST_CASE("A reply is shown clean, short, without other people's addresses and without secrets") {
  const ReplyLimits limits{.shown = {"ada@company.example"},
                           .secrets = login_secrets("tocsin", "hush-hush")};
  CHECK(reply_text("no <Ada@Company.example>, ask root@mail.example", limits) ==
        "no <Ada@Company.example>, ask \xE2\x80\xA6");
  CHECK(reply_text("a\r\nb\x1b[2J\xe2\x80\xae"
                   "c",
                   limits) == "a b[2Jc");
  CHECK(reply_text(std::string(1'000, 'x'), limits).size() < 170);
  CHECK(reply_text("you said hush-hush", limits).empty());
  CHECK(reply_text("you said hush\x01-hush", limits).empty());
  CHECK(reply_text("you said aHVzaC1odXNo", limits).empty());
  CHECK(reply_text("you said AHRvY3NpbgBodXNoLWh1c2g=", limits).empty());
  expect(reply(550, "bad password hush-hush"), Verdict::park, "answered 550");
}
