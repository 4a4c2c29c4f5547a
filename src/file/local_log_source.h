// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "file/local_log.h"
#include "file/log_reader.h"
#include "tocsin/reading_guard.h"
#include "tocsin/source.h"

namespace tocsin {

// What came over HTTP, as records of one partition; their time is when they were durable. Damage in
// the log is told as records lost.
class LocalLogSource final : public Source {
 public:
  static constexpr const char* kTopic = "@http";  // no name of a topic, nor a whole path
  static PartitionName name() { return {kTopic, 0}; }

  // Follows a log that is written to; `guard` may be null, and all outlive us. With a Position it
  // goes on there. reject: the log is not the one that Position is of. stop: it cannot be read.
  static Result<std::unique_ptr<LocalLogSource>> follow(LocalLog& log,
                                                        std::optional<Position> position,
                                                        ReadingGuard* guard);
  // Reads what is in a folder, also beside the process that writes to it.
  static Result<std::unique_ptr<LocalLogSource>> read(std::string folder, std::int64_t from);

  std::string identity() const override { return kTopic; }
  std::vector<PartitionName> partitions() const override { return {name()}; }
  Result<std::span<const Record>> poll(unsigned worker, std::size_t max, Millis wait,
                                       std::vector<SourceNotice>& notices) override;
  void request_end_offsets() override { end_asked_ = true; }
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>> next_offsets) override;

 private:
  LocalLogSource(LocalLog* log, std::string folder, std::int64_t from, ReadingGuard* guard)
      : log_(log), guard_(guard), folder_(std::move(folder)), reader_(folder_, from), next_(from) {}

  void begin(std::vector<SourceNotice>& notices);
  void halt(std::string why, std::vector<SourceNotice>& notices);
  void resume(std::vector<SourceNotice>& notices);
  void tell_end(std::vector<SourceNotice>& notices);
  Result<void> read_on(Millis wait, std::vector<SourceNotice>& notices);
  void take(const LogReader::Step& step, std::vector<SourceNotice>& notices);

  LocalLog* const log_;  // null: nobody tells how far it may be read
  ReadingGuard* const guard_;
  const std::string folder_;
  LogReader reader_;
  std::int64_t next_;            // the next to be handed out
  std::vector<Record> records_;  // of one step
  std::size_t given_ = 0;        // of them
  bool fresh_ = true;            // there was no Position
  bool begun_ = false;
  bool told_end_ = false;  // and nothing came since
  bool halted_ = false;
  std::optional<std::int64_t> deadly_;  // the record that has killed the process
  std::atomic<bool> end_asked_{false};
};

}  // namespace tocsin
