// SPDX-License-Identifier: Apache-2.0
#include "price/built_in.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "price/load.h"
#include "priced.h"

using namespace tocsin;

namespace {

struct Example {
  const char* provider;
  const char* model;
  Counts counts;
  const char* dollars;
};

// By hand from the prices in rules/prices.
const Example kExamples[] = {
    {"openai",
     "gpt-4o-mini",
     {{Unit::input, 1176}, {Unit::cache_read, 1024}, {Unit::output, 300}, {Unit::reasoning, 120}},
     "0.0004332"},
    {"OPENAI", "gpt-4o-2024-08-06", {{Unit::input, 1000}, {Unit::output, 1000}}, "0.0125"},
    {"azure", "gpt-4o", {{Unit::input, 1000}, {Unit::output, 1000}}, "0.0125"},
    {"anthropic",
     "claude-sonnet-4-5-20250929",
     {{Unit::input, 176},
      {Unit::cache_read, 1024},
      {Unit::cache_write, 1500},
      {Unit::cache_write_1h, 500},
      {Unit::output, 310},
      {Unit::web_search, 1}},
     "0.0241102"},
    {"google", "claude-3-haiku@20240307", {{Unit::input, 1000}, {Unit::output, 1}}, "0.00025125"},
    {"gemini", "gemini-2.5-pro", {{Unit::input, 200000}, {Unit::output, 1000}}, "0.26"},
    {"gemini", "gemini-2.5-pro", {{Unit::input, 200001}, {Unit::output, 1000}}, "0.5150025"},
};

}  // namespace

TEST_CASE("The built-in list prices known requests") {
  const auto prices = PriceList::built_in();
  REQUIRE(prices);
  for (const Example& example : kExamples) {
    INFO(example.provider << " " << example.model);
    const Event event = usage_of(example.provider, example.model, example.counts);
    CHECK(cost_of(*prices, event).unpriced.empty());
    CHECK(dollars(*prices, event) == example.dollars);
  }
}

TEST_CASE("The built-in list is dated and not small") {
  const auto prices = PriceList::built_in();
  REQUIRE(prices);
  CHECK(prices->models() >= 200);
  CHECK(prices->date() >= "2026-11-21");
}

TEST_CASE("Prices change when their history says") {
  const auto prices = PriceList::built_in();
  REQUIRE(prices);
  const Event o3 = usage_of("openai", "o3", {{Unit::input, 1'000'000}});
  CHECK(dollars(*prices, o3, event_time_ms(1749513599999)) == "10");
  CHECK(dollars(*prices, o3, event_time_ms(1749513600000)) == "2");  // 2025-06-10
}

TEST_CASE("What is built in is what lies in rules/prices") {
  for (const EmbeddedFile& built_in : prices::built_in_files()) {
    std::ifstream file(std::string(TOCSIN_SOURCE_DIR) + "/" + std::string(built_in.name));
    CHECK(std::string{std::istreambuf_iterator<char>(file), {}} == built_in.text);
  }
  CHECK(prices::built_in_files().size() == 3);
}

TEST_CASE(
    "Every built-in price is a whole number of picodollars a unit, and every model is found") {
  prices::Catalogue catalogue;
  for (const EmbeddedFile& file : prices::built_in_files()) {
    Diagnostics diagnostics;
    auto provider = prices::load_provider(std::string(file.name), file.text, diagnostics);
    REQUIRE(provider);
    CHECK(diagnostics.empty());
    catalogue.add(std::move(*provider));
  }
  for (const prices::Provider& provider : catalogue.providers) {
    for (const prices::Model& model : provider.models) {
      for (const prices::Clause& clause : model.match) {
        if (clause.equals.empty()) continue;
        INFO(provider.name << " " << clause.equals);
        CHECK(catalogue.resolve(provider.name, clause.equals) == &model);
      }
      for (const prices::Period& period : model.periods) {
        for (const prices::Tier& tier : period.tiers) {
          for (const prices::Rate& rate : tier.rates) {
            INFO(period.label << " " << rate.unit);
            CHECK((rate.atto % (rate.scale * 1'000'000) == 0));
          }
        }
      }
    }
  }
}
