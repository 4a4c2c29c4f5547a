// SPDX-License-Identifier: Apache-2.0
#include "cli/reading_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace tocsin {
namespace {

constexpr std::string_view kTitle = "tocsin reading 1\n";

struct Descriptor {
  int number;
  explicit Descriptor(int opened) : number(opened) {}
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

Error cannot(const std::string& path, int error) {
  if (error == ENOSPC) {
    return {Reaction::stop, path + ": the disk is full; free some space and start again"};
  }
  return {Reaction::stop, path + " cannot be used: " + std::generic_category().message(error) +
                              "; give Tocsin's user the state directory"};
}

}  // namespace

void ReadingFile::Unmap::operator()(Layout* layout) const noexcept {
  ::munmap(layout, sizeof(Layout));
}

Result<ReadingFile> ReadingFile::open(const std::string& path) {
  return map(path, O_RDWR | O_CREAT | O_CLOEXEC);
}

Result<ReadingFile> ReadingFile::open_existing(const std::string& path) {
  if (::access(path.c_str(), R_OK | W_OK) != 0) {
    return reject(path + " cannot be read: " + std::generic_category().message(errno));
  }
  return map(path, O_RDWR | O_CLOEXEC);
}

Result<ReadingFile> ReadingFile::map(const std::string& path, int flags) {
  const Descriptor file(::open(path.c_str(), flags, 0600));
  if (file.number < 0) return tl::unexpected(cannot(path, errno));
  struct stat status {};
  if (::fstat(file.number, &status) != 0) return tl::unexpected(cannot(path, errno));
  const bool made = status.st_size == 0;
  if (!made && status.st_size != static_cast<off_t>(sizeof(Layout))) {
    return stop(path + " is no file of Tocsin's; move it away");
  }
  // Room for all of it now: a full disk is a signal that kills when a mapped page is written.
  if (const int error = ::posix_fallocate(file.number, 0, sizeof(Layout)); error != 0) {
    return tl::unexpected(cannot(path, error));
  }
  void* mapped =
      ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0);
  if (mapped == MAP_FAILED) return tl::unexpected(cannot(path, errno));
  ReadingFile opened(static_cast<Layout*>(mapped));
  auto& title = opened.layout_->title;
  // A start that died half-way left zeros.
  if (made || title[0] == '\0') {
    for (RecordMark& mark : opened.marks()) mark.none();
    std::memcpy(title.data(), kTitle.data(), kTitle.size());
  }
  if (std::memcmp(title.data(), kTitle.data(), kTitle.size()) != 0) {
    return stop(path + " is no file of this Tocsin's; move it away");
  }
  return opened;
}

std::int32_t ReadingFile::find(const PartitionName& partition) const {
  for (std::size_t i = 0; i < kSlots && slots()[i].used != 0; ++i) {
    const ReadingSlot& slot = slots()[i];
    if (slot.partition == partition.partition && slot.topic.data() == partition.topic) {
      return static_cast<std::int32_t>(i);
    }
  }
  return -1;
}

std::int32_t ReadingFile::find_or_add(const PartitionName& partition) {
  if (const auto known = find(partition); known >= 0) return known;
  for (std::size_t i = 0; i < kSlots; ++i) {
    ReadingSlot& slot = slots()[i];
    if (slot.used != 0) continue;
    if (partition.topic.size() >= slot.topic.size()) return -1;
    slot.topic = {};
    std::memcpy(slot.topic.data(), partition.topic.data(), partition.topic.size());
    slot.partition = partition.partition;
    slot.unproven_at = slot.died_at = slot.deadly_at = slot.halted_at = -1;
    slot.skip_until = -1;
    slot.deaths = slot.record_deaths = 0;
    std::atomic_ref(slot.used).store(1, std::memory_order_release);
    return static_cast<std::int32_t>(i);
  }
  return -1;
}

void ReadingFile::sync() const { ::msync(layout_.get(), sizeof(Layout), MS_SYNC); }

}  // namespace tocsin
