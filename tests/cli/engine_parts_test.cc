// SPDX-License-Identifier: Apache-2.0
#include "cli/engine_parts.h"

#include <catch2/catch.hpp>

namespace tocsin {
namespace {

SourceConfig kafka(unsigned workers) {
  SourceConfig source;
  source.from = KafkaSourceConfig{};
  source.workers = workers;
  return source;
}

TEST_CASE("A Kafka source is decoded by as many threads as there are cores, but by few") {
  CHECK(decode_workers(kafka(0), 1) == 1);
  CHECK(decode_workers(kafka(0), 3) == 3);
  CHECK(decode_workers(kafka(0), 64) == 4);
  CHECK(decode_workers(kafka(0), 0) == 1);
}

TEST_CASE("A number of workers in the configuration is taken as it is") {
  CHECK(decode_workers(kafka(16), 2) == 16);
}

TEST_CASE("A file, which has one order, is decoded by one thread") {
  SourceConfig file = kafka(8);
  file.from = FileSourceConfig{.path = "-"};
  CHECK(decode_workers(file, 8) == 1);
  file.from = HttpSourceConfig{};
  CHECK(decode_workers(file, 8) == 1);
}

TEST_CASE("Half of state.memory is for cells, three quarters of it at most for rolling groups") {
  Config config;
  config.state.memory = 1'000'000'000;
  const StateLimits limits = state_limits(config);
  CHECK(limits.hot_bytes == 500'000'000);
  CHECK(limits.pane_bytes == 375'000'000);
  CHECK(limits.ids.filter_bytes == 250'000'000);
}

TEST_CASE("A state keeps and waits as long as its configuration says") {
  Config config;
  config.state.retention = Millis{1};
  config.lateness = Millis{2};
  config.out_of_order = Millis{3};
  config.stale_after = Millis{4};
  const StateLimits limits = state_limits(config);
  CHECK(limits.retention == Millis{1});
  CHECK(limits.lateness == Millis{2});
  CHECK(limits.out_of_order == Millis{3});
  CHECK(limits.stale_after == Millis{4});
}

TEST_CASE("Reading begins where the earliest window began that is open") {
  using namespace std::chrono_literals;
  const EventTime now = event_time_ms(1'763'640'000'000);  // 2025-11-20 12:00
  const auto rule = [](WindowKind kind, Millis length = {}) {
    Rule of;
    of.window.kind = kind;
    of.window.length = length;
    return of;
  };
  CHECK(earliest_open_window({}, now) == now);
  CHECK(earliest_open_window({rule(WindowKind::hour)}, now + 5min) == now);
  CHECK(earliest_open_window({rule(WindowKind::day), rule(WindowKind::hour)}, now) == now - 12h);
  CHECK(earliest_open_window({rule(WindowKind::day), rule(WindowKind::rolling, 24h)}, now) ==
        now - 24h);
  CHECK_FALSE(earliest_open_window({rule(WindowKind::lifetime), rule(WindowKind::day)}, now));
  Rule since = rule(WindowKind::lifetime);
  since.window.from = std::chrono::sys_days{std::chrono::year{2025} / 11 / 1};
  CHECK(earliest_open_window({since}, now) == event_time_ms(1'761'955'200'000));
}

TEST_CASE("Topics in another order are the same source") {
  SourceConfig one = kafka(1), other = kafka(1);
  std::get<KafkaSourceConfig>(one.from).topics = {"a", "b"};
  std::get<KafkaSourceConfig>(other.from).topics = {"b", "a"};
  CHECK(source_name(one) == source_name(other));
  CHECK(source_name(one) != source_name(kafka(1)));
}

}  // namespace
}  // namespace tocsin
