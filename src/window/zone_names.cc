// SPDX-License-Identifier: Apache-2.0
#include "window/zone_names.h"

#include <date/tz.h>

#include <exception>

namespace tocsin {

std::vector<std::string> zone_names() {
  std::vector<std::string> names;
  try {
    for (const auto& zone : date::get_tzdb().zones) names.push_back(zone.name());
  } catch (const std::exception&) {
    names.clear();
  }
  return names;
}

}  // namespace tocsin
