// SPDX-License-Identifier: Apache-2.0
#include "notify/email/ses_channel.h"

#include <string_view>

#include "document/json_writer.h"
#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/email/mail_headers.h"

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

constexpr std::string_view kPath = "/v2/email/outbound-emails";

void write_content(JsonWriter& json, std::string_view key, const std::string& text) {
  json.key(key).begin_object().text("Data", text).text("Charset", "UTF-8").end_object();
}

std::string host_of(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  return std::string(url.substr(0, url.find('/')));
}
std::string path_of(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  const std::size_t slash = url.find('/');
  return slash == std::string_view::npos ? "" : std::string(url.substr(slash));
}

// SES answers 400 whatever is wrong; these words say that it is nothing about this mail.
bool concerns_all(std::string_view said) {
  for (const std::string_view words : {"not verified", "paused", "suspended", "sandbox"}) {
    if (said.find(words) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

Request SesChannel::request(const Telling& telling) const {
  std::string body;
  JsonWriter json(body);
  const MailAddress& from = config().from;
  json.begin_object().text("FromEmailAddress", header_address(from));
  json.key("Destination").begin_object().key("ToAddresses").begin_array();
  json.text(telling.destination).end_array().end_object();
  json.key("Content").begin_object().key("Simple").begin_object();
  write_content(json, "Subject", email_subject(telling.notice, telling.message));
  json.key("Body").begin_object();
  write_content(json, "Text", email_text(telling.notice, telling.message));
  write_content(json, "Html", email_html(telling.notice, telling.message));
  json.end_object().key("Headers").begin_array();
  for (const auto& [name, value] : thread_headers(telling.notice, from.domain())) {
    json.begin_object().text("Name", name).text("Value", value).end_object();
  }
  json.end_array().end_object().end_object().end_object();
  HttpRequest request = json_request(kPath, body);
  request.headers.front().second = "application/json";
  AwsRequest signed_part{.method = "POST",
                         .path = path_of(request.url),
                         .query = "",
                         .headers = {{"content-type", "application/json"},
                                     {"host", host_of(request.url)},
                                     {"x-amz-date", aws_date(telling.now)}},
                         .body = std::move(body),
                         .region = region_,
                         .service = "ses"};
  if (!credentials_.session_token.empty()) {
    signed_part.headers.emplace("x-amz-security-token", credentials_.session_token);
    request.headers.emplace_back("X-Amz-Security-Token", credentials_.session_token);
  }
  request.headers.emplace_back("X-Amz-Date", aws_date(telling.now));
  request.headers.emplace_back("Authorization",
                               aws_authorization(signed_part, credentials_, telling.now));
  return request;
}

Outcome SesChannel::classify(const Response& response) const {
  const Outcome outcome = outcome_by_status(response);
  if (response.status == 0) return outcome;
  if (outcome.verdict == Verdict::delivered) {
    return json_text_of(response.body, "MessageId").empty() ? not_the_service(response, "SES")
                                                            : outcome;
  }
  std::string said = json_text_of(response.body, "message");
  if (said.empty()) said = json_text_of(response.body, "Message");
  Verdict verdict = outcome.verdict;
  if (response.status == 400 || response.status == 413) {
    verdict = concerns_all(said) ? Verdict::broken : Verdict::park;
  }
  return refused(response, verdict, said);
}

}  // namespace tocsin
