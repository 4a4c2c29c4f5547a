// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tocsin/alert.h"
#include "tocsin/time.h"

namespace tocsin {

using Repeats = std::map<std::string, Millis>;  // by rule; others are told once

// When what stands is told again on one channel. Holds ids only: the alerts are in rows of the
// state, where a start finds them again.
class Reminding {
 public:
  // Told `when`: the clock of its group begins anew.
  void told(const Alert& alert, WallTime when);
  // Its level stands no more; false: it was not to be told again anyway.
  bool ended(const std::string& alert_id);

  // Ids of the alerts of one (rule, group), each of which may stand.
  using Group = std::vector<std::string>;
  // Those whose time has come, by rule; their clocks begin anew.
  std::map<std::string, std::vector<Group>> take_due(const Repeats& repeats, WallTime now);
  std::optional<WallTime> next_due(const Repeats& repeats) const;
  // All ids; nothing is here then.
  std::vector<std::string> take_all();

 private:
  struct Standing {
    std::string rule;
    Group alerts;
    WallTime told{};
  };
  std::map<std::string, Standing> standing_;               // by rule and group
  std::unordered_map<std::string, std::string> place_of_;  // key in standing_, by alert
};

}  // namespace tocsin
