// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "hash/fingerprint.h"
#include "price/compiled.h"
#include "price/load.h"
#include "priced.h"

using namespace tocsin;

namespace {

std::string with_prices(const std::string& prices) {
  return "version: 1\nprovider: acme\nmodels:\n  - model: m\n    prices:\n" + prices;
}

std::string refusal(const std::string& text) {
  const auto loaded = PriceFile(text).load();
  return loaded ? "" : loaded.error().message;
}

}  // namespace

TEST_CASE("A user's model replaces the built-in one whole; the others stay") {
  const PriceFile file(R"(version: 1
provider: openai
models:
  - model: gpt-4o
    match: [{equals: gpt-4o}]
    prices: [{per_mtok: {input: 1}}]
)");
  const auto prices = file.load();
  const auto built_in = PriceList::built_in();
  REQUIRE(prices);
  REQUIRE(built_in);
  CHECK(dollars(*prices, usage_of("openai", "gpt-4o", {{Unit::input, 1'000'000}})) == "1");
  CHECK(cost_of(*prices, usage_of("openai", "gpt-4o", {{Unit::output, 1}})).basis ==
        CostBasis::unpriced);
  CHECK(dollars(*prices, usage_of("openai", "gpt-4o-mini", {{Unit::input, 1'000'000}})) == "0.15");
  CHECK(dollars(*prices, usage_of("azure", "gpt-4o", {{Unit::input, 1'000'000}})) == "1");
  CHECK(prices->models() == built_in->models());
}

TEST_CASE("A user's model may match what the built-in list has under another name") {
  const PriceFile file(R"(version: 1
provider: openai
models:
  - model: our-fine-tunes
    match: [{starts_with: gpt-4o-mini}]
    prices: [{per_mtok: {input: 5}}]
)");
  const auto prices = file.load();
  REQUIRE(prices);
  CHECK(dollars(*prices, usage_of("openai", "gpt-4o-mini", {{Unit::input, 1'000'000}})) == "5");
}

TEST_CASE("Errors of all files are told, each with its place") {
  const PriceFile one(with_prices("      - per_mtok: {input: cheap}\n"));
  const PriceFile two(with_prices("      - per_year: {audio: 1}\n        per_mtok: {input: 1}\n"));
  const auto loaded = PriceList::with_files({one.path(), two.path(), "missing.yaml"});
  REQUIRE_FALSE(loaded);
  const std::string& text = loaded.error().message;
  CHECK(text.find(one.path() + ":6:27: error: a price must be a decimal") != std::string::npos);
  CHECK(text.find(two.path() + ":6:9: error: unknown key `per_year` in a price") !=
        std::string::npos);
  CHECK(text.find("missing.yaml: error: this price file cannot be read") != std::string::npos);
}

TEST_CASE("What a price file may not say is refused") {
  const char* const bad[] = {
      "      - per_mtok: {input: -1}\n",
      "      - per_mtok: {input: 1000001}\n",
      "      - per_mtok: {input: 0.0000000000000000001}\n",
      "      - per_mtok: {input: nan}\n",
      "      - per_mtok: {}\n",
      "      - from: 2026-01-01\n",
      "      - {from: 2026-02-30, per_mtok: {input: 1}}\n",
      "      - {from: 2026-02-01, until: 2026-02-01, per_mtok: {input: 1}}\n",
      "      - {per_mtok: {web_search: 1}, per_1k: {web_search: 1}}\n",
      "      - {per_mtok: {input: 1}, variants: []}\n",
      "      - {per_mtok: {input: 1}, discount: 10}\n",
      "      - {per_mtok: {input: 1}, wehn: 10}\n",
      "      - {per_mtok: {input: 1}, tiers: [{above_input_tokens: x, per_mtok: {input: 2}}]}\n",
      "      - per_mtok: {input: 1}\n        tiers:\n"
      "          - {above_input_tokens: 5, per_mtok: {input: 2}}\n"
      "          - {above_input_tokens: 5, per_mtok: {input: 3}}\n",
  };
  for (const char* prices : bad) {
    INFO(prices);
    CHECK_FALSE(refusal(with_prices(prices)).empty());
  }
  CHECK_FALSE(refusal("version: 2\nprovider: a\nmodels: []\n").empty());
  CHECK_FALSE(refusal("provider: a\n").empty());
  CHECK_FALSE(refusal("[]").empty());
  CHECK_FALSE(refusal("").empty());
  const std::string regex = R"(version: 1
provider: acme
models:
  - model: m
    match: [{regex: a}]
    prices: [{per_mtok: {input: 1}}]
)";
  CHECK(refusal(regex).empty());
  const std::string unclosed = refusal(std::string(regex).replace(regex.find("a}]"), 1, "'(a'"));
  CHECK(unclosed.find(":5:21: error: this is no regular expression: missing )") !=
        std::string::npos);
}

TEST_CASE("What a model may not say is refused where it is written") {
  const char* const bad[] = {
      "prices: [{per_mtok: {input: 1}}], discount: 15%",
      "discount: 15",
      "discount: 101%",
      "multiplier: -1",
      "multiplier: 1.0000001",
      "multiplier: 1, discount: 1%",
      "match: [{equals: x}], discount: 5%",
      "match: [{equals: x}]",
      "prices: [{per_mtok: {input: 1}}], variants: [{per_mtok: {input: 1}}]",
      "prices: [{per_mtok: {input: 1}}], variants: [{when: {}, per_mtok: {input: 1}}]",
      "prices: [{per_mtok: {input: 1}}], variants: [{when: {service_tier: batch}}]",
      "prices: [{per_mtok: {input: 1}, at_least: {output: 1}}]",
      "prices: [{per_mtok: {input: 1}, at_least: {input: x}}]",
      "prices: [{per_mtok: {input: 1}, daily: '16:30'}]",
      "prices: [{per_mtok: {input: 1}, daily: '16:30-16:30'}]",
      "prices: [{per_mtok: {input: 1}, daily: '16:61-18:00'}]",
      "prices: [{per_mtok: {input: 1}, daily: '25:00-18:00'}]",
      "prices: [{per_mtok: {input: 1}, days: [monday]}]",
  };
  for (const char* says : bad) {
    INFO(says);
    const std::string text =
        "version: 1\nprovider: acme\nmodels:\n  - {model: m, " + std::string(says) + "}\n";
    CHECK(refusal(text).find(".yaml:4:") != std::string::npos);
  }
}

TEST_CASE("A discount is of the prices that are there already") {
  const PriceFile file(R"(version: 1
provider: openai
discount: 15%
models:
  - {model: gpt-4o, multiplier: 1.2}
  - {model: ours, prices: [{per_mtok: {input: 1}}]}
)");
  const auto prices = file.load();
  REQUIRE(prices);
  const auto million = [&](std::string_view provider, std::string_view model) {
    return dollars(*prices, usage_of(provider, model, {{Unit::input, 1'000'000}}));
  };
  CHECK(million("openai", "gpt-4o-mini") == "0.1275");  // 0.15 x 0.85
  CHECK(million("openai", "gpt-4o") == "3");            // 2.50 x 1.2
  CHECK(million("openai", "ours") == "1");
  CHECK(million("azure", "gpt-4o-mini") == "0.15");  // who sells these models gave no discount
  const Cost cost = cost_of(*prices, usage_of("openai", "gpt-4o-mini", {{Unit::input, 1}}));
  CHECK(cost.price == "openai/gpt-4o-mini less 15%");
}

TEST_CASE("A discount of a seller is of what it sells of others, too, in each of their variants") {
  const PriceFile maker(R"(version: 1
provider: acme
fallback_for: [shop]
models:
  - model: m
    prices: [{per_mtok: {input: 2}}]
    variants: [{when: {service_tier: batch}, per_mtok: {input: 1}}]
)");
  const PriceFile seller("version: 1\nprovider: shop\naliases: [store]\ndiscount: 10%\n");
  const auto prices = PriceList::with_files({maker.path(), seller.path()});
  REQUIRE(prices);
  Event event = usage_of("store", "m", {{Unit::input, 1'000'000}});
  CHECK(dollars(*prices, event) == "1.8");
  event.service_tier = "batch";
  CHECK(dollars(*prices, event) == "0.9");
  event.provider = "acme";
  CHECK(dollars(*prices, event) == "1");
}

TEST_CASE("A surcharge makes tokens dearer where it holds, those of variants and tiers too") {
  const PriceFile maker(R"(version: 1
provider: acme
models:
  - model: m
    prices:
      - per_mtok: {input: 2, output: 10}
        per_1k: {web_search: 10}
      - from: 2026-01-01
        per_mtok: {input: 3, output: 10}
        per_1k: {web_search: 10}
        tiers: [{above_input_tokens: 1000000, per_mtok: {input: 5}}]
    variants: [{when: {service_tier: batch}, per_mtok: {input: 1}}]
)");
  const PriceFile surcharge(R"(version: 1
provider: openai
discount: 50%
surcharges: [{when: {region: [eu, uk]}, per_mtok: 10%}]
models:
  - {model: ours, prices: [{per_mtok: {input: 1}}]}
)");
  const PriceFile of_acme(
      "version: 1\nprovider: acme\nsurcharges: [{when: {region: eu}, per_mtok: 12.5%}]\n");
  const auto own = PriceList::with_files({maker.path(), of_acme.path()});
  REQUIRE(own);
  Event ours = usage_of("acme", "m", {{Unit::input, 1'000'000}});
  ours.properties = {{"Region", "EU"}};
  CHECK(dollars(*own, ours) == "3");  // what a user's own model costs is what they pay
  const auto prices = PriceList::with_files({surcharge.path()});
  REQUIRE(prices);
  Event event = usage_of("openai", "gpt-4o", {{Unit::input, 1'000'000}, {Unit::web_search, 1'000}});
  event.properties = {{"region", "uk"}};
  CHECK(dollars(*prices, event) == "6.375");  // (2.50 x 1.1 + 10) x 0.5
  CHECK(cost_of(*prices, event).variant == "region eu");
  event.service_tier = "batch";
  CHECK(dollars(*prices, event) == "5.6875");  // (1.25 x 1.1 + 10) x 0.5
  event.properties = {{"region", "us"}};
  CHECK(dollars(*prices, event) == "5.625");  // (1.25 + 10) x 0.5
  event.provider = "azure";
  event.properties = {{"region", "eu"}};
  CHECK(dollars(*prices, event) == "11.375");  // which sells it as it is, without our discount
}

TEST_CASE("A discount for a model that is not there is an error, where it is written") {
  const std::string text =
      refusal("version: 1\nprovider: openai\nmodels:\n  - {model: gpt-4-oh, discount: 5%}\n");
  CHECK(text.find(".yaml:4:5: error: `openai` has no model `gpt-4-oh`") != std::string::npos);
}

TEST_CASE("A list that was kept prices as it did, with the user's files and discounts in it") {
  const PriceFile own(R"(
version: 1
provider: openai
discount: 15%
models:
  - model: gpt-6-nano
    prices:
      - per_mtok: {input: "0.10", output: "0.40"}
)");
  const auto list = own.load();
  REQUIRE(list);
  const std::string bytes = list->bytes();
  CHECK(own.load()->bytes() == bytes);
  CHECK(PriceList::built_in()->bytes() != bytes);
  const auto again = PriceList::restored(bytes);
  REQUIRE(again);
  CHECK(again->models() == list->models());
  CHECK(again->date() == list->date());
  for (const std::string_view model : {"gpt-6-nano", "gpt-4o", "o3", "nobody's"}) {
    const Event event = usage_of("openai", model, {{Unit::input, 1'000'001}, {Unit::output, 7}});
    const Cost before = cost_of(*list, event), after = cost_of(*again, event);
    CHECK(before.amount == after.amount);
    CHECK(before.price == after.price);
    CHECK(before.unpriced.size() == after.unpriced.size());
  }
}

TEST_CASE("A list of another layout is not taken for one") {
  std::string bytes = PriceList::built_in()->bytes();
  CHECK_FALSE(PriceList::restored(bytes.substr(0, bytes.size() - 1)));
  CHECK_FALSE(PriceList::restored(""));
  ++bytes[0];
  CHECK_FALSE(PriceList::restored(bytes));
}

// States keep lists: when this fails, raise prices::kLayout and write down the new bytes.
TEST_CASE("The layout of a kept list changes with its number only") {
  prices::Catalogue catalogue;
  Diagnostics diagnostics;
  auto provider = prices::load_provider("p.yaml", R"(
version: 1
provider: acme
aliases: [a]
updated: 2026-11-26
models:
  - model: m
    match: [{starts_with: m}, {regex: "^n[0-9]"}]
    prices:
      - from: 2026-01-01
        per_mtok: {input: "1"}
      - from: 2026-06-01
        daily: 16:30-00:30
        per_mtok: {input: "2.5", output: "3"}
    variants:
      - when: {service_tier: batch}
        per_mtok: {input: "0.5"}
)",
                                        catalogue.texts, diagnostics);
  for (const auto& d : diagnostics) UNSCOPED_INFO(render(d));
  REQUIRE(provider);
  catalogue.add(std::move(*provider));
  CHECK(prices::kLayout == 1);
  CHECK(hash64(prices::compile(catalogue), 0) == 0x6a099062fd016816);
}
