// SPDX-License-Identifier: Apache-2.0
#include "rule/amount.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "document/scalars.h"
#include "document/utf8.h"

namespace tocsin {
namespace {

constexpr std::string_view kMoneyHint = "write an amount such as $100, $4k, $1.2M or 100 USD";
constexpr std::string_view kCountHint = "write a number such as 50M, 20k or 1000";
constexpr std::string_view kLatencyHint = "write a time such as 20s, 500ms or 2m";
constexpr std::string_view kTimesHint = "write how many times as much, such as 3x or 1.5x";
constexpr std::string_view kPercentHint = "write a share such as 80%";

tl::unexpected<Complaint> complaint(std::string message, std::string_view hint) {
  return tl::unexpected<Complaint>(Complaint{std::move(message), std::string(hint)});
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits with an optional fraction. "00" is no number: a leading zero could mean octal, or a shell
// that has eaten the "$1" of "$100".
bool is_number(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto digits = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), is_digit);
  };
  if (!digits(whole) || (whole.size() > 1 && whole[0] == '0')) return false;
  return point == std::string_view::npos || digits(text.substr(point + 1));
}

// "4,000" without its commas, if they stand where they should.
std::optional<std::string> without_commas(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789,"), text.size());
  const auto whole = text.substr(0, end);
  if (whole.find(',') == std::string_view::npos) return std::string(text);
  std::size_t group = 0;
  for (std::size_t i = whole.size(); i-- > 0;) {
    if (whole[i] == ',') {
      if (group != 3 || i == 0) return std::nullopt;
      group = 0;
    } else if (++group > 3) {
      return std::nullopt;
    }
  }
  std::string plain(text);
  plain.erase(std::remove(plain.begin(), plain.end(), ','), plain.end());
  return plain;
}

// "1.2M" and the like at 10^-places; nothing if it is no such number or not whole at that scale.
std::optional<int128> scaled(std::string_view text, int places) {
  const auto plain = without_commas(text);
  if (!plain) return std::nullopt;
  std::string_view number = *plain;
  if (number.ends_with('k')) places += 3;
  if (number.ends_with('M')) places += 6;
  if (number.ends_with('k') || number.ends_with('M')) number.remove_suffix(1);
  if (!is_number(number)) return std::nullopt;
  return parse_decimal(number, places, Rounding::exact);
}

std::string_view trim_left(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

std::string_view trim_right(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool other_currency(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kSigns = {"\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5",
                                                             "\xe2\x82\xb9", "CHF"};
  for (const auto sign : kSigns) {
    if (text.find(sign) != std::string_view::npos) return true;
  }
  // "100 EUR", "GBP 5".
  const auto is_code = [](std::string_view code) {
    return code != "USD" &&
           std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  };
  if (text.size() < 4) return false;
  return (is_digit(text.front()) && is_code(text.substr(text.size() - 3))) ||
         (is_digit(text.back()) && is_code(text.substr(0, 3)));
}

Read<int128> no_amount(std::string_view text, std::string_view hint) {
  if (const auto odd = name_odd_character(text); !odd.empty()) return complaint(odd, hint);
  if (text.starts_with('-') || text.starts_with("$-")) {
    return complaint(tocsin::quoted(text) + " is negative", "amounts are 0 or more");
  }
  if (text.ends_with('K') || text.ends_with('m') || text.ends_with('B')) {
    return complaint(tocsin::quoted(text) + " is no amount", "k is a thousand, M a million");
  }
  return complaint(tocsin::quoted(text) + " is no amount", hint);
}

Read<int128> read_money(std::string_view text) {
  if (other_currency(text)) {
    return complaint(tocsin::quoted(text) + " is not in US dollars, the only currency here",
                     kMoneyHint);
  }
  std::string_view number = text;
  const bool sign = number.starts_with('$');
  const bool code = number.ends_with("USD");
  if (sign) number.remove_prefix(1);
  if (code) number = trim_right(number.substr(0, number.size() - 3));
  const auto amount = scaled(number, 12);
  if (!sign && !code &&
      (amount || (!text.empty() && std::all_of(text.begin(), text.end(), is_digit)))) {
    return complaint(tocsin::quoted(text) + " is not money: it has no $",
                     "write $100 or 100 USD (a shell eats $1 in an unquoted <<EOF)");
  }
  if (sign == code || !amount) return no_amount(text, kMoneyHint);
  if (*amount > kMoneyMax)
    return complaint(tocsin::quoted(text) + " is more than $1,000,000M", kMoneyHint);
  return *amount;
}

Read<int128> read_latency(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration || *duration <= Millis{0}) {
    if (const auto odd = name_odd_character(text); !odd.empty())
      return complaint(odd, kLatencyHint);
    return complaint(tocsin::quoted(text) + " is no duration", kLatencyHint);
  }
  return int128{duration->count()} * 1'000;
}

}  // namespace

std::string name_odd_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto [character, next] = decode_utf8(text, i);
    if (const auto ascii = look_alike(character); !ascii.empty()) {
      return code_point(character) + " looks like " + std::string(ascii);
    }
    i = next;
  }
  return {};
}

std::string without_blanks(std::string_view text) {
  std::string plain(text);
  plain.erase(std::remove(plain.begin(), plain.end(), ' '), plain.end());
  return plain;
}

Read<int128> read_percent(std::string_view text) {
  if (!text.ends_with('%')) {
    if (const auto odd = name_odd_character(text); !odd.empty())
      return complaint(odd, kPercentHint);
    return complaint(tocsin::quoted(text) + " is no share: it has no %", kPercentHint);
  }
  const auto number = trim_right(text.substr(0, text.size() - 1));
  std::optional<int128> ratio;
  if (is_number(number)) ratio = parse_decimal(number, 10, Rounding::exact);
  if (!ratio) {
    if (const auto odd = name_odd_character(text); !odd.empty())
      return complaint(odd, kPercentHint);
    return complaint(tocsin::quoted(text) + " is no share", kPercentHint);
  }
  if (*ratio == 0) return complaint("0% is always reached", kPercentHint);
  if (*ratio > kShareMax)
    return complaint(tocsin::quoted(text) + " is more than 10000%", kPercentHint);
  return *ratio;
}

Read<int128> read_times(std::string_view text) {
  text = trim_left(trim_right(text));
  std::optional<int128> ratio;
  if (text.ends_with('x')) {
    const auto number = trim_right(text.substr(0, text.size() - 1));
    if (is_number(number)) ratio = parse_decimal(number, 12, Rounding::exact);
  }
  if (!ratio) {
    if (const auto odd = name_odd_character(text); !odd.empty()) return complaint(odd, kTimesHint);
    return complaint(tocsin::quoted(text) + " is compared with what was before", kTimesHint);
  }
  if (*ratio > kShareMax) {
    return complaint(tocsin::quoted(text) + " is more than 100x", kTimesHint);
  }
  return *ratio;
}

Read<int128> read_number(std::string_view text) {
  const auto number = scaled(text, 12);
  if (!number) return no_amount(text, kCountHint);
  return *number;
}

Read<int128> read_amount(std::string_view text, Metric metric) {
  text = trim_left(trim_right(text));
  if (is_ratio(metric)) return read_percent(text);
  if (is_money(metric)) return read_money(text);
  if (is_latency(metric)) return read_latency(text);
  const auto amount = scaled(text, 0);
  if (!amount) {
    if (text.starts_with('$') || text.ends_with("USD")) {
      return complaint(tocsin::quoted(text) + " is money, but the metric " +
                           std::string(name(metric)) + " is a count",
                       kCountHint);
    }
    return no_amount(text, kCountHint);
  }
  if (*amount > kCountAmountMax)
    return complaint(tocsin::quoted(text) + " is too large", kCountHint);
  return *amount;
}

}  // namespace tocsin
