// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tocsin/result.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// What an event's cost depends on beside the event: a price list, and what the configuration
// chooses. The state keeps it as bytes, and so what an event cost when it was counted can be known
// later, by another program and after an edit of all files.
struct Tariff {
  std::string list;                          // hex hash of `bytes`
  std::string choice;                        // of the configuration, as text
  std::shared_ptr<const std::string> bytes;  // PriceList::bytes(); null where only names are asked

  bool is(const Tariff& other) const { return list == other.list && choice == other.choice; }
};
Tariff make_tariff(std::string list_bytes, std::string choice);

// From where on which rules and prices judged.
struct Version {
  std::uint64_t commit = 0;                                // the first by it
  std::string rules;                                       // hash of their texts
  std::vector<std::pair<std::uint32_t, std::int64_t>> at;  // next offset of each partition then
  // The rest is absent in rows of an earlier format, and where nobody prices.
  std::optional<Tariff> tariff;         // without bytes
  std::vector<std::uint32_t> in_force;  // StateRow::id, rising
  EventTime time{};                     // the newest stream time then

  // Are the partition's records from `offset` on, up to a later version's, counted by it? Of a
  // partition not known then all are.
  bool holds(std::uint32_t partition, std::int64_t offset) const;
};
std::string encode_version(const Version& version);
bool decode_version(std::string_view bytes, Version& version);

// Oldest first. stop: the state is damaged.
Result<std::vector<Version>> read_versions(const Snapshot& store);

}  // namespace tocsin
