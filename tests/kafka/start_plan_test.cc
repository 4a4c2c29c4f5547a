// SPDX-License-Identifier: Apache-2.0
#include "kafka/start_plan.h"

#include <catch2/catch.hpp>
#include <string>

using namespace tocsin;
using namespace tocsin::kafka;
using PlanKind = StartPlan::Kind;

TEST_CASE("Where a partition starts follows from its Position and what its log holds") {
  struct Case {
    std::string name;
    Position position;
    LogRange log;
    PlanKind kind;
    std::int64_t offset;
  };
  const auto each = GENERATE(values<Case>({
      {"the last record is there: it is read again", {10, 9, 1}, {0, 20}, PlanKind::verify, 9},
      {"also when it is the log's last", {10, 9, 1}, {0, 10}, PlanKind::verify, 9},
      {"also when it is the log's first", {10, 9, 1}, {9, 20}, PlanKind::verify, 9},
      {"also behind control records", {10, 7, 1}, {0, 10}, PlanKind::verify, 7},
      {"nothing was delivered yet", {10, -1, 0}, {0, 20}, PlanKind::read, 10},
      {"nothing was delivered, nothing is there", {0, -1, 0}, {0, 0}, PlanKind::read, 0},
      {"the log starts where we go on", {10, 9, 1}, {10, 20}, PlanKind::unproven, 10},
      {"the log starts further on", {10, 9, 1}, {11, 20}, PlanKind::lost, 11},
      {"all is gone", {10, 9, 1}, {20, 20}, PlanKind::lost, 20},
      {"gone before anything was delivered", {10, -1, 0}, {11, 20}, PlanKind::lost, 11},
      {"the log ends before us", {10, 9, 1}, {0, 9}, PlanKind::vanished, 9},
      {"the topic is empty", {10, 9, 1}, {0, 0}, PlanKind::vanished, 0},
  }));
  INFO(each.name);
  const StartPlan plan = plan_start(each.position, each.log);
  CHECK(plan.kind == each.kind);
  CHECK(plan.offset == each.offset);
}
