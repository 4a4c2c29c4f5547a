// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tocsin/ingest.h"

// What include/tocsin/ingest.h promises, as one suite for every IngestLog.
namespace tocsin::contract {

// A log with what reads it.
class ReadableIngestLog {
 public:
  virtual ~ReadableIngestLog() = default;
  virtual IngestLog& log() = 0;
  // Begins anew, as after the death of the process.
  virtual void reopen() = 0;
  // All that is in it, sorted; waits until it is so many.
  virtual std::vector<std::string> sorted(std::size_t count) = 0;
};
using MakeIngestLog = std::function<std::unique_ptr<ReadableIngestLog>()>;
using Values = std::vector<std::string>;

inline Result<void> try_append(IngestLog& log, const Values& values) {
  const std::vector<std::string_view> records(values.begin(), values.end());
  return log.append(records);
}
inline void append_all(IngestLog& log, const Values& values) {
  const auto done = try_append(log, values);
  INFO((done ? std::string() : done.error().message));
  REQUIRE(done);
}

inline void check_appending(const MakeIngestLog& make) {
  const auto under_test = make();
  IngestLog& log = under_test->log();
  SECTION("What is appended is read, each record once, whatever bytes it has") {
    const Values values = {"a", std::string("\0\xff\n", 3), "{\"b\": 1}",
                           std::string(IngestLog::kRecordMax, 'x')};
    append_all(log, {values[0]});
    append_all(log, {values[1], values[2], values[3]});
    Values wanted = values;
    std::sort(wanted.begin(), wanted.end());
    CHECK(under_test->sorted(4) == wanted);
  }
  SECTION("It is there after the process died") {
    append_all(log, {"a", "b"});
    under_test->reopen();
    append_all(under_test->log(), {"c"});
    CHECK(under_test->sorted(3) == Values{"a", "b", "c"});
  }
  SECTION("A record of a wrong size is refused with all that came with it, and hinders nobody") {
    for (const std::string& bad : {std::string(), std::string(IngestLog::kRecordMax + 1, 'x')}) {
      const auto refused = try_append(log, {"good", bad});
      REQUIRE_FALSE(refused);
      CHECK(refused.error().reaction == Reaction::reject);
    }
    append_all(log, {"z"});
    CHECK(under_test->sorted(1) == Values{"z"});
  }
  SECTION("Nothing is appended at once") {
    append_all(log, {});
    append_all(log, {"a"});
    CHECK(under_test->sorted(1) == Values{"a"});
  }
}

inline void check_appending_at_once(const MakeIngestLog& make) {
  constexpr int kWriters = 4, kEach = 25;
  const auto under_test = make();
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kEach; ++i) {
        const std::string name = std::to_string(writer) + "/" + std::to_string(i);
        static_cast<void>(try_append(under_test->log(), {name + "a", name + "b"}));
      }
    });
  }
  writers.clear();
  Values read = under_test->sorted(2 * kWriters * kEach);
  CHECK(read.size() == 2 * kWriters * kEach);
  CHECK(std::unique(read.begin(), read.end()) == read.end());
}

}  // namespace tocsin::contract
