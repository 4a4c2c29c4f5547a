// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/alert.h"
#include "tocsin/decimal.h"

namespace tocsin {

// The fields whose values are said to drive a sum.
enum class DriverField : std::uint8_t { feature, service, model, user };
inline constexpr std::size_t kDriverFields = 4;
// As messages name them; `Feature` is a property.
inline constexpr std::array<std::string_view, kDriverFields> kDriverFieldNames = {
    "Feature", "service", "model", "user"};

// The values that most of an amount came with: exact while there are no more than eight, then an
// overestimate with a known bound (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent
// and Top-k Elements in Data Streams, 2005).
class TopValues {
 public:
  static constexpr std::size_t kMost = 8;
  struct Entry {
    std::string value;
    int128 amount = 0;
    int128 error = 0;  // of `amount`, at most: so much may be another's
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  void add(std::string_view value, int128 amount);
  const std::vector<Entry>& entries() const { return entries_; }
  bool overflowed() const { return overflowed_; }

 private:
  friend class Drivers;
  std::vector<Entry> entries_;
  bool overflowed_ = false;
};

// What drives the sum of one (rule, group, window). Not exact in three cases, and then it says so:
// a field had more than eight values, requests were sampled, or some are not in it.
class Drivers {
 public:
  // What a batch adds; `sampled`: it is an estimate from some of its requests.
  void add(DriverField field, std::string_view value, int128 amount) {
    fields_[static_cast<std::size_t>(field)].add(value, amount);
  }
  void add_all(int128 amount, bool sampled) {
    known_ += amount;
    partial_ = partial_ || sampled;
  }
  // The cell's total, and what it was before what was added last: what lies between that and the
  // one before came past us.
  int128 total() const { return total_; }
  void follow(int128 before, int128 after) {
    partial_ = partial_ || before != total_;
    total_ = after;
  }

  // The largest shares of `value`, by field in the order above and each by falling amount; values
  // of less than 5 %, or that may be nothing, are left out.
  std::vector<Alert::Driver> largest(int128 value) const;

  std::string encode() const;
  static bool decode(std::string_view bytes, Drivers& drivers);
  std::size_t bytes() const;  // of memory, about

 private:
  std::array<TopValues, kDriverFields> fields_;
  int128 known_ = 0;  // of all that was added
  int128 total_ = 0;  // of the cell then
  bool partial_ = false;
};

}  // namespace tocsin
