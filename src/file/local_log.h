// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "file/log_reader.h"
#include "tocsin/clock.h"
#include "tocsin/ingest.h"
#include "tocsin/time.h"

namespace tocsin {

struct LocalLogConfig {
  std::string folder{};           // made if it is not there
  std::int64_t least_offset = 0;  // where the state goes on
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  std::uint64_t kept_bytes = std::uint64_t{256} << 20;  // of segments that are counted
  std::uint64_t reserve = 0;                            // bytes of the disk that are left to others
};

// An append-only log of records in segments (docs/formats/local-log.md). Those who wait at a time
// share one write and one fdatasync, by one of their threads. One process has it open.
class LocalLog final : public IngestLog {
 public:
  // Cuts off what a death left unfinished at its end; what is there behind that is synced. A log
  // that ends before least_offset (an old copy) goes on there. stop: it cannot be read or written.
  static Result<std::unique_ptr<LocalLog>> open(LocalLogConfig config, const Clock& clock);
  LocalLog(const LocalLog&) = delete;
  LocalLog& operator=(const LocalLog&) = delete;

  Result<void> append(std::span<const std::string_view> records) override;

  const std::string& folder() const { return config_.folder; }
  // Offsets of the first record there is, and behind the last that is durable. Any thread.
  std::int64_t start() const;
  std::int64_t end() const;
  // Waits until end() is greater than `offset`, at most `wait`; end(). Any thread.
  std::int64_t wait_beyond(std::int64_t offset, Millis wait) const;
  // Why nothing can be written any more, ever; nothing: all is well. Any thread.
  std::optional<std::string> failure() const;
  // All before `next_offset` is counted for good: segments of it go, but the newest kept_bytes. Any
  // thread.
  void counted(std::int64_t next_offset);

 private:
  struct Waiting {
    std::span<const std::string_view> records;
    std::size_t bytes = 0;
    bool done = false;
    std::optional<Error> error;
  };

  LocalLog(LocalLogConfig config, const Clock& clock) : config_(std::move(config)), clock_(clock) {}
  Result<void> recover();
  Result<void> take_up(const Segment& last);
  Result<void> roll();
  bool room(std::uint64_t bytes) const;
  std::vector<Waiting*> take_group();
  Result<void> write(const std::vector<Waiting*>& group);
  Result<void> write_frame();
  void fail(const std::string& why);

  const LocalLogConfig config_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  mutable std::condition_variable written_;  // a group is; end_ rose, or it failed
  std::vector<Waiting*> waiting_;            // guarded by mutex_, as all down to failure_
  bool leading_ = false;                     // one of them writes
  std::vector<Segment> segments_;
  std::int64_t end_ = 0;
  std::optional<std::string> failure_;

  // Of the one who leads; between two of them mutex_ is taken.
  OpenFile file_;
  std::uint64_t size_ = 0;  // of file_
  std::string frame_;
};

}  // namespace tocsin
