// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tocsin {

// How many different ones there were of 64-bit hashes, in at most 16 bytes each and some. They are
// sorted now and then: to look for each at once would be to wait for memory each time. One thread.
class DistinctHashes {
 public:
  void add(std::uint64_t hash) {
    hashes_.push_back(hash);
    if (hashes_.size() < settle_at_) return;
    settle(hashes_);
    settle_at_ = hashes_.size() * 2 + kSpare;
  }
  std::size_t size() const {
    auto all = hashes_;
    settle(all);
    return all.size();
  }

 private:
  static constexpr std::size_t kSpare = 4'096;

  static void settle(std::vector<std::uint64_t>& hashes) {
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  }

  std::vector<std::uint64_t> hashes_;
  std::size_t settle_at_ = kSpare;
};

}  // namespace tocsin
