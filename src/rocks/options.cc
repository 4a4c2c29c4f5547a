// SPDX-License-Identifier: Apache-2.0
#include "rocks/options.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>

namespace tocsin::rocks {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kMemoryMin = 16 * kMiB;
constexpr int kBloomBitsPerKey = 10;
constexpr int kCacheShardBits = 2;

bool supported(rocksdb::CompressionType type) {
  const auto types = rocksdb::GetSupportedCompressions();
  return std::find(types.begin(), types.end(), type) != types.end();
}

rocksdb::BlockBasedTableOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 16 * 1024;
  // Else the memory of indexes and filters would grow with the state, outside the budget.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.whole_key_filtering = true;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  return table;
}

// Journal rows are large and die young. A flush drops what was deleted while still in memory, so
// the bigger the write buffer, the less of the journal ever reaches a table.
void set_write_path(rocksdb::Options& options, std::size_t memory) {
  options.write_buffer_size = std::min(memory / 2, 64 * kMiB);
  options.max_write_buffer_number = 4;
  options.max_background_jobs = 2;
  // Written back steadily, so that a synced commit doesn't wait for all that came before it: with
  // 70 MB/s of journal its fsync took 3 ms instead of 12.
  options.wal_bytes_per_sync = kMiB;
  options.bytes_per_sync = kMiB;
  options.target_file_size_base = 32 * kMiB;
  options.max_bytes_for_level_base = 256 * kMiB;
  options.compression = rocksdb::kNoCompression;
  options.bottommost_compression =
      supported(rocksdb::kLZ4Compression) ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

void set_housekeeping(rocksdb::Options& options) {
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_log_file_size = 4 * kMiB;
  options.keep_log_file_num = 3;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
}

}  // namespace

rocksdb::Options options_for(std::size_t memory) {
  memory = std::max(memory, kMemoryMin);
  const auto cache = rocksdb::NewLRUCache(memory, kCacheShardBits);
  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.max_open_files = -1;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(cache)));
  options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(memory / 4 * 3, cache);
  set_write_path(options, memory);
  set_housekeeping(options);
  return options;
}

}  // namespace tocsin::rocks
