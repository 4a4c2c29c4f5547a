// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace tocsin {

// Where the demo's engine finds everything.
struct DemoAddresses {
  std::string broker;  // "127.0.0.1:41234"
  int stand_ins = 0;   // port
  int api = 0;         // port
  std::string zone;    // "Europe/Berlin"
};

inline constexpr std::string_view kDemoTopic = "requests";
// Of rules/demo.yaml.
inline constexpr std::string_view kProductionRule = "production-daily";
inline constexpr std::string_view kDevelopmentRule = "development-daily";
inline constexpr std::string_view kFreeUserRule = "free-tier-user";

// The tocsin.yaml of the demo.
std::string demo_config(const DemoAddresses& at);

// A zone in which "today" does not end while the demo runs: `local`, this machine's own with
// `offset` from UTC, unless it is near midnight there (or unknown: empty); else one in which it is
// early afternoon. Pure.
std::string demo_zone(std::chrono::sys_seconds now, std::chrono::seconds offset,
                      const std::string& local);

// This machine's zone as an IANA name, if it can be told; else empty.
std::string machine_zone();

}  // namespace tocsin
