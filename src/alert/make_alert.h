// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "alert/ladder.h"
#include "rule/rule.h"
#include "tocsin/alert.h"

namespace tocsin {

// What reached a rung.
struct Crossing {
  const Ladder* ladder = nullptr;
  const Ladder::Step* step = nullptr;
  std::string_view group;  // key (tocsin/group.h)
  EventTime id_start{};    // start of the window, slot or first pane of the unbroken run
  Window about;            // what the value covers
  int128 value = 0;        // metric.h
  int128 amount = 0;       // for ratios the numerator
  std::int64_t requests = 0;
  EventTime at{};                  // greatest event time in the commit's delta
  std::optional<int128> beside{};  // Alert::beside
  std::optional<Alert::Shape> shape{};
  EventTime in_force{};  // the budget is that of this time
};

// SHA-256 over the length-prefixed rule name, state fingerprint, group key, start in milliseconds,
// rung and amount; its first 16 bytes in hex. A pure function of data: the same crossing has the
// same id after a crash, in a backtest and on another machine, and a raised limit makes a new one.
std::string alert_id(const Rule& rule, const Crossing& crossing);

// The alert with all a message needs. `fingerprint` is rule.fingerprint(), kept by the caller.
Alert make_alert(const Rule& rule, std::string_view fingerprint, const Crossing& crossing);

}  // namespace tocsin
