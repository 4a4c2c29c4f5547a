// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alert/fold.h"
#include "state/unpriced.h"
#include "state/version.h"
#include "tocsin/money.h"
#include "tocsin/result.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// What is to be priced again: what came with records stamped from `since` on.
struct RepricingRequest {
  EventTime since{};
  bool unpriced_only = false;  // of what happened since then, what had no price
  std::uint64_t lives = 1;     // processes that have begun it: one that kills them ends some time
};

// One that was done: what a part of the records cost from then on.
struct RepricingRow {
  struct Range {
    std::uint32_t partition = 0;
    std::int64_t from = 0, until = 0;  // offsets
  };
  std::uint64_t commit = 0;
  RepricingRequest request;
  Tariff tariff;                        // without bytes
  std::vector<Range> ranges;            // by partition
  std::vector<std::uint32_t> in_force;  // states whose cells were put right, rising
  EventTime time{};                     // the newest stream time then: windows open at it
  // Without bytes: lists that nobody knew then. What cost by one of them was left as it was.
  std::vector<Tariff> unknown;
  // Of the requests whose cost changed by it.
  std::uint64_t requests = 0;
  Money before, after;

  bool holds(std::uint32_t partition, std::int64_t offset) const;
  bool knew(const Tariff& tariff) const;
};
std::string encode_repricing(const RepricingRow& row);
bool decode_repricing(std::string_view bytes, RepricingRow& row);

// Those done, oldest first. stop: the state is damaged.
Result<std::vector<RepricingRow>> read_repricings(const Snapshot& store);
// What was asked for and is neither done nor given up.
Result<std::optional<RepricingRequest>> pending_repricing(const Snapshot& store);
std::string encode_request(const RepricingRequest& request);

// What a re-pricing starts from: all before these positions is counted, all from there on by
// `tariff` and these rules.
struct RepricingStart {
  std::uint64_t version = 0;          // Version::commit of what is in force
  std::vector<std::int64_t> first;    // offset of the first record ever read, by partition id
  std::vector<std::int64_t> until;    // next offset, by partition id
  std::vector<std::uint32_t> states;  // StateRow::id by index in the rule set
  EventTime time = EventTime::min();  // the newest stream time: windows that end later are open
  Tariff tariff;                      // without bytes
};

// Requests whose price came or went by it, by day and model.
struct PriceTurns {
  UnpricedRows came;   // had none, and have one now
  UnpricedRows again;  // had none at first and one since, and have none now
  UnpricedRows gone;   // always had one, and have none now
};

// What it found: what cells are to get more, or less.
struct Corrections {
  std::uint64_t version = 0;          // as in RepricingStart
  std::span<const Delta> deltas;      // their requests do not count
  const PriceTurns* turns = nullptr;  // none
  RepricingRow row;
};

}  // namespace tocsin
