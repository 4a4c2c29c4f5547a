// SPDX-License-Identifier: Apache-2.0
#include "rocks/log_order.h"

#include "tocsin/crash_point.h"

namespace tocsin::rocks {

void LogOrder::OnMemTableSealed(const rocksdb::MemTableInfo& /*info*/) {
  rocksdb::DB* const db = db_;
  if (db == nullptr) return;
  const CrashSpan span(CrashStep::seal);
  const rocksdb::Status synced = db->SyncWAL();
  if (!synced.ok()) failure_->keep(synced);
  marks_.sealed();
}

}  // namespace tocsin::rocks
