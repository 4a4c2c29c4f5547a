// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "file/line_reader.h"
#include "tocsin/clock.h"
#include "tocsin/source.h"

namespace tocsin {

struct FileConfig {
  std::string path;     // "-": standard input
  bool follow = false;  // wait for lines to be appended; only plain files grow
  // The end of the file is the end of the source, told as `ended`; so is a pipe's, but not a pause
  // of its writer.
  bool ends = false;
  // Where it is noted how many bytes of the file itself were read, compressed or not; outlives us.
  std::atomic<std::int64_t>* bytes_read = nullptr;
};

// The lines of a file as records of one partition, the offset being the line's number from 0; a
// blank line counts but is no record. Plain, gzip or zstd, told by the first bytes. Records have no
// timestamp.
//
// A last line without an end is handed out at the end of the file; when following, once nothing was
// appended to it for a second. With a Position the lines before it are skipped, and the last one
// delivered must be the same, else the partition is halted. Halted it is too when the data is
// damaged, and when the file is cut or replaced while it is followed: log rotation is not followed.
class FileSource final : public Source {
 public:
  // `clock` outlives the source. reject: the file cannot be opened.
  static Result<std::unique_ptr<FileSource>> open(FileConfig config,
                                                  std::optional<Position> position,
                                                  const Clock& clock);

  std::string identity() const override { return "file"; }
  std::vector<PartitionName> partitions() const override { return {{config_.path, 0}}; }
  Result<std::span<const Record>> poll(unsigned worker, std::size_t max, Millis wait,
                                       std::vector<SourceNotice>& notices) override;
  void request_end_offsets() override {}
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>>) override {}

 private:
  FileSource(FileConfig config, std::optional<Position> position, const Clock& clock,
             ByteStream stream);

  void take_lines(std::size_t max, std::vector<SourceNotice>& notices);
  void take(const Line& line, std::vector<SourceNotice>& notices);
  void read_on(std::size_t max, Millis wait, std::vector<SourceNotice>& notices);
  bool at_end(std::vector<SourceNotice>& notices);
  bool rest_is_quiet();
  void halt(std::string text, std::vector<SourceNotice>& notices);

  FileConfig config_;
  const Clock& clock_;
  Position start_;  // what was there before
  LineReader lines_;
  std::vector<Record> records_;
  bool begun_ = false;     // the first notice was given, or not due
  bool told_end_ = false;  // and nothing came since
  bool halted_ = false;
  std::size_t rest_size_ = 0;  // of the unfinished line, since rest_since_
  std::chrono::steady_clock::time_point rest_since_{};
};

}  // namespace tocsin
