// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/diagnostic.h"
#include "tocsin/event.h"
#include "tocsin/money.h"
#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

namespace prices {
struct Catalogue;
struct Model;
}  // namespace prices

// One unit's part of a cost.
struct CostComponent {
  std::string_view unit;
  std::int64_t count = 0;
  std::string_view rate;  // as the price list writes it, e.g. "2.50"
  std::string_view per;   // what the rate is for: "1M" tokens, "1k" calls, "1h", "1"
  Money cost;             // rounded once, half-even, to the picodollar
};

enum class CostBasis : std::uint8_t {
  computed,
  reported,
  unpriced,
  cached,
  unmetered,
  estimated,  // nothing of it has a price: that of the model of unknown_model
};

constexpr std::string_view name(CostBasis basis) {
  switch (basis) {
    case CostBasis::computed: return "computed";
    case CostBasis::reported: return "reported";
    case CostBasis::unpriced: return "unpriced";
    case CostBasis::cached: return "cached";
    case CostBasis::unmetered: return "unmetered";
    case CostBasis::estimated: return "estimated";
  }
  return "";
}

enum class CostChoice : std::uint8_t {
  computed,  // ours, else reported, else estimated, else unpriced (the default)
  reported,  // theirs, else unpriced
};

struct Cost {
  CostBasis basis = CostBasis::unpriced;
  Money amount;              // zero when unpriced
  Money saving;              // of one that was cached: what it would have cost, as far as known
  std::string_view price;    // which entry priced it: "openai/gpt-4o", "openai/o3 from 2025-06-10"
  std::string_view variant;  // "batch", if its prices are not the standard ones
  std::string_view origin;   // where that is written: "rules/prices/openai.yaml:88"
  std::string_view updated;  // when that file was: "2026-11-21"; may be empty
  // Units with a count and no price; of an unknown model all. Not empty with basis computed or
  // estimated: the amount is of the other units, too little, and nobody reported a better one.
  std::vector<std::string_view> unpriced;
  bool clamped = false;  // more reasoning than output: as much of it as there is output counts
};

// What every unit of every known model costs at any time. Immutable once built; any thread.
class PriceList {
 public:
  ~PriceList();
  PriceList(PriceList&&) noexcept;
  PriceList& operator=(PriceList&&) noexcept;

  // The list built into the binary.
  static Result<PriceList> built_in();
  // It, with the user's files over it: a model named there replaces the built-in one of the same
  // provider whole. reject: all errors of all files, one a line (file:line:column: error: …).
  static Result<PriceList> with_files(const std::vector<std::string>& paths);
  // The same of files that are read already. Nothing: `diagnostics` has an error.
  struct File {
    std::string path, text;
  };
  static std::optional<PriceList> with_texts(const std::vector<File>& files,
                                             Diagnostics& diagnostics);

  // The cost of `event`, which happened at `at`, into `cost` (reused: no allocation once warm).
  // `components`, if wanted, gets the parts of a computed cost. Texts live as long as the list,
  // those of `unpriced` as long as the event. Rules: docs/events.md. Any thread; who prices many
  // events holds a Pricer, which needs not look for the model each time.
  void price(const Event& event, EventTime at, CostChoice choice, Cost& cost,
             std::vector<CostComponent>* components = nullptr) const;

  // From now on what nothing is known of costs what `model` does, a name as events have it, with
  // or without its provider. False: it has no price in the list.
  bool set_unknown_like(std::string_view model);
  // The whole list, the user's files, discounts and set_unknown_like() in it, for restored() to
  // make the same of. Of equal lists the same bytes.
  std::string bytes() const;
  // Nothing: a program whose lists have another layout wrote them.
  static std::optional<PriceList> restored(std::string bytes);

  std::size_t models() const;     // priced models
  std::string_view date() const;  // of the newest price, "2026-11-14"
  const prices::Catalogue& catalogue() const;

 private:
  friend class Pricer;
  struct Data;
  explicit PriceList(std::unique_ptr<Data> data);
  void sum_up();
  const prices::Model* resolve(const Event& event) const;
  void price_as(const prices::Model* model, const Event& event, EventTime at, CostChoice choice,
                Cost& cost, std::vector<CostComponent>* components) const;

  std::unique_ptr<Data> data_;
};

// What a request would cost at the prices of a model that is like its own.
struct LikeCost {
  std::string_view model;  // lives as long as the list
  Money cost;
};

// A price list and the models found in it so far. One thread; as many as there are threads. Gives
// what PriceList::price gives, at a fraction of the time.
class Pricer {
 public:
  // `list` must outlive us; a new list needs a new Pricer.
  explicit Pricer(const PriceList& list);
  ~Pricer();
  Pricer(Pricer&&) noexcept;

  void price(const Event& event, EventTime at, CostChoice choice, Cost& cost,
             std::vector<CostComponent>* components = nullptr);
  // Of an event whose model has no price: by the nearest models that have one for all of its units
  // (price/lookalike.h), into `likes`. Nothing where a thousand other names were asked for before.
  void price_likes(const Event& event, EventTime at, std::vector<LikeCost>& likes);

 private:
  struct Cache;
  const PriceList* list_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace tocsin
