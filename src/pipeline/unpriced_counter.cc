// SPDX-License-Identifier: Apache-2.0
#include "pipeline/unpriced_counter.h"

#include <algorithm>
#include <utility>

#include "price/units.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

Calendar days_of(const std::string& zone) {
  WindowSpec day;
  day.kind = WindowKind::day;
  if (zone_exists(zone)) day.zone = zone;
  return std::move(*Calendar::create(day));
}

void count_usage(const Event& event, UnpricedRow& row) {
  row.input_tokens += static_cast<std::uint64_t>(prices::input_tokens(event.usage));
  row.output_tokens += static_cast<std::uint64_t>(prices::output_tokens(event.usage));
  for (std::size_t i = 0; i < kUnits; ++i) {
    const std::int64_t count = event.usage.counts[i];
    if (count > 0) row.add_unit(kUnitNames[i], static_cast<std::uint64_t>(count));
  }
  for (const auto& [unit, count] : event.usage.others) {
    row.add_unit(unit, static_cast<std::uint64_t>(count));
  }
}

}  // namespace

UnpricedCounter::UnpricedCounter(const std::string& zone) : zone_(zone), calendar_(days_of(zone)) {}

std::int32_t UnpricedCounter::day_of(EventTime at) {
  if (!day_.contains(at)) {
    day_ = calendar_.window_at(at);
    day_number_ =
        static_cast<std::int32_t>(local_time(day_.start, zone_).date().time_since_epoch().count());
  }
  return day_number_;
}

UnpricedRow* UnpricedCounter::count(const Event& event, EventTime at, const Cost& cost,
                                    Pricer& pricer, UnpricedRows& rows) {
  const bool unmetered = cost.basis == CostBasis::unmetered;
  // What failed has nothing to meter.
  if (unmetered && event.is_error()) return nullptr;
  key_.day = day_of(at);
  key_.kind = unmetered ? UnpricedKey::Kind::unmetered : UnpricedKey::Kind::unpriced;
  key_.model.assign(event.provider.empty() ? "unknown" : event.provider).push_back('/');
  key_.model += event.model;
  key_.service.assign(unmetered ? event.service : std::string_view());
  const auto found = rows.find_or_add(key_);
  if (rows.end(found)) return nullptr;
  UnpricedRow& row = found->second;
  ++row.requests;
  row.since = std::min(row.since, at);
  row.add_service(event.service, 1);
  if (unmetered) return &row;
  count_usage(event, row);
  if (cost.basis == CostBasis::estimated) {
    ++row.estimated;
    row.estimate += cost.amount;
  }
  if (cost.basis != CostBasis::computed) {
    pricer.price_likes(event, at, likes_);
    for (const LikeCost& like : likes_) row.add_like(like.model, {1, like.cost});
  } else {
    ++row.partial;
    for (const std::string_view unit : cost.unpriced) row.add_lacking(unit, 1);
  }
  return &row;
}

}  // namespace tocsin
