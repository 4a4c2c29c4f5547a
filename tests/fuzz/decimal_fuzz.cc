// SPDX-License-Identifier: Apache-2.0
// Decimal texts against arithmetic as taught at school, and numbers against their own text. The
// first byte is the scale and the rounding, the rest the text.
#include <optional>
#include <string>

#include "bytes.h"
#include "event/number.h"
#include "fuzz_target.h"
#include "json_reader.h"
#include "tocsin/decimal.h"
#include "tocsin/event.h"
#include "words/big_decimal.h"

namespace tocsin::fuzz {
namespace {

// A decimal text taken apart by its grammar.
struct Spelled {
  bool negative = false;
  std::string digits;
  long exponent = 0;
};

constexpr std::string_view kDigits = "0123456789";

std::string take_digits(std::string_view& text) {
  const std::size_t size = std::min(text.find_first_not_of(kDigits), text.size());
  std::string digits(text.substr(0, size));
  text.remove_prefix(size);
  return digits;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Spelled> spelled(std::string_view text) {
  Spelled number;
  number.negative = text.starts_with('-');
  take(text, "+-");
  number.digits = take_digits(text);
  if (take(text, ".")) {
    const std::string fraction = take_digits(text);
    if (fraction.empty()) return std::nullopt;
    number.digits += fraction;
    number.exponent = -static_cast<long>(fraction.size());
  }
  if (number.digits.empty()) return std::nullopt;
  if (take(text, "eE")) {
    const bool down = text.starts_with('-');
    take(text, "+-");
    const std::string power = school::trimmed(take_digits(text));
    if (text.data()[-1] < '0' || text.data()[-1] > '9') return std::nullopt;
    const long size = power.size() > 5 ? 99'999 : std::stol(power);
    number.exponent += down ? -size : size;
  }
  if (!text.empty()) return std::nullopt;
  return number;
}

// The text parse_decimal() must give, "none" for nothing.
std::string expected(std::string_view text, int scale, Rounding rounding) {
  const auto number = spelled(text);
  if (!number) return "none";
  const long exponent = number->exponent + scale;
  if (school::trimmed(number->digits) == "0") return "0";
  if (exponent > 100) return "none";
  const auto whole =
      exponent < -9'000 ? school::Rounded{"0", false} : school::whole(number->digits, exponent);
  if (rounding == Rounding::exact && !whole.exact) return "none";
  if (whole.digits.size() > 37) return "none";
  return (number->negative && whole.digits != "0" ? "-" : "") + whole.digits;
}

std::string text_or_none(const std::optional<int128>& value) {
  return value ? decimal_text(*value, 0) : "none";
}

void check_count(std::string_view text) {
  const std::string whole = expected(text, 0, Rounding::exact);
  const auto count = wire::read_count(text);
  const std::string max = std::to_string(kCountMax);
  const bool fits = whole != "none" && whole[0] != '-' && !school::less(max, whole);
  expect_same(count.ok ? std::to_string(count.value) : "none", fits ? whole : "none", "a count");
  if (!count.ok) {
    expect((count.reason == QuarantineReason::negative_count) == whole.starts_with('-'),
           "a count below nothing is told as that");
  }
}

void check_cost(std::string_view text) {
  const std::string pico = expected(text, kPicoScale, Rounding::half_even);
  const auto cost = wire::read_cost(text);
  const std::string max = std::to_string(kReportedCostMaxUsd) + std::string(kPicoScale, '0');
  const bool fits = pico != "none" && pico[0] != '-' && !school::less(max, pico);
  expect_same(cost.ok ? decimal_text(cost.value.pico(), 0) : "none", fits ? pico : "none",
              "a cost");
}

void check_own_text(int128 value, int scale) {
  const std::string text = decimal_text(value, scale);
  const auto again = parse_decimal(text, scale, Rounding::exact);
  const bool small = value < power_of_ten(37) && value > -power_of_ten(37);
  expect(small ? again == value : !again, "a number is what its own text says: " + text);
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 3'000) return 0;
  const int scale = data[0] % 20;
  const Rounding rounding = (data[0] & 0x80) != 0 ? Rounding::exact : Rounding::half_even;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  fuzz::expect_same(fuzz::text_or_none(parse_decimal(text, scale, rounding)),
                    fuzz::expected(text, scale, rounding), "a decimal");
  fuzz::check_count(text);
  fuzz::check_cost(text);
  const auto json = fuzz::read_json(text);
  const bool is_number = json && json->is(fuzz::Json::Kind::number) && json->text == text;
  fuzz::expect(wire::is_json_number(text) == is_number, "a number by JSON's grammar");
  fuzz::check_own_text(fuzz::Bytes(data, size).amount(), scale);
  return 0;
}
