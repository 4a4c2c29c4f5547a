// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "price/price_list.h"
#include "rule/load.h"

namespace tocsin {

// `--config`, else ./tocsin.yaml, else /etc/tocsin/tocsin.yaml.
std::string config_path(const std::string& given);

// The configuration and its prices, for a purpose. On an error it is printed to standard error, and
// there is nothing.
struct Configuration {
  Loaded loaded;
  PriceList prices;
};
std::optional<Configuration> load_configuration(const std::string& given, Purpose purpose);

}  // namespace tocsin
