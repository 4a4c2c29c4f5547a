// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tocsin {

// The steps between a record read and a message delivered, and those of a start. At either edge of
// each the process may die without harm; tests/crash has it die there.
enum class CrashStep : std::uint8_t {
  apply,       // State: deltas to cells, cells to rungs
  panes,       // cells of panes get keys of their own
  journal,     // the commit's journal row is made
  close,       // cells of closed windows become pages
  trim,        // cells are spilled so that old journal rows can go
  evict,       // cold cells leave the memory
  drain,       // cells of rules taken out are spilled
  expire,      // windows and alerts past the retention go
  rows,        // alerts, outbox, ids, positions are added
  commit,      // the batch is handed to the store
  write,       // RocksStore: an unsynced write
  sync,        // a synced one
  seal,        // a log is synced before another follows it
  tell,        // Engine: what was committed is handed to the notifier
  mirror,      // offsets are mirrored to the source
  quarantine,  // what was set aside is written down
  accept,      // a reload: the new rules get their states
  exchange,    // and take the old ones' place
  correct,     // a re-pricing: cells are put right
  compose,     // Notifier: what is to be sent is stored, synced
  send,        // a message is handed to the transport
  answer,      // what was answered becomes marks
  mark,        // the marks are stored
  park,        // a message nobody took is set aside
  leave,       // what is composed when it is told to stop is stored
  open,        // a start: the database is opened
  meta,        // and read, kind by kind
  positions,
  rules,
  ids,
  cells,
  recover,  // the journal is laid over the cells
  outbox,   // the notifier takes up what is left to tell
  // Of the local log, whose writers know nothing of the engine.
  log_append,  // a frame is written
  log_sync,    // and synced, so that it may be answered
  log_roll,    // the next segment is made
  log_delete,  // a segment that is counted goes
};

constexpr std::string_view kCrashSteps[] = {
    "apply",  "panes",      "journal",  "close",     "trim",      "evict",  "drain",  "expire",
    "rows",   "commit",     "write",    "sync",      "seal",      "tell",   "mirror", "quarantine",
    "accept", "exchange",   "correct",  "compose",   "send",      "answer", "mark",   "park",
    "leave",  "open",       "meta",     "positions", "rules",     "ids",    "cells",  "recover",
    "outbox", "log_append", "log_sync", "log_roll",  "log_delete"};
static_assert(std::size(kCrashSteps) == static_cast<std::size_t>(CrashStep::log_delete) + 1);
// Those of the engine come first.
constexpr std::size_t kEngineCrashSteps = static_cast<std::size_t>(CrashStep::outbox) + 1;

enum class CrashEdge : std::uint8_t { before, after };

// What happens at a crash point; in the product nothing. Set by tests, before any thread is begun.
using CrashHook = void (*)(CrashStep step, CrashEdge edge);
inline constinit CrashHook crash_hook = nullptr;

// A test of one pointer, once a commit, a write or a message; never once an event.
inline void crash_point(CrashStep step, CrashEdge edge) {
  if (crash_hook != nullptr) [[unlikely]] {
    crash_hook(step, edge);
  }
}

// Both edges of a step that is one block: it begins here and ends, well or not, with the block.
class CrashSpan {
 public:
  explicit CrashSpan(CrashStep step) : step_(step) { crash_point(step, CrashEdge::before); }
  ~CrashSpan() { crash_point(step_, CrashEdge::after); }
  CrashSpan(const CrashSpan&) = delete;
  CrashSpan& operator=(const CrashSpan&) = delete;

 private:
  const CrashStep step_;
};

}  // namespace tocsin
