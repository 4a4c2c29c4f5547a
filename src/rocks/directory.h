// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "tocsin/result.h"

namespace tocsin::rocks {

// Makes `path` (0700) and its parents if it doesn't exist. reject: it can't be made or used, others
// may write to it, or what lies in it is not ours to write beside. stop: the disk can't be read.
Result<void> prepare_directory(const std::string& path);

// Is there a database in `path`?
bool holds_database(const std::string& path);

// Who holds the lock of the database in `path`; nothing if that can't be told. Not if this process
// itself may hold it: looking would release the lock.
std::optional<pid_t> lock_holder(const std::string& path);

// Was it killed, or does it end, and has only its memory to give back? What is gone is dying, too.
bool is_dying(pid_t process);

}  // namespace tocsin::rocks
