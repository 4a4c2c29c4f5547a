// SPDX-License-Identifier: Apache-2.0
#include "document/scalars.h"

#include <catch2/catch.hpp>

using namespace tocsin;

TEST_CASE("Durations are one number and one unit") {
  CHECK(parse_duration("30s") == Millis{30'000});
  CHECK(parse_duration("500ms") == Millis{500});
  CHECK(parse_duration("5m") == Millis{300'000});
  CHECK(parse_duration("1h") == Millis{3'600'000});
  CHECK(parse_duration("2d") == Millis{172'800'000});
  for (const char* text :
       {"", "5", "m", "5 m", "-5m", "05m", "1.5h", "5min", "1h30m", "99999999999999d"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("Counts are whole numbers with an optional k or M") {
  CHECK(parse_count("0") == 0);
  CHECK(parse_count("1000") == 1000);
  CHECK(parse_count("20k") == 20'000);
  CHECK(parse_count("1.5M") == 1'500'000);
  for (const char* text : {"", "010", "00", "-1", "+1", "1e3", "1.5", "1K", "k", "0x10", "1_000",
                           "1,000", "1000000000000001"}) {
    INFO(text);
    CHECK_FALSE(parse_count(text));
  }
}

TEST_CASE("Sizes are binary") {
  CHECK(parse_bytes("256MB") == 268'435'456);
  CHECK(parse_bytes("65536") == 65'536);
  CHECK(parse_bytes("4GB") == 4'294'967'296);
  CHECK_FALSE(parse_bytes("4gb"));
  CHECK_FALSE(parse_bytes("9999999999999GB"));
}

TEST_CASE("Truth is written in full") {
  CHECK(parse_bool("true") == true);
  CHECK(parse_bool("false") == false);
  for (const char* text : {"yes", "no", "True", "on", "1", ""}) CHECK_FALSE(parse_bool(text));
}

TEST_CASE("Dates exist") {
  CHECK(parse_date("2026-11-20") == std::chrono::year{2026} / 11 / 20);
  for (const char* text : {"2026-02-29", "2026-13-01", "2026-1-1", "20261120", "1969-12-31", ""}) {
    INFO(text);
    CHECK_FALSE(parse_date(text));
  }
}

TEST_CASE("Times are RFC 3339") {
  CHECK(to_ms(*parse_time("1970-01-01T00:00:01.5Z")) == 1500);
  CHECK(to_ms(*parse_time("1970-01-01T01:00+01:00")) == 0);
  CHECK(to_ms(*parse_time("2026-11-20T10:00:00.123999Z")) == 1'795'168'800'123);
  for (const char* text :
       {"2026-11-20", "2026-11-20T10:00:00", "2026-11-20 10:00:00Z", "2026-11-20T24:00:00Z",
        "2026-11-20T10:00:00.Z", "2026-11-20T10:00:60Z"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text));
  }
}
