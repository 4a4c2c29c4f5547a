// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cost_mark.h"

#include <catch2/catch.hpp>
#include <set>

using namespace tocsin;

namespace {

Event full() {
  Event event;
  event.provider = "openai";
  event.model = "gpt-4o";
  for (std::size_t i = 0; i < kUnits; ++i) event.usage.counts[i] = static_cast<int>(i) * 3;
  event.usage.others = {{"input_image", 5}, {"tool_calls", 2}};
  event.reported_cost = Money::pico(1'230'000'000);
  return event;
}

}  // namespace

TEST_CASE("A mark is of all that is said of the cost, and of nothing else") {
  const CostMark mark(7);
  const std::uint16_t first = mark.of(full());
  CHECK(mark.of(full()) == first);
  CHECK(CostMark(7).of(full()) == first);
  CHECK(CostMark(8).of(full()) != first);
  Event same = full();
  same.model = "gpt-4o-2024-08-06";
  same.status = 500;
  same.latency_ms = 4;
  std::swap(same.usage.others[0], same.usage.others[1]);
  CHECK(mark.of(same) == first);
  std::set<std::uint16_t> marks{first};
  const auto other = [&](auto change) {
    Event event = full();
    change(event);
    marks.insert(mark.of(event));
  };
  for (std::size_t i = 0; i < kUnits; ++i) other([&](Event& e) { ++e.usage.counts[i]; });
  other([](Event& e) { e.usage.others[0].second = 6; });
  other([](Event& e) { e.usage.others[0].first = "output_image"; });
  other([](Event& e) { e.usage.others.pop_back(); });
  other([](Event& e) { e.cached = true; });
  other([](Event& e) { e.reported_cost = Money::pico(1'230'000'001); });
  other([](Event& e) { e.reported_cost = Money::pico((int128{1} << 64) + 1'230'000'000); });
  other([](Event& e) { e.reported_cost.reset(); });
  CHECK(marks.size() == 1 + kUnits + 7);
}

TEST_CASE("Of a million pairs of costs that differ a little, some sixteen have one mark") {
  const CostMark mark(3);
  Event event;
  std::uint64_t met = 0;
  std::uint16_t before = mark.of(event);
  for (int i = 0; i < 1'000'000; ++i) {
    event.usage[static_cast<Unit>(i % 5 == 0 ? 0 : 4)] += 1 + i % 977;
    const std::uint16_t now = mark.of(event);
    met += now == before;
    before = now;
  }
  CHECK(met < 60);
  event = {};
  CHECK(mark.of(event) != 0);
}
