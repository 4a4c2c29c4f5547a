// SPDX-License-Identifier: Apache-2.0
#include "rocks/reserve.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace tocsin::rocks {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t kReserveMin = 16 * kMebibyte;
constexpr std::uint64_t kFileMax = 32 * kMebibyte;

}  // namespace

Reserve::Reserve(std::string path, std::size_t memory)
    : directory_(std::move(path)),
      file_(directory_ + "/reserve"),
      reserve_(std::max<std::uint64_t>(memory, kReserveMin)) {}

std::uint64_t Reserve::free() const {
  struct statvfs status {};
  if (::statvfs(directory_.c_str(), &status) != 0) return std::numeric_limits<std::uint64_t>::max();
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

void Reserve::make() {
  const int file =
      ::open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return;  // it is there
  const auto bytes = static_cast<off_t>(std::min(reserve_ / 4, kFileMax));
  if (::posix_fallocate(file, 0, bytes) != 0) ::unlink(file_.c_str());
  ::close(file);
}

void Reserve::give_up_if_full() {
  if (free() < reserve_ / 8) ::unlink(file_.c_str());
}

DiskRoom Reserve::look() {
  std::uint64_t bytes = free();
  if (bytes < reserve_ / 8) {
    give_up_if_full();
    bytes = free();
  } else if (bytes >= 2 * reserve_ && bytes != std::numeric_limits<std::uint64_t>::max()) {
    make();
  }
  return {bytes, reserve_};
}

}  // namespace tocsin::rocks
