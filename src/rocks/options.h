// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/options.h>

#include <cstddef>

namespace tocsin::rocks {

// How the state is kept, for a budget of `memory` bytes. Not used, for 7.8.3 has defects there:
// DeleteRange, several column families, compressed or recycled or archived logs, manual WAL
// flushing, track_and_verify_wals_in_manifest, async_io, SetOptions, file ingestion, blob files.
rocksdb::Options options_for(std::size_t memory);

}  // namespace tocsin::rocks
