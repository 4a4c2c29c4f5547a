// SPDX-License-Identifier: Apache-2.0
#include "pipeline/unmatched_watch.h"

#include <algorithm>
#include <utility>

#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/outbox.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kNameCharacters = 40;
constexpr std::size_t kRulesMax = 10;
constexpr Millis kHour{3'600'000};

std::string count(std::uint64_t n) { return count_text(static_cast<int128>(n)); }

std::string name_of(const Rule& rule) { return cut_middle(clean_text(rule.name), kNameCharacters); }

std::string place_of(const Rule& rule) {
  return rule.origin.file + ":" + std::to_string(rule.origin.line);
}

std::string asks_for(const Rule& rule) {
  return rule.where_text.empty() ? "every request" : rule.where_text;
}

// "rules/production.yaml:4 asks for Environment = production: Environment was never …"
std::string told_of(const State::Unmatched& unmatched, const FieldSamples& samples) {
  const Rule& rule = *unmatched.rule;
  std::string text = place_of(rule) + " asks for " + asks_for(rule);
  const std::string why = samples.evidence(rule, unmatched.requests);
  if (!why.empty()) text += ": " + why;
  return text.ends_with('?') ? text : text + ".";
}

}  // namespace

std::optional<EngineMessage> UnmatchedWatch::due(State& state, How how) {
  if (state.watermark() == StreamTime::kUnset) return std::nullopt;
  const std::int64_t minute = floor_div(to_ms(state.watermark()), 60'000);
  if (minute == minute_ && how == how_ && how != How::at_once) return std::nullopt;
  minute_ = minute;
  how_ = how;
  const auto quiet = state.unmatched(kLookAfter);
  count_ = 0;
  std::vector<const Rule*> rules;
  std::vector<State::Unmatched> untold;
  for (const auto& each : quiet) {
    rules.push_back(each.rule);
    if (each.for_long < kAfter || each.requests < kRequestsMin) continue;
    ++count_;
    if (!each.told) untold.push_back(each);
  }
  samples_.follow(rules);
  if (untold.empty() || how == How::look) return std::nullopt;
  EngineMessage made = message(untold);
  for (const auto& each : untold) state.tell_unmatched(*each.rule);
  WriteBatch rows;
  put_engine_row(rows, made);
  state.add_rows(rows);
  return made;
}

EngineMessage UnmatchedWatch::message(const std::vector<State::Unmatched>& rules) const {
  // What holds for all of them: of the shortest time.
  const auto& least =
      *std::min_element(rules.begin(), rules.end(), [](const auto& a, const auto& b) {
        return std::pair(a.for_long, a.requests) < std::pair(b.for_long, b.requests);
      });
  const Rule& first = *rules.front().rule;
  const bool one = rules.size() == 1;
  EngineMessage made;
  made.kind = "unmatched";
  made.subject = one ? first.name : count(rules.size()) + " rules";
  made.text = (one ? "Rule " + name_of(first) : made.subject) + " matched none of " +
              count(least.requests) + " requests in " +
              duration_text(least.for_long / kHour * kHour);
  if (one) {
    made.details.push_back(told_of(rules.front(), samples_));
  } else {
    for (std::size_t i = 0; i < std::min(rules.size(), kRulesMax); ++i) {
      made.details.push_back(name_of(*rules[i].rule) + ": " + told_of(rules[i], samples_));
    }
  }
  if (rules.size() > kRulesMax) {
    made.details.push_back("And " + count(rules.size() - kRulesMax) +
                           " more: tocsin explain lists all rules.");
  }
  made.details.push_back(
      std::string(one ? "It watches" : "They watch") +
      " nothing as it is; all else goes on. A corrected rule counts as soon as its file is saved. "
      "This is told again only after it has matched, or was edited.");
  made.details.push_back("What requests had: tocsin explain " + shell_quoted(first.name));
  return made;
}

}  // namespace tocsin
