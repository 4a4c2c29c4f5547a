// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "priced.h"

using namespace tocsin;

namespace {

const char* const kList = R"(version: 1
provider: acme
aliases: [acme-cloud]
fallback_for: [reseller]
updated: 2026-11-21
models:
  - model: one
    match: [{equals: one}, {starts_with: one-}, {contains: uno, without: piccolo}]
    prices:
      - per_mtok: {input: 3, cache_read: 0.30, cache_write: 3.75, output: 15, pages: 2}
        per_1k: {web_search: 10}
        tiers:
          - above_input_tokens: 1000
            per_mtok: {input: 6, output: 22.50}
          - above_input_tokens: 2000
            per_mtok: {input: 9}
  - model: plain
    prices:
      - per_mtok: {input: 2, output: 4}
  - model: fine
    prices:
      - per_mtok: {input: 0.0000005, cache_read: 0.0000015, output: 0.00000051}
  - model: moved
    prices:
      - until: 2026-01-01
        per_mtok: {input: 4}
      - from: 2026-06-01
        per_mtok: {input: 1}
  - model: dated-2025-12-11
    prices:
      - per_mtok: {input: 7}
)";

PriceList list() {
  auto loaded = PriceFile(kList).load();
  if (!loaded) FAIL(loaded.error().message);
  return std::move(*loaded);
}

constexpr std::int64_t kMillion = 1'000'000;

}  // namespace

TEST_CASE("A cost is the sum of its parts, to the picodollar") {
  const PriceList prices = list();
  const Event event = usage_of("acme", "one",
                               {{Unit::input, 176},
                                {Unit::cache_read, 400},
                                {Unit::cache_write, 20},
                                {Unit::output, 310},
                                {Unit::reasoning, 200},
                                {Unit::web_search, 2}});
  Cost cost;
  std::vector<CostComponent> parts;
  prices.price(event, kNow, CostChoice::computed, cost, &parts);
  // 176 x 3 + 400 x 0.3 + 20 x 3.75 + 310 x 15 = 528 + 120 + 75 + 4650 millionths; 2 x 0.01.
  CHECK(cost.amount.text() == "0.025373");
  CHECK(cost.basis == CostBasis::computed);
  CHECK(cost.price == "acme/one");
  CHECK(cost.unpriced.empty());
  REQUIRE(parts.size() == 5);
  CHECK(parts[1].unit == "cache_read");
  CHECK(parts[1].count == 400);
  CHECK(parts[1].rate == "0.30");
  CHECK(parts[1].per == "1M");
  CHECK(parts[1].cost == Money::parse("0.00012"));
  CHECK(parts[4].unit == "web_search");
  CHECK(parts[4].per == "1k");
}

TEST_CASE("Each part is rounded once, a tie to the even picodollar") {
  const PriceList prices = list();
  const auto pico = [&](Unit unit, std::int64_t count) {
    return static_cast<long long>(
        cost_of(prices, usage_of("acme", "fine", {{unit, count}})).amount.pico());
  };
  CHECK(pico(Unit::input, 1) == 0);       // 0.5
  CHECK(pico(Unit::cache_read, 1) == 2);  // 1.5
  CHECK(pico(Unit::input, 5) == 2);       // 2.5
  CHECK(pico(Unit::output, 1) == 1);      // 0.51
  CHECK(cost_of(prices, usage_of("acme", "fine", {{Unit::input, 1}, {Unit::output, 1}}))
            .amount.pico() == 1);
}

TEST_CASE("The greatest counts do not overflow") {
  const PriceFile file(R"(version: 1
provider: dear
models:
  - model: m
    prices: [{per_mtok: {input: 1000000}, per_1k: {web_search: 1000000}}]
)");
  const auto prices = file.load();
  REQUIRE(prices);
  CHECK(dollars(*prices, usage_of("dear", "m", {{Unit::input, kCountMax}})) == "1000000000000");
  CHECK(dollars(*prices, usage_of("dear", "m", {{Unit::web_search, kCountMax}})) ==
        "1000000000000000");
}

TEST_CASE("A tier begins strictly above its bound and is for the whole request") {
  const PriceList prices = list();
  const auto cost = [&](std::int64_t input, std::int64_t cached) {
    return dollars(
        prices,
        usage_of("acme", "one",
                 {{Unit::input, input}, {Unit::cache_read, cached}, {Unit::output, kMillion}}));
  };
  CHECK(cost(1000, 0) == "15.003");
  CHECK(cost(1001, 0) == "22.506006");
  CHECK(cost(1, 1000) == "22.500306");  // cached tokens count, at the price left from below
  CHECK(cost(2000, 0) == "22.512");
  CHECK(cost(2001, 0) == "22.518009");
}

TEST_CASE("A unit without a price costs what it is a kind of") {
  const PriceList prices = list();
  for (const Unit unit :
       {Unit::cache_read, Unit::cache_write, Unit::cache_write_1h, Unit::input_audio}) {
    CHECK(dollars(prices, usage_of("acme", "plain", {{unit, 1000}})) == "0.002");
  }
  CHECK(dollars(prices, usage_of("acme", "plain", {{Unit::output_audio, 1000}})) == "0.004");
  CHECK(dollars(prices, usage_of("acme", "one", {{Unit::cache_write_1h, 1000}})) == "0.00375");
}

TEST_CASE("A unit with no price at all is told, and a reported cost is better than a part") {
  const PriceList prices = list();
  Event event = usage_of("acme", "plain", {{Unit::input, 1000}, {Unit::web_search, 1}});
  event.usage.others.emplace_back("pages", 5);
  Cost cost = cost_of(prices, event);
  CHECK(cost.basis == CostBasis::computed);
  CHECK(cost.amount.text() == "0.002");
  CHECK(cost.unpriced == std::vector<std::string_view>{"web_search", "pages"});

  event.reported_cost = Money::usd(1);
  cost = cost_of(prices, event);
  CHECK(cost.basis == CostBasis::reported);
  CHECK(cost.amount == Money::usd(1));
  CHECK(cost.unpriced.empty());
}

TEST_CASE("Units of the user's own cost what the list says") {
  Event event = usage_of("acme", "one", {});
  event.usage.others.emplace_back("pages", 500'000);
  CHECK(dollars(list(), event) == "1");
}

TEST_CASE("An unknown model is unpriced, never free") {
  const PriceList prices = list();
  Event event =
      usage_of("acme", "two", {{Unit::input, 5}, {Unit::output, 1}, {Unit::reasoning, 1}});
  const Cost cost = cost_of(prices, event);
  CHECK(cost.basis == CostBasis::unpriced);
  CHECK(cost.amount == Money{});
  CHECK(cost.unpriced == std::vector<std::string_view>{"input", "output"});
  CHECK(cost_of(prices, usage_of("nobody", "one", {{Unit::input, 5}})).basis ==
        CostBasis::unpriced);
  CHECK(cost_of(prices, usage_of("", "one", {{Unit::input, 5}})).basis == CostBasis::unpriced);
  event.reported_cost = Money::parse("0.5");
  CHECK(cost_of(prices, event).basis == CostBasis::reported);
}

TEST_CASE("What was cached costs nothing, and what has neither usage nor cost is unmetered") {
  const PriceList prices = list();
  Event event = usage_of("acme", "one", {{Unit::input, kMillion}});
  event.cached = true;
  event.reported_cost = Money::usd(3);
  CHECK(cost_of(prices, event).basis == CostBasis::cached);
  CHECK(cost_of(prices, event).amount == Money{});
  CHECK(cost_of(prices, Event{}).basis == CostBasis::unmetered);
  Event reported;
  reported.reported_cost = Money::usd(2);
  CHECK(cost_of(prices, reported).basis == CostBasis::reported);
}

TEST_CASE("Counts of nothing say nothing beside a cost, and are $0 without one") {
  const PriceList prices = list();
  Event event = usage_of("acme", "one", {{Unit::input, 0}});
  CHECK(cost_of(prices, event).basis == CostBasis::computed);
  event.reported_cost = Money{};
  CHECK(cost_of(prices, event).basis == CostBasis::computed);
  event.reported_cost = Money::parse("0.04");
  CHECK(cost_of(prices, event).basis == CostBasis::reported);
  CHECK(cost_of(prices, event).amount == Money::parse("0.04"));
  CHECK(cost_of(prices, event).price.empty());
  event.usage[Unit::input] = 1;
  CHECK(cost_of(prices, event).basis == CostBasis::computed);
}

TEST_CASE("Who lets reported costs count gets them or nothing") {
  const PriceList prices = list();
  Event event = usage_of("acme", "one", {{Unit::input, kMillion}});
  Cost cost = cost_of(prices, event, kNow, CostChoice::reported);
  CHECK(cost.basis == CostBasis::unpriced);
  CHECK(cost.unpriced == std::vector<std::string_view>{"input"});
  event.reported_cost = Money::usd(2);
  cost = cost_of(prices, event, kNow, CostChoice::reported);
  CHECK(cost.basis == CostBasis::reported);
  CHECK(cost.amount == Money::usd(2));
}

TEST_CASE("An event is priced by its own time") {
  const PriceList prices = list();
  const Event event = usage_of("acme", "moved", {{Unit::input, kMillion}});
  CHECK(dollars(prices, event, event_time_ms(1767225599999)) == "4");  // the last ms of 2025
  CHECK(cost_of(prices, event, event_time_ms(1767225600000)).basis == CostBasis::unpriced);
  CHECK(cost_of(prices, event, event_time_ms(1780271999999)).basis == CostBasis::unpriced);
  CHECK(dollars(prices, event, event_time_ms(1780272000000)) == "1");  // 2026-06-01
  CHECK(cost_of(prices, event).price == "acme/moved from 2026-06-01");
}

TEST_CASE("Models are found by their names' matches, in any case, with and without a date") {
  const PriceList prices = list();
  const auto found = [&](std::string_view provider, std::string_view model) {
    return std::string(cost_of(prices, usage_of(provider, model, {{Unit::input, 1}})).price);
  };
  CHECK(found("ACME", "One") == "acme/one");
  CHECK(found("acme-cloud", "one-2") == "acme/one");
  CHECK(found("reseller", "plain") == "acme/plain");
  CHECK(found("acme", "numero-uno") == "acme/one");
  CHECK(found("acme", "numero-uno-piccolo").empty());
  CHECK(found("acme", "plain-20251211") == "acme/plain");
  CHECK(found("acme", "plain-2025-12-11") == "acme/plain");
  CHECK(found("acme", "plain@20251211") == "acme/plain");
  CHECK(found("acme", "plain-20251311").empty());
  CHECK(found("acme", "plain-3").empty());
  CHECK(found("acme", "dated-20251211") == "acme/dated-2025-12-11");
  CHECK(found("acme", "acme/plain") == "acme/plain");
  CHECK(found("", "acme/plain") == "acme/plain");
  CHECK(found("acme", "other/plain").empty());
  CHECK(found("acme", std::string(300, 'x')).empty());
}

TEST_CASE("A pricer tells models of one name by who sells them") {
  const PriceList prices = list();
  Pricer pricer(prices);
  // So many that they meet in its table, of whom every other one is known.
  for (unsigned i = 0; i < 2000; ++i) {
    std::string provider = i % 2 == 0 ? "acme" : "nobody-" + std::to_string(i);
    for (unsigned bit = 0; bit < 4 && i % 2 == 0; ++bit) {
      if ((i >> (bit + 1) & 1U) != 0) provider[bit] = static_cast<char>(provider[bit] - 'a' + 'A');
    }
    Cost cost;
    pricer.price(usage_of(provider, "one", {{Unit::input, 1}}), kNow, CostChoice::computed, cost);
    if (cost.price != (i % 2 == 0 ? "acme/one" : "")) FAIL(provider);
  }
}

TEST_CASE("A pricer gives what the list gives, however many models there are") {
  const PriceList prices = list();
  Pricer pricer(prices);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5000; ++i) {
      const std::string model = i % 2 == 0 ? "one-" + std::to_string(i) : "no-" + std::to_string(i);
      const Event event = usage_of("acme", model, {{Unit::input, 1000}});
      Cost cost;
      pricer.price(event, kNow, CostChoice::computed, cost);
      const bool known = i % 2 == 0;
      if (cost.basis != (known ? CostBasis::computed : CostBasis::unpriced) ||
          cost.amount.text() != (known ? "0.003" : "0")) {
        FAIL(model);
      }
    }
  }
}
