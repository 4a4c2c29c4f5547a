// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/crash_guard.h"
#include "kafka/kafka_config.h"
#include "notify/channel.h"
#include "notify/manners.h"
#include "notify/silences.h"
#include "pipeline/engine.h"
#include "rule/config.h"
#include "state/state.h"
#include "tocsin/clock.h"
#include "tocsin/log.h"
#include "tocsin/source.h"

namespace tocsin {

// How tocsin.yaml becomes the parts of an engine: the only place that knows both.

StateLimits state_limits(const Config& config);
// By which prices requests are counted.
Tariff tariff_of(const Config& config, const PriceList& prices);
AggregatorSetup aggregator_setup(const Config& config, const std::vector<Rule>& rules,
                                 const PriceList& prices, State& state);

// How people are told of what has no price.
UnpricedWatch::Words unpriced_words(const Config& config);

// The silences of the files that it names.
std::vector<Silence> written_silences(const Config& config);

// How they take what they are told, by their names.
std::map<std::string, Manners> channel_manners(const Config& config);
// How often what stands is told again, by rule.
std::map<std::string, Millis> repeats_of(const std::vector<Rule>& rules);

// The channels that messages go to.
std::vector<std::unique_ptr<Channel>> make_channels(const Config& config);
// The fallback of each channel that has one, by name.
std::unordered_map<std::string, std::string> fallbacks_of(const Config& config);

// `start: windows`: the earliest start of any rule's window that is open at `now`; nothing: the
// beginning (a lifetime without a start).
std::optional<EventTime> earliest_open_window(const std::vector<Rule>& rules, EventTime now);

// How many threads decode what a source brings, on a machine of so many cores (0: unknown).
unsigned decode_workers(const SourceConfig& source, unsigned cores);
KafkaConfig kafka_config(const SourceConfig& source, const std::vector<Rule>& rules, EventTime now);
// The name under which the state remembers a source's identity.
std::string source_name(const SourceConfig& source);

template <class Opened>
Result<std::unique_ptr<Source>> as_source(Result<std::unique_ptr<Opened>> opened) {
  if (!opened) return tl::unexpected(opened.error());
  return std::unique_ptr<Source>(std::move(*opened));
}

struct OpenSource {
  std::unique_ptr<Source> source;
  std::string name;
  RecordFormat format;
  unsigned workers = 1;
};
class LocalLog;
struct SourceLinks {  // all outlive the sources
  const Clock& clock;
  Log& log;
  CrashGuard& guard;
  LocalLog* local_log = nullptr;  // of what is sent; null: that goes to Kafka, or nowhere
};
// reject: the config cannot work.
Result<std::vector<OpenSource>> open_sources(const Config& config, const std::vector<Rule>& rules,
                                             const State& state, const SourceLinks& links);

}  // namespace tocsin
