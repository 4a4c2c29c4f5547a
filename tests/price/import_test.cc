// SPDX-License-Identifier: Apache-2.0
#include "price/import.h"

#include <catch2/catch.hpp>

#include "price/describe.h"
#include "price/load.h"
#include "price/write_yaml.h"

using namespace tocsin;
namespace {

const char* const kPublicList = R"json([
 {"id": "acme", "name": "Acme", "provider_match": {"or": [{"contains": "acme"}, {"equals": "ac"}]},
  "model_match": {"starts_with": "acm-"}, "extractors": null,
  "models": [
   {"id": "One", "match": {"or": [{"equals": "One"}, {"regex": "^one-\\d{8}$"},
      {"and": [{"starts_with": "uno"}, {"regex": "^(?!.*-[tT][tT][sS](?:$|-))"
}]
}]
}
,
    "prices": [
      {"prices": {"input_mtok": {"base": 3, "tiers": [{"start": 1000, "price": 6.5}]},
                  "output_mtok": 15, "web_searches_kcount": 10, "audio_hours": 0.36,
                  "cache_read_mtok": null}},
      {"constraint": {"start_date": "2026-08-17"}, "prices": {"input_mtok": 2}},
      {"constraint": {"start_time": "16:30:00Z", "end_time": "00:30:00Z"},
       "prices": {"input_mtok": 0.18000000000000002}}],
    "price_variants": [
      {"when": {"service_tier": "default"}, "prices": {}},
      {"when": {"processing": "batch"}, "constraint": {"start_date": "2026-10-14"},
       "prices": {"input_mtok": 1.5}}]
},
   {"id": "two:free", "match": {"equals": "two:free"}, "prices": {}},
   {"id": "three", "match": {"contains": "three"}, "prices": {}}]
},
 {"id": "shop", "fallback_model_providers": ["acme"],
  "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": 1}}]}]
)json";

std::string refusal_of_list(const std::string& json) {
  Diagnostics diagnostics;
  if (prices::import_genai("list.json", json, "2026-11-26", diagnostics)) return {};
  return diagnostics.empty() ? "nothing is said" : diagnostics.front().message;
}

prices::Catalogue imported() {
  Diagnostics diagnostics;
  auto list = prices::import_genai("list.json", kPublicList, "2026-11-26", diagnostics);
  if (!list) FAIL(diagnostics.front().message);
  return std::move(*list);
}

prices::Catalogue read_again(const prices::Catalogue& list) {
  prices::Catalogue again;
  for (const prices::Provider& provider : list.providers) {
    Diagnostics diagnostics;
    auto read = prices::load_provider("p.yaml", prices::write_yaml(provider, "# SPDX\n"),
                                      again.texts, diagnostics);
    if (!read) FAIL(diagnostics.front().message);
    again.add(std::move(*read));
  }
  return again;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

}  // namespace

TEST_CASE("genai-prices' list is written as price files that read as it") {
  const prices::Catalogue list = imported();
  REQUIRE(list.providers.size() == 2);
  CHECK(prices::write_yaml(list.providers[0], "# SPDX\n") == R"(# SPDX
version: 1
provider: acme
aliases: [{contains: acme}, {equals: ac}]
fallback_for: [shop]
unnamed: [{starts_with: acm-}]
updated: 2026-11-26
models:
  # A price as the source has it, computed in floating point.
  - model: one
    match: [{equals: one}, {regex: 'one-\d{8}'}, {starts_with: uno, without: '-tts'}]
    prices:
      - per_mtok: {input: 3, output: 15}
        per_1k: {web_search: 10}
        per_hour: {audio_seconds: 0.36}
        tiers:
          - above_input_tokens: 1000
            per_mtok: {input: 6.5}
      - from: 2026-08-17
        per_mtok: {input: 2}
      - from: 2026-08-17
        daily: '16:30-00:30'
        per_mtok: {input: 0.18000000000000002}
    variants:
      - when: {service_tier: batch}
        from: 2026-10-14
        per_mtok: {input: 1.5}
  - model: 'two:free'
    match: [{equals: 'two:free'}]
    prices:
      - per_mtok: {input: 0, output: 0}
  # No price is published for it: what it costs is told as unpriced.
  - model: three
    match: [{contains: three}]
    prices: []
)");
}

TEST_CASE("A list that is malformed, empty or not understood is refused whole, and why") {
  CHECK(refusal_of_list("").find("it is no JSON") != std::string::npos);
  CHECK(refusal_of_list("[nul]").find("it is no JSON") != std::string::npos);
  CHECK(refusal_of_list("[]").find("or an empty one") != std::string::npos);
  CHECK(refusal_of_list("{}").find("or an empty one") != std::string::npos);
  const std::string list = kPublicList;
  CHECK(refusal_of_list(list.substr(0, list.size() - 20)).find("it is no JSON") !=
        std::string::npos);
  CHECK(refusal_of_list(list + "[]").find("more after its end") != std::string::npos);
  CHECK(refusal_of_list(replaced(list, "\"output_mtok\": 15", "\"output_mtok\": -15")) ==
        "acme/one: `output_mtok`: `-15` is no price");
  CHECK(refusal_of_list(replaced(list, "\"output_mtok\": 15", "\"output_mtok\": \"dear\"")) ==
        "acme/one: `output_mtok`: `dear` is no price");
  CHECK(refusal_of_list(replaced(list, "output_mtok", "output_furlongs")) ==
        "acme/one: a price `output_furlongs` is not known");
  CHECK(refusal_of_list(replaced(list, "output_mtok", "Output_mtok")) ==
        "acme/one: a price `Output_mtok` is not known");
  CHECK(refusal_of_list(replaced(list, "output_mtok", "a}: output_mtok")) ==
        "acme/one: a price `a}: output_mtok` is not known");
  CHECK(refusal_of_list(replaced(list, "2026-08-17", "2026-08-32")) ==
        "acme/one: `2026-08-32` is no day");
  CHECK(
      refusal_of_list(replaced(list, "^one-", "^one-(?=x)")).find("acme/one: this is no regular") ==
      0);
  CHECK(refusal_of_list(replaced(list, "\"id\": \"m\"", "\"ident\": \"m\"")) ==
        "shop: `id` is missing, or no text");
  CHECK(refusal_of_list(replaced(list, "\"shop\"", "\"../shop\"")) ==
        "../shop: `id` cannot be the name of a price file");
  CHECK(refusal_of_list(replaced(list, "\"equals\": \"m\"", "\"equals\": \"m\\n\"")) ==
        "shop/m: a text with a control character in it, which no price file holds");
}

TEST_CASE("What a new list changes is told model by model") {
  const prices::Catalogue list = imported();
  Diagnostics diagnostics;
  std::string next = replaced(kPublicList, "\"input_mtok\": 1.5", "\"input_mtok\": 1.25");
  next = replaced(next, "\"id\": \"m\"", "\"id\": \"n\"");
  const auto other = prices::import_genai("list.json", next, "2026-11-27", diagnostics);
  REQUIRE(other);
  const prices::Changes changes = prices::compare(read_again(list), read_again(*other));
  CHECK(changes.lines == std::vector<std::string>{
                             "- shop/m",
                             "  acme/one",
                             "    - batch from 2026-10-14: input $1.5/1M",
                             "    + batch from 2026-10-14: input $1.25/1M",
                             "+ shop/n: input $1/1M",
                         });
  CHECK_FALSE(changes.shrinks());
}

TEST_CASE("A list that loses more than a tenth of its models shrinks") {
  prices::Changes changes;
  changes.models_now = 100;
  changes.models_next = 90;
  CHECK_FALSE(changes.shrinks());
  changes.models_next = 89;
  CHECK(changes.shrinks());
}

namespace {

prices::Catalogue of_ours() {
  prices::Catalogue ours;
  Diagnostics diagnostics;
  auto provider = prices::load_provider("p.yaml", R"(version: 1
provider: acme
models:
  - model: one
    prices: [{per_mtok: {input: 2, cache_read: 0.2, output: 8}}]
    variants: [{when: {service_tier: batch}, per_mtok: {input: 1}}]
  - {model: two, prices: [{per_mtok: {input: 2, output: 8}}]}
  - {model: three, prices: [{per_mtok: {input: 2, output: 8}}]}
  - model: changed
    prices: [{per_mtok: {input: 2}}, {from: 2026-11-30, per_mtok: {input: 3}}]
)",
                                        ours.texts, diagnostics);
  REQUIRE(provider);
  ours.add(std::move(*provider));
  return ours;
}

const char* const kLiteLlm = R"({
 "sample_spec": {"litellm_provider": "one of them", "input_cost_per_token": 0},
 "acme/one": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 2e-06,
   "output_cost_per_token": 8e-06, "cache_read_input_token_cost": 2.0000000000000002e-07,
   "input_cost_per_token_batches": 1.1e-06, "output_cost_per_token_batches": 4e-06,
   "input_cost_per_token_priority": 4e-06, "input_cost_per_token_above_200k_tokens_priority": 5e-06,
   "regional_processing_uplift_multiplier_eu": 1.1},
 "two": {"litellm_provider": "acme", "input_cost_per_token": 3e-06, "output_cost_per_token": 8e-06,
   "input_cost_per_token_batches": 1e-06},
 "acme/eu/three": {"litellm_provider": "acme", "input_cost_per_token": 2.2e-06,
   "output_cost_per_token": 8e-06},
 "acme/eu/two": {"litellm_provider": "acme", "input_cost_per_token": 2.2e-06},
 "acme/changed": {"litellm_provider": "acme", "input_cost_per_token": 2e-06,
   "input_cost_per_token_batches": 1e-06},
 "four": {"litellm_provider": "acme", "input_cost_per_token": 1e-06},
 "five": {"litellm_provider": "unheard-of", "input_cost_per_token": 1e-06}
})";

}  // namespace

TEST_CASE("LiteLLM's list adds the variants we have no price of, and is not followed in others") {
  prices::Catalogue ours = of_ours();
  Diagnostics diagnostics;
  const auto done =
      prices::complete_litellm("list.json", kLiteLlm, "2026-11-26", ours, diagnostics);
  REQUIRE(done);
  CHECK(done->disagreements ==
        std::vector<std::string>{"acme/one, batch, input: $1/1M here, $1.1/1M there",
                                 "acme/two, input: $2/1M here, $3/1M there"});
  CHECK(done->models == 5);
  CHECK(done->others == 2);
  CHECK(done->completed == std::vector<std::string_view>{"acme"});
  const prices::Catalogue again = read_again(ours);
  const auto& models = again.providers.front().models;
  CHECK(prices::describe(models[0]) ==
        std::vector<std::string>{
            "input $2/1M, cache_read $0.2/1M, output $8/1M", "batch: input $1/1M",
            "batch from 2026-11-26: output $4/1M", "priority from 2026-11-26: input $4/1M",
            "priority from 2026-11-26, above 200000 tokens: input $5/1M",
            "region eu from 2026-11-26: input $2.2/1M, cache_read $0.22/1M, output $8.8/1M"});
  CHECK(models[1].variants.empty());
  CHECK(prices::describe(models[2]).back() == "region eu from 2026-11-26: input $2.2/1M");
  CHECK(prices::describe(models[3]).back() ==
        "batch from 2026-11-26 until 2026-11-30: input $1/1M");
}

TEST_CASE("A list of LiteLLM's that is malformed or empty is refused whole") {
  const auto refused = [](const std::string& json) {
    prices::Catalogue ours = of_ours();
    Diagnostics diagnostics;
    const auto done = prices::complete_litellm("l.json", json, "2026-11-26", ours, diagnostics);
    return done ? "" : diagnostics.front().message;
  };
  CHECK(refused("{}") == "it is not LiteLLM's list of models, or an empty one");
  CHECK(refused("[]") == "it is not LiteLLM's list of models, or an empty one");
  CHECK(refused("{\"a\": ").find("it is no JSON") == 0);
  CHECK(refused(replaced(kLiteLlm, "4e-06", "-4e-06")) ==
        "acme/one: `output_cost_per_token_batches`: `-4e-06` is no price");
  CHECK(refused(replaced(kLiteLlm, "multiplier_eu", "multiplier_moon")) ==
        "acme/one: `moon` is no region");
}
