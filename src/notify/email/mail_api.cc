// SPDX-License-Identifier: Apache-2.0
#include "notify/email/mail_api.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "notify/email/reply_text.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

// Where the value behind `"key":` begins; the end: nowhere.
std::size_t value_at(std::string_view json, std::string_view key) {
  const std::string quoted = "\"" + std::string(key) + "\"";
  const std::size_t at = json.find(quoted);
  if (at == std::string_view::npos) return json.size();
  return std::min(json.find_first_not_of(" \t\r\n:", at + quoted.size()), json.size());
}

}  // namespace

std::vector<std::string> MailApiChannel::destinations() const {
  std::vector<std::string> addresses;
  for (const MailAddress& recipient : config_.to) addresses.push_back(recipient.address);
  return addresses;
}

HttpRequest MailApiChannel::json_request(std::string_view path, std::string body) const {
  HttpRequest request;
  request.url = config_.url + std::string(path);
  request.headers = {{"Content-Type", "application/json; charset=utf-8"}, {"User-Agent", "tocsin"}};
  request.body = std::move(body);
  request.timeout = config_.timeout;
  return request;
}

Outcome MailApiChannel::refused(const Response& response, Outcome::Verdict verdict,
                                std::string_view said) const {
  Outcome outcome = outcome_by_status(response);
  outcome.verdict = verdict;
  const std::string answered = "answered " + std::to_string(response.status);
  const std::string shown =
      reply_text(said, {.shown = destinations(), .secrets = {config_.secret}});
  if (!shown.empty()) {
    outcome.reason = answered + " (" + shown + ")";
  } else if (outcome.reason.empty()) {
    outcome.reason = answered;
  }
  return outcome;
}

Outcome MailApiChannel::not_the_service(const Response& response, std::string_view service) const {
  return {Outcome::Verdict::broken, std::nullopt,
          "answered " + std::to_string(response.status) + ", but not as " + std::string(service) +
              " answers"};
}

std::string api_sender(const MailAddress& from) {
  if (from.name.empty()) return from.address;
  const std::string name = clean_text(from.name);
  const bool plain = name.find_first_of("()[]:;@,.<>\"") == std::string::npos;
  std::string quoted;
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return (plain ? name : '"' + quoted + '"') + " <" + from.address + ">";
}

std::string json_text_of(std::string_view json, std::string_view key) {
  std::size_t at = value_at(json, key);
  if (at == json.size() || json[at] != '"') return "";
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

std::optional<int> json_number_of(std::string_view json, std::string_view key) {
  const std::string_view rest = json.substr(value_at(json, key));
  int number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace tocsin
