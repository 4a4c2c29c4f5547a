// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tocsin/money.h"
#include "tocsin/row.h"
#include "tocsin/time.h"

namespace tocsin {

// Requests whose cost no price of their own tells, as people are told of them once a day. All texts
// but rules are from events.
struct UnpricedModel {
  std::string model;            // "openai/gpt-6-nano"
  std::string service;          // of unmetered requests; may be empty
  std::uint64_t requests = 0;   // all of them, less those that were priced later
  std::uint64_t partial = 0;    // of these: a unit of a known model has no price
  std::uint64_t estimated = 0;  // of these: counted as `like`
  EventTime since{};
  std::uint64_t input_tokens = 0, output_tokens = 0;
  std::vector<std::string> lacking;  // units without a price, of partial ones
  std::string like;                  // what unknown_model names
  Money estimate;                    // what they are counted as
  // By falling number of requests.
  std::vector<std::pair<std::string, std::uint64_t>> services;
  struct Like {
    std::string model;
    Money cost;
  };
  std::vector<Like> likes;  // what the others would cost as these
  struct Budget {
    std::string rule, group;  // group: for people, may be empty
    std::optional<std::uint64_t> percent;
  };
  std::vector<Budget> budgets;  // that they would be in

  // In no budget at all.
  std::uint64_t uncounted() const { return requests - std::min(requests, partial + estimated); }
};

struct UnpricedReport {
  bool unmetered = false;    // neither usage nor cost; else no price
  std::string zone = "UTC";  // of its times
  WallTime at{};
  std::vector<UnpricedModel> models;  // by falling number of requests
};

// The first line, without its mark and not yet cut: "No price for openai/gpt-6-nano: 1,240 requests
// since 09:12 are in no budget".
std::string unpriced_text(const UnpricedReport& report);

void write_unpriced(RowWriter& out, const UnpricedReport& report);
UnpricedReport read_unpriced(RowReader& in);

}  // namespace tocsin
