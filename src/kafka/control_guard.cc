// SPDX-License-Identifier: Apache-2.0
// Where the process died before: such a partition is read by itself, or not at all (decision 0022).
#include <algorithm>
#include <utility>

#include "kafka/control.h"
#include "kafka/notices.h"

namespace tocsin::kafka {
namespace {

using Kind = SourceNotice::Kind;

constexpr Millis kResumeEvery{500};
// How long the others wait for a suspect to be proven: a slow broker must not hold them up.
constexpr Millis kAloneMax{10'000};
// Three kill -9 of a person's can look like a deadly batch, so it is tried once more after this.
constexpr Millis kTrialAfter{600'000};

}  // namespace

Control::Leave Control::ask_guard(PartitionIndex index, const Task& task,
                                  const Position& position) {
  if (links_.guard == nullptr) return Leave::start;
  const std::int64_t next = position.next_offset;
  const auto advice = links_.guard->advise(task.name, next);
  const Instant now = links_.clock.monotonic();
  if (advice.deadly == next) {
    links_.guard->halted(task.name, next);
    blocked_[index] = {position};
    halt(index, deadly_notice(index, task.name, next));
    return Leave::halted;
  }
  if (advice.deaths >= ReadingGuard::kDeathsMax && !advice.deadly && !task.trial) {
    links_.guard->halted(task.name, next);
    blocked_[index] = {position};
    if (advice.deaths == ReadingGuard::kDeathsMax) blocked_[index].trial_due = now + kTrialAfter;
    halt(index, deaths_notice(index, task.name, next, advice.deaths));
    return Leave::halted;
  }
  // Of those that die of a record elsewhere none may be charged at their own position each time.
  if (advice.deaths == 0 && !advice.record_suspected) return Leave::start;
  const bool alone = !suspect_ || now >= suspect_until_ || *suspect_ == index ||
                     !links_.guard->unproven(names_[*suspect_]);
  if (!alone) return Leave::wait;
  suspect_ = index;
  suspect_until_ = now + kAloneMax;
  return Leave::start;
}

std::optional<std::int64_t> Control::skipped_until(const PartitionName& name, std::int64_t next,
                                                   std::int64_t end) const {
  if (links_.guard == nullptr) return std::nullopt;
  const auto skip = links_.guard->advise(name, next).skip_until;
  // Beyond the end there is nothing to skip yet.
  if (!skip || std::min(*skip, end) <= next) return std::nullopt;
  return std::min(*skip, end);
}

void Control::begins(PartitionStart start, std::vector<SourceNotice> notices) {
  if (links_.guard != nullptr) {
    const std::int64_t next = start.position.next_offset;
    start.deadly = links_.guard->advise(start.name, next).deadly;
    links_.guard->begins(start.name, next);
  }
  given_.push_back({std::move(start), std::move(notices)});
}

void Control::hand_over() {
  if (given_.empty()) return;
  if (links_.guard != nullptr) links_.guard->sync();
  for (Given& each : std::exchange(given_, {})) {
    const PartitionIndex index = each.start.index;
    give(index, std::move(each.start), std::move(each.notices));
  }
}

void Control::stands(PartitionIndex index, const Suspended& suspended) {
  if (suspended.kind == Suspended::Kind::blocked) blocked_[index] = {suspended.position};
  if (links_.guard == nullptr) return;
  if (suspended.kind == Suspended::Kind::blocked) {
    links_.guard->halted(names_[index], suspended.position.next_offset);
  } else {
    links_.guard->lets_go(names_[index]);
  }
}

// Those of which a person has decided, and those that are tried once more.
void Control::resume_blocked() {
  const Instant now = links_.clock.monotonic();
  resume_due_ = now + kResumeEvery;
  if (links_.guard == nullptr) return;
  for (auto i = blocked_.begin(); i != blocked_.end();) {
    const auto& [index, blocked] = *i;
    const std::int64_t next = blocked.position.next_offset;
    const bool skip = links_.guard->advise(names_[index], next).skip_until.has_value();
    const bool trial = blocked.trial_due && now >= *blocked.trial_due;
    if (!skip && !trial) {
      ++i;
      continue;
    }
    halted_.erase(index);
    tasks_[index] = {names_[index], Origin::known, blocked.position, 0, !skip};
    give(index, std::nullopt,
         {source_notice(Kind::resumed, index, next, resumed_text(names_[index], next, !skip))});
    i = blocked_.erase(i);
  }
}

}  // namespace tocsin::kafka
