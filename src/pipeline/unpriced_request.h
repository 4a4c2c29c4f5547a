// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "price/price_list.h"
#include "state/repricing_row.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// By which prices, and whose day.
struct TodaysPrices {
  const PriceList& prices;
  CostChoice choice = CostChoice::computed;
  std::string zone;  // whose calendar's
  EventTime now{};
};

// What of today's requests had no price when it was counted and has one now, to be priced again;
// nothing: none has.
std::optional<RepricingRequest> request_for_unpriced(const Snapshot& store,
                                                     const TodaysPrices& today);

}  // namespace tocsin
