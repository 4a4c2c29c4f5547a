// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/kafka_range.h"
#include "rule/config.h"

namespace tocsin {

// What words of a command line mean; wrong ones are told on standard error.

// `--from kafka`.
inline constexpr std::string_view kFromKafka = "kafka";

// `--since` and `--until`: how long ago ("30d"), or a time as people say it by the clocks of
// `zone`; empty: not asked for. Nothing: told.
struct KafkaSpan {
  std::optional<EventTime> since, until;
};
std::optional<KafkaSpan> kafka_span(const std::string& since, const std::string& until,
                                    const std::string& zone);

// That part of the topics of `config`. Nothing: told.
std::optional<KafkaRange> kafka_range(const Config& config, const KafkaSpan& span);

// "free-tier-user=$25": the amount takes the place of the rule's `budget`. The rule's name;
// nothing: told.
std::optional<std::string> try_budget(const std::string& text, std::vector<Rule>& rules);

// Are these names of rules? False: told, with the nearest.
bool knows(const std::vector<Rule>& rules, const std::vector<std::string>& names);

}  // namespace tocsin
