// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "cli/reading_file.h"
#include "state/codec.h"
#include "tocsin/reading_guard.h"

namespace tocsin {

// The guard over a ReadingFile. Only the process that owns the state may make one.
class CrashGuard final : public ReadingGuard {
 public:
  // Counts the death of the process before, if it ended without ended(): against the record under
  // way however it died, for that says enough; against a position only if the death was its own.
  CrashGuard(ReadingFile file, Death death);

  // Whether what killed the process may lie where one of these goes on, and is not found out yet.
  bool suspects(const std::vector<PartitionRow>& partitions);
  // The process ends in order: nothing that it read has killed it.
  void ended();

  Advice advise(const PartitionName& partition, std::int64_t next_offset) override;
  void begins(const PartitionName& partition, std::int64_t next_offset) override;
  void sync() override { file_.sync(); }
  void lets_go(const PartitionName& partition) override;
  void halted(const PartitionName& partition, std::int64_t next_offset) override;
  bool unproven(const PartitionName& partition) const override;
  std::size_t unproven_count() const override { return unproven_.load(); }
  void passed(const PartitionName& partition, std::int64_t next_offset) override;
  void at_end(const PartitionName& partition) override;
  std::int32_t slot(const PartitionName& partition) override;
  RecordMark* mark(std::size_t lane) override;

 private:
  void count_death(Death death);
  void let_go(ReadingSlot& slot);
  void prove(ReadingSlot& slot);
  ReadingSlot* find(const PartitionName& partition) const;
  ReadingSlot* find_or_add(const PartitionName& partition);

  mutable std::mutex mutex_;  // guards the slots and the names
  ReadingFile file_;
  std::map<PartitionName, std::int32_t> names_;
  std::atomic<std::size_t> unproven_{0};
};

}  // namespace tocsin
