// SPDX-License-Identifier: Apache-2.0
#include "notify/slack/slack_channel.h"

#include <string_view>

#include "notify/slack/slack_blocks.h"

namespace tocsin {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  return text;
}

}  // namespace

Request SlackChannel::request(const Telling& telling) const {
  HttpRequest request;
  request.url = config_.webhook_url;
  request.headers = {{"Content-Type", "application/json; charset=utf-8"}, {"User-Agent", "tocsin"}};
  request.body =
      telling.form == Form::full ? slack_body(telling.message) : slack_plain_body(telling.message);
  request.timeout = config_.timeout;
  return request;
}

Outcome SlackChannel::classify(const Response& response) const {
  Outcome outcome = outcome_by_status(response);
  if (outcome.verdict != Outcome::Verdict::delivered) return outcome;
  if (response.status == 200 && trimmed(response.body) == "ok") return outcome;
  return {Outcome::Verdict::broken, std::nullopt,
          "answered " + std::to_string(response.status) +
              " but not \"ok\", which is not how a Slack webhook answers"};
}

}  // namespace tocsin
