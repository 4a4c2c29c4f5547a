// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tocsin/result.h"

namespace tocsin::rocks {

// Makes `path` (0700) and its parents if it doesn't exist. reject: it can't be made or used, others
// may write to it, or what lies in it is not ours to write beside. stop: the disk can't be read.
Result<void> prepare_directory(const std::string& path);

// Is there a database in `path`?
bool holds_database(const std::string& path);

// " (process 4711)": who holds the lock of the database in `path`; empty if that can't be told. Not
// if this process itself may hold it: looking would release the lock.
std::string lock_holder(const std::string& path);

}  // namespace tocsin::rocks
