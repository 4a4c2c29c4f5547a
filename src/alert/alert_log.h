// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tocsin/alert.h"
#include "tocsin/store.h"

namespace tocsin {

// An alert as recorded, and the channels it is to be told on (none: recorded, told to nobody).
struct Recorded {
  std::uint64_t number = 0;  // rises by one with each alert of a state
  Alert alert;
  std::vector<std::string> channels;
};

struct Resolved {
  Resolution resolution;
  std::vector<std::string> channels;
};

// The seam between evaluating and telling: what is to be told becomes rows of the commit that
// caused it. State thread only.
class AlertLog {
 public:
  virtual ~AlertLog() = default;
  // Before an alert is recorded `now`: what telling has to say of it (Alert::silence).
  virtual void note(Alert&, WallTime /*now*/) {}
  virtual void append(const Recorded& recorded, WriteBatch& commit) = 0;
  virtual void append(const Resolved& resolved, WriteBatch& commit) = 0;
};

}  // namespace tocsin
