// SPDX-License-Identifier: Apache-2.0
// What price files can say beyond a price.
#include <catch2/catch.hpp>

#include "document/scalars.h"
#include "priced.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kMega = 1'000'000;

PriceList with_model(const std::string& says) {
  auto loaded = PriceFile("version: 1\nprovider: acme\nmodels:\n  - model: m\n" + says).load();
  if (!loaded) FAIL(loaded.error().message);
  return std::move(*loaded);
}

EventTime at(const char* rfc3339) { return *parse_time(rfc3339); }

Event others(std::vector<std::pair<std::string_view, std::int64_t>> counts) {
  Event event = usage_of("acme", "m", {});
  event.usage.others = std::move(counts);
  return event;
}

}  // namespace

TEST_CASE("Each kind of rate is for what its name says") {
  const PriceList prices = with_model(R"(    prices:
      - per_mtok: {input: 3}
        per_1k: {web_search: 10}
        per_hour: {audio_seconds: 0.36}
        per_mchars: {input_characters: 15}
        per_gpixels: {input_pixels: 2}
        each: {image: 0.04}
)");
  const std::pair<const char*, const char*> kOne[] = {
      {"audio_seconds", "0.0001"},       // 0.36 / 3,600
      {"input_characters", "0.000015"},  // 15 / 1,000,000
      {"input_pixels", "0.000000002"},   // 2 / 1,000,000,000
      {"image", "0.04"},
  };
  for (const auto& [unit, cost] : kOne) {
    INFO(unit);
    CHECK(dollars(prices, others({{unit, 1}})) == cost);
  }
  Cost cost;
  std::vector<CostComponent> parts;
  prices.price(others({{"audio_seconds", 7200}}), kNow, CostChoice::computed, cost, &parts);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].per == "1h");
  CHECK(parts[0].rate == "0.36");
  CHECK(parts[0].cost.text() == "0.72");
}

TEST_CASE("A unit with no price costs what the nearest thing it is a kind of costs") {
  const PriceList prices = with_model(R"(    prices:
      - per_mtok: {input: 1, cache_read: 0.1, input_audio: 5, cache_audio_read: 0.5, output: 8}
        per_hour: {audio_seconds: 3.6}
)");
  const std::pair<const char*, const char*> kMegas[] = {
      {"input_image", "1"},        {"input_video", "1"},    {"cache_image_read", "0.1"},
      {"cache_audio_read", "0.5"}, {"cache_write_5m", "1"}, {"cache_audio_write", "5"},
      {"output_image", "8"},       {"citation", "8"},       {"input_audio_seconds", "1000"},
  };
  for (const auto& [unit, cost] : kMegas) {
    INFO(unit);
    CHECK(dollars(prices, others({{unit, kMega}})) == cost);
  }
  CHECK(cost_of(prices, others({{"made_up", 1}})).basis == CostBasis::unpriced);
}

TEST_CASE("Reasoning with a price of its own is charged apart from the rest of the output") {
  const PriceList prices = with_model("    prices: [{per_mtok: {output: 8, reasoning: 3}}]\n");
  const auto cost = [&](std::int64_t output, std::int64_t reasoning) {
    return cost_of(prices,
                   usage_of("acme", "m", {{Unit::output, output}, {Unit::reasoning, reasoning}}));
  };
  // 600,000 x 8 + 400,000 x 3 millionths.
  CHECK(cost(kMega, 400'000).amount.text() == "6");
  CHECK_FALSE(cost(kMega, 400'000).clamped);
  CHECK(cost(kMega, kMega).amount.text() == "3");
  CHECK_FALSE(cost(kMega, kMega).clamped);
  // There cannot be more of it than there is output.
  CHECK(cost(kMega, 2 * kMega).amount.text() == "3");
  CHECK(cost(kMega, 2 * kMega).clamped);
  // Nothing was, where the producer's own cost counts.
  Event reported = others({{"made_up", 1}});
  reported.usage[Unit::reasoning] = 9;
  reported.reported_cost = Money::usd(2);
  CHECK(cost_of(prices, reported).basis == CostBasis::reported);
  CHECK_FALSE(cost_of(prices, reported).clamped);
}

TEST_CASE("A request is one request, unless it says that it is more") {
  const PriceList prices =
      with_model("    prices: [{per_mtok: {input: 1}, per_1k: {request: 5}}]\n");
  CHECK(dollars(prices, usage_of("acme", "m", {{Unit::input, 1000}})) == "0.006");
  CHECK(dollars(prices, usage_of("acme", "m", {})) == "0.005");
  CHECK(dollars(prices, others({{"request", 3}})) == "0.015");
  Event cached = usage_of("acme", "m", {});
  cached.cached = true;
  CHECK(cost_of(prices, cached).saving.text() == "0.005");
  cached.has_usage = false;  // whether it was one is not known
  CHECK(cost_of(prices, cached).saving == Money{});
}

TEST_CASE("At least so many are charged, of what there is any of") {
  const PriceList prices = with_model(
      "    prices: [{per_hour: {audio_seconds: 0.36}, at_least: {audio_seconds: 10}}]\n");
  CHECK(dollars(prices, others({{"audio_seconds", 3}})) == "0.001");
  CHECK(dollars(prices, others({{"audio_seconds", 11}})) == "0.0011");
  CHECK(dollars(prices, usage_of("acme", "m", {})) == "0");
}

TEST_CASE("Tokens of input of all kinds count for a tier") {
  const PriceList prices = with_model(R"(    prices:
      - per_mtok: {input: 1, output: 2}
        tiers: [{above_input_tokens: 1000, per_mtok: {input: 10}}]
)");
  Event event = usage_of("acme", "m", {{Unit::input, 900}, {Unit::output, 1000}});
  event.usage.others = {{"input_image", 100}, {"output_image", 1000}};
  CHECK(dollars(prices, event) == "0.005");  // 1,000 x 1 + 2,000 x 2 millionths
  event.usage.others.front().second = 101;
  CHECK(dollars(prices, event) == "0.01401");  // 1,001 x 10 + 2,000 x 2
}

TEST_CASE("A price by the time of the day holds in its hours, over midnight too") {
  const PriceList prices = with_model(R"(    prices:
      - per_mtok: {input: 1}
      - {from: 2026-08-17, daily: '22:00-06:30', days: [sun], per_mtok: {input: 2}}
)");
  const auto cost = [&](const char* time) {
    return dollars(prices, usage_of("acme", "m", {{Unit::input, kMega}}), at(time));
  };
  CHECK(cost("2026-08-16T22:30:00Z") == "1");  // a Sunday, before it holds
  CHECK(cost("2026-08-23T21:59:59.999Z") == "1");
  CHECK(cost("2026-08-23T22:00:00Z") == "2");
  CHECK(cost("2026-08-24T06:29:59.999Z") == "2");  // Monday, of Sunday's night
  CHECK(cost("2026-08-24T06:30:00Z") == "1");
  CHECK(cost("2026-08-24T22:00:00Z") == "1");
  CHECK(cost("2026-08-23T05:00:00Z") == "1");  // Sunday, of Saturday's night
}

TEST_CASE("A variant's prices stand before the standard ones, for the units it has") {
  const PriceList prices = with_model(R"(    prices: [{per_mtok: {input: 4, output: 20}}]
    variants:
      - {when: {service_tier: batch}, from: 2026-10-14, per_mtok: {input: 2}}
      - {when: {service_tier: [priority, fast]}, per_mtok: {input: 8, output: 40}}
      - {when: {region: eu}, per_mtok: {input: 5, output: 22}}
)");
  Event event = usage_of("acme", "m", {{Unit::input, kMega}, {Unit::output, kMega}});
  const auto cost = [&](std::string_view tier, EventTime time = kNow) {
    event.service_tier = tier;
    return dollars(prices, event, time);
  };
  CHECK(cost("") == "24");
  CHECK(cost("standard") == "24");
  CHECK(cost("batch") == "22");
  CHECK(cost("batch", at("2026-10-13T23:59:59Z")) == "24");
  CHECK(cost("Priority") == "48");
  CHECK(cost("fast") == "48");
  CHECK(cost_of(prices, event).variant == "priority");
  event.properties = {{"Region", "EU"}};
  CHECK(cost("") == "27");
  CHECK(cost("batch") == "24");  // the first that has a price: 2 of batch, 22 of eu
  CHECK(cost_of(prices, event).price == "acme/m");
}

TEST_CASE("A variant has tiers of its own, or none") {
  const PriceList prices = with_model(R"(    prices:
      - per_mtok: {input: 1}
        tiers: [{above_input_tokens: 10, per_mtok: {input: 2}}]
    variants:
      - {when: {service_tier: priority}, per_mtok: {input: 5}}
      - when: {service_tier: flex}
        per_mtok: {input: 3}
        tiers: [{above_input_tokens: 20, per_mtok: {input: 4}}]
)");
  Event event = usage_of("acme", "m", {{Unit::input, kMega}});
  event.service_tier = "priority";
  CHECK(dollars(prices, event) == "5");
  event.service_tier = "flex";
  CHECK(dollars(prices, event) == "4");
  event.service_tier = "";
  CHECK(dollars(prices, event) == "2");
}

TEST_CASE("What was answered from a cache costs nothing, and saves the price of the day") {
  const PriceList prices = with_model(
      "    prices: [{per_mtok: {input: 4}}, {from: 2026-11-01, per_mtok: {input: 3}}]\n");
  Event event = usage_of("acme", "m", {{Unit::input, kMega}});
  event.cached = true;
  event.reported_cost = Money::usd(9);
  const Cost cost = cost_of(prices, event);
  CHECK(cost.basis == CostBasis::cached);
  CHECK(cost.amount == Money());
  CHECK(cost.saving.text() == "3");
  CHECK(cost_of(prices, event, at("2026-10-31T23:59:59Z")).saving.text() == "4");
  event.model = "unknown";
  CHECK(cost_of(prices, event).saving == Money());
  CHECK(cost_of(prices, event).unpriced.empty());
}

TEST_CASE("A model may have no price: it is unpriced, and hides what stands behind it") {
  const PriceFile file(R"(version: 1
provider: acme
models:
  - {model: m-preview, prices: []}
  - {model: m, match: [{starts_with: m}], prices: [{per_mtok: {input: 1}}]}
)");
  const auto prices = file.load();
  REQUIRE(prices);
  CHECK(cost_of(*prices, usage_of("acme", "m-preview", {{Unit::input, 1}})).basis ==
        CostBasis::unpriced);
  CHECK(cost_of(*prices, usage_of("acme", "m-2", {{Unit::input, 1}})).basis == CostBasis::computed);
}

TEST_CASE("Expressions describe the whole name, and providers are known by theirs") {
  const PriceFile file(R"(version: 1
provider: acme
aliases: [{contains: acme}, ac]
unnamed: [{starts_with: acm-}]
models:
  - model: m
    match: [{regex: 'acm-\d+', without: '7'}, {regex: '(x|y)z'}]
    prices: [{per_mtok: {input: 1}}]
)");
  const auto prices = file.load();
  REQUIRE(prices);
  const auto found = [&](std::string_view provider, std::string_view model) {
    return cost_of(*prices, usage_of(provider, model, {{Unit::input, 1}})).price == "acme/m";
  };
  CHECK(found("acme", "ACM-12"));
  CHECK_FALSE(found("acme", "acm-17"));
  CHECK_FALSE(found("acme", "acm-12-x"));
  CHECK_FALSE(found("acme", "an-acm-12"));
  CHECK(found("acme", "yz"));
  CHECK(found("ac", "yz"));
  CHECK(found("the-acme-cloud", "yz"));
  CHECK(found("", "acm-12"));
  CHECK_FALSE(found("", "yz"));
  CHECK_FALSE(found("nobody", "acm-12"));  // somebody else's, at prices we do not know
  CHECK(found("nobody", "acme/acm-12"));
}

TEST_CASE("A date within a name is read in both spellings") {
  const PriceFile file(R"(version: 1
provider: acme
models:
  - {model: 'm-2025-12-11:batch', prices: [{per_mtok: {input: 1}}]}
)");
  const auto prices = file.load();
  REQUIRE(prices);
  const Event event = usage_of("acme", "m-20251211:batch", {{Unit::input, 1}});
  CHECK(cost_of(*prices, event).basis == CostBasis::computed);
}
