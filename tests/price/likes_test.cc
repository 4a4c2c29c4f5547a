// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "price/catalogue.h"
#include "price/describe.h"
#include "price/lookalike.h"
#include "priced.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kMtok = 1'000'000;

std::string refused(const std::string& models) {
  const auto loaded = PriceFile("version: 1\nprovider: acme\nmodels:\n" + models).load();
  return loaded ? "" : loaded.error().message;
}

const PriceList& shipped() {
  static const PriceList list = std::move(*PriceList::built_in());
  return list;
}

std::vector<std::string> alike(const PriceList& list, std::string_view provider,
                               std::string_view model) {
  std::vector<std::string> names;
  for (const auto* one : prices::lookalikes(list.catalogue(), provider, model, to_ms(kNow))) {
    names.emplace_back(one->name);
  }
  return names;
}

// A family of its own, so that the built-in list may change.
constexpr std::string_view kFamily = R"(version: 1
provider: acme
models:
  - {model: zeta-1-nano, prices: [{per_mtok: {input: 1, output: 2}}]}
  - {model: zeta-2-nano, prices: [{per_mtok: {input: 1, output: 2}}]}
  - {model: zeta-2-nano-audio, prices: [{per_mtok: {input: 1, output: 2}}]}
  - {model: zeta-2, prices: [{per_mtok: {input: 10, output: 20}}]}
  - {model: zeta-3-pro, prices: [{per_mtok: {input: 50, output: 90}}]}
  - {model: zeta-3-max, prices: [{per_mtok: {input: 70, output: 90}}]}
  - {model: zeta-gone, prices: []}
  - {model: eta-3-nano, prices: [{per_mtok: {input: 1, output: 2}}]}
)";

}  // namespace

TEST_CASE("A model that is like another has its prices, history, tiers and variants") {
  const PriceFile file(R"(version: 1
provider: acme
models:
  - model: old
    prices:
      - {until: 2026-01-01, per_mtok: {input: 8}}
      - from: 2026-01-01
        per_mtok: {input: 1}
        tiers: [{above_input_tokens: 100, per_mtok: {input: 2}}]
    variants: [{when: {service_tier: batch}, per_mtok: {input: 0.5}}]
  - {model: new, like: old}
  - {model: newer, match: [{starts_with: newer}], like: acme/new}
)");
  const auto prices = file.load();
  REQUIRE(prices);
  for (const char* const model : {"new", "newer-2"}) {
    Event event = usage_of("acme", model, {{Unit::input, 100}});
    CHECK(dollars(*prices, event) == "0.0001");
    CHECK(dollars(*prices, event, event_time_ms(1767225599999)) == "0.0008");
    event.usage[Unit::input] = 101;
    CHECK(dollars(*prices, event) == "0.000202");
    event.service_tier = "batch";
    CHECK(dollars(*prices, event) == "0.0000505");
    CHECK(cost_of(*prices, event).basis == CostBasis::computed);
  }
  const Cost cost = cost_of(*prices, usage_of("acme", "newer", {{Unit::input, 1}}));
  CHECK(cost.price == "acme/newer like acme/new like old from 2026-01-01");
  CHECK(cost.origin.find(file.path()) == 0);
}

TEST_CASE("A model may be like another provider's, and a discount of its own is taken off") {
  const PriceFile file(R"(version: 1
provider: acme
discount: 50%
models:
  - {model: theirs, like: openai/gpt-4o-mini}
  - {model: unnamed, like: gpt-4o-mini}
)");
  const auto prices = file.load();
  REQUIRE(prices);
  for (const char* const model : {"theirs", "unnamed"}) {
    CHECK(dollars(*prices, usage_of("acme", model, {{Unit::input, kMtok}})) == "0.075");
  }
  CHECK(dollars(*prices, usage_of("openai", "gpt-4o-mini", {{Unit::input, kMtok}})) == "0.15");
}

TEST_CASE("A model that cannot be like another says which line and why") {
  CHECK_THAT(
      refused("  - {model: a, like: gpt-4o-mni}\n"),
      Catch::Contains(".yaml:4:22: error: `a` is like `gpt-4o-mni`: no model is called so") &&
          Catch::Contains("tocsin prices acme lists them"));
  CHECK_THAT(refused("  - {model: a, like: b}\n  - {model: b, like: c}\n  - {model: c, like: a}\n"),
             Catch::Contains("are like each other in a circle"));
  CHECK_THAT(refused("  - {model: a, like: a}\n"), Catch::Contains("in a circle"));
  CHECK_THAT(refused("  - {model: a, like: b}\n  - {model: b, prices: []}\n"),
             Catch::Contains("`a` is like `b`: it has no price itself"));
  CHECK_THAT(refused("  - {model: a, like: gpt-4o, prices: []}\n"),
             Catch::Contains("a model that is like another has its prices"));
  CHECK_THAT(refused("  - {model: a, like: gpt-4o, discount: 5%}\n"),
             Catch::Contains("keeps its prices and names"));
  CHECK_THAT(refused("  - {model: a, like: [b]}\n"), Catch::Contains("`like` must be a text"));
}

TEST_CASE("With a model for unknown ones they are estimated by its prices") {
  auto prices = std::move(*PriceList::built_in());
  CHECK_FALSE(prices.set_unknown_like("gpt-4o-mni"));
  REQUIRE(prices.set_unknown_like("openai/gpt-4o-mini"));
  Event event = usage_of("acme", "zeta", {{Unit::input, kMtok}});
  Cost cost = cost_of(prices, event);
  CHECK(cost.basis == CostBasis::estimated);
  CHECK(cost.amount.text() == "0.15");
  CHECK(cost.price == "openai/gpt-4o-mini");
  CHECK(cost.unpriced.empty());
  CHECK(cost_of(prices, event, kNow, CostChoice::reported).basis == CostBasis::unpriced);
  event.reported_cost = Money::pico(7);
  CHECK(cost_of(prices, event).basis == CostBasis::reported);
  event.reported_cost.reset();
  event.usage.others = {{"smell", 4}};
  cost = cost_of(prices, event);
  CHECK(cost.basis == CostBasis::estimated);
  CHECK(cost.unpriced == std::vector<std::string_view>{"smell"});
  Event only_smell = usage_of("acme", "zeta", {});
  only_smell.usage.others = {{"smell", 4}};
  cost = cost_of(prices, only_smell);
  CHECK(cost.basis == CostBasis::unpriced);
  CHECK(cost.amount == Money());
  CHECK(cost.price.empty());
  event.cached = true;
  CHECK(cost_of(prices, event).saving == Money());
}

TEST_CASE("A unit without a price of a known model stays without, whatever unknown ones are like") {
  auto prices = std::move(*PriceList::built_in());
  REQUIRE(prices.set_unknown_like("openai/gpt-4o"));
  Event event = usage_of("openai", "gpt-4o-mini", {{Unit::input, kMtok}});
  event.usage.others = {{"smell", 4}};
  const Cost cost = cost_of(prices, event);
  CHECK(cost.basis == CostBasis::computed);
  CHECK(cost.amount.text() == "0.15");
  CHECK(cost.unpriced.size() == 1);
}

TEST_CASE("An unknown model may cost as the nearest of its kind, or as the dearest of its name") {
  const PriceFile file(kFamily);
  const auto prices = file.load();
  REQUIRE(prices);
  using Names = std::vector<std::string>;
  CHECK(alike(*prices, "acme", "zeta-3-nano") == Names{"zeta-2-nano", "zeta-3-max"});
  CHECK(alike(*prices, "ACME", "Zeta-3-Nano-20261101") == Names{"zeta-2-nano", "zeta-3-max"});
  CHECK(alike(*prices, "", "acme/zeta-3-nano") == Names{"zeta-2-nano", "zeta-3-max"});
  CHECK(alike(*prices, "acme", "zeta-4") == Names{"zeta-2", "zeta-3-max"});
  CHECK(alike(*prices, "acme", "eta-4-nano") == Names{"eta-3-nano"});
  CHECK(alike(*prices, "acme", "theta-3-nano").empty());
  CHECK(alike(*prices, "nobody", "zeta-3-nano").empty());
  CHECK(alike(*prices, "acme", "").empty());
  CHECK(alike(*prices, "acme", "2-3/--").empty());
}

TEST_CASE("Models of the built-in list are alike across those who sell them") {
  for (const auto& [provider, model] :
       {std::pair{"openai", "gpt-6-nano"}, {"azure", "gpt-6-nano"}, {"", "gpt-6-nano"}}) {
    const auto names = alike(shipped(), provider, model);
    INFO(provider << "/" << model);
    REQUIRE(names.size() == 2);
    CHECK(names[0].find("nano") != std::string::npos);
    CHECK(names[0] != names[1]);
  }
  const auto claude = alike(shipped(), "anthropic", "claude-opus-99");
  REQUIRE_FALSE(claude.empty());
  CHECK(claude[0].starts_with("claude-opus-"));
}

TEST_CASE("Exposure is what each model's own tiers, variants and times would have cost") {
  const PriceFile file(kFamily);
  const auto prices = file.load();
  REQUIRE(prices);
  Pricer pricer(*prices);
  std::vector<LikeCost> likes;
  Event event = usage_of("acme", "zeta-3-nano", {{Unit::input, kMtok}, {Unit::output, kMtok}});
  pricer.price_likes(event, kNow, likes);
  REQUIRE(likes.size() == 2);
  CHECK(likes[0].model == "zeta-2-nano");
  CHECK(likes[0].cost.text() == "3");
  CHECK(likes[1].cost.text() == "160");
  event.usage.others = {{"smell", 4}};
  pricer.price_likes(event, kNow, likes);
  CHECK(likes.empty());
  // Made-up names do not make it look through the list for ever.
  for (int i = 0; i < 1'100; ++i) {
    const std::string name = "zeta-" + std::to_string(i) + "-nano";
    pricer.price_likes(usage_of("acme", name, {{Unit::input, 1}}), kNow, likes);
    CHECK(likes.empty() == (i >= 1'000));
  }
}
