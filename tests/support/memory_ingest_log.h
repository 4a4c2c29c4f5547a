// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tocsin/ingest.h"

namespace tocsin {

// An IngestLog in memory, which fails when it is told to.
class MemoryIngestLog final : public IngestLog {
 public:
  Result<void> append(std::span<const std::string_view> records) override {
    for (const auto record : records) {
      if (record.empty() || record.size() > kRecordMax) return reject("a record of a wrong size");
    }
    const std::lock_guard lock(mutex_);
    if (failure_) return tl::unexpected(*failure_);
    for (const auto record : records) records_.emplace_back(record);
    ++appends_;
    return {};
  }

  void fail(std::optional<Error> with) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(with);
  }
  std::vector<std::string> records() const {
    const std::lock_guard lock(mutex_);
    return records_;
  }
  int appends() const {
    const std::lock_guard lock(mutex_);
    return appends_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> records_;
  std::optional<Error> failure_;
  int appends_ = 0;
};

}  // namespace tocsin
