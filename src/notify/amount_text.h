// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tocsin/decimal.h"
#include "tocsin/metric.h"

namespace tocsin {

// Amounts in the words of messages, with one rounding: half-even to cents from $1 up, to two
// significant digits below; tokens to three; a rate to a tenth of a percent, below 1% to two
// digits. A value is never shown as having reached `limit` when it has not, nor the other way
// round: $99.996 of $100 is "$99.99".

// A measured amount: "$80.02", "$0.0041", "41.2M", "1,902", "7.4%".
std::string value_text(Metric metric, int128 value, std::optional<int128> limit = std::nullopt);

// What is left of a budget, or over it, as positive: money to the cent as the budget itself, so
// that the two fit together: "$19.98", "less than $0.01"; of budgets below $1 to two digits.
std::string difference_text(Metric metric, int128 difference, int128 budget);

// An amount somebody wrote, with no digit lost: "$100", "$7,900", "$2.50", "50M", "5%".
std::string limit_text(Metric metric, int128 limit);

// The same for a table: dollars always with cents ("$100.00"), the others as limit_text.
std::string even_limit_text(Metric metric, int128 limit);

// An amount that isn't measured but reckoned, to three digits: "$153", "$7,900", "48,000". One that
// is at least `reached` is not shown as less.
std::string about_text(Metric metric, int128 value, int128 reached = 0);

// "1,902".
std::string count_text(int128 count);

// The whole percents of `limit` that `value` has reached, never rounded up: 80 of a budget. Nothing
// for a limit of zero or less.
std::optional<int128> whole_percent(int128 value, int128 limit);

// The unit of a count, for "1,902 requests"; empty for money and rates.
std::string unit_word(Metric metric);

}  // namespace tocsin
