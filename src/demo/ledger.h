// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/decoder.h"
#include "price/price_list.h"
#include "rule/matcher.h"
#include "rule/rule.h"
#include "tocsin/money.h"

namespace tocsin::demo {

// What the requests handed over so far cost, kept apart from the engine, so that what the engine
// says can be compared with it: exact sums of each budget on spend and group, and which request
// first reached each rung. One thread; `rules` and `prices` must outlive it.
class Ledger {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  Ledger(const std::vector<Rule>& rules, const PriceList& prices);

  // A request, before it is handed to the broker at `sent`.
  void add(std::string_view json, EventTime at, SteadyTime sent);

  std::uint64_t requests() const { return requests_; }
  // Of one (rule, group by its values); zero if nothing was added.
  Money total(const std::string& rule, const std::vector<std::string>& group) const;
  // When the request was sent whose cost brought the sum to `amount`, which is a rung's.
  std::optional<SteadyTime> reached(const std::string& rule, const std::vector<std::string>& group,
                                    Money amount) const;

 private:
  struct Account {
    Money total;
    std::vector<std::pair<Money, SteadyTime>> reached;  // amounts of rungs
  };
  struct Taker;  // prices what the decoder finds

  const Account* find(const std::string& rule, const std::vector<std::string>& group) const;
  void fold(std::uint32_t rule, Money cost, SteadyTime sent);

  const std::vector<Rule>& rules_;
  Matcher matcher_;
  Pricer pricer_;
  Decoder decoder_;
  Cost cost_;
  std::vector<std::uint32_t> matching_;
  std::string group_;
  std::map<std::pair<std::string, std::string>, Account> accounts_;  // by rule and group key
  std::uint64_t requests_ = 0;
};

}  // namespace tocsin::demo
