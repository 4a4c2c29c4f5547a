// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/result.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// Rules that came into force together, while others had counted for a while already: what was read
// before is to be counted for them, too.
struct Backfill {
  std::vector<std::uint32_t> states;  // StateRow::id, rising
  std::vector<std::int64_t> until;    // by partition id: from there on they count as all others do
  EventTime time{};         // the newest stream time then: windows that end later are open
  std::string cursor;       // cells up to it are filled; empty: none (BackfillCell)
  std::uint64_t lives = 0;  // processes that have begun it
};

// Those that are not done, the oldest first, as bytes of the state.
std::string encode_backfills(const std::vector<Backfill>& backfills);
bool decode_backfills(std::string_view bytes, std::vector<Backfill>& backfills);
// stop: the state is damaged.
Result<std::vector<Backfill>> read_backfills(const Snapshot& store);

}  // namespace tocsin
