// SPDX-License-Identifier: Apache-2.0
#include "state/version.h"

#include <catch2/catch.hpp>

#include "state/keys.h"
#include "state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

Tariff list(const std::string& bytes) { return make_tariff(bytes, "computed"); }

std::vector<Version> versions(const StateFixture& fixture) {
  auto read = read_versions(fixture.store);
  if (!read) throw std::runtime_error(read.error().message);
  return *read;
}

}  // namespace

TEST_CASE("Other prices begin a version, and the same ones do not") {
  StateFixture fixture({user_day_rule("r", kDollar)});
  fixture.feed({{0, kNoon, "a", 5}}, kNoon);
  CHECK(versions(fixture).size() == 1);
  CHECK_FALSE(versions(fixture)[0].tariff);

  fixture.tariff = list("first");
  fixture.exchange(fixture.rules);
  fixture.feed({{0, kNoon, "a", 5}}, kNoon + kMinute);
  fixture.exchange(fixture.rules);
  REQUIRE(versions(fixture).size() == 2);
  const Version second = versions(fixture)[1];
  CHECK(second.tariff->is(*fixture.tariff));
  CHECK(second.at == std::vector<std::pair<std::uint32_t, std::int64_t>>{{0, 1}});
  CHECK(second.in_force == std::vector<std::uint32_t>{1});
  CHECK(second.time == event_time_ms(kNoon));
  CHECK_FALSE(second.holds(0, 0));
  CHECK(second.holds(0, 1));
  CHECK(second.holds(7, 0));

  SECTION("at a start, too") {
    fixture.tariff = list("second");
    fixture.open();
    fixture.take(fixture.state->commit({}));
    REQUIRE(versions(fixture).size() == 3);
    CHECK(versions(fixture)[2].at[0].second == 2);
  }
  SECTION("and another choice of the configuration is one") {
    fixture.tariff->choice = "reported";
    fixture.exchange(fixture.rules);
    CHECK(versions(fixture).size() == 3);
  }
}

TEST_CASE("A price list is kept while a request of an open window may have been counted by it") {
  StateFixture fixture({user_day_rule("r", kDollar)});
  fixture.tariff = list("first");
  fixture.exchange(fixture.rules);
  fixture.feed({{0, kNoon, "a", 5}}, kNoon);
  fixture.tariff = list("second");
  fixture.exchange(fixture.rules);
  fixture.feed({{0, kNoon, "a", 5}}, kNoon + kHour);
  CHECK(fixture.rows(key::kPriceList) == 2);
  CHECK(*fixture.store.get(key::kPriceList + list("first").list) == "first");

  // The first list's last request may be of a week before this day, the second's of this day.
  fixture.feed({{0, kNoon + 8 * kDay, "a", 5}}, kNoon + 8 * kDay);
  fixture.tariff = list("third");
  fixture.exchange(fixture.rules);
  CHECK(fixture.rows(key::kPriceList) == 2);
  CHECK_FALSE(fixture.store.get(key::kPriceList + list("first").list)->has_value());
}

TEST_CASE("Lists of before stamps were trusted are kept until the first time that is known") {
  StateFixture fixture({user_day_rule("r", kDollar)});
  for (const char* name : {"first", "second"}) {
    fixture.tariff = list(name);
    fixture.exchange(fixture.rules);
  }
  fixture.feed({{0, kNoon, "a", 5}}, kNoon);
  fixture.tariff = list("third");
  fixture.exchange(fixture.rules);
  CHECK(fixture.rows(key::kPriceList) == 3);
  fixture.feed({{0, kNoon + 8 * kDay, "a", 5}}, kNoon + 8 * kDay);
  fixture.tariff = list("fourth");
  fixture.exchange(fixture.rules);
  CHECK(fixture.rows(key::kPriceList) == 2);
}

TEST_CASE("A version of an earlier format says nothing of prices") {
  Version old;
  old.rules = "0123";
  old.at = {{0, 17}, {1, 0}};
  Version read;
  REQUIRE(decode_version(encode_version(old), read));
  CHECK(read.at == old.at);
  CHECK_FALSE(read.tariff);

  old.tariff = list("x");
  old.in_force = {1, 300};
  old.time = event_time_ms(kNoon);
  const std::string bytes = encode_version(old);
  Version whole;
  REQUIRE(decode_version(bytes, whole));
  CHECK(whole.tariff->is(*old.tariff));
  CHECK(whole.in_force == old.in_force);
  CHECK(whole.time == old.time);
  Version cut;
  CHECK_FALSE(decode_version(std::string_view(bytes).substr(0, bytes.size() - 1), cut));
}
