// SPDX-License-Identifier: Apache-2.0
#include "rule/key_docs.h"

#include <array>
#include <utility>

namespace tocsin {
namespace {

constexpr std::array<std::pair<Value, Words>, 26> kMaps = {{
    {Value::rules, words::kRule},
    {Value::defaults, words::kRule},
    {Value::sources, words::kSource},
    {Value::senders, words::kSenders},
    {Value::kafka, words::kKafka},
    {Value::tls, words::kTls},
    {Value::sasl, words::kSasl},
    {Value::state, words::kState},
    {Value::notify, words::kNotify},
    {Value::channels, words::kChannel},
    {Value::slack, words::kSlack},
    {Value::webhook, words::kWebhook},
    {Value::email, words::kEmail},
    {Value::resend, words::kResend},
    {Value::sendgrid, words::kSendgrid},
    {Value::postmark, words::kPostmark},
    {Value::mailgun, words::kMailgun},
    {Value::ses, words::kSes},
    {Value::pagerduty, words::kPagerduty},
    {Value::teams, words::kTeams},
    {Value::alertmanager, words::kAlertmanager},
    {Value::http, words::kHttp},
    {Value::quarantine, words::kQuarantine},
    {Value::lookup, words::kLookup},
    {Value::mounts, words::kMount},
    {Value::unknown_model, words::kUnknownModel},
}};

// How the path to the keys below a key goes on.
std::string_view step_below(Value value) {
  if (value == Value::sources || value == Value::lookup || value == Value::mounts) return "[].";
  if (value == Value::channels) return ".NAME.";
  return ".";
}

}  // namespace

Words keys_of(Value value) {
  for (const auto& [of, keys] : kMaps) {
    if (of == value) return keys;
  }
  return {};
}

std::string key_rows(Words words, const std::string& prefix) {
  std::string rows;
  for (const Word& word : words) {
    if (word.built == Built::not_yet) continue;
    const std::string path = prefix + std::string(word.text);
    rows += "| `" + path + "` | " + std::string(word.says) + " | " + std::string(word.standard) +
            (word.standard.empty() ? "|\n" : " |\n");
    rows += key_rows(keys_of(word.value), path + std::string(step_below(word.value)));
  }
  return rows;
}

std::string choice_rows(Words words) {
  std::string rows;
  for (const Word& word : words) {
    if (word.built == Built::not_yet) continue;
    rows += "| `" + std::string(word.text) + "` | " + std::string(word.says) + " |\n";
  }
  return rows;
}

}  // namespace tocsin
