// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alert/driver_notes.h"
#include "alert/fold.h"
#include "state/counts.h"
#include "state/state.h"
#include "tocsin/source.h"

namespace tocsin {

// A record, or a part of one, that was set aside.
struct SetAside {
  QuarantineReason reason = QuarantineReason::empty;
  std::uint32_t partition = 0;  // id
  std::int64_t offset = 0;
  std::size_t element = 0;
  std::optional<EventTime> timestamp;  // the record's; a plain file's lines have none
  std::string detail;
};

// A copy of an event that counted, by whose word it cost something else.
struct OtherCost {
  std::string id, producer;
  std::uint32_t partition = 0;  // id
  std::int64_t offset = 0;
  std::int64_t input_tokens = 0, output_tokens = 0;
  std::optional<Money> reported;
};

// What stage 1 makes of some records of one worker, and hands to the state thread; then it comes
// back to be filled again.
struct Batch {
  explicit Batch(std::uint64_t seed) : fold(seed), drivers(seed) {}

  Fold fold;
  DriverNotes drivers;  // of what is in it
  std::vector<ClaimedId> ids;
  std::vector<Progress> progress;
  Counts counts;
  UnpricedRows unpriced;
  std::vector<SetAside> set_aside;
  std::optional<OtherCost> other_cost;  // the first
  std::size_t records = 0;
  EventTime oldest_record = EventTime::max();  // least record time
  // Time that passed without records after these, as a recording or the gap of a plain file says.
  std::optional<Tick> tick;
  bool barrier = false;       // the tick waits until every worker has come to it
  std::uint64_t edition = 0;  // of the rules it was made by (Exchange)
  std::vector<SourceNotice> notices;
  std::vector<std::uint32_t> notice_partitions;  // ids, by notice

  Work work() const {
    return {.deltas = fold.deltas(),
            .ids = ids,
            .progress = progress,
            .counts = &counts,
            .unpriced = unpriced.empty() ? nullptr : &unpriced,
            .drivers = &drivers,
            .oldest = oldest_record};
  }
  bool empty() const { return progress.empty() && !tick && notices.empty(); }
  void clear() {
    fold.clear();
    drivers.clear();
    ids.clear();
    progress.clear();
    counts.clear();
    unpriced.clear();
    set_aside.clear();
    other_cost.reset();
    records = 0;
    oldest_record = EventTime::max();
    tick.reset();
    barrier = false;
    edition = 0;
    notices.clear();
    notice_partitions.clear();
  }
};

}  // namespace tocsin
