// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tocsin/decimal.h"
#include "tocsin/metric.h"
#include "tocsin/result.h"

namespace tocsin {

// What is wrong with a text, and what to write instead.
struct Complaint {
  std::string message;
  std::string hint;
};

template <class T>
using Read = tl::expected<T, Complaint>;

// The largest amounts that can be written: a trillion dollars, 10^15 of anything counted, 10,000 %.
// With these, share x budget fits 128 bits.
inline constexpr int128 kMoneyMax = power_of_ten(24);
inline constexpr int128 kCountAmountMax = power_of_ten(15);
inline constexpr int128 kShareMax = power_of_ten(14);

// An amount of `metric`, in its unit: "$100", "$4k", "$1.2M", "100 USD", "$4,000" for cost; "50M",
// "20k", "1000" for counts; "5%" for ratios; "20s", "500ms" for latencies.
Read<int128> read_amount(std::string_view text, Metric metric);

// "3x", "1.5x": a ratio in 10^-12, at most 100.
Read<int128> read_times(std::string_view text);

// "2000", "20k", "1.5" as a count of 10^-12: what `above` and `below` compare with.
Read<int128> read_number(std::string_view text);

// "80%", "80 %", "99.5%": a ratio in 10^-12, above 0.
Read<int128> read_percent(std::string_view text);

// The text without blanks: how a rung is named.
std::string without_blanks(std::string_view text);

// A character that looks like another: `U+FF05 looks like %`. Empty if there is none.
std::string name_odd_character(std::string_view text);

}  // namespace tocsin
