// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tocsin/money.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// Requests by name: services, units, groups. At most as many names as its owner says; further ones
// share (other).
using Tally = std::map<std::string, std::uint64_t, std::less<>>;

// What requests of one day are counted under.
struct UnpricedKey {
  enum class Kind : std::uint8_t {
    unpriced,   // no price for the model, or for a unit of it
    unmetered,  // neither usage nor cost
  };
  std::int32_t day = 0;  // days since 1970-01-01 by the config's calendar, of the event's own time
  Kind kind = Kind::unpriced;
  std::string model;    // "provider/model"; kOther: of models beyond the bound
  std::string service;  // unmetered: whose they are; else empty
  auto operator<=>(const UnpricedKey&) const = default;
};

// Requests of a day that cannot be priced, or not by prices of their own model.
struct UnpricedRow {
  std::uint64_t requests = 0;
  std::uint64_t partial = 0;       // of them: the model is known, a unit of it has no price
  std::uint64_t estimated = 0;     // of them: counted at another model's prices (unknown_model)
  std::uint64_t priced_later = 0;  // of them: by now counted at a price that came later
  std::uint64_t input_tokens = 0, output_tokens = 0;
  EventTime since = EventTime::max();  // the first one's
  Money estimate;                      // what the estimated ones are counted as
  Tally units;                         // counts
  Tally lacking;                       // requests, by unit that has no price, of partial ones
  Tally services;                      // requests
  Tally groups;                        // requests, by what they would be counted in (group_of())
  // What requests would have cost at prices of a model that is like theirs, by its name.
  struct Like {
    std::uint64_t requests = 0;
    Money cost;
  };
  std::map<std::string, Like, std::less<>> likes;
  bool told = false;

  // Still to be told of, or shown.
  std::uint64_t open() const { return requests - std::min(requests, priced_later); }
  void add(const UnpricedRow& other);
  void add_service(std::string_view service, std::uint64_t requests);
  void add_unit(std::string_view unit, std::uint64_t count);
  void add_lacking(std::string_view unit, std::uint64_t requests);
  // A rule's group (tocsin/group.h). A rule of many groups is kept without them.
  void add_group(std::string_view rule, std::string_view group, std::uint64_t requests);
  void add_like(std::string_view model, const Like& like);
};

// What a name of UnpricedRow::groups says.
struct UnpricedGroup {
  std::string_view rule;
  std::optional<std::string_view> group;  // absent: many groups of it
};
UnpricedGroup group_of(std::string_view name);

// The rows of some days, bounded: made-up names of models share one row a day, and beyond that
// nothing is kept but what Counts has.
class UnpricedRows {
 public:
  using Rows = std::map<UnpricedKey, UnpricedRow>;
  static constexpr std::size_t kModelsMax = 200;  // of a day and kind
  static constexpr std::size_t kRowsMax = 2'000;
  static constexpr std::int32_t kDaysKept = 8;

  // The row of `key`, or of (other); nothing: there is no room for a further day.
  Rows::iterator find_or_add(UnpricedKey key);
  bool end(Rows::iterator row) const { return row == rows_.end(); }
  void put(UnpricedKey key, UnpricedRow row) { rows_[std::move(key)] = std::move(row); }
  void erase(const UnpricedKey& key) { rows_.erase(key); }
  UnpricedRow* find(const UnpricedKey& key);

  const Rows& rows() const { return rows_; }
  bool empty() const { return rows_.empty(); }
  void clear() { rows_.clear(); }

 private:
  Rows rows_;
};

// The rows of a state. What is changed here is stored by the state's next commit.
class UnpricedBook {
 public:
  const UnpricedRows::Rows& rows() const { return rows_.rows(); }
  // Rows that nobody was told of yet.
  std::size_t untold() const { return untold_; }
  bool changed() const { return !changed_.empty(); }

  // What a batch has, but for days before `first_day`.
  void add(const UnpricedRows& more, std::int32_t first_day);
  // Nothing is told of it any more.
  void tell(const UnpricedKey& key);
  // So many further of its requests are counted at a price by now.
  void price_later(const UnpricedKey& key, std::uint64_t requests);
  // So many of these have none again.
  void lose_price(const UnpricedKey& key, std::uint64_t requests);
  // Rows of days before `first_day` leave the store, too.
  void forget(std::int32_t first_day, WriteBatch& commit);

  // As it is stored. False: that is no row.
  bool load(std::string_view bytes);
  void write(WriteBatch& commit);

 private:
  UnpricedRows rows_;
  std::set<UnpricedKey> changed_;
  std::size_t untold_ = 0;
};

std::string unpriced_key(const UnpricedKey& key);
std::string encode_unpriced(const UnpricedKey& key, const UnpricedRow& row);
// False: not what encode_unpriced() wrote.
bool decode_unpriced(std::string_view bytes, UnpricedKey& key, UnpricedRow& row);

}  // namespace tocsin
