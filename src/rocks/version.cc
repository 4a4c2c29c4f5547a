// SPDX-License-Identifier: Apache-2.0
#include "rocks/version.h"

#include <rocksdb/version.h>

namespace tocsin {

std::string rocks_library_version() { return rocksdb::GetRocksVersionAsString(true); }

}  // namespace tocsin
