// SPDX-License-Identifier: Apache-2.0
#include "notify/slack/slack_bot.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "alert/alert_json.h"
#include "document/json_writer.h"
#include "notify/email/mail_api.h"
#include "notify/gathering.h"
#include "notify/slack/slack_blocks.h"

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

struct Meaning {
  std::string_view error;
  Verdict verdict;
  bool forgets = false;  // the message that was edited, or its thread, is not there any more
};

// The errors of chat.postMessage and chat.update; another one is about this message.
constexpr std::array kMeanings = {
    Meaning{"ratelimited", Verdict::pause},
    Meaning{"rate_limited", Verdict::pause},
    Meaning{"message_limit_exceeded", Verdict::pause},
    Meaning{"message_not_found", Verdict::park, true},
    Meaning{"cant_update_message", Verdict::park, true},
    Meaning{"edit_window_closed", Verdict::park, true},
    Meaning{"thread_not_found", Verdict::park, true},
    Meaning{"invalid_thread_ts", Verdict::park, true},
    Meaning{"cannot_reply_to_message", Verdict::park, true},
    Meaning{"channel_not_found", Verdict::broken, true},
    Meaning{"is_archived", Verdict::broken, true},
    Meaning{"not_in_channel", Verdict::broken, true},
    Meaning{"restricted_action", Verdict::broken},
    Meaning{"restricted_action_read_only_channel", Verdict::broken},
    Meaning{"invalid_auth", Verdict::broken},
    Meaning{"not_authed", Verdict::broken},
    Meaning{"account_inactive", Verdict::broken},
    Meaning{"token_revoked", Verdict::broken},
    Meaning{"token_expired", Verdict::broken},
    Meaning{"no_permission", Verdict::broken},
    Meaning{"missing_scope", Verdict::broken},
    Meaning{"not_allowed_token_type", Verdict::broken},
    Meaning{"org_login_required", Verdict::broken},
    Meaning{"ekm_access_denied", Verdict::broken},
    Meaning{"team_access_not_granted", Verdict::broken},
    Meaning{"access_denied", Verdict::broken},
    Meaning{"msg_too_long", Verdict::degrade},
    Meaning{"msg_blocks_too_long", Verdict::degrade},
    Meaning{"invalid_blocks", Verdict::degrade},
    Meaning{"invalid_blocks_format", Verdict::degrade},
    Meaning{"no_text", Verdict::degrade},
    Meaning{"fatal_error", Verdict::retry},
    Meaning{"internal_error", Verdict::retry},
    Meaning{"service_unavailable", Verdict::retry},
    Meaning{"request_timeout", Verdict::retry},
    Meaning{"team_added_to_org", Verdict::retry},
};

// The only alert, or end, that the notice is about; null: it is about several, or the engine.
const Alert* subject_of(const Notice& notice) {
  if (notice.kind == Notice::Kind::resolved) {
    return notice.resolved.size() == 1 ? &notice.resolved.front().alert : nullptr;
  }
  return notice.kind == Notice::Kind::alert ? &notice.alerts.front() : nullptr;
}

// "CHANNEL TS"
SlackPlace place_of(std::string_view memory) {
  const std::size_t blank = memory.find(' ');
  if (blank == std::string_view::npos) return {};
  return {.channel = std::string(memory.substr(0, blank)),
          .ts = std::string(memory.substr(blank + 1))};
}

// What an error is called: nothing that could repeat a token.
bool is_error_word(std::string_view word) {
  return !word.empty() && word.size() <= 60 && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
  });
}

}  // namespace

// A sum in a window that rolls is never told to be over, so its messages are one each.
std::string SlackBotChannel::memory_key(const Notice& notice) const {
  const Alert* const alert = subject_of(notice);
  if (alert == nullptr) return {};
  const bool rolls = alert->window_kind == WindowKind::rolling;
  if (rolls && !is_judged(*alert)) return {};
  std::string key = alert->rule;
  for (const auto& [field, value] : alert->group) {
    key.push_back('\0');
    key += field + '=' + value;
  }
  if (!rolls) key += '\0' + rfc3339_text(alert->window.start);
  return key;
}

std::size_t SlackBotChannel::parts(const Notice& notice) const {
  return memory_key(notice).empty() ? 1 : 2;
}

Request SlackBotChannel::request(const Telling& telling) const {
  const bool alone = parts(telling.notice) == 1;
  const bool was_said = !telling.memory.empty();
  SlackPlace place = was_said ? place_of(telling.memory) : SlackPlace{};
  if (place.channel.empty()) place = {.channel = config_.channel, .ts = ""};
  HttpRequest request;
  request.timeout = config_.timeout;
  request.headers = {{"Content-Type", "application/json; charset=utf-8"},
                     {"User-Agent", "tocsin"},
                     {"Authorization", "Bearer " + config_.token}};
  SlackPart part = SlackPart::whole;
  std::string method = "chat.postMessage";
  if (alone) {
    place.ts.clear();
  } else if (telling.part == 0) {
    part = SlackPart::head;
    if (!place.ts.empty()) method = "chat.update";
  } else {
    part = SlackPart::details;
    place.is_thread = true;
    // The second part of what was said first adds to it; later ones are news.
    place.broadcast = telling.known;
  }
  request.url = config_.url + "/" + method;
  request.body = telling.form == Form::full ? slack_post(telling.message, place, part)
                                            : slack_plain_post(telling.message, place);
  return request;
}

Outcome SlackBotChannel::classify(const Response& response) const {
  Outcome outcome = outcome_by_status(response);
  if (outcome.verdict != Verdict::delivered) return outcome;
  const std::string answered = "answered " + std::to_string(response.status);
  if (response.body.find("\"ok\"") == std::string::npos) {
    return {Verdict::broken, std::nullopt, answered + ", but not as Slack's Web API answers"};
  }
  const std::string error = json_text_of(response.body, "error");
  if (error.empty()) {
    const std::string ts = json_text_of(response.body, "ts");
    const std::string channel = json_text_of(response.body, "channel");
    // A reply has a ts of its own, and the memory is of what it replies to.
    const bool is_reply = response.body.find("\"thread_ts\"") != std::string::npos;
    if (!is_reply && !ts.empty() && !channel.empty()) outcome.memory = channel + " " + ts;
    return outcome;
  }
  const auto meaning = std::find_if(kMeanings.begin(), kMeanings.end(),
                                    [&](const Meaning& one) { return one.error == error; });
  outcome.verdict = meaning == kMeanings.end() ? Verdict::park : meaning->verdict;
  outcome.reason = answered + (is_error_word(error) ? " (" + error + ")" : ", refusing it");
  if (meaning != kMeanings.end() && meaning->forgets) outcome.memory = "";
  return outcome;
}

}  // namespace tocsin
