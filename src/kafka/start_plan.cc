// SPDX-License-Identifier: Apache-2.0
#include "kafka/start_plan.h"

namespace tocsin::kafka {

StartPlan plan_start(const Position& position, const LogRange& log) {
  using Kind = StartPlan::Kind;
  if (log.high < position.next_offset) return {Kind::vanished, log.high};
  if (log.low > position.next_offset) return {Kind::lost, log.low};
  if (position.last_offset < 0) return {Kind::read, position.next_offset};
  if (log.low > position.last_offset) return {Kind::unproven, position.next_offset};
  return {Kind::verify, position.last_offset};
}

}  // namespace tocsin::kafka
