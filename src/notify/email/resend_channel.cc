// SPDX-License-Identifier: Apache-2.0
#include "notify/email/resend_channel.h"

#include <optional>
#include <string_view>

#include "document/json_writer.h"
#include "hash/digest.h"
#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/email/mail_headers.h"
#include "notify/email/reply_text.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

// The text behind `"key":` in a JSON object of texts; for errors, whose exact form is nothing to
// rely on. Escapes but \" and \\ become blanks.
std::string json_text_of(std::string_view json, std::string_view key) {
  const std::string quoted = "\"" + std::string(key) + "\"";
  std::size_t at = json.find(quoted);
  if (at == std::string_view::npos) return "";
  at = json.find_first_not_of(" \t\r\n:", at + quoted.size());
  if (at == std::string_view::npos || json[at] != '"') return "";
  std::string text;
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] != '\\') {
      text.push_back(json[at]);
    } else if (++at < json.size()) {
      text.push_back(json[at] == '"' || json[at] == '\\' ? json[at] : ' ');
    }
  }
  return text;
}

// As the API takes it: UTF-8, the name in quotes where the address could not be told from it.
std::string sender(const MailAddress& from) {
  if (from.name.empty()) return from.address;
  const std::string name = clean_text(from.name);
  const bool plain = name.find_first_of("()[]:;@,.") == std::string::npos;
  return (plain ? name : '"' + name + '"') + " <" + from.address + ">";
}

Verdict verdict_of(const Response& response, const std::string& error_name) {
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

std::vector<std::string> ResendChannel::destinations() const {
  std::vector<std::string> addresses;
  for (const MailAddress& recipient : config_.to) addresses.push_back(recipient.address);
  return addresses;
}

std::string ResendChannel::body(const Telling& telling) const {
  std::string body;
  JsonWriter json(body);
  json.begin_object().text("from", sender(config_.from)).key("to").begin_array();
  json.text(telling.destination).end_array();
  json.text("subject", email_subject(telling.notice, telling.message));
  json.text("text", email_text(telling.notice, telling.message));
  json.text("html", email_html(telling.notice, telling.message));
  json.key("headers").begin_object();
  for (const auto& [name, value] : thread_headers(telling.notice, config_.from.domain())) {
    json.text(name, value);
  }
  json.end_object().end_object();
  return body;
}

Request ResendChannel::request(const Telling& telling) const {
  HttpRequest request;
  request.url = config_.url + "/emails";
  request.headers = {
      {"Content-Type", "application/json; charset=utf-8"},
      {"User-Agent", "tocsin"},
      {"Authorization", "Bearer " + config_.api_key},
      // At most 256 characters are allowed, an address can be nearly as long.
      {"Idempotency-Key", telling.notice.id + "-" + hex(sha256(telling.destination), 16)}};
  request.body = body(telling);
  request.timeout = config_.timeout;
  return request;
}

Outcome ResendChannel::classify(const Response& response) const {
  Outcome outcome = outcome_by_status(response);
  if (outcome.verdict == Verdict::delivered) {
    if (!json_text_of(response.body, "id").empty()) return outcome;
    return {Verdict::broken, std::nullopt,
            "answered " + std::to_string(response.status) +
                " but no id, which is not how Resend answers"};
  }
  if (response.status == 0) return outcome;
  const std::string name = json_text_of(response.body, "name");
  outcome.verdict = verdict_of(response, name);
  const std::string said = reply_text(json_text_of(response.body, "message"),
                                      {.shown = destinations(), .secrets = {config_.api_key}});
  if (!said.empty())
    outcome.reason = "answered " + std::to_string(response.status) + " (" + said + ")";
  return outcome;
}

}  // namespace tocsin
