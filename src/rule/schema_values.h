// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rule/key_table.h"

namespace tocsin::schema {

// Fragments of JSON Schema for values that are no choice of words: what stands within the braces.

// What holds for a value whatever the tables say; empty: it is made of words.
std::string_view fixed(Value value);

// What a condition of `where` takes.
std::string_view condition(std::string_view word);

enum class Amounts : std::uint8_t { any, money, counts, shares, averages, times };
// `"properties"` of a rule whose amounts are of that kind: budget, budgets, threshold.
std::string ladder(Amounts amounts);

extern const std::string_view kOtherWindows;  // beside the calendar's: schemas, with braces
extern const std::string_view kOtherStarts;
extern const std::string_view kAsked;   // what a field is asked: but for `properties`
extern const std::string_view kJoined;  // `any`, `all` and `not` of a `where`
extern const std::string_view kRoute;
extern const std::string_view kOneLadder;  // a budget or a threshold, not both
extern const std::string_view kNoMetricInDefaults;

}  // namespace tocsin::schema
