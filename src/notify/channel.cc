// SPDX-License-Identifier: Apache-2.0
#include "notify/channel.h"

#include <algorithm>
#include <string_view>

#include "notify/plain_text.h"

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

// "invalid_payload", "no_service". Nothing longer or richer is repeated to people: an error page
// may name the address it was asked for, which is a secret.
bool is_plain_words(std::string_view body) {
  constexpr std::size_t kMost = 60;
  return !body.empty() && body.size() <= kMost && std::all_of(body.begin(), body.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ' ';
  });
}

Verdict verdict_of(const Response& response) {
  const int status = response.status;
  if (status >= 200 && status < 300) return Verdict::delivered;
  if (status >= 300 && status < 400) return Verdict::broken;
  switch (status) {
    case 429: return Verdict::pause;
    case 503: return response.retry_after ? Verdict::pause : Verdict::retry;
    case 400:
    case 413: return Verdict::degrade;
    case 401:
    case 403:
    case 404:
    case 410: return Verdict::broken;
    case 408:
    case 425: return Verdict::retry;
    default: return status >= 400 && status < 500 ? Verdict::park : Verdict::retry;
  }
}

}  // namespace

Request Channel::repeat(const std::vector<std::string>&, WallTime) const { return HttpRequest{}; }

Outcome outcome_by_status(const Response& response) {
  Outcome outcome{verdict_of(response), response.retry_after, ""};
  if (outcome.verdict == Verdict::delivered) return outcome;
  if (response.status == 0) {
    outcome.reason = "gave no answer";
    if (!response.error.empty()) outcome.reason += " (" + clean_text(response.error) + ")";
    return outcome;
  }
  outcome.reason = "answered " + std::to_string(response.status);
  if (response.status >= 300 && response.status < 400) {
    outcome.reason += ", a redirect, and redirects are not followed";
  }
  if (is_plain_words(response.body)) outcome.reason += " (" + response.body + ")";
  return outcome;
}

}  // namespace tocsin
