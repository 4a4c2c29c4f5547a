// SPDX-License-Identifier: Apache-2.0
// Where partitions start: at first, and again whenever a worker had to let go of one.
#include <algorithm>
#include <utility>

#include "kafka/control.h"
#include "kafka/notices.h"
#include "kafka/offsets.h"

namespace tocsin::kafka {
namespace {

using Kind = SourceNotice::Kind;

}  // namespace

void Control::take_suspended() {
  for (const auto& worker : links_.workers) {
    for (const Suspended& each : worker->take_suspended()) {
      const PartitionName& name = names_[each.index];
      links_.client.stop(handle(name), name.partition);
      stands(each.index, each);
      if (each.kind != Suspended::Kind::waiting) {
        halted_.insert(each.index);
      } else {
        tasks_[each.index] = {name, Origin::known, each.position};
      }
    }
  }
}

void Control::start_partitions() {
  std::vector<PartitionName> names;
  bool timed = false;
  for (const auto& [index, task] : tasks_) {
    if (!led_.contains(task.name)) continue;
    names.push_back(task.name);
    timed =
        timed || (task.origin == Origin::fresh && settings_.start.kind == KafkaStart::Kind::time);
  }
  if (names.empty()) return;
  start_due_ = links_.clock.monotonic() + kRetry;
  rd_kafka_t* client = links_.client.get();
  const auto lows = look_up(client, names, kLogStart, kCallMax);
  if (!lows) return;
  const auto highs = look_up(client, names, kLogEnd, kCallMax);
  if (!highs) return;
  Answers by_time;
  if (timed) {
    // After the ends: with no record that late yet, what is appended in between is after the end.
    auto found = look_up(client, names, to_ms(settings_.start.time), kCallMax);
    if (!found) return;
    by_time = std::move(*found);
  }
  for (auto i = tasks_.begin(); i != tasks_.end();) {
    const auto low = lows->find(i->second.name);
    const auto high = highs->find(i->second.name);
    const bool answered = low != lows->end() && high != highs->end();
    const bool done =
        answered && start_partition(i->first, i->second, {low->second, high->second}, by_time);
    i = done ? tasks_.erase(i) : std::next(i);
  }
  hand_over();
}

// False: not yet.
bool Control::start_partition(PartitionIndex index, Task& task, const LogRange& log,
                              const Answers& by_time) {
  if (task.origin == Origin::known) return start_known(index, task, log);
  const bool from_low =
      task.origin == Origin::added || settings_.start.kind == KafkaStart::Kind::earliest;
  std::int64_t offset = from_low ? log.low : log.high;
  const auto timed = by_time.find(task.name);
  if (task.origin == Origin::fresh && timed != by_time.end()) offset = timed->second;
  if (!from_low) offset = std::max(log.low, offset - settings_.start.records_before);
  return start_new(index, task, offset);
}

bool Control::start_known(PartitionIndex index, Task& task, const LogRange& log) {
  Position position = task.position;
  std::vector<SourceNotice> notices;
  if (const auto until = skipped_until(task.name, position.next_offset, log.high)) {
    const std::int64_t from = position.next_offset;
    notices.push_back(lost_notice(index, from, *until, skipped_text(task.name, from, *until)));
    position = {*until, -1, 0};
  }
  const Leave leave = ask_guard(index, task, position);
  if (leave != Leave::start) return leave == Leave::halted;
  const StartPlan plan = plan_start(position, log);
  const std::int64_t next = position.next_offset;
  PartitionStart start{index, task.name, handle(task.name), position, plan.offset, false, {}};
  switch (plan.kind) {
    case StartPlan::Kind::vanished:
      if (++task.vanished_seen < kVanishedMin) return false;
      halt(index, halted_notice(index, 0, vanished_text(task.name, next, log.high)));
      return true;
    case StartPlan::Kind::lost:
      notices.push_back(
          lost_notice(index, next, plan.offset, lost_text(task.name, next, plan.offset)));
      start.position = {plan.offset, -1, 0};
      break;
    case StartPlan::Kind::unproven:
      notices.push_back(
          source_notice(Kind::unverified, index, plan.offset, unverified_text(task.name)));
      start.position = {plan.offset, -1, 0};
      break;
    case StartPlan::Kind::verify: start.verify = true; break;
    case StartPlan::Kind::read: break;
  }
  begins(std::move(start), std::move(notices));
  return true;
}

bool Control::start_new(PartitionIndex index, const Task& task, std::int64_t offset) {
  const Position position{offset, -1, 0};
  const Leave leave = ask_guard(index, task, position);
  if (leave != Leave::start) return leave == Leave::halted;
  const bool added = task.origin == Origin::added;
  std::vector<SourceNotice> notices;
  notices.push_back(source_notice(added ? Kind::partition_added : Kind::begins, index, offset,
                                  partition_text(task.name) + " is read from offset " +
                                      std::to_string(offset) + (added ? ", its beginning" : "")));
  begins(PartitionStart{index, task.name, handle(task.name), position, offset, false, {}},
         std::move(notices));
  return true;
}

void Control::halt(PartitionIndex index, SourceNotice told) {
  halted_.insert(index);
  give(index, std::nullopt, {std::move(told)});
}

void Control::give(PartitionIndex index, std::optional<PartitionStart> start,
                   std::vector<SourceNotice> notices) {
  links_.workers[index % links_.workers.size()]->give(std::move(start), std::move(notices));
}

}  // namespace tocsin::kafka
