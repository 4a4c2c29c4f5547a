// SPDX-License-Identifier: Apache-2.0
#include "cli/priced_by.h"

#include <utility>

#include "cli/exit_code.h"

namespace tocsin {

std::optional<PricedBy> PricedBy::configuration(const std::string& path) {
  PricedBy result;
  if (!path.empty()) {
    result.configuration_ = load_configuration(path, Purpose::price);
    if (!result.configuration_) return std::nullopt;
    return result;
  }
  auto built_in = PriceList::built_in();
  if (!built_in) {
    (void)fail(built_in.error());
    return std::nullopt;
  }
  result.built_in_ = std::move(*built_in);
  return result;
}

}  // namespace tocsin
