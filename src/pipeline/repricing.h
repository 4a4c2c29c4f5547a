// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/aggregator.h"
#include "pipeline/correction.h"
#include "pipeline/ids_again.h"
#include "pipeline/unpriced_counter.h"
#include "price/price_list.h"
#include "state/id_set.h"
#include "state/repricing_row.h"
#include "state/version.h"
#include "window/calendar.h"

namespace tocsin {

// A tariff, to price by.
struct TariffInForce {
  std::shared_ptr<const PriceList> list;
  CostChoice choice = CostChoice::computed;
};
// A tariff's choice as the state keeps it, and back. Nothing: another version's word.
std::string tariff_choice(CostChoice choice);
std::optional<CostChoice> parse_tariff_choice(std::string_view text);
// What the state keeps of it. Nothing: it keeps none, or not one that this program can read.
Result<std::optional<TariffInForce>> restore_tariff(const Snapshot& store, const Tariff& tariff);

// What a re-pricing found.
struct RepricingResult {
  struct Sum {
    std::uint64_t requests = 0;
    std::uint64_t priced = 0;  // of them, those that had no price, or not of all, and have one now
    Money before, after;
    void add(const Sum& other);
  };
  Sum all;                            // requests whose cost differs
  std::map<std::string, Sum> models;  // "provider/model"; at most 1,000, the rest "(other)"
  std::vector<Sum> rules;             // by index, of the cells that are put right
  std::vector<RepricingRow::Range> ranges;
  std::uint64_t records = 0;        // read
  std::uint64_t unknown = 0;        // requests counted by prices that nobody knows any more
  std::uint64_t ids_forgotten = 0;  // copies may have been taken for requests
  std::size_t cells = 0;            // put right
};

// Finds what requests that were counted would be counted with by other prices: the records that the
// engine has read go through stage 1 once more, with ids and a fold of their own. One thread.
class Repricing final : Correction {
 public:
  struct Setup {
    RepricingRequest request;
    RepricingStart start;
    std::vector<Version> versions;   // oldest first
    std::vector<RepricingRow> done;  // before, oldest first
    // By which prices each of these counted; nothing: that is not known.
    std::function<std::optional<TariffInForce>(const Tariff&)> tariff;
    AggregatorSetup stage;  // the engine's, with the rules in force
    Store& scratch;         // empty; for ids, which may be many
    IdSet::Limits ids{};
    std::size_t cells_max = 500'000;
  };
  explicit Repricing(Setup setup);
  ~Repricing() override;

  // A partition, before its first record.
  void add_lane(std::uint32_t partition, std::string source, const RecordFormat& format);
  // The next record of a partition, by rising offset, from an hour before what is priced again on:
  // copies are told apart. reject: more than can be put right at once.
  Result<void> take(const Record& record, std::uint32_t partition);

  // Once all is taken.
  Result<RepricingResult> finish();
  // What the state is to be told; lives as long as this.
  Corrections corrections(const RepricingResult& result) const;

 private:
  struct Priced {
    Money amount;
    bool unpriced = false;  // in whole or part
    bool ever = false;      // unpriced: so it is counted under what had no price
  };
  struct Lists;  // by tariff, each with its pricer
  struct Again {
    const RepricingRow* row = nullptr;
    Priced cost;
  };
  struct Window {
    std::int64_t at = INT64_MIN;
    bool open = false;
  };

  bool differs(const Counted& counted) override;
  bool former_costs(const Counted& counted);
  bool reached(const RepricingRow& row) const;
  void note(const Counted& counted, const Priced& before);
  void note_turn(const Counted& counted, const Priced& before);
  EventTime presumed(const Counted& counted) const;
  std::optional<int128> difference(std::uint32_t rule, std::int64_t at) override;
  static Priced priced(const Cost& cost);
  std::optional<Priced> price(const Tariff& tariff, const Counted& counted);
  const Version* version_of(std::uint32_t partition, std::int64_t offset) const;
  Priced counted_with(const std::uint32_t* state) const;
  bool concerns(const Priced& before) const;
  bool open(std::uint32_t rule, std::int64_t at);
  bool late(std::uint32_t rule, std::int64_t at) const;
  Result<void> flush();

  Setup setup_;
  IdsAgain ids_;
  std::unique_ptr<Aggregator> aggregator_;
  std::unique_ptr<Batch> batch_;
  std::unique_ptr<Lists> lists_;
  std::vector<std::optional<Calendar>> calendars_;   // by rule
  std::vector<Window> windows_;                      // by rule: the one asked for last
  std::map<std::uint32_t, std::int64_t> read_from_;  // by partition: the first record read again
  std::map<std::uint32_t, std::int64_t> from_;       // by partition: what is priced again begins
  std::vector<Delta> deltas_;
  UnpricedCounter unpriced_;
  Pricer pricer_;
  PriceTurns turns_;
  std::size_t unflushed_ = 0;
  RepricingResult result_;

  // Of the event under way.
  const Version* version_ = nullptr;
  Priced base_, now_;
  EventTime presumed_{};
  std::vector<Again> again_;
};

}  // namespace tocsin
