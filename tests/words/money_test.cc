// SPDX-License-Identifier: Apache-2.0
#include "tocsin/money.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace tocsin {

TEST_CASE("Dollars are read to the picodollar and told digit by digit") {
  CHECK(Money::parse("97.3174225")->text() == "97.3174225");
  CHECK(Money::parse("1e-12")->text() == "0.000000000001");
  CHECK(Money::parse("0")->text() == "0");
  CHECK(Money::usd(100).text() == "100");
  CHECK(Money::usd(-1).text() == "-1");
  CHECK_FALSE(Money::parse("$5"));
  CHECK_FALSE(Money::parse("nan"));
}

TEST_CASE("A fraction of a picodollar is rounded half-even, once") {
  CHECK(Money::parse("0.0000000000005")->text() == "0");
  CHECK(Money::parse("0.0000000000015")->text() == "0.000000000002");
  CHECK(Money::parse("0.00000000000051")->text() == "0.000000000001");
}

TEST_CASE("What a floating point sum would lose is kept: ten times 10 cents is a dollar") {
  Money total;
  for (int i = 0; i < 10; ++i) total += *Money::parse("0.1");
  CHECK(total == Money::usd(1));
}

TEST_CASE("A billion of the largest costs is a sum without overflow") {
  const Money largest = Money::usd(1'000'000'000);
  Money total = Money::pico(largest.pico() * 1'000'000'000);
  total += largest;
  CHECK(total.text() == "1000000001000000000");
}

TEST_CASE("A sum doesn't depend on order or grouping, and its text reads back") {
  CHECK(rc::check("sums", [] {
    const auto parts = *rc::gen::container<std::vector<long long>>(rc::gen::arbitrary<long long>());
    Money forward, backward, halves[2];
    for (std::size_t i = 0; i < parts.size(); ++i) {
      forward += Money::pico(parts[i]);
      backward += Money::pico(parts[parts.size() - 1 - i]);
      halves[i % 2] += Money::pico(parts[i]);
    }
    RC_ASSERT(forward == backward);
    RC_ASSERT(forward == halves[0] + halves[1]);
    RC_ASSERT(forward - halves[0] == halves[1]);
    RC_ASSERT(*Money::parse(forward.text()) == forward);
  }));
}

}  // namespace tocsin
