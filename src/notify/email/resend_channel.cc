// SPDX-License-Identifier: Apache-2.0
#include "notify/email/resend_channel.h"

#include "document/json_writer.h"
#include "hash/digest.h"
#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/email/mail_headers.h"

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

Verdict resend_verdict(const Response& response, const std::string& error_name) {
  switch (response.status) {
    case 400:
    case 413:
    case 422: return Verdict::park;
    // The same key with other words: an earlier try may have been taken.
    case 409: return error_name == "invalid_idempotent_request" ? Verdict::park : Verdict::retry;
    default: return outcome_by_status(response).verdict;
  }
}

}  // namespace

std::string ResendChannel::body(const Telling& telling) const {
  std::string body;
  JsonWriter json(body);
  json.begin_object().text("from", api_sender(config().from)).key("to").begin_array();
  json.text(telling.destination).end_array();
  json.text("subject", email_subject(telling.notice, telling.message));
  json.text("text", email_text(telling.notice, telling.message));
  json.text("html", email_html(telling.notice, telling.message));
  json.key("headers").begin_object();
  for (const auto& [name, value] : thread_headers(telling.notice, config().from.domain())) {
    json.text(name, value);
  }
  json.end_object().end_object();
  return body;
}

Request ResendChannel::request(const Telling& telling) const {
  HttpRequest request = json_request("/emails", body(telling));
  request.headers.emplace_back("Authorization", "Bearer " + config().secret);
  // At most 256 characters are allowed, an address can be nearly as long.
  request.headers.emplace_back("Idempotency-Key",
                               telling.notice.id + "-" + hex(sha256(telling.destination), 16));
  return request;
}

Outcome ResendChannel::classify(const Response& response) const {
  const Outcome outcome = outcome_by_status(response);
  if (outcome.verdict == Verdict::delivered) {
    return json_text_of(response.body, "id").empty() ? not_the_service(response, "Resend")
                                                     : outcome;
  }
  if (response.status == 0) return outcome;
  const std::string name = json_text_of(response.body, "name");
  return refused(response, resend_verdict(response, name), json_text_of(response.body, "message"));
}

}  // namespace tocsin
