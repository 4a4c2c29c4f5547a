// SPDX-License-Identifier: Apache-2.0
// Rules that came into force later are given what was counted before: some cells each commit, in
// the order of their keys, so that a kill in between repeats none.
#include <algorithm>

#include "state/keys.h"
#include "state/state.h"

namespace tocsin {

// New rules, where others have counted before.
void State::order_backfill(std::vector<std::uint32_t> states) {
  const bool counted = std::any_of(partitions_.begin(), partitions_.end(),
                                   [](const auto& row) { return row.position.next_offset > 0; });
  if (states.empty() || !counted || presumed_time() == StreamTime::kUnset) return;
  Backfill order;
  order.states = std::move(states);
  std::sort(order.states.begin(), order.states.end());
  for (const auto& row : partitions_) order.until.push_back(row.position.next_offset);
  order.time = presumed_time();
  backfills_.push_back(std::move(order));
  put_backfills();
}

void State::put_backfills() {
  if (backfills_.empty()) {
    batch_.erase(key::meta("backfill"));
  } else {
    batch_.put(key::meta("backfill"), encode_backfills(backfills_));
  }
}

Result<void> State::load_backfills() {
  const auto row = store_.get(key::meta("backfill"));
  if (!row) return tl::unexpected(row.error());
  if (*row && !decode_backfills(**row, backfills_)) {
    return stop("the state is damaged: a backfill");
  }
  return {};
}

std::optional<BackfillStart> State::begin_backfill(bool counts) {
  if (backfills_.empty()) return std::nullopt;
  if (counts) {
    ++backfills_.front().lives;
    put_backfills();
  }
  BackfillStart start;
  start.order = backfills_.front();
  for (const auto& row : partitions_) start.first.push_back(row.first_offset);
  for (std::size_t i = 0; i < in_force_; ++i) start.states.push_back(rules_[i]->row.id);
  return start;
}

Result<Committed> State::fill(const BackfillChunk& chunk, WallTime now) {
  if (backfills_.empty() || backfills_.front().states != chunk.states) {
    return retry("the backfill is not the one that was begun");
  }
  if (chunk.last) {
    backfills_.erase(backfills_.begin());
  } else {
    backfills_.front().cursor = chunk.cursor;
  }
  put_backfills();
  // Rules that were taken out since are left as they are.
  std::vector<Delta> deltas;
  for (Delta delta : chunk.deltas) {
    const auto known = by_id_.find(chunk.states[delta.rule]);
    if (known == by_id_.end() || retired(*known->second)) continue;
    delta.rule = static_cast<std::uint32_t>(known->second->index);
    deltas.push_back(delta);
  }
  Work work;
  work.deltas = deltas;
  return commit({.work = std::span(&work, 1),
                 .now = now,
                 .catching_up = true,
                 .sync = chunk.last ? Sync::yes : Sync::no,
                 .backfilling = true});
}

}  // namespace tocsin
