// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tocsin/source.h"
#include "tocsin/time.h"

namespace tocsin::kafka {

// What is known of the cluster so far: written by the control thread, read by any.
class Registry {
 public:
  PartitionIndex add(PartitionName name) {
    const std::lock_guard lock(mutex_);
    names_.push_back(std::move(name));
    return static_cast<PartitionIndex>(names_.size() - 1);
  }
  std::vector<PartitionName> names() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }

  void set_identity(std::string identity) {
    const std::lock_guard lock(mutex_);
    identity_ = std::move(identity);
  }
  std::string identity() const {
    const std::lock_guard lock(mutex_);
    return identity_;
  }

  // The partitions that have a leader now, so can be asked about; `complete`: all of every topic.
  void set_led(std::vector<PartitionName> led, bool complete) {
    const std::lock_guard lock(mutex_);
    led_ = std::move(led);
    complete_ = complete;
    changed_.notify_all();
  }
  std::vector<PartitionName> led() const {
    const std::lock_guard lock(mutex_);
    return led_;
  }
  // Waits until every topic is there with all its leaders; whether it is.
  bool wait_complete(Millis timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [this] { return complete_; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<PartitionName> names_;
  std::vector<PartitionName> led_;
  std::string identity_;
  bool complete_ = false;
};

}  // namespace tocsin::kafka
