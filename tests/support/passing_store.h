// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tocsin/store.h"

namespace tocsin {

// A Store in front of another, which reads go through to; what a write does is for its heirs.
class PassingStore : public Store {
 public:
  explicit PassingStore(Store& store) : store_(store) {}  // outlives us

  Result<std::optional<std::string>> get(std::string_view key) const override {
    return store_.get(key);
  }
  Result<void> scan(std::string_view from, std::string_view until, const Row& row) const override {
    return store_.scan(from, until, row);
  }
  Result<void> scan_back(std::string_view from, std::string_view until,
                         const Row& row) const override {
    return store_.scan_back(from, until, row);
  }
  std::unique_ptr<Snapshot> snapshot() const override { return store_.snapshot(); }

 protected:
  Store& store_;
};

}  // namespace tocsin
