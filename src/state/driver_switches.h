// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace tocsin {

// Whether it is worth to say what drives the groups of a rule, by its name: not while its newest
// window has more than the state keeps it for. Any thread.
class DriverSwitches {
 public:
  using Switch = std::atomic<bool>;

  // On, unless it was asked for before and turned off since.
  std::shared_ptr<Switch> of(const std::string& rule) {
    const std::lock_guard lock(mutex_);
    auto& known = by_rule_[rule];
    if (!known) known = std::make_shared<Switch>(true);
    return known;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Switch>> by_rule_;  // guarded by mutex_
};

}  // namespace tocsin
