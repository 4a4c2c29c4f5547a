// SPDX-License-Identifier: Apache-2.0
#include "alert/sketch.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

using namespace tocsin;

namespace {

Sketch of_latencies(const std::vector<std::int64_t>& microseconds) {
  Sketch sketch;
  for (const auto one : microseconds) sketch.add(latency_element(one), 1);
  return sketch;
}

Sketch of_users(int from, int to) {
  Sketch sketch;
  for (int i = from; i < to; ++i) sketch.add(distinct_element("user-" + std::to_string(i)), 1);
  return sketch;
}

bool within(std::int64_t got, std::int64_t wanted, double part) {
  return std::abs(static_cast<double>(got - wanted)) <= part * static_cast<double>(wanted);
}

Sketch through_bytes(const Sketch& sketch) {
  std::string bytes;
  RowWriter out(bytes);
  sketch.write(out);
  RowReader in(bytes);
  Sketch read = Sketch::read(in);
  CHECK(in.ok());
  CHECK(in.done());
  return read;
}

}  // namespace

TEST_CASE("A percentile is within 1 % of the request that stands there") {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 1; i <= 10'000; ++i) all.push_back(i * i * 7 + 150);
  const Sketch sketch = of_latencies(all);
  for (const int thousandths : {500, 900, 950, 990}) {
    const auto at = static_cast<std::size_t>(thousandths) * all.size() / 1000 - 1;
    INFO(thousandths);
    CHECK(within(sketch.quantile(thousandths), all[at], 0.01));
  }
  CHECK(Sketch().quantile(500) == 0);
  CHECK(within(of_latencies({2'340'000}).quantile(990), 2'340'000, 0.01));
}

TEST_CASE("Latencies beyond all reason have a place, too") {
  CHECK(latency_element(0) == 1);
  CHECK(latency_element(-5) == 1);
  CHECK(latency_element(INT64_MAX) == latency_element(1'000'000'000'000));
}

TEST_CASE("Some thousands of different users are counted exactly") {
  CHECK(of_users(0, 0).distinct() == 0);
  CHECK(of_users(0, 3).distinct() == 3);
  Sketch twice = of_users(0, 900);
  twice.merge(of_users(300, 900));
  CHECK(twice.distinct() == 900);
}

TEST_CASE("Very many different users are counted to some per cent") {
  for (const int count : {10'000, 40'000, 300'000}) {
    INFO(count);
    CHECK(within(of_users(0, count).distinct(), count, 0.04));
  }
}

TEST_CASE("What a sketch says does not depend on how it was put together") {
  for (const int count : {100, 9'000, 30'000}) {
    const Sketch whole = of_users(0, count);
    Sketch parts = of_users(count / 2, count);
    parts.merge(of_users(count / 3, count / 2));
    parts.merge(of_users(0, count / 3));
    CHECK(parts == whole);
    Sketch other = of_users(0, count / 3);
    other.merge(of_users(count / 4, count));
    CHECK(other == whole);
  }
}

TEST_CASE("A sketch is stored and read back") {
  for (const Sketch& sketch : {Sketch(), of_latencies({1, 5'000, 5'001, 90'000'000}),
                               of_users(0, 50), of_users(0, 20'000)}) {
    CHECK(through_bytes(sketch) == sketch);
  }
}
