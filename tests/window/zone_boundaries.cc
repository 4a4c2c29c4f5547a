// SPDX-License-Identifier: Apache-2.0
// Reads names of zones, one a line. Writes for each, and for each kind of window, the number of
// windows that start in 2015 to 2035 UTC and their starts in ms, all as int64: zoneinfo_test.py
// compares them with its own.
#include <array>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "window/calendar.h"

namespace {

using tocsin::Calendar;
using tocsin::EventTime;
using tocsin::WindowKind;

constexpr std::array kKinds = {WindowKind::day, WindowKind::week, WindowKind::month,
                               WindowKind::quarter, WindowKind::year};
constexpr EventTime kFrom = tocsin::event_time_ms(1'420'070'400'000);   // 2015-01-01
constexpr EventTime kUntil = tocsin::event_time_ms(2'082'758'400'000);  // 2036-01-01

bool write(const std::vector<std::int64_t>& numbers) {
  return std::fwrite(numbers.data(), sizeof(std::int64_t), numbers.size(), stdout) ==
         numbers.size();
}

bool print(const std::string& zone, WindowKind kind) {
  tocsin::WindowSpec spec;
  spec.kind = kind;
  spec.zone = zone;
  auto calendar = Calendar::create(spec);
  if (!calendar) {
    std::cerr << calendar.error().message << "\n";
    return false;
  }
  std::vector<std::int64_t> numbers{0};
  for (tocsin::Window window = calendar->window_at(kFrom); window.start < kUntil;
       window = calendar->window_at(window.end)) {
    if (window.start >= kFrom) numbers.push_back(tocsin::to_ms(window.start));
  }
  numbers[0] = static_cast<std::int64_t>(numbers.size()) - 1;
  return write(numbers);
}

}  // namespace

int main() {
  for (std::string zone; std::getline(std::cin, zone);) {
    for (const WindowKind kind : kKinds) {
      if (!print(zone, kind)) return 1;
    }
  }
  return 0;
}
