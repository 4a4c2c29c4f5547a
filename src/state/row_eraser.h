// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>

#include "tocsin/store.h"

namespace tocsin {

// Ranges of rows that nobody needs any more, erased bit by bit. One thread.
class RowEraser {
 public:
  void add(std::string from, std::string until) {
    ranges_.emplace_back(std::move(from), std::move(until));
  }

  // The store shows what was erased before the commit under way alone, so a range is done when
  // nothing is seen in it.
  void erase_some(const Snapshot& store, WriteBatch& batch) {
    std::size_t left = kRowsMax;
    for (std::size_t some = std::min(ranges_.size(), kRangesMax); some > 0 && left > 0; --some) {
      const std::size_t before = left;
      auto range = std::move(ranges_.front());
      ranges_.pop_front();
      // What cannot be read stays.
      [[maybe_unused]] const auto scanned =
          store.scan(range.first, range.second, [&](auto key, auto) {
            batch.erase(std::string(key));
            return --left > 0;
          });
      if (left != before) ranges_.push_back(std::move(range));
    }
  }

 private:
  static constexpr std::size_t kRowsMax = 1'000, kRangesMax = 16;  // a commit
  std::deque<std::pair<std::string, std::string>> ranges_;
};

}  // namespace tocsin
