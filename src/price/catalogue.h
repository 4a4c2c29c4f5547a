// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/diagnostic.h"
#include "tocsin/decimal.h"
#include "tocsin/event.h"

namespace tocsin::prices {

inline constexpr int kRateScale = 18;
inline constexpr int128 kRateMax = power_of_ten(kRateScale + 6);  // a million dollars

// Where texts live that a catalogue's parts point to.
class Texts {
 public:
  std::string_view keep(std::string text) {
    return text.empty() ? std::string_view() : kept_.emplace_back(std::move(text));
  }

 private:
  std::deque<std::string> kept_;  // which stay where they are, however many come
};

// What a number of one unit costs.
struct Rate {
  std::string_view unit;
  std::string_view text;   // decimal: "2.50"
  int128 atto = 0;         // 10^-18 USD per `scale` units; at most kRateMax
  std::int64_t scale = 0;  // 1,000,000, 1,000, 3,600 …
  std::int64_t least = 0;  // a request with any is charged for so many
  std::int64_t pico = 0;   // 10^-12 USD of one, where that is a whole number, else 0; by index()
  std::string_view per() const;  // "1M"
  bool of_tokens() const;        // it is one of `per_mtok`
};

// The keys of price files that hold rates, by what a price is for.
struct RateGroup {
  std::string_view key;  // "per_mtok"
  std::int64_t scale;
  std::string_view per;  // "1M"
};
inline constexpr RateGroup kRateGroups[] = {{"per_mtok", 1'000'000, "1M"},
                                            {"per_1k", 1'000, "1k"},
                                            {"per_hour", 3'600, "1h"},
                                            {"per_mchars", 1'000'000, "1M"},
                                            {"per_gpixels", 1'000'000'000, "1G"},
                                            {"each", 1, "1"}};

// Prices that hold when the input is above a number of tokens.
struct Tier {
  std::int64_t above = -1;  // -1: always
  std::vector<Rate> rates;  // complete: what the tier leaves out it has from the one below
  // Of each Unit the place in `rates` of its own price; -1: none.
  std::array<std::int8_t, kUnits> places{};

  const Rate* own(Unit unit) const {
    const std::int8_t place = places[static_cast<std::size_t>(unit)];
    return place < 0 ? nullptr : &rates[static_cast<std::size_t>(place)];
  }
  const Rate* own(std::string_view unit) const;
  std::int8_t request = -1;  // place of the price of a request

  // Finds places, and `pico` of the rates, anew.
  void index();
};
using Tiers = std::vector<Tier>;  // by rising `above`; the first is -1

// From one time to another.
struct Span {
  std::int64_t from_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_ms = std::numeric_limits<std::int64_t>::max();
  bool holds(std::int64_t ms) const { return from_ms <= ms && ms < until_ms; }
};

// A part of the day, in UTC: minutes [from, until), over midnight if until is not after from, and
// the days of the week on which it begins (bit 0 is Monday).
struct Daily {
  int from = 0;
  int until = 0;
  unsigned days = 0x7f;
  bool holds(std::int64_t ms) const;
};

// Prices from one time to another.
struct Period {
  Span span;
  std::optional<Daily> daily;
  std::string_view label;    // "openai/gpt-4o from 2026-07-30"
  std::string_view origin;   // "rules/prices/openai.yaml:88"
  std::string_view updated;  // the file's: "2026-11-21"
  Tiers tiers;
};

// What an event must say: its `service_tier`, or its property of another name.
struct Condition {
  std::string_view name;                 // lower-case
  std::vector<std::string_view> values;  // any of them, lower-case
  bool holds(const Event& event) const;
  bool operator==(const Condition&) const = default;
};

// Prices of some units for requests that all of `when` holds of.
struct Variant {
  std::string_view label;  // "batch"
  std::vector<Condition> when;
  Span span;
  Tiers tiers;
};
inline constexpr std::size_t kVariantsMax = 15;  // of a model

// A regular expression that is compiled when first it is asked. Any thread.
class Regex {
 public:
  explicit Regex(std::string_view text);
  ~Regex();
  std::string_view text() const { return text_; }
  // Why it is none; empty if it is one.
  std::string fault() const;
  bool matches(std::string_view name) const;

 private:
  struct Compiled;
  const Compiled& compiled() const;
  std::string_view text_;
  std::size_t literal_;  // its first characters stand for themselves
  std::unique_ptr<Compiled> compiled_;
};

// All that is not empty must hold, on a lower-case name.
struct Clause {
  std::string_view equals, starts_with, ends_with, contains, without;
  std::shared_ptr<const Regex> regex;  // shared by copies of a model
  bool holds(std::string_view name) const;
};
using Clauses = std::vector<Clause>;
bool any_holds(const Clauses& clauses, std::string_view name);

// What a price is multiplied by: what somebody negotiated.
struct Factor {
  std::string_view text;       // "less 15%", "x 1.2"
  std::int64_t millionth = 0;  // 850,000
};

// The model whose prices one without prices of its own takes.
struct Like {
  std::string_view name;  // as the file has it: "gpt-4o-mini", "openai/gpt-4o-mini"
  Diagnostic wrong;       // said, with a message of its own, if it cannot have them
};

struct Model {
  std::string_view name;
  Clauses match;
  std::vector<Period> periods;       // the last that holds is meant; none: it has no price
  std::vector<Variant> variants;     // the first that holds and has a price for a unit is meant
  std::shared_ptr<const Like> like;  // whose prices it has; shared by copies
  bool users_own = false;  // a user's prices are what they pay: no discount of all models is for it

  const Period* at(std::int64_t ms) const;
};

// What requests that all of `when` holds of cost more, of the prices per million tokens.
struct Surcharge {
  std::string_view label;  // "inference_geo us"
  std::vector<Condition> when;
  Factor factor;
  Diagnostic wrong;  // said, with a message of its own, if a model's prices cannot have it
};

// A factor of a user's file.
struct Discount {
  std::string_view model;  // empty: all but those that have one of their own
  Factor factor;
  Diagnostic unused;  // said if there is no such model
};

struct Provider {
  std::string_view name;
  std::vector<std::string_view> aliases;       // lower-case
  Clauses names;                               // other names it goes by
  std::vector<std::string_view> fallback_for;  // providers that sell its models at its prices
  Clauses unnamed;                             // its models, where an event names no provider
  std::string_view updated;                    // "2026-11-21"
  std::vector<Model> models;                   // the first that matches is meant
  std::vector<Discount> discounts;             // the last counts
  std::vector<Surcharge> surcharges;           // until they are applied

  bool answers_to(std::string_view lower_name) const;
  bool stands_in_for(const Provider& other, std::string_view lower_name) const;
  const Model* match(std::string_view lower_name) const;
};

struct Catalogue {
  Texts texts;
  std::vector<Provider> providers;

  // Models of the same provider and name are replaced, others go before what is there.
  void add(Provider provider);
  // Once all is added: models that are like others get their prices, with history and variants. An
  // error of each that cannot have them.
  void fill_likes(Diagnostics& diagnostics);
  // After that: surcharges become variants of all models but users' own. An error of each model
  // that then has too many, or whose prices depend on the hour.
  void apply_surcharges(Diagnostics& diagnostics);
  // After that: discounts become prices. An error of each that is for no model.
  void apply_discounts(Diagnostics& diagnostics);
  // The model that a producer's two texts mean, or null. Of what has a date in it (-20251211,
  // -2025-12-11, @20251211), the other spelling and the name without it are tried after the name
  // as it is. "openai/gpt-4o" names the provider, too, where there is no other.
  const Model* resolve(std::string_view provider, std::string_view model) const;
  const Provider* find(std::string_view lower_provider) const;
};

}  // namespace tocsin::prices
