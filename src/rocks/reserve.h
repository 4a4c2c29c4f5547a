// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "tocsin/disk_room.h"

namespace tocsin::rocks {

// What is kept free beside the database, so that what it has in memory can be stored and what went
// wrong can be told: its write buffers fit in `memory` bytes. A quarter of the reserve, at most
// 32 MiB, is held as a file of that size and given up when the disk is all but full, whoever filled
// it. One thread at a time.
class Reserve {
 public:
  Reserve(std::string path, std::size_t memory);

  // As of now. Makes the file when there is plenty of room and gives it up when there is none.
  // Unreadable: as if all were free, for then every write will say what is wrong.
  DiskRoom look();
  // Only gives it up; before the database is opened.
  void give_up_if_full();

 private:
  std::uint64_t free() const;
  void make();

  const std::string directory_;
  const std::string file_;
  const std::uint64_t reserve_;
};

}  // namespace tocsin::rocks
