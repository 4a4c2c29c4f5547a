// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "demo/page.h"
#include "demo/traffic.h"
#include "event/decoder.h"
#include "price/price_list.h"
#include "rule/load.h"

namespace tocsin::demo {

inline constexpr EventTime kNoon = event_time_ms(1'795'262'400'000);  // 2026-11-21T12:00Z

// Calls `take` with each of the first `count` requests of a seed, as the engine reads it.
inline void each_request(std::uint64_t seed, std::size_t count,
                         const std::function<void(const Event&)>& take) {
  struct Sink final : Decoder::Sink {
    explicit Sink(const std::function<void(const Event&)>& each) : take(each) {}
    void event(const Event& event) override { take(event); }
    void quarantined(const Quarantined& bad) override { FAIL(bad.detail); }
    const std::function<void(const Event&)>& take;
  };
  Traffic traffic(seed);
  Decoder decoder;
  Sink sink(take);
  for (std::size_t i = 0; i < count; ++i) {
    decoder.begin_batch();
    decoder.decode(traffic.next(kNoon).json, Format::automatic, sink);
  }
}

inline std::string property(const Event& event, std::string_view name) {
  for (const Property& each : event.properties) {
    if (each.name == name) return std::string(each.value);
  }
  return {};
}

inline PriceList built_in_prices() {
  auto prices = PriceList::built_in();
  REQUIRE(prices);
  return std::move(*prices);
}

}  // namespace tocsin::demo
