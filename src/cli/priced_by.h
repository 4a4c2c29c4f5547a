// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cli/configuration.h"

namespace tocsin {

// The prices of a configuration and its lookup tables, or without one the built-in prices alone.
class PricedBy {
 public:
  // Nothing: it is wrong, and that is said on standard error.
  static std::optional<PricedBy> configuration(const std::string& path);

  const PriceList& list() const { return configuration_ ? configuration_->prices : *built_in_; }
  CostChoice choice() const {
    return configuration_ ? configuration_->loaded.config.cost : CostChoice::computed;
  }
  // The event as it is priced: itself, or `room`, with what tables add.
  const Event& fill(const Event& event, Event& room) const {
    const auto* const tables =
        configuration_ ? configuration_->loaded.config.lookups.get() : nullptr;
    return tables == nullptr ? event : tables->fill(event, room);
  }

 private:
  std::optional<Configuration> configuration_;
  std::optional<PriceList> built_in_;
};

}  // namespace tocsin
