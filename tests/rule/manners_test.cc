// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "memory_files.h"
#include "rule/config.h"

using namespace tocsin;

namespace {

Loaded load_channels(const std::string& text) {
  const std::map<std::string, std::string> config = {{"/etc/tocsin.yaml", text}};
  MemoryFiles files(config);
  return load({.config_path = "/etc/tocsin.yaml",
               .purpose = Purpose::price,
               .files = files,
               .environment = [](const std::string&) { return std::optional<std::string>(); }});
}

const std::string kAlerts = "channels:\n  alerts: {slack: {webhook_url: \"https://h/x\"}}\n";

std::string manner_errors(const std::string& channel) {
  return told(load_channels(kAlerts + "  a: {" + channel + "}\n").diagnostics, "/etc/tocsin.yaml");
}

const ChannelConfig& channel(const Loaded& loaded, std::size_t at) {
  REQUIRE(told(loaded.diagnostics, "").empty());
  REQUIRE(loaded.config.channels.size() > at);
  return loaded.config.channels[at];
}

}  // namespace

TEST_CASE("A channel via another shares its target, with hours of its own") {
  const Loaded loaded = load_channels(
      kAlerts + "  office: {via: alerts, hours: \"Mon-Fri 08:00-19:00, Sat 22:00-06:00\"}\n" +
      "time_zone: Europe/Berlin\n");
  const ChannelConfig& office = channel(loaded, 1);
  CHECK(office.to == loaded.config.channels[0].to);
  REQUIRE(office.hours);
  CHECK(office.hours->zone == "Europe/Berlin");
  REQUIRE(office.hours->ranges.size() == 2);
  CHECK(office.hours->ranges[0].days.to_string() == "0111110");  // Saturday first
  CHECK(office.hours->ranges[0].from == 480);
  CHECK(office.hours->ranges[0].until == 1140);
  CHECK(office.hours->ranges[1].days.to_string() == "1000000");
  CHECK_FALSE(office.drops);
}

TEST_CASE("Hours without days are of every day, and days go over the end of a week") {
  const auto days = [](const std::string& hours) {
    const Loaded loaded = load_channels(kAlerts + "  a: {via: alerts, hours: \"" + hours + "\"}\n");
    return channel(loaded, 1).hours->ranges[0].days.to_string();
  };
  CHECK(days("08:00-24:00") == "1111111");
  CHECK(days("Sat-Mon 08:00-19:00") == "1000011");
  CHECK(days("sun 00:00-24:00") == "0000001");
}

TEST_CASE("What comes outside the hours may be dropped, and messages of an hour have a limit") {
  const Loaded loaded =
      load_channels(kAlerts +
                    "  a: {webhook: {url: \"https://h/y\"}, hours: \"08:00-19:00\", outside: drop, "
                    "max_per_hour: 20}\n");
  CHECK(channel(loaded, 1).drops);
  CHECK(channel(loaded, 1).max_per_hour == 20);
}

TEST_CASE("What is wrong with hours, via and limits is told where it is written") {
  const std::string hint =
      " | write \"Mon-Fri 08:00-19:00\", \"22:00-06:00\", or several with commas";
  for (const std::string wrong : {"Mon-Fry 08:00-19:00", "8:00-19:00", "08:00", "08:00-08:00",
                                  "08:00-25:00", "24:00-08:00", "08:60-19:00"}) {
    CHECK(manner_errors("via: alerts, hours: \"" + wrong + "\"") ==
          "3:27: \"" + wrong + "\" are no hours" + hint);
  }
  CHECK(manner_errors("via: alert")
            .starts_with("3:12: there is no channel \"alert\" | did you mean \"alerts\"?"));
  CHECK(manner_errors("via: a").starts_with("3:12: \"a\" goes via another channel itself"));
  CHECK(manner_errors("via: alerts, outside: drop").starts_with("3:29: outside of what?"));
  CHECK(manner_errors("via: alerts, hours: \"08:00-19:00\", outside: keep")
            .starts_with("3:51: unknown choice \"keep\""));
  CHECK(manner_errors("hours: \"08:00-19:00\"") ==
        "3:3: this channel is nothing yet: slack, webhook, email, pagerduty, teams, alertmanager "
        "or via");
  CHECK(manner_errors("via: alerts, max_per_hour: 0").starts_with("3:34: "));
}
