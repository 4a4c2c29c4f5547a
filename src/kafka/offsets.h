// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "kafka/handles.h"
#include "tocsin/result.h"
#include "tocsin/source.h"
#include "tocsin/time.h"

namespace tocsin::kafka {

// What to look up by; any other value is a record timestamp in ms.
inline constexpr std::int64_t kLogStart = RD_KAFKA_OFFSET_BEGINNING;
inline constexpr std::int64_t kLogEnd = RD_KAFKA_OFFSET_END;

// The offset of each partition's log start, or end (of what is committed), or first record stamped
// at or after a time; partitions the broker gave no answer for are absent, and so are those without
// a record that late. Blocks, at most `timeout`. retry: no answer at all.
// rd_kafka_query_watermark_offsets would do the same one by one, but ignores its timeout.
Result<std::map<PartitionName, std::int64_t>> look_up(rd_kafka_t* client,
                                                      std::span<const PartitionName> partitions,
                                                      std::int64_t what, Millis timeout);

// The same where an answer of every partition is needed: what is absent has no record that late.
// retry: not all of them answered.
Result<std::map<PartitionName, std::int64_t>> look_up_all(rd_kafka_t* client,
                                                          std::span<const PartitionName> partitions,
                                                          std::int64_t what, Millis timeout);

}  // namespace tocsin::kafka
