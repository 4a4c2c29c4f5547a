// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cli/configuration.h"

namespace tocsin {

// The prices of a configuration, or without one the built-in ones alone.
class PricedBy {
 public:
  // Nothing: it is wrong, and that is said on standard error.
  static std::optional<PricedBy> configuration(const std::string& path);

  const PriceList& list() const { return configuration_ ? configuration_->prices : *built_in_; }
  CostChoice choice() const {
    return configuration_ ? configuration_->loaded.config.cost : CostChoice::computed;
  }

 private:
  std::optional<Configuration> configuration_;
  std::optional<PriceList> built_in_;
};

}  // namespace tocsin
