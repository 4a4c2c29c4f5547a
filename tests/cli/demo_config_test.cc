// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_config.h"

#include <catch2/catch.hpp>

#include "demo/page.h"
#include "rule/load.h"
#include "rule/memory_files.h"
#include "window/calendar.h"

namespace tocsin {
namespace {

using namespace std::chrono;

sys_seconds at(int hour, int minute) {
  return sys_days{year{2026} / 11 / 21} + hours{hour} + minutes{minute};
}

// How much of "today" is left in a zone, in minutes.
std::int64_t minutes_left(const std::string& zone, sys_seconds now) {
  WindowSpec day;
  day.kind = WindowKind::day;
  day.zone = zone;
  auto calendar = Calendar::create(day);
  REQUIRE(calendar);
  const EventTime time = event_time_ms(now.time_since_epoch().count() * 1'000);
  return (to_ms(calendar->window_at(time).end) - to_ms(time)) / 60'000;
}

}  // namespace

TEST_CASE("By day the demo keeps this machine's own zone") {
  CHECK(demo_zone(at(13, 0), hours{1}, "Europe/Berlin") == "Europe/Berlin");
  CHECK(demo_zone(at(21, 59), hours{1}, "Europe/Berlin") == "Europe/Berlin");
}

TEST_CASE("Near midnight, or where the zone is unknown, it takes one in which it is afternoon") {
  CHECK(demo_zone(at(22, 30), hours{1}, "Europe/Berlin") == "Etc/GMT+9");
  CHECK(demo_zone(at(23, 59), hours{1}, "Europe/Berlin") == "Etc/GMT+10");
  CHECK(demo_zone(at(0, 0), hours{0}, "") == "Etc/GMT-13");
  CHECK(demo_zone(at(13, 59), hours{0}, "") == "UTC");
}

TEST_CASE("Today never ends while the demo runs, at whatever minute and zone it is started") {
  for (int minute = 0; minute < 24 * 60; minute += 7) {
    const sys_seconds now = at(0, 0) + minutes{minute};
    CAPTURE(minute);
    CHECK(minutes_left(demo_zone(now, hours{0}, ""), now) >= 9 * 60);
    CHECK(minutes_left(demo_zone(now, hours{9}, "Asia/Tokyo"), now) >= 60);
  }
}

TEST_CASE("The demo's configuration is accepted, without a warning") {
  MemoryFiles files({{"/demo/tocsin.yaml", demo_config({"127.0.0.1:9092", 18'080, 8'080, "UTC"})},
                     {"/demo/rules/demo.yaml", std::string(demo::demo_file("rules.yaml"))}});
  const Loaded loaded =
      load({"/demo/tocsin.yaml", Purpose::run, files, [](const auto&) { return std::nullopt; }});
  CHECK(told(loaded.diagnostics, "").empty());
  CHECK(loaded.rules.size() == 4);
}

}  // namespace tocsin
