// SPDX-License-Identifier: Apache-2.0
#include "cli/backtest_arguments.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "cli/real_clock.h"
#include "cli/since.h"
#include "cli/stderr_log.h"
#include "document/scalars.h"
#include "notify/plain_text.h"
#include "rule/amount.h"
#include "rule/nearest_word.h"

namespace tocsin {
namespace {

std::optional<EventTime> moment(const std::string& text, EventTime now, const std::string& zone) {
  if (const auto ago = parse_duration(text)) return now - *ago;
  return parse_since(text, now, zone);
}

}  // namespace

std::optional<KafkaSpan> kafka_span(const std::string& since, const std::string& until,
                                    const std::string& zone) {
  KafkaSpan span;
  const EventTime now = as_event_time(RealClock().wall());
  for (const auto& [text, at] : {std::pair(&since, &span.since), std::pair(&until, &span.until)}) {
    if (text->empty()) continue;
    *at = moment(*text, now, zone);
    if (*at) continue;
    std::fprintf(stderr,
                 "tocsin: \"%s\" is no time: write how long ago (30d, 6h), a day (2026-11-01) or a "
                 "time (2026-11-01T09:00)\n",
                 clean_text(*text).c_str());
    return std::nullopt;
  }
  if (!span.since || *span.since < span.until.value_or(now)) return span;
  std::fprintf(stderr, "tocsin: --since %s is not before %s\n", clean_text(since).c_str(),
               until.empty() ? "now" : ("--until " + clean_text(until)).c_str());
  return std::nullopt;
}

std::optional<KafkaRange> kafka_range(const Config& config, const KafkaSpan& span) {
  const RealClock clock;
  const auto log = stderr_log();
  auto range = find_kafka_range({config, span.since, span.until, clock, *log});
  if (range) return std::move(*range);
  std::fprintf(stderr, "tocsin: %s\n", range.error().message.c_str());
  return std::nullopt;
}

std::optional<std::string> try_budget(const std::string& text, std::vector<Rule>& rules) {
  const std::size_t equals = text.rfind('=');
  const auto refused = [&](const std::string& why) {
    std::fprintf(stderr, "tocsin: --budget %s: %s\n", clean_text(text).c_str(), why.c_str());
    return std::nullopt;
  };
  if (equals == std::string::npos) {
    return refused("write RULE=AMOUNT, in single quotes for a shell: 'users=$25'");
  }
  std::string name = text.substr(0, equals);
  if (!knows(rules, {name})) return std::nullopt;
  const auto amount_text = std::string_view(text).substr(equals + 1);
  for (Rule& rule : rules) {
    if (rule.name != name) continue;
    if (!rule.budgets) return refused("the rule has a threshold, and no budget");
    // What a shell has left of $25.
    if (amount_text.empty()) return refused("there is no amount; a shell needs single quotes: '…'");
    const auto amount = read_amount(amount_text, rule.metric);
    if (!amount) {
      const auto& [message, hint] = amount.error();
      return refused(message + (hint.empty() ? "" : "; " + hint));
    }
    rule.budgets->fallback = *amount;
  }
  return name;
}

bool knows(const std::vector<Rule>& rules, const std::vector<std::string>& names) {
  std::vector<std::string_view> known;
  for (const auto& rule : rules) known.push_back(rule.name);
  for (const auto& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::fprintf(stderr, "tocsin: no rule is called \"%s\": %s\n", name.c_str(),
                 hint_for(name, known).c_str());
    return false;
  }
  return true;
}

}  // namespace tocsin
