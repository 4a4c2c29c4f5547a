// SPDX-License-Identifier: Apache-2.0
// What a state of a stopped engine takes on disk once RocksDB has thrown away what was overwritten
// and deleted:
//   bench_compact DIRECTORY
// Writes the state anew with the engine's own options, and prints {"tables": bytes of all tables,
// "kinds": {kind: {"rows", "bytes"}}}, where bytes are those of keys and values as they were put.

#include <fmt/format.h>
#include <rocksdb/db.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "rocks/options.h"

namespace tocsin::bench {
namespace {

constexpr std::size_t kMemory = std::size_t{256} << 20;

struct Kind {
  std::uint64_t rows = 0, bytes = 0;
};

bool good(const rocksdb::Status& status) {
  if (!status.ok()) fmt::print(stderr, "{}\n", status.ToString());
  return status.ok();
}

bool compact(rocksdb::DB& database) {
  if (!good(database.Flush({}))) return false;
  rocksdb::CompactRangeOptions all;
  all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  return good(database.CompactRange(all, nullptr, nullptr));
}

int print(rocksdb::DB& database) {
  std::array<Kind, 256> kinds{};
  const std::unique_ptr<rocksdb::Iterator> row(database.NewIterator({}));
  for (row->SeekToFirst(); row->Valid(); row->Next()) {
    Kind& kind = kinds[static_cast<unsigned char>(row->key()[0])];
    ++kind.rows;
    kind.bytes += row->key().size() + row->value().size();
  }
  if (!good(row->status())) return 1;
  std::vector<rocksdb::LiveFileMetaData> files;
  database.GetLiveFilesMetaData(&files);
  std::uint64_t tables = 0;
  for (const auto& file : files) tables += file.size;
  std::string text;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i].rows == 0) continue;
    text += fmt::format("{}\"\\u{:04x}\":{{\"rows\":{},\"bytes\":{}}}", text.empty() ? "" : ",", i,
                        kinds[i].rows, kinds[i].bytes);
  }
  fmt::print("{{\"tables\":{},\"kinds\":{{{}}}}}\n", tables, text);
  return 0;
}

int measure(const char* path) {
  rocksdb::Options options = rocks::options_for(kMemory);
  options.create_if_missing = false;
  rocksdb::DB* opened = nullptr;
  if (!good(rocksdb::DB::Open(options, path, &opened))) return 1;
  const std::unique_ptr<rocksdb::DB> database(opened);
  return compact(*database) ? print(*database) : 1;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_compact DIRECTORY\n");
    return 64;
  }
  return tocsin::bench::measure(argv[1]);
}
