// SPDX-License-Identifier: Apache-2.0
#include "rule/amount.h"

#include <catch2/catch.hpp>

#include "tocsin/money.h"

using namespace tocsin;

namespace {

std::string cost(std::string_view text) {
  const auto amount = read_amount(text, Metric::cost);
  return amount ? Money::pico(*amount).text() : amount.error().message;
}

std::string count(std::string_view text) {
  const auto amount = read_amount(text, Metric::tokens);
  return amount ? decimal_text(*amount, 0) : amount.error().message;
}

std::string share(std::string_view text) {
  const auto ratio = read_percent(text);
  return ratio ? decimal_text(*ratio, 12) : ratio.error().message;
}

}  // namespace

TEST_CASE("Money is written with a dollar sign or USD") {
  CHECK(cost("$100") == "100");
  CHECK(cost("$4k") == "4000");
  CHECK(cost("$1.2M") == "1200000");
  CHECK(cost("100 USD") == "100");
  CHECK(cost("100USD") == "100");
  CHECK(cost("$4,000") == "4000");
  CHECK(cost("$1,234,567.89") == "1234567.89");
  CHECK(cost("$0") == "0");
  CHECK(cost("$0.000000000001") == "0.000000000001");
}

TEST_CASE("A bare number is not money, least of all what a shell left of it") {
  CHECK(cost("100") == "\"100\" is not money: it has no $");
  CHECK(cost("00") == "\"00\" is not money: it has no $");
  CHECK(cost("4k") == "\"4k\" is not money: it has no $");
}

TEST_CASE("Other currencies are refused by what they are") {
  for (const char* text : {"\xe2\x82\xac"
                           "100",
                           "100 EUR",
                           "\xc2\xa3"
                           "5",
                           "GBP 5", "5 CHF"}) {
    INFO(text);
    CHECK(cost(text).find("is not in US dollars") != std::string::npos);
  }
}

TEST_CASE("Amounts that mean different things to different readers are refused") {
  for (const char* text :
       {"$010", "$1_000", "$1e3", "$.5", "$5.", "$1,00", "$1,0000", "$,100", "$ 100", "$100$",
        "$100 USD", "+$5", "$+5", "$", "USD", "$nan", "$0x10", "$1.0000000000001"}) {
    INFO(text);
    CHECK_FALSE(read_amount(text, Metric::cost));
  }
  CHECK(cost("-$5") == "\"-$5\" is negative");
  CHECK(cost("$4K") == "\"$4K\" is no amount");
  CHECK(read_amount("$4K", Metric::cost).error().hint == "k is a thousand, M a million");
  CHECK(cost("$2000000M") == "\"$2000000M\" is more than $1,000,000M");
}

TEST_CASE("A character that looks like another is named") {
  CHECK(cost("\xe2\x88\x92$5") == "U+2212 looks like -");
  CHECK(cost("$100\xc2\xa0") == "U+00A0 looks like a space");
  CHECK(share("80\xef\xbc\x85") == "U+FF05 looks like %");
  CHECK(count("1\xef\xbc\x8c"
              "000") == "U+FF0C looks like ,");
}

TEST_CASE("Counts have no dollar sign") {
  CHECK(count("50M") == "50000000");
  CHECK(count("20k") == "20000");
  CHECK(count("1000") == "1000");
  CHECK(count("10,000") == "10000");
  CHECK(count("$5") == "\"$5\" is money, but the metric tokens is a count");
  CHECK(count("1.5") == "\"1.5\" is no amount");
  CHECK(count("010") == "\"010\" is no amount");
}

TEST_CASE("A blank before the percent sign changes nothing") {
  CHECK(share("5%") == "0.05");
  CHECK(share("5 %") == "0.05");
  CHECK(share("99.5%") == "0.995");
  CHECK(share("150%") == "1.5");
  CHECK(share("0%") == "0% is always reached");
  CHECK(share("+50%") == "\"+50%\" is no share");
  CHECK(share("80") == "\"80\" is no share: it has no %");
  CHECK(share("10001%") == "\"10001%\" is more than 10000%");
}
