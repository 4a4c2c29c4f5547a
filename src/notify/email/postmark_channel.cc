// SPDX-License-Identifier: Apache-2.0
#include "notify/email/postmark_channel.h"

#include "document/json_writer.h"
#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/email/mail_headers.h"

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

// What concerns every mail, by Postmark's own numbers: the token, the sender, the account, the
// stream. Others are about this mail or its recipient.
bool concerns_all(int code) {
  switch (code) {
    case 10:    // no or a false token
    case 400:   // the sender is not known
    case 401:   // the sender is not confirmed
    case 405:   // no credits are left
    case 412:   // the account is not approved
    case 413:   // the account may not send
    case 1235:  // there is no such stream
    case 1236: return true;
    default: return false;
  }
}

}  // namespace

Request PostmarkChannel::request(const Telling& telling) const {
  std::string body;
  JsonWriter json(body);
  json.begin_object().text("From", api_sender(config().from)).text("To", telling.destination);
  json.text("Subject", email_subject(telling.notice, telling.message));
  json.text("TextBody", email_text(telling.notice, telling.message));
  json.text("HtmlBody", email_html(telling.notice, telling.message));
  json.text("MessageStream", stream_).boolean("TrackOpens", false).text("TrackLinks", "None");
  json.key("Headers").begin_array();
  for (const auto& [name, value] : thread_headers(telling.notice, config().from.domain())) {
    json.begin_object().text("Name", name).text("Value", value).end_object();
  }
  json.end_array().end_object();
  HttpRequest request = json_request("/email", std::move(body));
  request.headers.emplace_back("Accept", "application/json");
  request.headers.emplace_back("X-Postmark-Server-Token", config().secret);
  return request;
}

Outcome PostmarkChannel::classify(const Response& response) const {
  const Outcome outcome = outcome_by_status(response);
  if (response.status == 0) return outcome;
  const auto code = json_number_of(response.body, "ErrorCode");
  if (outcome.verdict == Verdict::delivered && !code) return not_the_service(response, "Postmark");
  if (outcome.verdict == Verdict::delivered && *code == 0) return outcome;
  Verdict verdict = outcome.verdict;
  if (response.status == 422 || response.status == 413 || verdict == Verdict::delivered) {
    verdict = code && concerns_all(*code) ? Verdict::broken : Verdict::park;
  }
  return refused(response, verdict, json_text_of(response.body, "Message"));
}

}  // namespace tocsin
