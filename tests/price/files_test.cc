// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

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
  const PriceFile two(with_prices("      - per_hour: {audio: 1}\n        per_mtok: {input: 1}\n"));
  const auto loaded = PriceList::with_files({one.path(), two.path(), "missing.yaml"});
  REQUIRE_FALSE(loaded);
  const std::string& text = loaded.error().message;
  CHECK(text.find(one.path() + ":6:27: error: a price must be a decimal") != std::string::npos);
  CHECK(text.find(two.path() + ":6:9: error: `per_hour` is not supported") != std::string::npos);
  CHECK(text.find("missing.yaml: error: this price file cannot be read") != std::string::npos);
}

TEST_CASE("What a price file may not say is refused") {
  const char* const bad[] = {
      "      - per_mtok: {input: -1}\n",
      "      - per_mtok: {input: 1000001}\n",
      "      - per_mtok: {input: 0.0000000000000000001}\n",
      "      - per_mtok: {input: nan}\n",
      "      - per_mtok: {reasoning: 1}\n",
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
  CHECK(refusal(regex).find("`regex` is not supported") != std::string::npos);
}
