// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "notify/silences.h"
#include "tocsin/alert.h"
#include "tocsin/time.h"

namespace tocsin {

// What silences keep from being told on one channel. Holds row numbers only: the alerts are in the
// outbox, where a start finds them again.
class Muting {
 public:
  void hold(std::uint64_t seq, const Alert& alert);
  // The level of this alert is over. Its row, if it was kept back: nobody was told that it began,
  // so nobody is told that it ended.
  std::optional<std::uint64_t> ended(const std::string& alert_id);
  // Rows whose silence is over.
  std::vector<std::uint64_t> release(const SilenceBook& silences, WallTime now);
  std::vector<std::uint64_t> take_all();

  std::size_t waiting() const { return by_alert_.size(); }
  // When release() will have something, if no silence is ended before its time.
  std::optional<WallTime> next_due(const SilenceBook& silences) const;

 private:
  std::map<std::string, std::vector<std::uint64_t>> by_silence_;
  std::unordered_map<std::string, std::uint64_t> by_alert_;  // those held
  std::unordered_map<std::uint64_t, std::string> alert_of_;
};

}  // namespace tocsin
