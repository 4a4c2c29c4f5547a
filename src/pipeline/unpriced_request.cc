// SPDX-License-Identifier: Apache-2.0
#include "pipeline/unpriced_request.h"

#include <algorithm>

#include "state/keys.h"
#include "state/unpriced.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

// Has the list a price for all that the row's requests used?
bool has_price(const TodaysPrices& today, const UnpricedKey& key, const UnpricedRow& row) {
  Event event;
  const std::size_t slash = key.model.find('/');
  if (slash == std::string::npos) return false;
  const std::string_view model(key.model);
  event.provider = model.substr(0, slash);
  if (event.provider == "unknown") event.provider = {};
  event.model = model.substr(slash + 1);
  event.has_usage = true;
  for (const auto& [unit, count] : row.units) {
    const auto known = std::find(std::begin(kUnitNames), std::end(kUnitNames), unit);
    const auto n = static_cast<std::int64_t>(count);
    if (known == std::end(kUnitNames)) {
      event.usage.others.emplace_back(unit, n);
    } else {
      event.usage.counts[static_cast<std::size_t>(known - std::begin(kUnitNames))] = n;
    }
  }
  Cost cost;
  today.prices.price(event, row.since, today.choice, cost);
  return cost.basis == CostBasis::computed && cost.unpriced.empty();
}

}  // namespace

std::optional<RepricingRequest> request_for_unpriced(const Snapshot& store,
                                                     const TodaysPrices& today) {
  const LocalTime local = local_time(today.now, today.zone);
  const auto day = static_cast<std::int32_t>(local.date().time_since_epoch().count());
  EventTime since = EventTime::max();
  const std::string from(1, key::kUnpriced);
  // What cannot be read is found at the next start, which says so.
  [[maybe_unused]] const auto read = store.scan(from, key::after(from), [&](auto, auto value) {
    UnpricedKey key;
    UnpricedRow row;
    if (!decode_unpriced(value, key, row) || key.kind != UnpricedKey::Kind::unpriced ||
        key.day != day || row.open() == 0) {
      return true;
    }
    if (has_price(today, key, row)) since = std::min(since, row.since);
    return true;
  });
  if (since == EventTime::max()) return std::nullopt;
  return RepricingRequest{.since = since, .unpriced_only = true};
}

}  // namespace tocsin
