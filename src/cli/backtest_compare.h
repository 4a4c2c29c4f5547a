// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tocsin/alert.h"
#include "tocsin/time.h"

namespace tocsin {

// The alerts of a backtest, as far as another one is compared with it.
class AlertSet {
 public:
  void add(const Alert& alert);

  // What rang where: rungs are the same if rule, rung, group and window are, whatever their
  // amounts.
  struct Key {
    std::string rule, rung, group;
    EventTime window{};
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Told {
    EventTime at{};
    std::string text;  // "80% Thu 1 Oct 17:20 user-77"
  };
  const std::map<Key, Told>& all() const { return told_; }

 private:
  std::map<Key, Told> told_;
};

// A line a rule, `+`, `−` or `~` before it where it rings otherwise, with examples below.
std::string compare_text(const AlertSet& old, const AlertSet& now);

}  // namespace tocsin
