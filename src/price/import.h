// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/diagnostic.h"
#include "price/catalogue.h"

namespace tocsin::prices {

// genai-prices' list of providers, as JSON: each with `id`, `provider_match`, `model_match`,
// `fallback_model_providers` and `models`; each of these with `id`, `match`, `prices` and
// `price_variants`. `day` ("2026-11-26") is what it is of. Nothing: something in it is not what we
// know, or it is empty; `diagnostics` says what, and where by provider and model. Labels and places
// of prices are empty, as of what is in no file yet.
std::optional<Catalogue> import_genai(const std::string& file, std::string_view json,
                                      std::string_view day, Diagnostics& diagnostics);

// What LiteLLM's list of models adds to ours.
struct Completion {
  std::vector<std::string_view> completed;  // providers
  std::size_t variants = 0;                 // that are added
  std::size_t models = 0;                   // of theirs that are ours
  std::size_t others = 0;
  std::vector<std::string> disagreements;  // "openai/gpt-4o, batch, input: $2/1M here, $3/1M there"
};

// Adds to `ours` the prices of batch, priority, flex and regions, from `day` until ours change,
// that it has none of, of models on whose standard prices of that day both agree. What they do not
// agree on is told and stays.
// Nothing: as of import_genai().
std::optional<Completion> complete_litellm(const std::string& file, std::string_view json,
                                           std::string_view day, Catalogue& ours,
                                           Diagnostics& diagnostics);

}  // namespace tocsin::prices
