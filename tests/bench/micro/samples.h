// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "event/decoder.h"
#include "price/price_list.h"
#include "rule/rule.h"
#include "tocsin/event.h"

namespace tocsin::bench {

// What the benchmarks run on: the first requests of the stream that run.py measures the engine by.
inline constexpr std::size_t kSamples = 4096;

enum class Wire { native, helicone };
std::vector<std::string> records(Wire wire, std::size_t count = kSamples);

// Records decoded. The events point into both members.
class Events final : Decoder::Sink {
 public:
  explicit Events(Wire wire = Wire::native, std::size_t count = kSamples);
  const std::vector<Event>& all() const { return events_; }
  const Event& operator[](std::size_t i) const { return events_[i % events_.size()]; }

 private:
  void event(const Event& event) override { events_.push_back(event); }
  void quarantined(const Quarantined& bad) override;

  std::vector<std::string> records_;
  Decoder decoder_;
  std::vector<Event> events_;
};

PriceList prices();

// The five rules of run.py: total, Environment, Feature by the hour, user, user and Feature by the
// hour. `more`: as many rules beside them that no request matches, as people have hundreds of: of
// one user, one service of a feature, one family of models, one key in a region.
std::vector<Rule> rules(std::size_t more = 0);

}  // namespace tocsin::bench
