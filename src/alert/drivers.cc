// SPDX-License-Identifier: Apache-2.0
#include "alert/drivers.h"

#include <algorithm>

#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kDriversVersion = 1;
constexpr std::size_t kTold = 3;  // values of a field
constexpr int128 kWholeShare = 1'000'000;
constexpr int128 kLeastShare = 50'000;  // of kWholeShare

// In millionths.
int128 share_of(int128 amount, int128 known) {
  if (known <= 0) return 0;
  return known > kInt128Max / kWholeShare ? amount / (known / kWholeShare)
                                          : amount * kWholeShare / known;
}

}  // namespace

void TopValues::add(std::string_view value, int128 amount) {
  const auto known = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& one) { return one.value == value; });
  if (known != entries_.end()) {
    known->amount += amount;
  } else if (entries_.size() < kMost) {
    entries_.push_back({std::string(value), amount, 0});
  } else {
    overflowed_ = true;
    const auto least =
        std::min_element(entries_.begin(), entries_.end(),
                         [](const Entry& a, const Entry& b) { return a.amount < b.amount; });
    least->value.assign(value);
    least->error = least->amount;
    least->amount += amount;
  }
}

std::vector<Alert::Driver> Drivers::largest(int128 value) const {
  std::vector<Alert::Driver> all;
  for (std::size_t field = 0; field < kDriverFields; ++field) {
    const TopValues& of = fields_[field];
    std::vector<TopValues::Entry> sure;
    for (const auto& entry : of.entries()) {
      // Half of it at least is surely its own.
      if (entry.error * 2 <= entry.amount && share_of(entry.amount, known_) >= kLeastShare) {
        sure.push_back(entry);
      }
    }
    std::stable_sort(sure.begin(), sure.end(),
                     [](const auto& a, const auto& b) { return a.amount > b.amount; });
    if (sure.size() > kTold) sure.resize(kTold);
    for (const auto& entry : sure) {
      const int128 share = std::min(share_of(entry.amount, known_), kWholeShare);
      Alert::Driver driver;
      driver.field = kDriverFieldNames[field];
      driver.value = entry.value;
      driver.approximate = partial_ || entry.error > 0;
      driver.amount = partial_
                          ? value / kWholeShare * share + value % kWholeShare * share / kWholeShare
                          : std::min(entry.amount, value);
      all.push_back(std::move(driver));
    }
  }
  return all;
}

std::string Drivers::encode() const {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kDriversVersion);
  out.amount(known_);
  out.amount(total_);
  out.byte(partial_ ? 1 : 0);
  for (const TopValues& field : fields_) {
    out.byte(field.overflowed_ ? 1 : 0);
    out.number(field.entries_.size());
    for (const auto& entry : field.entries_) {
      out.text(entry.value);
      out.amount(entry.amount);
      out.amount(entry.error);
    }
  }
  return bytes;
}

bool Drivers::decode(std::string_view bytes, Drivers& drivers) {
  RowReader in(bytes);
  if (in.byte() != kDriversVersion) return false;
  drivers = Drivers{};
  drivers.known_ = in.amount();
  drivers.total_ = in.amount();
  drivers.partial_ = in.byte() != 0;
  for (TopValues& field : drivers.fields_) {
    field.overflowed_ = in.byte() != 0;
    for (auto left = in.number(); left > 0 && in.ok(); --left) {
      if (field.entries_.size() == TopValues::kMost) return false;
      TopValues::Entry entry;
      entry.value = in.text();
      entry.amount = in.amount();
      entry.error = in.amount();
      field.entries_.push_back(std::move(entry));
    }
  }
  return in.ok() && in.done();
}

std::size_t Drivers::bytes() const {
  std::size_t bytes = sizeof *this;
  for (const TopValues& field : fields_) {
    bytes += field.entries_.capacity() * sizeof(TopValues::Entry);
    for (const auto& entry : field.entries_) {
      if (entry.value.capacity() > 15) bytes += entry.value.capacity() + 17;
    }
  }
  return bytes;
}

}  // namespace tocsin
