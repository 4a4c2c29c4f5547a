// SPDX-License-Identifier: Apache-2.0
#include "tocsin/group.h"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace tocsin {
namespace {

using Values = std::vector<std::string>;

std::string key_of(const Values& values) {
  std::string key;
  for (const std::string& value : values) append_group_value(key, value);
  return key;
}

}  // namespace

TEST_CASE("A group's values read back; a missing one is told as (none)") {
  CHECK(group_values(key_of({"search", ""}), 2) == Values{"search", "(none)"});
  CHECK(group_values(key_of({}), 0) == Values{});
  CHECK(group_values(kOverflowGroup, 2) == Values{"(other)", "(other)"});
}

TEST_CASE("A user who calls himself (none) or (other) is a group of his own") {
  CHECK(key_of({"(none)"}) != key_of({""}));
  CHECK(key_of({"(other)"}) != kOverflowGroup);
  CHECK(key_of({"\xff"}) != kOverflowGroup);
}

TEST_CASE("The bytes of a group are those the documents name") {
  CHECK(key_of({"ab", ""}) == std::string("\x03"
                                          "ab"
                                          "\x00",
                                          4));
  const std::string long_key = key_of({std::string(127, 'x')});
  CHECK(long_key.substr(0, 2) == "\x80\x01");
  CHECK(long_key.size() == 129);
}

TEST_CASE("Bytes that are no group of so many fields are found out") {
  CHECK_FALSE(group_values(key_of({"a"}), 2));
  CHECK_FALSE(group_values(key_of({"a", "b"}), 1));
  CHECK_FALSE(
      group_values("\x05"
                   "ab",
                   1));                                      // shorter than it says
  CHECK_FALSE(group_values("\x80", 1));                      // a length without an end
  CHECK_FALSE(group_values("\x80\x80\x80\x80\x80\x01", 1));  // a length beyond any
}

TEST_CASE("Different values are different groups, and every group reads back") {
  CHECK(rc::check("groups", [] {
    const auto values =
        *rc::gen::container<Values>(rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
    const auto others = *rc::gen::container<Values>(
        values.size(), rc::gen::container<std::string>(rc::gen::element('a', '\0', '\x01')));
    RC_ASSERT((key_of(values) == key_of(others)) == (values == others));
    Values told = values;
    std::replace(told.begin(), told.end(), std::string(), std::string(kNone));
    RC_ASSERT(group_values(key_of(values), values.size()) == told);
  }));
}

TEST_CASE("Any bytes are a group or none, without reading past their end") {
  CHECK(rc::check("rubbish", [] {
    const auto key = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    const auto fields = *rc::gen::inRange<std::size_t>(0, 5);
    const auto values = group_values(key, fields);
    if (values) RC_ASSERT(values->size() == fields);
  }));
}

}  // namespace tocsin
