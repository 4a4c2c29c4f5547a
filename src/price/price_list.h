// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/event.h"
#include "tocsin/money.h"
#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

// One unit's part of a cost.
struct CostComponent {
  std::string_view unit;
  std::int64_t count = 0;
  std::string_view rate;  // as the price list writes it, e.g. "2.50"
  std::string_view per;   // what the rate is for: "1M" tokens, "1k" calls
  Money cost;             // rounded once, half-even, to the picodollar
};

enum class CostBasis : std::uint8_t { computed, reported, unpriced, cached, unmetered };

enum class CostChoice : std::uint8_t {
  computed,  // ours, else reported, else unpriced (the default)
  reported,  // theirs, else unpriced
};

struct Cost {
  CostBasis basis = CostBasis::unpriced;
  Money amount;                             // zero when unpriced
  std::string_view price;                   // "openai/gpt-4o" and its validity: which entry priced it
  std::vector<std::string_view> unpriced;   // units with a count and no price; a model unknown: all
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

  // The cost of `event`, which happened at `at`, into `cost` (reused: no allocation once warm).
  // `components`, if wanted, gets the computed parts. Rules: events.md.
  void price(const Event& event, EventTime at, CostChoice choice, Cost& cost,
             std::vector<CostComponent>* components = nullptr) const;

  std::size_t models() const;     // priced models
  std::string_view date() const;  // of the newest price, "2026-11-14"

 private:
  struct Data;
  explicit PriceList(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

}  // namespace tocsin
