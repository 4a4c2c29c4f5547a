// SPDX-License-Identifier: Apache-2.0
#include "notify/amount_text.h"

#include <algorithm>

namespace tocsin {
namespace {

constexpr int128 kDollar = power_of_ten(12);
constexpr int128 kPercent = power_of_ten(10);

bool is_tokens(Metric metric) {
  return metric == Metric::tokens || metric == Metric::input_tokens ||
         metric == Metric::output_tokens || metric == Metric::cached_tokens;
}

// The unit to round to that keeps `digits` significant digits, at least `least`.
int128 unit_for(int128 magnitude, int digits, int128 least) {
  int128 unit = 1;
  const int128 limit = power_of_ten(digits);
  while (magnitude / unit >= limit) unit *= 10;
  return std::max(unit, least);
}

int128 magnitude_of(int128 value) { return value < 0 ? -value : value; }

// What a value is rounded to, by the rules of amount_text.h.
int128 unit_of(Metric metric, int128 value) {
  const int128 magnitude = magnitude_of(value);
  if (is_money(metric)) {
    return magnitude >= kDollar ? kDollar / 100 : unit_for(magnitude, 2, 1);
  }
  if (is_ratio(metric)) {
    return magnitude >= kPercent ? kPercent / 10 : unit_for(magnitude, 2, 1);
  }
  const bool latency = is_latency(metric) && magnitude >= 1'000'000;
  if (latency || (is_tokens(metric) && magnitude >= 10'000)) return unit_for(magnitude, 3, 1);
  return 1;
}

int128 rounded(int128 value, int128 unit, std::optional<int128> limit) {
  const int128 nearest = divide_half_even(value, unit) * unit;
  if (!limit) return nearest;
  if (value < *limit && nearest >= *limit) return nearest - unit;
  if (value >= *limit && nearest < *limit) return nearest + unit;
  return nearest;
}

// Commas between the thousands of the digits before the point.
std::string grouped(std::string text) {
  const auto start = text.find_first_of("0123456789");
  auto point = std::min(text.find('.'), text.size());
  for (; point > start + 3; point -= 3) text.insert(point - 3, ",");
  return text;
}

std::string dollars(int128 pico, int least) {
  const std::string sign = pico < 0 ? "\xE2\x88\x92" : "";  // U+2212
  return sign + "$" + grouped(decimal_text(magnitude_of(pico), 12, pico == 0 ? 0 : least));
}

std::string percent(int128 ratio) { return grouped(decimal_text(ratio, 10)) + "%"; }

// 50M, 41.2M, 20k: where no digit is lost.
std::string compact(int128 count) {
  struct Suffix {
    int places;
    const char* letter;
  };
  for (const Suffix& suffix : {Suffix{12, "T"}, Suffix{9, "B"}, Suffix{6, "M"}, Suffix{3, "k"}}) {
    const int128 one = power_of_ten(suffix.places);
    if (magnitude_of(count) < std::max(one, int128{10'000})) continue;
    if (count % (one / 100) != 0) break;
    return grouped(decimal_text(count, suffix.places)) + suffix.letter;
  }
  return grouped(decimal_text(count, 0));
}

// "812 ms", "2.34 s", "2.5 min".
std::string latency(int128 microseconds) {
  constexpr int128 kSecond = 1'000'000;
  if (microseconds < kSecond) return decimal_text(divide_half_even(microseconds, 1'000), 0) + " ms";
  if (microseconds < 120 * kSecond) {
    const int places = microseconds < 10 * kSecond ? 2 : 1;
    return decimal_text(divide_half_even(microseconds, power_of_ten(6 - places)), places) + " s";
  }
  return decimal_text(divide_half_even(microseconds, 6 * kSecond), 1) + " min";
}

std::string exact_text(Metric metric, int128 amount, int cents) {
  if (is_money(metric)) return dollars(amount, cents);
  if (is_latency(metric)) return latency(amount);
  if (is_ratio(metric)) return percent(amount);
  return is_tokens(metric) ? compact(amount) : grouped(decimal_text(amount, 0));
}

}  // namespace

std::string value_text(Metric metric, int128 value, std::optional<int128> limit) {
  int128 shown = rounded(value, unit_of(metric, value), limit);
  // 0.9996 rounds to a dollar, which has cents; 0.999% to 1%.
  if (unit_of(metric, shown) > unit_of(metric, value)) {
    shown = rounded(shown, unit_of(metric, shown), limit);
  }
  const bool small = magnitude_of(shown) < kDollar;
  if (!is_money(metric) || !small) return exact_text(metric, shown, 2);
  return dollars(shown, 2);
}

std::string difference_text(Metric metric, int128 difference, int128 budget) {
  constexpr int128 kCent = kDollar / 100;
  if (!is_money(metric) || budget < kDollar) return value_text(metric, difference);
  if (difference < kCent) return "less than $0.01";
  return dollars(divide_half_even(difference, kCent) * kCent, 2);
}

std::string limit_text(Metric metric, int128 limit) {
  return exact_text(metric, limit, is_money(metric) && limit % kDollar != 0 ? 2 : 0);
}

std::string even_limit_text(Metric metric, int128 limit) { return exact_text(metric, limit, 2); }

std::string about_text(Metric metric, int128 value, int128 reached) {
  const int128 magnitude = magnitude_of(value);
  if (is_money(metric) && magnitude < 10 * kDollar) return value_text(metric, value);
  if (is_ratio(metric)) return value_text(metric, value);
  const int128 unit = unit_for(magnitude, 3, is_money(metric) ? kDollar : 1);
  const int128 nearest = divide_half_even(value, unit) * unit;
  return nearest < reached ? value_text(metric, value) : exact_text(metric, nearest, 0);
}

std::string count_text(int128 count) { return grouped(decimal_text(count, 0)); }

std::optional<int128> whole_percent(int128 value, int128 limit) {
  if (limit <= 0 || value < 0) return std::nullopt;
  if (value > kInt128Max / 100) return value / (limit / 100 + 1);
  return value * 100 / limit;
}

std::string unit_word(Metric metric) {
  if (!is_sum(metric) || metric == Metric::cost) return "";
  if (metric == Metric::first_seen) return "requests";
  std::string words(name(metric));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace tocsin
