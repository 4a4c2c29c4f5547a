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
}

}  // namespace
}  // namespace tocsin
