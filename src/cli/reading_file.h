// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "cli/last_death.h"
#include "tocsin/reading_guard.h"
#include "tocsin/result.h"
#include "tocsin/source.h"

namespace tocsin {

// What is known of a partition's reading; offsets are -1 for none. All zero: not used yet.
struct ReadingSlot {
  std::array<char, 256> topic;  // zero-ended; longer names are not watched
  std::int32_t partition;
  std::uint32_t used;
  std::int64_t unproven_at;              // begun there, and not known to have come past it
  std::int64_t died_at;                  // where it was unproven when the process died last
  std::int64_t deadly_at;                // the record under way then
  std::int64_t halted_at;                // not read any more from here on: a person must decide
  std::atomic<std::int64_t> skip_until;  // what the person decided; written by another process
  std::uint32_t deaths;                  // one after another at died_at
  std::uint32_t record_deaths;           // and at deadly_at
  std::array<char, 200> reserved;
};
static_assert(sizeof(ReadingSlot) == 512 && std::atomic<std::int64_t>::is_always_lock_free);

// The file `reading` of a state directory, mapped, so that what is written to it survives the death
// of the process without a system call. docs/formats/state.md has its layout. Any thread as far as
// its elements are atomic; the rest is the caller's to guard.
class ReadingFile {
 public:
  static constexpr const char* kName = "reading";
  static constexpr std::size_t kMarks = 64;
  static constexpr std::size_t kSlots = 1'015;

  // Makes it if it is not there. stop: it cannot be made or mapped, or is something else.
  static Result<ReadingFile> open(const std::string& path);
  // Only if it is there; reject if not.
  static Result<ReadingFile> open_existing(const std::string& path);

  std::span<RecordMark, kMarks> marks() const { return layout_->marks; }
  std::span<ReadingSlot, kSlots> slots() const { return layout_->slots; }
  LifeNote& life() const { return layout_->life; }
  // -1: there is none.
  std::int32_t find(const PartitionName& partition) const;
  // -1: the file is full, or the name too long.
  std::int32_t find_or_add(const PartitionName& partition);
  // It survives the death of the machine on return, as far as the disk does. May block.
  void sync() const;

 private:
  struct Layout {
    std::array<char, 64> title;
    std::array<RecordMark, kMarks> marks;
    LifeNote life;
    std::array<char, 4096 - 64 - kMarks * sizeof(RecordMark) - sizeof(LifeNote)> reserved;
    std::array<ReadingSlot, kSlots> slots;
  };
  struct Unmap {
    void operator()(Layout* layout) const noexcept;
  };
  static Result<ReadingFile> map(const std::string& path, int flags);
  explicit ReadingFile(Layout* layout) : layout_(layout) {}

  std::unique_ptr<Layout, Unmap> layout_;
};

inline PartitionName name_of(const ReadingSlot& slot) {
  return {slot.topic.data(), slot.partition};
}

}  // namespace tocsin
