// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "event/decoder.h"
#include "priced.h"

namespace tocsin {

// An event as it came out of a record, and what it costs by the prices that are shipped.
struct PricedEvent {
  std::string format;
  std::string model;   // "openai/gpt-4o"
  std::string counts;  // "176 input, 1024 cache_read, 310 output"
  std::string who;     // "user u-1, team payments, ...": who pays, and is told apart by
  std::string rest;    // "id 7, chat, 200, 812 ms, at 1763700001794": the other fields that are set
  std::string basis;   // "computed", and the variant if there is one: "computed, batch"
  std::int64_t cost;   // picodollars
  std::int64_t saving;   // of an answer from the gateway's cache
  std::string unpriced;  // units
};

// The shipped prices, read once.
inline const PriceList& shipped_prices() {
  static const PriceList list = [] {
    auto built_in = PriceList::built_in();
    REQUIRE(built_in);
    return std::move(*built_in);
  }();
  return list;
}

// What a sink is told of one record, events and what is set aside.
class PricedRecord : public Decoder::Sink {
 public:
  explicit PricedRecord(std::string_view record, const RecordFormat& format = Format::automatic,
                        const PriceList& prices = shipped_prices())
      : prices_(prices) {
    decoder_.begin_batch();
    decoder_.decode(record, format, *this);
  }
  void event(const Event& event) override;
  void quarantined(const Quarantined& bad) override {
    set_aside.push_back(std::string(name(bad.reason)) + ": " + bad.detail);
  }
  std::uint64_t passed() const { return decoder_.counts().spans_passed; }

  std::vector<PricedEvent> events;
  std::vector<std::string> set_aside;

 private:
  const PriceList& prices_;
  Decoder decoder_;
};

// The only event of a record that holds one.
inline PricedEvent priced(std::string_view record, const RecordFormat& format = Format::automatic) {
  const PricedRecord all(record, format);
  for (const std::string& bad : all.set_aside) UNSCOPED_INFO(bad);
  REQUIRE(all.set_aside.empty());
  REQUIRE(all.events.size() == 1);
  return all.events[0];
}

// "a 1, b 2" of those that are not empty.
class Listed {
 public:
  Listed& add(std::string_view word, std::string_view value) {
    if (value.empty()) return *this;
    if (!text_.empty()) text_ += ", ";
    text_ += word;
    if (!word.empty()) text_ += ' ';
    text_ += value;
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

inline std::string listed_counts(const Usage& usage) {
  Listed list;
  for (std::size_t i = 0; i < kUnits; ++i) {
    const std::int64_t count = usage.counts[i];
    if (count != 0) list.add(std::to_string(count), kUnitNames[i]);
  }
  for (const auto& [unit, count] : usage.others) list.add(std::to_string(count), unit);
  return list.text();
}

inline std::string listed_owners(const Event& event) {
  Listed list;
  list.add("user", event.user).add("service", event.service).add("team", event.team);
  list.add("key", event.key).add("environment", event.environment).add("agent", event.agent);
  list.add("session", event.session).add("path", event.session_path);
  list.add("name", event.session_name);
  for (const std::string_view tag : event.tags) list.add("tag", tag);
  for (const Property& one : event.properties) {
    list.add(std::string(one.name) + " =", one.value.empty() ? "\"\"" : one.value);
  }
  return list.text();
}

inline std::string listed_rest(const Event& event) {
  Listed list;
  list.add("id", event.id).add("of", event.producer).add("", event.operation);
  list.add("tier", event.service_tier);
  if (event.status) list.add("", std::to_string(*event.status));
  if (event.latency_ms) list.add("", std::to_string(*event.latency_ms) + " ms");
  if (event.time) list.add("at", std::to_string(to_ms(*event.time)));
  if (event.reported_cost) list.add("reported", "$" + event.reported_cost->text());
  return list.add("", event.byok ? "byok" : "").text();
}

inline void PricedRecord::event(const Event& event) {
  const Cost cost = cost_of(prices_, event, event.time.value_or(kNow));
  CHECK_FALSE(cost.clamped);
  Listed basis;
  basis.add("", name(cost.basis)).add("", cost.variant);
  Listed unpriced;
  for (const std::string_view unit : cost.unpriced) unpriced.add("", unit);
  std::string model(event.provider);
  model += '/';
  model += event.model;
  events.push_back({std::string(name(decoder_.format())), model, listed_counts(event.usage),
                    listed_owners(event), listed_rest(event), basis.text(),
                    static_cast<std::int64_t>(cost.amount.pico()),
                    static_cast<std::int64_t>(cost.saving.pico()), unpriced.text()});
}

}  // namespace tocsin
