// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hash/fingerprint.h"
#include "state/id_set.h"
#include "tocsin/result.h"
#include "tocsin/store.h"

// Ids as they lie in the store once they have left the memory (docs/formats/state.md). A run is
// what was in memory at a time; some runs make a generation, which has one filter.
namespace tocsin {

Error damaged_ids(std::string_view what);  // stop

struct IdBucket {
  std::uint32_t generation = 0, bucket = 0;
};

std::string id_page_key(const IdBucket& bucket, std::uint32_t run);
std::string encode_id_page(std::span<const IdSet::Slot> ids);
// False: not what encode_id_page() wrote.
bool decode_id_page(std::string_view bytes, const std::function<void(const Fingerprint&)>& each);

// If the print is in one of the bucket's pages, claimed at a time that is `live`: at which cost
// (ClaimedId's). Any thread.
Result<std::optional<std::uint16_t>> find_id(
    const Snapshot& store, const IdBucket& bucket, const Fingerprint& print,
    const std::function<bool(std::uint32_t partition, std::int64_t second)>& live);

using LastSeconds = std::map<std::uint32_t, std::int64_t>;  // by partition
// What a stamp of 2099 claimed is forgotten at once, and must not take those of today with it: over
// a year apart, the earlier is the last.
inline void raise(LastSeconds& last, std::uint32_t partition, std::int64_t second) {
  auto& latest = last.try_emplace(partition, second).first->second;
  if (second > latest + IdSet::kYear) return;
  latest = latest > second + IdSet::kYear ? second : std::max(latest, second);
}

struct IdGenerationRow {
  enum class Phase : std::uint8_t {
    open,    // takes runs; the filter is made from the pages at a start
    closed,  // the same, but it takes none
    stored,  // so is its filter
    ending,  // its rows are being erased
  };
  std::uint32_t number = 0;
  Phase phase = Phase::open;
  std::size_t capacity = 0;  // ids its filter is made for
  std::uint32_t buckets = 0;
  std::uint32_t runs = 0;  // begun
  std::size_t ids = 0;     // of runs that are complete
  LastSeconds last_second;
};

std::string id_generation_key(std::uint32_t generation);
std::string encode_id_generation(const IdGenerationRow& row);
bool decode_id_generation(std::string_view bytes, IdGenerationRow& row);

// All ids of commits up to this one are in runs: their rows are left to be erased.
std::string encode_ids_archived(std::uint64_t commit);
bool decode_ids_archived(std::string_view bytes, std::uint64_t& commit);

// Filters are stored in parts.
inline constexpr std::size_t kFilterPartWords = 8192;
std::size_t filter_parts(std::size_t capacity);
std::string id_filter_key(std::uint32_t generation, std::size_t part);
std::string encode_id_filter(const IdFilter& filter, std::size_t part);
bool decode_id_filter(std::string_view bytes, std::size_t part, IdFilter& filter);

}  // namespace tocsin
