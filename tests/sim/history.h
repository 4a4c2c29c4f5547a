// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/rules.h"
#include "sim/traffic.h"
#include "state/counts.h"
#include "state/repricing_row.h"
#include "tocsin/alert.h"
#include "tocsin/money.h"
#include "tocsin/time.h"

namespace tocsin::sim {

// One stored commit: how far it came in each partition, and what it logged.
struct CommitNote {
  std::uint64_t write = 0;                   // the store's number of it
  std::map<std::size_t, std::int64_t> next;  // partition to next offset, of those it moved
  std::set<std::size_t> known;               // partitions it had a row of
  std::vector<std::size_t> idle;             // by its tick
  std::optional<std::int64_t> clock_ms;      // by its tick
  bool version_noted = false;                // these rules judge from its offsets on
  std::shared_ptr<const Version> version;
  bool settled = false;  // after it nothing was left to be swept
  struct Level {
    std::string id;    // of its alert
    std::string what;  // its rule, group and rung, whatever its amount
  };
  struct End {
    Level level;
    Resolution::Reason reason{};
  };
  std::vector<Level> recorded;
  std::vector<End> ended;
  std::optional<RepricingRequest> begins;  // what is counted by now is priced again
  std::optional<RepricingRow> repriced;    // and that is done
  std::set<std::size_t> lists;             // of prices, whose texts are still kept then
};

// All that a result may depend on.
struct History {
  // By offset. Records do not move when others are appended: a source hands out views of them.
  std::vector<std::deque<RecordSpec>> partitions;
  std::vector<CommitNote> commits;
  Millis max_future{300'000};
  Millis out_of_order{60'000};
  Millis retention{std::chrono::days{400}};
  std::optional<Millis> lateness;
};

struct Totals {
  int128 amount = 0;
  std::int64_t requests = 0;
  friend bool operator==(const Totals&, const Totals&) = default;
};

// A rule's state: name and fingerprint.
using StateName = std::pair<std::string, std::string>;

// What must have come of a history.
struct Truth {
  // Calendar windows of sums: by state, start in ms and group.
  std::map<StateName, std::map<std::pair<std::int64_t, std::string>, Totals>> sums;
  std::set<std::pair<StateName, std::int64_t>> erased;  // of these windows, perhaps
  // The others: by state and group, when its newest pane starts in ms, and what its window covers.
  std::map<StateName, std::map<std::string, std::pair<std::int64_t, Totals>>> panes;

  // By alert id. `may`: of windows that closed while the sweep after an edit was on its way to
  // them.
  struct Alert {
    StateName state;
    std::string group, words;
    bool judged = false;
    std::int64_t start = 0;
    std::int64_t end = 0;  // of the calendar window or slot
  };
  std::map<std::string, Alert> must, may;
  // Exceptions that the architecture lists: a group of a judged rule, of which a pane had ended by
  // a tick before its records came; where prices change, of a rolling one too; and rules that met
  // max_groups.
  std::set<std::pair<StateName, std::string>> doubtful;
  std::set<StateName> overflowed;

  // What had no price, by day and model: requests, and those of them that were priced later.
  std::map<std::pair<std::int64_t, std::string>, std::pair<std::uint64_t, std::uint64_t>> unpriced;

  Counts counts;  // but for those of the decoder, and overflow_groups
  std::set<std::tuple<std::size_t, std::int64_t, std::size_t, QuarantineReason>> quarantined;
  std::int64_t watermark_ms = INT64_MIN;
  // What ended before that may have left the store, and alerts of what began before it.
  std::int64_t kept_since_ms = INT64_MIN;
  std::vector<std::string> broken;  // what may not be in a history
};

// Computes it record by record, as simply as can be.
Truth truth_of(const History& history);

}  // namespace tocsin::sim
