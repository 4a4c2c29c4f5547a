// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "state/id_pages.h"
#include "state/id_set.h"
#include "tocsin/result.h"
#include "tocsin/store.h"

namespace tocsin {

// What the store holds of the ids seen. A commit's ids are one row, from which a start restores the
// newest; when they are many, what is in memory is frozen, written over some commits as a run of
// pages, and dropped with those rows. The state thread.
class IdArchive {
 public:
  // Both outlive it; nobody claims while it is made or goes.
  IdArchive(const Snapshot& store, IdSet& ids, IdSet::Limits limits)
      : store_(store), ids_(ids), limits_(limits) {}

  // Fills the set from the store. Its stored stream times are set before. stop: damaged.
  Result<void> load();

  // Adds a commit's rows to its batch: its ids, and what is due of the rest. The stored stream
  // times are as of this commit.
  using Claims = std::span<const std::span<const ClaimedId>>;
  void write(std::uint64_t commit, Claims claims, WriteBatch& batch);
  // The batch is stored.
  void stored();

  // Ids remembered; some have expired, but are not erased yet.
  std::size_t size() const { return log_ids_ + archived_; }
  std::size_t filter_bytes() const { return filter_bytes_; }
  // Ids forgotten before their horizon since this was last called, for there were too many.
  std::size_t take_forgotten() { return std::exchange(forgotten_, 0); }

 private:
  // The ids of some commits in a row, one row each.
  struct LogRows {
    std::uint64_t first = 0, last = 0;  // commits
    std::size_t ids = 0;
    LastSeconds last_second;
  };
  struct Generation {
    explicit Generation(IdGenerationRow of)
        : row(std::move(of)), ids(row.number, row.capacity, row.buckets) {}
    IdGenerationRow row;
    IdGeneration ids;
    std::size_t parts_stored = 0;  // of the filter
  };
  struct Ending {
    IdGenerationRow row;
    std::size_t erased = 0;  // keys
  };
  // What was frozen, on its way to the store.
  struct Run {
    std::uint64_t through = 0;    // the commit after which it was frozen
    std::uint64_t claims = 0;     // it holds
    std::uint64_t committed = 0;  // of them
    Generation* into = nullptr;   // absent: not all are committed yet
    std::uint32_t number = 0;     // of the generation's runs
    std::size_t shard = 0;
    std::vector<IdSet::Slot> sorted;  // the shard's, by bucket
    std::vector<std::size_t> ends;    // of its buckets in there; empty: not sorted yet
    std::size_t bucket = 0;           // the shard's next one
    std::size_t ids = 0;
    LastSeconds last_second;
    bool complete = false;
  };

  Result<void> load_generations();
  Result<void> load_filter(Generation& of);
  Result<void> load_log();
  void add_log(std::uint64_t commit, LogRows rows);
  std::size_t log(std::uint64_t commit, Claims claims, WriteBatch& batch);
  void expire_log(WriteBatch& batch);
  void erase_log(WriteBatch& batch);

  bool expired(const LastSeconds& last) const;
  void expire_generations(WriteBatch& batch);
  void end(std::size_t index, WriteBatch& batch);
  void erase_ending(WriteBatch& batch);
  void store_filters(WriteBatch& batch);

  void freeze(std::uint64_t commit);
  void begin_run(WriteBatch& batch);
  Generation& begin_generation(std::size_t ids, WriteBatch& batch);
  void write_pages(std::size_t most, WriteBatch& batch);
  void sort_shard();
  void complete_run(WriteBatch& batch);
  static void put(const IdGenerationRow& row, WriteBatch& batch);

  const Snapshot& store_;
  IdSet& ids_;
  const IdSet::Limits limits_;

  std::deque<LogRows> log_;
  std::size_t log_ids_ = 0;
  std::size_t log_cursor_ = 0;  // the rows to look at next
  bool log_closed_ = false;     // further commits are not added to its last
  // Commits whose ids are in runs, their rows still to be erased: first and last.
  std::deque<std::pair<std::uint64_t, std::uint64_t>> logged_twice_;

  std::uint64_t committed_ = 0;  // claims since the last freeze
  std::optional<Run> run_;
  std::deque<std::unique_ptr<Generation>> generations_;  // oldest first
  std::deque<Ending> ending_;
  std::uint32_t last_generation_ = 0;
  std::size_t archived_ = 0;  // ids
  std::size_t filter_bytes_ = 0;
  std::size_t forgotten_ = 0;
};

}  // namespace tocsin
