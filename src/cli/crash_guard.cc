// SPDX-License-Identifier: Apache-2.0
#include "cli/crash_guard.h"

#include <algorithm>
#include <utility>

namespace tocsin {

CrashGuard::CrashGuard(ReadingFile file, Death death) : file_(std::move(file)) {
  count_death(death);
  for (std::size_t i = 0; i < ReadingFile::kSlots && file_.slots()[i].used != 0; ++i) {
    names_.emplace(name_of(file_.slots()[i]), static_cast<std::int32_t>(i));
  }
}

void CrashGuard::count_death(Death death) {
  for (RecordMark& mark : file_.marks()) {
    const std::int64_t offset = mark.offset;
    const std::int32_t of = mark.slot;
    mark.none();
    if (offset < 0 || of < 0 || static_cast<std::size_t>(of) >= ReadingFile::kSlots) continue;
    ReadingSlot& slot = file_.slots()[static_cast<std::size_t>(of)];
    slot.record_deaths = slot.deadly_at == offset ? slot.record_deaths + 1 : 1;
    slot.deadly_at = offset;
  }
  for (ReadingSlot& slot : file_.slots()) {
    if (slot.used == 0) break;
    const std::int64_t unproven = std::exchange(slot.unproven_at, -1);
    if (unproven < 0 || death != Death::own) continue;
    slot.deaths = slot.died_at == unproven ? slot.deaths + 1 : 1;
    slot.died_at = unproven;
  }
  file_.sync();
}

bool CrashGuard::suspects(const std::vector<PartitionRow>& partitions) {
  return std::any_of(partitions.begin(), partitions.end(), [this](const PartitionRow& row) {
    const Advice advice = advise(row.name, row.position.next_offset);
    return advice.deaths > 0 && advice.deaths < kDeathsMax && !advice.deadly;
  });
}

void CrashGuard::ended() {
  const std::lock_guard lock(mutex_);
  for (RecordMark& mark : file_.marks()) mark.none();
  for (ReadingSlot& slot : file_.slots()) {
    if (slot.used != 0 && slot.unproven_at >= 0) prove(slot);
  }
}

ReadingGuard::Advice CrashGuard::advise(const PartitionName& partition, std::int64_t next_offset) {
  const std::lock_guard lock(mutex_);
  ReadingSlot* slot = find(partition);
  Advice advice;
  if (slot == nullptr) return advice;
  if (slot->skip_until > next_offset) advice.skip_until = slot->skip_until;
  if (slot->died_at == next_offset) advice.deaths = static_cast<int>(slot->deaths);
  if (slot->deadly_at >= next_offset && slot->record_deaths > 0) {
    advice.record_suspected = slot->record_deaths < kDeathsMax;
    if (!advice.record_suspected) advice.deadly = slot->deadly_at;
  }
  return advice;
}

void CrashGuard::begins(const PartitionName& partition, std::int64_t next_offset) {
  const std::lock_guard lock(mutex_);
  ReadingSlot* slot = find_or_add(partition);
  if (slot == nullptr) return;
  if (slot->unproven_at < 0) ++unproven_;
  slot->unproven_at = next_offset;
  slot->halted_at = -1;
  if (slot->died_at == next_offset) return;
  slot->deaths = 0;
  slot->died_at = -1;
}

void CrashGuard::lets_go(const PartitionName& partition) {
  const std::lock_guard lock(mutex_);
  if (ReadingSlot* slot = find(partition)) let_go(*slot);
}

void CrashGuard::halted(const PartitionName& partition, std::int64_t next_offset) {
  const std::lock_guard lock(mutex_);
  ReadingSlot* slot = find_or_add(partition);
  if (slot == nullptr) return;
  let_go(*slot);
  slot->halted_at = next_offset;
}

bool CrashGuard::unproven(const PartitionName& partition) const {
  const std::lock_guard lock(mutex_);
  const ReadingSlot* slot = find(partition);
  return slot != nullptr && slot->unproven_at >= 0;
}

void CrashGuard::passed(const PartitionName& partition, std::int64_t next_offset) {
  const std::lock_guard lock(mutex_);
  ReadingSlot* slot = find(partition);
  if (slot != nullptr && slot->unproven_at >= 0 && next_offset > slot->unproven_at) prove(*slot);
}

void CrashGuard::at_end(const PartitionName& partition) {
  const std::lock_guard lock(mutex_);
  ReadingSlot* slot = find(partition);
  if (slot != nullptr && slot->unproven_at >= 0) prove(*slot);
}

std::int32_t CrashGuard::slot(const PartitionName& partition) {
  const std::lock_guard lock(mutex_);
  const ReadingSlot* slot = find_or_add(partition);
  return slot == nullptr ? -1 : static_cast<std::int32_t>(slot - file_.slots().data());
}

RecordMark* CrashGuard::mark(std::size_t lane) {
  return lane < ReadingFile::kMarks ? &file_.marks()[lane] : nullptr;
}

void CrashGuard::let_go(ReadingSlot& slot) {
  if (slot.unproven_at >= 0) --unproven_;
  slot.unproven_at = -1;
}

void CrashGuard::prove(ReadingSlot& slot) {
  let_go(slot);
  slot.deaths = 0;
  slot.died_at = -1;
}

ReadingSlot* CrashGuard::find(const PartitionName& partition) const {
  const auto known = names_.find(partition);
  return known == names_.end() ? nullptr : &file_.slots()[static_cast<std::size_t>(known->second)];
}

ReadingSlot* CrashGuard::find_or_add(const PartitionName& partition) {
  if (ReadingSlot* known = find(partition)) return known;
  const std::int32_t added = file_.find_or_add(partition);
  if (added < 0) return nullptr;
  names_.emplace(partition, added);
  return &file_.slots()[static_cast<std::size_t>(added)];
}

}  // namespace tocsin
