// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/result.h"

namespace tocsin {

// Changes that are stored together or not at all, applied in order.
class WriteBatch {
 public:
  struct Change {
    std::string key;
    std::optional<std::string> value;  // nothing: erase
  };

  void put(std::string key, std::string value) {
    changes_.push_back({std::move(key), std::move(value)});
  }
  void erase(std::string key) { changes_.push_back({std::move(key), std::nullopt}); }
  const std::vector<Change>& changes() const { return changes_; }
  bool empty() const { return changes_.empty(); }
  void clear() { changes_.clear(); }

 private:
  std::vector<Change> changes_;
};

enum class Sync { no, yes };

// An unchanging view of the store. Any thread; it must not outlive the Store it came from.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  // Absence is no error. stop: the store is damaged or unreadable.
  virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;

  // Calls `row` for each key in [from, until), in ascending byte order, until it answers false.
  // The views live for the call.
  using Row = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Result<void> scan(std::string_view from, std::string_view until,
                            const Row& row) const = 0;
  // The same, in descending order.
  virtual Result<void> scan_back(std::string_view from, std::string_view until,
                                 const Row& row) const = 0;
};

// Ordered keys and values on disk. As a Snapshot it reads its newest state. Keys that begin with
// the byte 0xff are its own. Any thread.
class Store : public Snapshot {
 public:
  // Applies every change or none. With Sync::yes this and every earlier write survive power loss
  // on return; with Sync::no they survive the death of the process, and after power loss what is
  // left is what some earlier moment held. Any error is `stop`: the caller must not write again
  // (a failed fsync cannot be repeated), for what is on disk is unknown until it is opened anew.
  virtual Result<void> write(const WriteBatch& batch, Sync sync) = 0;

  virtual std::unique_ptr<Snapshot> snapshot() const = 0;
};

}  // namespace tocsin
