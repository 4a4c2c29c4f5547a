// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/decimal.h"
#include "tocsin/event.h"

namespace tocsin::prices {

inline constexpr int kRateScale = 18;

// What a number of one unit costs.
struct Rate {
  std::string unit;
  std::string text;        // as written, "2.50"
  int128 atto = 0;         // 10^-18 USD per `scale` units; at most 10^24 (a million dollars)
  std::int64_t scale = 0;  // 1,000,000 or 1,000
  std::int64_t pico = 0;   // 10^-12 USD of one, where that is a whole number, else 0; by index()
  std::string_view per() const { return scale == 1000 ? "1k" : "1M"; }
};

// Prices that hold when the input is above a number of tokens.
struct Tier {
  std::int64_t above = -1;  // -1: always
  std::vector<Rate> rates;  // complete: what the tier leaves out it has from the one below
  // Of each Unit the place in `rates` of its price or, where it has none, of that of the unit it
  // is a kind of; -1: none.
  std::array<std::int8_t, kUnits> of_unit{};

  const Rate* rate(Unit unit) const;
  const Rate* rate(std::string_view unit) const;
  // Finds of_unit, and `pico` of the rates, anew.
  void index();
};

// Prices from one time to another.
struct Period {
  std::int64_t from_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_ms = std::numeric_limits<std::int64_t>::max();
  std::string label;        // "openai/gpt-4o from 2026-07-30"
  std::string origin;       // "rules/prices/openai.yaml:88"
  std::string updated;      // the file's: "2026-11-21"
  std::vector<Tier> tiers;  // by rising `above`; the first is -1
};

// All that is not empty must hold, on a lower-case name.
struct Clause {
  std::string equals, starts_with, ends_with, contains, without;
  bool holds(std::string_view name) const;
};

struct Model {
  std::string name;
  std::vector<Clause> match;    // any
  std::vector<Period> periods;  // the last that holds is meant
  const Period* at(std::int64_t ms) const;
};

struct Provider {
  std::string name;
  std::vector<std::string> aliases;       // lower-case
  std::vector<std::string> fallback_for;  // providers that sell this one's models at its prices
  std::string updated;                    // "2026-11-21"
  std::vector<Model> models;              // the first that matches is meant

  bool answers_to(std::string_view lower_name) const;
  bool stands_in_for(const Provider& other, std::string_view lower_name) const;
};

struct Catalogue {
  std::vector<Provider> providers;

  // Models of the same provider and name are replaced, others go before what is there.
  void add(Provider provider);
  // The model that a producer's two texts mean, or null. Of what ends in a date
  // (-20251211, -2025-12-11, @20251211), the other spelling and the name without it are tried
  // after the name as it is. "openai/gpt-4o" names the provider, too.
  const Model* resolve(std::string_view provider, std::string_view model) const;
};

}  // namespace tocsin::prices
