// SPDX-License-Identifier: Apache-2.0
#include "alert/driver_values.h"

namespace tocsin {
namespace {

std::size_t bytes_of(const std::string& text) {
  constexpr std::size_t kNode = 64 + 3 * 8;  // with its places in the tables
  return kNode + (text.capacity() > 15 ? text.capacity() + 1 : 0);
}

}  // namespace

DriverValue DriverValues::take(std::string_view text) {
  auto known = by_text_.find(text);
  if (known == by_text_.end()) {
    known = by_text_.try_emplace(std::string(text)).first;
    bytes_ += bytes_of(known->first);
    if (free_.empty()) {
      by_value_.push_back(nullptr);
      free_.push_back(static_cast<DriverValue>(by_value_.size()));
    }
    known->second.value = free_.back();
    free_.pop_back();
    by_value_[known->second.value - 1] = &*known;
  }
  ++known->second.holders;
  return known->second.value;
}

void DriverValues::drop(DriverValue value) {
  ByText::value_type& of = at(value);
  if (--of.second.holders > 0) return;
  bytes_ -= bytes_of(of.first);
  free_.push_back(value);
  by_text_.erase(by_text_.find(of.first));
}

}  // namespace tocsin
