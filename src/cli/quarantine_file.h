// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/batch.h"
#include "state/codec.h"
#include "tocsin/result.h"

namespace tocsin {

// Appends a JSON object a line for each record that was set aside: {reason, topic, partition,
// offset, element, timestamp, detail}. The record itself is not copied, for it may hold what must
// not be kept: its position finds it. After a crash a line can stand twice.
class QuarantineFile {
 public:
  // reject: the file cannot be written.
  static Result<QuarantineFile> open(const std::string& path);

  // stop: the file cannot be written any more.
  Result<void> write(const std::vector<SetAside>& set_aside,
                     const std::vector<PartitionRow>& partitions);

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  QuarantineFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace tocsin
