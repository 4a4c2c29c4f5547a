// SPDX-License-Identifier: Apache-2.0
#include "notify/email/mailgun_channel.h"

#include "notify/email/base64_text.h"
#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/email/mail_headers.h"

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

std::string form_text(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (plain) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace

Request MailgunChannel::request(const Telling& telling) const {
  std::string body;
  const auto field = [&](std::string_view name, std::string_view text) {
    body += (body.empty() ? "" : "&") + form_text(name) + "=" + form_text(text);
  };
  field("from", api_sender(config().from));
  field("to", telling.destination);
  field("subject", email_subject(telling.notice, telling.message));
  field("text", email_text(telling.notice, telling.message));
  field("html", email_html(telling.notice, telling.message));
  field("o:tracking", "no");
  field("h:Message-Id", message_id(telling.notice, config().from.domain()));
  for (const auto& [name, value] : thread_headers(telling.notice, config().from.domain())) {
    field("h:" + name, value);
  }
  HttpRequest request = json_request("/v3/" + domain_ + "/messages", std::move(body));
  request.headers.front().second = "application/x-www-form-urlencoded";
  request.headers.emplace_back("Authorization", "Basic " + base64_text("api:" + config().secret));
  return request;
}

Outcome MailgunChannel::classify(const Response& response) const {
  const Outcome outcome = outcome_by_status(response);
  if (response.status == 0) return outcome;
  if (outcome.verdict == Verdict::delivered) {
    return json_text_of(response.body, "id").empty() ? not_the_service(response, "Mailgun")
                                                     : outcome;
  }
  Verdict verdict = outcome.verdict;
  if (response.status == 400 || response.status == 413) verdict = Verdict::park;
  if (response.status == 402) verdict = Verdict::broken;  // unpaid
  return refused(response, verdict, json_text_of(response.body, "message"));
}

}  // namespace tocsin
