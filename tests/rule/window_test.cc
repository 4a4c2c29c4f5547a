// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "memory_files.h"

using namespace tocsin;

namespace {

WindowSpec window(const std::string& keys) {
  const auto loaded = load_text(rule_with(keys + "\nthreshold: $1"));
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.rules.size() == 1);
  return loaded.rules[0].window;
}

std::string window_errors(const std::string& keys) {
  return errors_of(rule_with(keys + "\nthreshold: $1"));
}

}  // namespace

TEST_CASE("Every calendar window and its start") {
  using namespace std::chrono;
  CHECK(window("window: hour").kind == WindowKind::hour);
  CHECK(window("window: day").day_start == minutes{0});
  CHECK(window("window: day\nstarts: \"06:30\"").day_start == minutes{390});
  CHECK(window("window: day\nstarts: 06:30").day_start == minutes{390});
  CHECK(window("window: week").week_start == Monday);
  CHECK(window("window: week\nstarts: sunday").week_start == Sunday);
  CHECK(window("window: month\nstarts: 15").month_day == 15);
  CHECK(window("window: quarter\nstarts: 02-01").year_start == February / 1);
  CHECK(window("window: year\nstarts: 04-06").year_start == April / 6);
  CHECK(window("window: every 14d\nstarts: 2026-11-02").every_days == 14);
  CHECK(window("window: every 14d\nstarts: 2026-11-02").from == 2026y / 11 / 2);
  CHECK_FALSE(window("window: lifetime").from);
  CHECK(window("window: lifetime\nstarts: 2026-01-01").from == 2026y / 1 / 1);
}

TEST_CASE("Rolling windows are whole seconds, above a minute whole minutes") {
  CHECK(window("window: last 5m").length == Millis{300'000});
  CHECK(window("window: last 24h").length == Millis{86'400'000});
  CHECK(window("window: last 30s").length == Millis{30'000});
  CHECK(window_errors("window: last 90s") ==
        "3:13: \"last 90s\" cannot be counted | under a minute whole seconds, above it whole "
        "minutes, at most 366d");
  CHECK(window_errors("window: last 500ms").starts_with("3:13: \"last 500ms\" cannot be counted"));
  CHECK(window_errors("window: last week").starts_with("3:13: \"last week\" is no window"));
}

TEST_CASE("A bare duration can mean two things") {
  CHECK(window_errors("window: 1h") ==
        "3:13: \"1h\" can mean two things | \"hour\" starts anew on the hour; \"last 1h\" is the "
        "hour "
        "up to now");
  CHECK(
      window_errors("window: 1d") ==
      "3:13: \"1d\" can mean two things | \"day\" starts anew at midnight; \"last 24h\" is the day "
      "up to now");
  CHECK(window_errors("window: 14d") ==
        "3:13: \"14d\" can mean two things | \"every 14d\" starts anew each time; \"last 14d\" is "
        "the "
        "time up to now");
}

TEST_CASE("Windows that do not exist are refused") {
  CHECK(window_errors("window: mont") == "3:13: unknown window \"mont\" | did you mean \"month\"?");
  CHECK(window_errors("window: fortnight")
            .starts_with("3:13: unknown window \"fortnight\" | write hour"));
  CHECK(window_errors("window: every 14d") ==
        "3:13: \"every 14d\" needs a first day | add starts: 2026-11-02");
  CHECK(window_errors("window: every 36h").starts_with("3:13: \"every 36h\" is no window"));
  CHECK(
      window_errors("window: session idle 2").starts_with("3:13: \"session idle 2\" is no window"));
  CHECK(window_errors("window: session") ==
        "2:11: each session has a window of its own | add session to group_by");
}

TEST_CASE("A start must fit its window") {
  CHECK(window_errors("window: day\nstarts: 6") ==
        "4:13: \"6\" is no start of such a window | write a time of day such as \"06:00\"");
  CHECK(window_errors("window: day\nstarts: 24:00").starts_with("4:13: \"24:00\" is no start"));
  CHECK(window_errors("window: week\nstarts: mon").starts_with("4:13: \"mon\" is no start"));
  CHECK(window_errors("window: month\nstarts: 29").starts_with("4:13: \"29\" is no start"));
  CHECK(window_errors("window: year\nstarts: 02-29").starts_with("4:13: \"02-29\" is no start"));
  CHECK(window_errors("window: quarter\nstarts: 01-31").starts_with("4:13: \"01-31\" is no start"));
  CHECK(window_errors("window: hour\nstarts: 10").starts_with("4:13: an hour starts on the hour"));
  CHECK(window_errors("window: last 5m\nstarts: 10")
            .starts_with("4:13: a rolling window has no start"));
}

TEST_CASE("Zones are IANA names") {
  CHECK(window("window: day\ntime_zone: Europe/Berlin").zone == "Europe/Berlin");
  CHECK(window("window: day").zone == "UTC");
  CHECK(window_errors("window: day\ntime_zone: Europe/Berln") ==
        "4:16: unknown time zone \"Europe/Berln\" | did you mean \"Europe/Berlin\"? Else write an "
        "IANA "
        "name such as Europe/Berlin or UTC");
}
