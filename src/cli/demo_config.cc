// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace tocsin {
namespace {

constexpr std::string_view kZones = "/usr/share/zoneinfo/";

bool is_zone(const std::string& name) {
  return !name.empty() && name.front() != '/' && name.find("..") == std::string::npos &&
         ::access((std::string(kZones) + name).c_str(), R_OK) == 0;
}

}  // namespace

std::string demo_config(const DemoAddresses& at) {
  // The embedded broker answers a fetch that finds nothing only when its time is over.
  return fmt::format(R"(# Made by `tocsin demo`, for as long as it runs.
sources:
  - kafka:
      brokers: ["{broker}"]
      topics: [{topic}]
      properties: {{fetch.wait.max.ms: "2"}}
    format: native
    start: earliest
state: {{path: state, memory: 64MB}}
time_zone: {zone}
notify: {{info: [alerts], warning: [alerts], critical: [alerts], engine: [alerts]}}
channels:
  alerts: {{slack: {{webhook_url: "http://127.0.0.1:{port}/slack/alerts"}}}}
  finance:
    email:
      to: [finance@company.example]
      from: Tocsin <tocsin@company.example>
      resend: {{api_key: re_demo, url: "http://127.0.0.1:{port}"}}
rules: [rules/demo.yaml]
http: {{listen: "127.0.0.1:{api}"}}
)",
                     fmt::arg("broker", at.broker), fmt::arg("topic", kDemoTopic),
                     fmt::arg("zone", at.zone), fmt::arg("port", at.stand_ins),
                     fmt::arg("api", at.api));
}

std::string demo_zone(std::chrono::sys_seconds now, std::chrono::seconds offset,
                      const std::string& local) {
  using namespace std::chrono;
  constexpr hours kMorning{1}, kEvening{23}, kAfternoon{13};
  const auto time_of_day = [](sys_seconds t) { return t - floor<days>(t); };
  const auto here = time_of_day(now + offset);
  if (!local.empty() && here >= kMorning && here < kEvening) return local;
  const auto ahead = kAfternoon - floor<hours>(time_of_day(now));
  if (ahead.count() == 0) return "UTC";
  // POSIX counts the other way: Etc/GMT-3 is three hours ahead.
  return fmt::format("Etc/GMT{:+d}", -ahead.count());
}

std::string machine_zone() {
  if (const char* own = std::getenv("TZ"); own != nullptr) {
    const std::string name = *own == ':' ? own + 1 : own;
    return is_zone(name) ? name : "";
  }
  std::array<char, 4096> target{};
  const ssize_t length = ::readlink("/etc/localtime", target.data(), target.size());
  const std::string path(target.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  const std::size_t at = path.find("zoneinfo/");
  if (at == std::string::npos) return "";
  const std::string name = path.substr(at + std::string_view("zoneinfo/").size());
  return is_zone(name) ? name : "";
}

}  // namespace tocsin
