// SPDX-License-Identifier: Apache-2.0
// What drives the groups of rules, beside their cells.
#include "state/driver_book.h"
#include "state/state.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

std::size_t groups_of(const RuleState& rule, std::int64_t start) {
  if (rule.by_pane) return rule.groups.size();
  const auto window = rule.windows.find(start);
  return window == rule.windows.end() ? 0 : window->second.row.groups;
}

bool is_newest(const RuleState& rule, std::int64_t start) {
  return rule.by_pane || rule.windows.empty() || rule.windows.rbegin()->first <= start;
}

}  // namespace

// Before the work itself: the cells that it changes are to be at hand when they are looked at next.
void State::apply_drivers(const Work& work) {
  if (work.drivers == nullptr || work.drivers->notes().empty()) return;
  drivers_->begin(*work.drivers);
  for (const auto& note : work.drivers->notes()) {
    const Delta& delta = work.deltas[note.cell];
    RuleState& rule = *rules_[delta.rule];
    if (!rule.drives || delta.group == kOverflowGroup) continue;
    const DriverPlace place =
        rule.by_pane ? driver_slots(rule.row.id, rule.pane_rule.panes, delta.at).front()
                     : DriverPlace{rule.row.id, rule.window_start(delta.at)};
    if (groups_of(rule, place.start) <= DriverBook::kGroupsMax) {
      drivers_->note(place, delta.group, note);
      continue;
    }
    drivers_->stop(place);
    if (is_newest(rule, place.start)) *rule.drives = false;
  }
  drivers_->end();
}

// To the alert that was recorded last, whose window or slot begins at `start`.
void State::add_drivers(const RuleState& rule, EventTime start, std::string_view group) {
  if (!rule.drives) return;
  Alert& alert = committed_.alerts.back().alert;
  const Panes& panes = rule.pane_rule.panes;
  const DriverPlace window{rule.row.id, to_ms(start)};
  alert.drivers =
      rule.by_pane
          ? drivers_->largest(driver_slots(rule.row.id, panes, panes.at(start)), group, alert.value)
          : drivers_->largest({&window, 1}, group, alert.value);
}

// The watermark has passed a pane's end of a rolling rule.
void State::renew_drivers(RuleState& rule) {
  if (!rule.drives) return;
  *rule.drives = rule.groups.size() <= DriverBook::kGroupsMax;
  const Panes& panes = rule.pane_rule.panes;
  drivers_->forget_before(driver_slots(rule.row.id, panes, rule.judged_through).back());
}

}  // namespace tocsin
