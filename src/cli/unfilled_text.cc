// SPDX-License-Identifier: Apache-2.0
#include "cli/unfilled_text.h"

#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/plain_text.h"

namespace tocsin {

std::string unfilled_text(Metric metric, int128 value, int128 total, std::string_view field) {
  const int128 percent = whole_percent(value, total).value_or(0);
  const std::string share = value == total ? "all"
                            : percent == 0 ? "under 1%"
                                           : count_text(percent) + "%";
  return share + " of it, " + value_with_unit(metric, value, std::nullopt) + ", has no " +
         clean_text(field);
}

}  // namespace tocsin
