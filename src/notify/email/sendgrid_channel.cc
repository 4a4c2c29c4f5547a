// SPDX-License-Identifier: Apache-2.0
#include "notify/email/sendgrid_channel.h"

#include "document/json_writer.h"
#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/email/mail_headers.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

void write_part(JsonWriter& json, std::string_view type, const std::string& text) {
  json.begin_object().text("type", type).text("value", text).end_object();
}

}  // namespace

Request SendgridChannel::request(const Telling& telling) const {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("personalizations").begin_array().begin_object();
  json.key("to").begin_array().begin_object().text("email", telling.destination);
  json.end_object().end_array().end_object().end_array();
  json.key("from").begin_object().text("email", config().from.address);
  if (!config().from.name.empty()) json.text("name", clean_text(config().from.name));
  json.end_object().text("subject", email_subject(telling.notice, telling.message));
  json.key("content").begin_array();  // the plainest must come first
  write_part(json, "text/plain", email_text(telling.notice, telling.message));
  write_part(json, "text/html", email_html(telling.notice, telling.message));
  json.end_array().key("headers").begin_object();
  for (const auto& [name, value] : thread_headers(telling.notice, config().from.domain())) {
    json.text(name, value);
  }
  json.end_object().key("tracking_settings").begin_object();
  // Else links lead by way of SendGrid's, and mails load a picture.
  for (const std::string_view kind : {"click_tracking", "open_tracking"}) {
    json.key(kind).begin_object().boolean("enable", false).end_object();
  }
  json.end_object().end_object();
  HttpRequest request = json_request("/v3/mail/send", std::move(body));
  request.headers.emplace_back("Authorization", "Bearer " + config().secret);
  return request;
}

Outcome SendgridChannel::classify(const Response& response) const {
  const Outcome outcome = outcome_by_status(response);
  if (response.status == 0) return outcome;
  if (outcome.verdict == Verdict::delivered) {
    return response.status == 202 ? outcome : not_the_service(response, "SendGrid");
  }
  const bool refuses_mail = response.status == 400 || response.status == 413;
  return refused(response, refuses_mail ? Verdict::park : outcome.verdict,
                 json_text_of(response.body, "message"));
}

}  // namespace tocsin
