// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "price/price_list.h"
#include "state/unpriced.h"
#include "tocsin/event.h"
#include "window/calendar.h"

namespace tocsin {

// Counts, by day of a calendar, requests that have no price of their own. One thread.
class UnpricedCounter {
 public:
  explicit UnpricedCounter(const std::string& zone);

  // The event's row, for its groups to be added to; null: it needs none, or there is no room.
  UnpricedRow* count(const Event& event, EventTime at, const Cost& cost, Pricer& pricer,
                     UnpricedRows& rows);

 private:
  std::int32_t day_of(EventTime at);

  std::string zone_;
  Calendar calendar_;
  Window day_{};  // the last one asked for
  std::int32_t day_number_ = 0;
  UnpricedKey key_;
  std::vector<LikeCost> likes_;
};

}  // namespace tocsin
