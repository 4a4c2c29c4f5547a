// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "price/catalogue.h"

namespace tocsin::prices {

// What a model costs, for people: a line for each time, tier and variant, oldest first. Two models
// that cost the same in all cases and are found by the same names have the same lines.
std::vector<std::string> describe(const Model& model);
// The names it is found by: "gpt-4o, gpt-4o-2024-…", as clauses.
std::string describe(const Clauses& clauses);
// "input $2.5/1M, output $10/1M"
std::string describe(const Tier& tier);

// What `next` changes of `now`: a line for each provider and model that comes, goes or changes, the
// old lines with -, the new ones with +.
struct Changes {
  std::vector<std::string> lines;
  std::size_t models_now = 0, models_next = 0;
  std::size_t added = 0, removed = 0, changed = 0;
  // More than a tenth of the models would go.
  bool shrinks() const { return models_next * 10 < models_now * 9; }
};
Changes compare(const Catalogue& now, const Catalogue& next);

}  // namespace tocsin::prices
