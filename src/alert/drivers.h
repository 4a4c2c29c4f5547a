// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alert/driver_notes.h"
#include "alert/driver_values.h"
#include "tocsin/alert.h"
#include "tocsin/decimal.h"

namespace tocsin {

// What drives the sum of one (rule, group, window): of each field the eight values that most of it
// came with. A field is exact while it has no more; then each value is an overestimate with a known
// bound (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data
// Streams, 2005). Its values are held in a DriverValues, the same in all calls.
class Drivers {
 public:
  static constexpr std::size_t kMost = 8;
  using Values = std::array<DriverValue, kDriverFields>;  // by field; 0: it says nothing of that

  // An amount, of which every value says something; `sampled`: it is estimated.
  void add(const Values& values, int128 amount, bool sampled, DriverValues& held);
  // Before it goes.
  void let_go(DriverValues& held) const;

  // The largest shares of `value`, which is the sum of these windows or of a part of them: by
  // field, that of failures first, and each by falling amount. Left out are those of less than 5 %,
  // or that may be nothing. They are as exact as these, if what these know comes to just that; else
  // shares stand for amounts, and where they know less than four fifths of it there are none.
  static std::vector<Alert::Driver> largest(std::span<const Drivers* const> of,
                                            const DriverValues& held, int128 value);

  // How much of `total`, which is the sum of this window, the value drives; nothing: it is not
  // known, by the same measure.
  std::optional<int128> amount(DriverField field, std::string_view value, const DriverValues& held,
                               int128 total) const;

  std::string encode(const DriverValues& held) const;
  // False, holding nothing: they are of another version, or damaged.
  static bool decode(std::string_view bytes, Drivers& drivers, DriverValues& held);
  std::size_t bytes() const { return sizeof *this + entries_.capacity() * sizeof(Entry); }

  bool waits = false;  // to be stored

 private:
  // An amount, rounded up to 26 bits.
  class Bound {
   public:
    Bound() = default;
    explicit Bound(std::int64_t amount);
    std::int64_t amount() const { return static_cast<std::int64_t>(bits_ >> 6) << (bits_ & 63); }

   private:
    std::uint32_t bits_ = 0;
  };
  struct Entry {
    std::int64_t amount = 0;
    DriverValue value = 0;
    Bound error;  // of the amount: so much may be another's
  };
  std::span<const Entry> of(std::size_t field) const;
  bool overflowed(std::size_t field) const { return (overflowed_ >> field & 1) != 0; }
  void add(std::size_t field, std::size_t from, DriverValue value, std::int64_t amount,
           DriverValues& held);
  void halve();

  // Of all fields in their order, each by when they came. Amounts count units of 2^shift_, which is
  // one up to nine million dollars.
  std::vector<Entry> entries_;
  std::int64_t known_ = 0;  // of all that was added
  std::array<std::uint8_t, kDriverFields> sizes_{};
  std::uint8_t overflowed_ = 0;  // by field: it had more than eight values
  std::uint8_t shift_ = 0;
  bool sampled_ = false;
};

}  // namespace tocsin
