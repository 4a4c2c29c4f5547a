// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "state/codec.h"
#include "tocsin/source.h"

namespace tocsin {

// The ids of partitions. Workers meet new ones; the state thread takes them over before it commits
// anything about them. Any thread.
class PartitionDirectory {
 public:
  explicit PartitionDirectory(const std::vector<PartitionRow>& known) {
    for (const auto& row : known) add(row.name, StreamTime::restore(row.stream_time));
  }

  struct Found {
    std::uint32_t id = 0;
    StreamTime stream_time;  // as it was when the engine started
  };
  Found find_or_add(const PartitionName& name) {
    const std::lock_guard lock(mutex_);
    const auto known = by_name_.find(name);
    if (known != by_name_.end()) return known->second;
    return add(name, StreamTime{});
  }
  std::vector<PartitionName> names() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  Found add(const PartitionName& name, StreamTime stream_time) {
    const Found found{static_cast<std::uint32_t>(names_.size()), stream_time};
    names_.push_back(name);
    by_name_.emplace(name, found);
    return found;
  }

  mutable std::mutex mutex_;
  std::vector<PartitionName> names_;
  std::map<PartitionName, Found> by_name_;
};

}  // namespace tocsin
