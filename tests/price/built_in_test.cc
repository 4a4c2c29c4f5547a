// SPDX-License-Identifier: Apache-2.0
#include "price/built_in.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "price/check.h"
#include "price/compiled.h"
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
  CHECK(prices->models() >= 2300);
  CHECK(prices->date() >= "2026-11-21");
}

TEST_CASE("Prices change when their history says") {
  const auto prices = PriceList::built_in();
  REQUIRE(prices);
  const Event o3 = usage_of("openai", "o3", {{Unit::input, 1'000'000}});
  CHECK(dollars(*prices, o3, event_time_ms(1749513599999)) == "10");
  CHECK(dollars(*prices, o3, event_time_ms(1749513600000)) == "2");  // 2025-06-10
}

TEST_CASE("The built-in list knows variants, hours, expressions and units of all kinds") {
  const auto prices = PriceList::built_in();
  REQUIRE(prices);
  // Batch above 272,000 tokens: 300,000 x 4 + 1,000 x 15 millionths.
  Event event = usage_of("openai", "gpt-5.6-sol", {{Unit::input, 300'000}, {Unit::output, 1000}});
  event.service_tier = "batch";
  CHECK(dollars(*prices, event) == "1.215");
  CHECK(cost_of(*prices, event).variant == "batch");
  // Four seconds are billed as ten: 10 x 0.111 / 3,600 = 0.00030833333333…
  event = usage_of("groq", "whisper-large-v3", {});
  event.usage.others = {{"audio_seconds", 4}};
  CHECK(dollars(*prices, event) == "0.000308333333");
  // 800 x 8 + 1,200 x 3 + 500 x 2 (citations) millionths, and 5 / 1,000.
  event = usage_of("perplexity", "sonar-deep-research",
                   {{Unit::output, 2000}, {Unit::reasoning, 1200}, {Unit::web_search, 1}});
  event.usage.others = {{"citation", 500}};
  CHECK(dollars(*prices, event) == "0.016");
  // DeepSeek at 02:00 UTC: off-peak on a Saturday, peak on a Monday.
  event = usage_of("deepseek", "deepseek-v4-pro", {{Unit::input, 1'000'000}});
  CHECK(dollars(*prices, event, event_time_ms(1795226400000)) == "0.66");  // 2026-11-21
  CHECK(dollars(*prices, event, event_time_ms(1795399200000)) == "1.32");  // 2026-11-23
  // Found by an expression, and by an event without a provider.
  event = usage_of("", "claude-fable-5-20251231", {{Unit::input, 1'000'000}});
  CHECK(cost_of(*prices, event).price == "anthropic/claude-fable-5");
}

namespace {

// rules/prices, corrections over what is imported, as the build compiles them.
std::vector<std::string> shipped_files() {
  const std::filesystem::path root = TOCSIN_SOURCE_DIR;
  std::vector<std::string> imported, corrections;
  const auto list = [&](const std::filesystem::path& folder, std::vector<std::string>& out) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".yaml") {
        out.push_back(entry.path().lexically_relative(root).string());
      }
    }
    std::sort(out.begin(), out.end());
  };
  list(root / "rules/prices", imported);
  list(root / "rules/prices/corrections", corrections);
  imported.insert(imported.end(), corrections.begin(), corrections.end());
  return imported;
}

prices::Catalogue loaded(const std::vector<std::string>& files) {
  prices::Catalogue catalogue;
  for (const std::string& name : files) {
    std::ifstream file(std::string(TOCSIN_SOURCE_DIR) + "/" + name);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    Diagnostics diagnostics;
    auto provider = prices::load_provider(name, text, catalogue.texts, diagnostics);
    REQUIRE(provider);
    CHECK(diagnostics.empty());
    catalogue.add(std::move(*provider));
  }
  Diagnostics diagnostics;
  catalogue.fill_likes(diagnostics);
  catalogue.apply_surcharges(diagnostics);
  CHECK(diagnostics.empty());
  return catalogue;
}

}  // namespace

TEST_CASE("What is built in is what lies in rules/prices") {
  const auto files = shipped_files();
  CHECK(files.size() >= 48);
  CHECK((prices::compile(loaded(files)) == prices::built_in_prices()));
}

TEST_CASE("Of the built-in prices nothing is written in vain") {
  const auto built_in = PriceList::built_in();
  REQUIRE(built_in);
  for (const std::string& finding : prices::check(built_in->catalogue())) {
    // Names that the source of our list gives to two models; the first has them there, too.
    INFO(finding);
    CHECK(finding.find("is already a name of") != std::string::npos);
  }
}

TEST_CASE("What is compiled is the same again, and what is damaged is refused") {
  const auto whole = prices::compiled(prices::built_in_prices());
  REQUIRE(whole);
  CHECK((prices::compile(*whole) == prices::built_in_prices()));
  for (std::size_t size = 20'000; size < 20'200; ++size) {
    CHECK_FALSE(prices::compiled(prices::built_in_prices().substr(0, size)));
  }
  CHECK_FALSE(prices::compiled({}));
  CHECK_FALSE(prices::compiled(std::string(prices::built_in_prices()) + "x"));
}

TEST_CASE("A built-in price is a whole number of picodollars a unit, but for 28 of their list") {
  const auto built_in = PriceList::built_in();
  REQUIRE(built_in);
  std::size_t odd = 0;
  const auto count = [&](const prices::Tiers& tiers) {
    for (const prices::Tier& tier : tiers) {
      for (const prices::Rate& rate : tier.rates) {
        if (rate.scale == 1'000'000 && rate.atto % power_of_ten(12) != 0) ++odd;
      }
    }
  };
  for (const prices::Provider& provider : built_in->catalogue().providers) {
    for (const prices::Model& model : provider.models) {
      for (const prices::Period& period : model.periods) count(period.tiers);
      for (const prices::Variant& variant : model.variants) count(variant.tiers);
    }
  }
  CHECK(odd == 28);
}

TEST_CASE("Every built-in model is found by a name of its own") {
  const auto built_in = PriceList::built_in();
  REQUIRE(built_in);
  const prices::Catalogue& catalogue = built_in->catalogue();
  std::size_t models = 0;
  for (const prices::Provider& provider : catalogue.providers) {
    for (const prices::Model& model : provider.models) {
      ++models;
      INFO(provider.name << "/" << model.name);
      const bool found =
          std::any_of(model.match.begin(), model.match.end(), [&](const prices::Clause& clause) {
            const std::string_view name = !clause.equals.empty()        ? clause.equals
                                          : !clause.starts_with.empty() ? clause.starts_with
                                                                        : clause.contains;
            return name.empty() || catalogue.resolve(provider.name, name) == &model;
          });
      CHECK(found);
    }
  }
  CHECK(models >= 2300);
}
