// SPDX-License-Identifier: Apache-2.0
#include "rocks/info_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace tocsin::rocks {
namespace {

constexpr std::size_t kLineMax = 4096;  // a longer one is cut

std::size_t write_time(std::array<char, kLineMax>& line) {
  std::int64_t now = 0;
  if (!rocksdb::Env::Default()->GetCurrentTime(&now).ok()) return 0;
  const std::time_t seconds = now;
  std::tm utc{};
  if (::gmtime_r(&seconds, &utc) == nullptr) return 0;
  return std::strftime(line.data(), line.size(), "%Y-%m-%dT%H:%M:%SZ ", &utc);
}

}  // namespace

InfoLog::InfoLog(const std::string& path)
    : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), file_(path + "/LOG") {
  begin();
}

InfoLog::~InfoLog() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void InfoLog::begin() {
  if (descriptor_ >= 0) ::close(descriptor_);
  static_cast<void>(std::rename(file_.c_str(), (file_ + ".old").c_str()));
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  size_ = 0;
}

void InfoLog::Logv(const char* format, std::va_list arguments) {
  std::array<char, kLineMax> line;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const std::size_t prefix = write_time(line);
  const int said = std::vsnprintf(line.data() + prefix, line.size() - prefix, format, arguments);
  if (said < 0) return;
  std::size_t size = std::min(prefix + static_cast<std::size_t>(said), line.size() - 1);
  if (line[size - 1] != '\n') line[size++] = '\n';  // over the end of the text
  const std::lock_guard lock(mutex_);
  if (size_ + size > kSizeMax) begin();
  if (descriptor_ >= 0 && ::write(descriptor_, line.data(), size) > 0) size_ += size;
}

}  // namespace tocsin::rocks
