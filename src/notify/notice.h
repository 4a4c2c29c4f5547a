// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notify/unpriced_report.h"
#include "tocsin/alert.h"
#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

// What the engine says about itself. The texts may hold values from events; a renderer treats them
// as such. `kind` and `subject` together name the trouble: the same is not told twice within a
// while.
struct EngineMessage {
  std::string kind;     // "lag", "lost", "unpriced", "channel_broken"
  std::string subject;  // what has it: "llm.requests[3]", a model, a channel
  std::string text;     // the first line without its mark: "Tocsin is 14 min behind: …"
  std::vector<std::string> details;  // a paragraph each: what is still true, what to do
  // In place of details: what has no price. It is told however lately the same kind was.
  std::optional<UnpricedReport> unpriced{};
  // Its row of the outbox, if it has one (outbox.h); not part of what is told.
  std::string row{};
  std::vector<std::string> channels{};  // in place of the engine's; not part of what is told
};

// What one message to one channel tells: a notification before it is put into a channel's words.
struct Notice {
  enum class Kind : std::uint8_t {
    alert,     // the rungs of one (rule, group) passed at once, highest first
    digest,    // alerts of one rule and many groups
    catch_up,  // alerts of one rule crossed before it caught up
    resolved,  // ends of episodes of one rule
    engine,
    unsilenced,  // alerts of one rule that stand when the silence over them ends
    reminder,    // alerts of one rule that were told before and still stand
    held,        // alerts and ends of any rules that came outside the channel's hours
    capped,      // and that came beyond its messages of an hour
  };
  Kind kind = Kind::alert;
  std::string id;  // 32 hex digits; the same for a second try and after a crash
  WallTime composed_at{};
  WallTime from{}, until{};  // digests: when the first and last alert came
  std::vector<Alert> alerts;
  std::vector<Resolution> resolved;
  std::optional<EngineMessage> engine;
  // Told by a fallback: "alerts: it answered 404", the channel that could not be told, and why.
  std::string in_place_of{};
};

// Does it tell of several rules what came while the channel was told nothing?
inline bool is_of_any_rules(const Notice& notice) {
  return notice.kind == Notice::Kind::held || notice.kind == Notice::Kind::capped;
}

// Judged by time as well, so that its end is found and can be told; a sum's window ends by itself.
inline bool is_judged(const Alert& alert) {
  return !is_sum(alert.metric) || alert.compare_to > Millis{0};
}

// The rule the notice is about; empty for the engine's own.
const std::string& rule_of(const Notice& notice);

// A message of the engine that is not yet part of a notice, as bytes of the state; without `row`.
std::string encode_engine_message(const EngineMessage& message);
Result<EngineMessage> decode_engine_message(std::string_view bytes);

// A Notice, whole, as bytes of the state.
std::string encode_notice(const Notice& notice);
// reject: these bytes are no notice that this version wrote.
Result<Notice> decode_notice(std::string_view bytes);

// The end of an episode as bytes, likewise.
std::string encode_resolution(const Resolution& resolution);
Result<Resolution> decode_resolution(std::string_view bytes);

std::vector<std::string> alert_ids(const Notice& notice);

// What its id is to be, a function of what it tells: the alert's own for one (rule, group), where
// the highest comes first; else digest_id() of what it tells.
std::string id_for(const Notice& notice);
// Where another message of that id still waits, of which it tells more or less than this one: a
// limit was raised and set back.
std::string id_once_more(const Notice& notice);

// SHA-256 over the ids in ascending order, its first 16 bytes in hex.
std::string digest_id(std::vector<std::string> alert_ids);

}  // namespace tocsin
