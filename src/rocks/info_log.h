// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/env.h>

#include <cstdarg>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

namespace tocsin::rocks {

// RocksDB's file LOG: what it warns of, for who looks into the state's directory. A line that
// cannot be written is dropped: RocksDB 7.8.3's own logger, as Debian builds it, aborts the process
// then. Past 4 MiB, and at each start, LOG becomes LOG.old. Any thread.
class InfoLog final : public rocksdb::Logger {
 public:
  static constexpr std::size_t kSizeMax = std::size_t{4} << 20;

  // In the directory `path`.
  explicit InfoLog(const std::string& path);
  ~InfoLog() override;

  using rocksdb::Logger::Logv;
  void Logv(const char* format, std::va_list arguments) override;

 private:
  void begin();

  const std::string file_;
  std::mutex mutex_;
  int descriptor_ = -1;
  std::size_t size_ = 0;
};

}  // namespace tocsin::rocks
