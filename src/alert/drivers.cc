// SPDX-License-Identifier: Apache-2.0
#include "alert/drivers.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kDriversVersion = 3;
constexpr std::size_t kTold = 3;  // values of a field
constexpr std::int64_t kAmountMax = std::numeric_limits<std::int64_t>::max() / 2;
constexpr std::size_t kSpare = 2;  // entries
constexpr int128 kWholeShare = 1'000'000;
constexpr int128 kUnknownMost = 5;      // a fifth
constexpr int128 kLeastShare = 50'000;  // of kWholeShare
// As they are told.
constexpr std::array kTellingOrder = {DriverField::status, DriverField::feature,
                                      DriverField::service, DriverField::model, DriverField::user};
static_assert(kTellingOrder.size() == kDriverFields);

// In millionths.
int128 share_of(int128 amount, int128 known) {
  if (known <= 0) return 0;
  return known > kInt128Max / kWholeShare ? amount / (known / kWholeShare)
                                          : amount * kWholeShare / known;
}

int128 part_of(int128 value, int128 share) {
  return value / kWholeShare * share + divide_half_even(value % kWholeShare * share, kWholeShare);
}

bool is_too_little(int128 known, int128 value) { return known < value - value / kUnknownMost; }

struct Sum {
  DriverValue value = 0;
  int128 amount = 0, error = 0;
};

void add_to(std::vector<Sum>& sums, const Sum& more) {
  const auto known = std::find_if(sums.begin(), sums.end(),
                                  [&](const Sum& one) { return one.value == more.value; });
  if (known == sums.end()) {
    sums.push_back(more);
  } else {
    known->amount += more.amount;
    known->error += more.error;
  }
}

}  // namespace

Drivers::Bound::Bound(std::int64_t amount) {
  constexpr int kBits = 26;
  const auto size = std::bit_width(static_cast<std::uint64_t>(amount));
  const auto shift = static_cast<std::uint32_t>(std::max(static_cast<int>(size) - kBits + 1, 0));
  const auto cut = static_cast<std::uint32_t>(amount >> shift);
  const bool more = (static_cast<std::int64_t>(cut) << shift) != amount;
  bits_ = (cut + (more ? 1U : 0U)) << 6 | shift;
}

std::span<const Drivers::Entry> Drivers::of(std::size_t field) const {
  std::size_t from = 0;
  for (std::size_t i = 0; i < field; ++i) from += sizes_[i];
  return std::span(entries_).subspan(from, sizes_[field]);
}

void Drivers::add(const Values& values, int128 amount, bool sampled, DriverValues& held) {
  if (amount <= 0) return;
  sampled_ = sampled_ || sampled;
  while ((amount >> shift_) > kAmountMax - known_) halve();
  const auto units = static_cast<std::int64_t>(amount >> shift_);
  known_ += units;
  std::size_t from = 0;
  for (std::size_t field = 0; field < kDriverFields; ++field) {
    if (values[field] != 0) add(field, from, values[field], units, held);
    from += sizes_[field];
  }
}

void Drivers::add(std::size_t field, std::size_t from, DriverValue value, std::int64_t amount,
                  DriverValues& held) {
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(from);
  const auto end = begin + sizes_[field];
  const auto known = std::find_if(begin, end, [&](const Entry& one) { return one.value == value; });
  if (known != end) {
    known->amount += amount;
    return;
  }
  held.keep(value);
  if (sizes_[field] < kMost) {
    const auto place = end - entries_.begin();
    if (entries_.size() == entries_.capacity()) entries_.reserve(entries_.size() + kSpare);
    entries_.insert(entries_.begin() + place, {amount, value, Bound{}});
    ++sizes_[field];
    return;
  }
  overflowed_ = static_cast<std::uint8_t>(overflowed_ | 1U << field);
  const auto least = std::min_element(
      begin, end, [](const Entry& a, const Entry& b) { return a.amount < b.amount; });
  held.drop(least->value);
  *least = {least->amount + amount, value, Bound(least->amount)};
}

void Drivers::halve() {
  ++shift_;
  known_ /= 2;
  for (Entry& entry : entries_) {
    entry.amount /= 2;
    entry.error = Bound(entry.error.amount() / 2);
  }
}

void Drivers::let_go(DriverValues& held) const {
  for (const Entry& entry : entries_) held.drop(entry.value);
}

std::vector<Alert::Driver> Drivers::largest(std::span<const Drivers* const> of,
                                            const DriverValues& held, int128 value) {
  int128 known = 0;
  bool exact = true;
  for (const Drivers* part : of) {
    known += static_cast<int128>(part->known_) << part->shift_;
    exact = exact && !part->sampled_;
  }
  exact = exact && known == value;
  std::vector<Alert::Driver> all;
  if (is_too_little(known, value)) return all;  // these may be any part of it
  for (const DriverField told : kTellingOrder) {
    const auto field = static_cast<std::size_t>(told);
    std::vector<Sum> sums;
    bool overflowed = false;  // then a value may have been in another part, too
    for (const Drivers* part : of) {
      overflowed = overflowed || (of.size() > 1 && part->overflowed(field));
      for (const Entry& entry : part->of(field)) {
        add_to(sums, {entry.value, static_cast<int128>(entry.amount) << part->shift_,
                      static_cast<int128>(entry.error.amount()) << part->shift_});
      }
    }
    // Half of it at least is surely its own.
    std::erase_if(sums, [&](const Sum& sum) {
      return sum.error * 2 > sum.amount || share_of(sum.amount, known) < kLeastShare;
    });
    std::stable_sort(sums.begin(), sums.end(),
                     [](const Sum& a, const Sum& b) { return a.amount > b.amount; });
    if (sums.size() > kTold) sums.resize(kTold);
    for (const Sum& sum : sums) {
      const int128 share = std::min(share_of(sum.amount, known), kWholeShare);
      Alert::Driver driver;
      driver.field = told;
      driver.approximate = !exact || overflowed || sum.error > 0;
      driver.value = held.text(sum.value);
      driver.amount = exact ? std::min(sum.amount, value) : part_of(value, share);
      all.push_back(std::move(driver));
    }
  }
  return all;
}

std::optional<int128> Drivers::amount(DriverField field, std::string_view value,
                                      const DriverValues& held, int128 total) const {
  const int128 known = static_cast<int128>(known_) << shift_;
  if (is_too_little(known, total)) return std::nullopt;
  const auto number = static_cast<std::size_t>(field);
  for (const Entry& entry : of(number)) {
    if (held.text(entry.value) != value) continue;
    if (entry.error.amount() * 2 > entry.amount) return std::nullopt;
    const int128 amount = static_cast<int128>(entry.amount) << shift_;
    return known == total ? amount : part_of(total, std::min(share_of(amount, known), kWholeShare));
  }
  return overflowed(number) ? std::nullopt : std::optional(int128{0});
}

std::string Drivers::encode(const DriverValues& held) const {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kDriversVersion);
  out.byte(shift_);
  out.byte(sampled_ ? 1 : 0);
  out.byte(overflowed_);
  out.signed_number(known_);
  for (std::size_t field = 0; field < kDriverFields; ++field) {
    out.number(sizes_[field]);
    for (const Entry& entry : of(field)) {
      out.text(held.text(entry.value));
      out.signed_number(entry.amount);
      out.signed_number(entry.error.amount());
    }
  }
  return bytes;
}

bool Drivers::decode(std::string_view bytes, Drivers& drivers, DriverValues& held) {
  RowReader in(bytes);
  if (in.byte() != kDriversVersion) return false;
  Drivers read;
  read.shift_ = in.byte();
  read.sampled_ = in.byte() != 0;
  read.overflowed_ = in.byte();
  read.known_ = in.signed_number();
  bool good = read.shift_ < 64;
  for (std::size_t field = 0; good && field < kDriverFields; ++field) {
    const auto size = in.number();
    good = in.ok() && size <= kMost;
    for (std::size_t i = 0; good && i < size; ++i) {
      const std::string_view text = in.text();
      const std::int64_t amount = in.signed_number();
      const std::int64_t error = in.signed_number();
      good = in.ok() && amount >= 0 && error >= 0;
      if (!good) break;
      read.entries_.push_back({amount, held.take(text), Bound(error)});
      ++read.sizes_[field];
    }
  }
  good = good && in.ok() && in.done() && read.known_ >= 0 && read.known_ <= kAmountMax;
  if (good) {
    read.entries_.shrink_to_fit();
    drivers = std::move(read);
  } else {
    read.let_go(held);
  }
  return good;
}

}  // namespace tocsin
