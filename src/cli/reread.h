// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/source_reader.h"
#include "event/decoder.h"
#include "rule/config.h"
#include "state/codec.h"
#include "tocsin/clock.h"
#include "tocsin/log.h"
#include "tocsin/source.h"
#include "tocsin/store.h"

namespace tocsin {

// A store in a folder of its own, which is emptied before and gone when we are; for ids of records
// that are read once more.
class ScratchStore {
 public:
  static Result<std::unique_ptr<ScratchStore>> make(const std::string& folder);
  ~ScratchStore();
  ScratchStore(const ScratchStore&) = delete;
  ScratchStore& operator=(const ScratchStore&) = delete;
  Store& store() { return *store_; }

 private:
  explicit ScratchStore(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
  std::unique_ptr<Store> store_;
};

// Reads the partitions once more, side by side by the stamps of their records, up to where the
// engine was. One thread.
class Reread {
 public:
  struct Setup {
    const Config& config;
    const Clock& clock;
    Log& log;
    std::vector<PartitionRow> partitions;  // by id
    std::vector<std::int64_t> until;
    EventTime since{};
  };
  // Who gets the records: each partition is made known before its first.
  struct Into {
    std::function<void(std::uint32_t, const std::string& source, const RecordFormat&)> add_lane;
    std::function<Result<void>(const Record&, std::uint32_t partition)> take;
  };
  explicit Reread(Setup setup) : setup_(std::move(setup)) {}

  Result<void> open(const Into& into);
  // Hands on some records of the partition that is furthest behind. False: all is read.
  Result<bool> read_some(const Into& into);

  std::uint64_t records() const { return records_; }
  std::uint64_t of() const;  // how many there are, as far as it is known
  std::optional<EventTime> oldest() const { return oldest_; }
  // Nothing was ever before the first records of any partition.
  bool from_the_beginning() const;

 private:
  struct Lane {
    std::uint32_t partition = 0;
    std::int64_t until = 0;
    Pull pull;
    EventTime time{};  // the newest stamp
    std::optional<std::int64_t> first{};
    bool done = false;
  };
  void note(Lane& lane, const Record& record);

  Setup setup_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<Lane> lanes_;
  std::uint64_t records_ = 0;
  std::optional<EventTime> oldest_;
};

}  // namespace tocsin
