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

bool by_slot(const RuleState& rule) { return rule.by_pane && rule.rule->rolling(); }

// Where what comes with the delta is noted.
DriverPlace place_of(RuleState& rule, std::int64_t at) {
  const std::uint32_t state = rule.row.id;
  if (!rule.by_pane) return {state, rule.window_start(at)};
  const Panes& panes = rule.pane_rule.panes;
  if (by_slot(rule)) return driver_slots(state, panes, at).front();
  return {state, to_ms(rule.pane_rule.calendar->window_at(panes.start(at)).start)};
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
    const DriverPlace place = place_of(rule, delta.at);
    if (groups_of(rule, place.start) <= DriverBook::kGroupsMax) {
      drivers_->note(place, delta.group, note);
      continue;
    }
    drivers_->stop(place);
    if (is_newest(rule, place.start)) *rule.drives = false;
  }
  drivers_->end();
}

// To the alert that was recorded last.
void State::add_drivers(const RuleState& rule, const Window& about, std::string_view group) {
  if (!rule.drives) return;
  Alert& alert = committed_.alerts.back().alert;
  const int128 value = driven_value(alert);
  const DriverPlace window{rule.row.id, to_ms(about.start)};
  if (by_slot(rule)) {
    const Panes& panes = rule.pane_rule.panes;
    const auto slots = driver_slots(rule.row.id, panes, panes.at(about.end - Millis{1}));
    alert.drivers = drivers_->largest(slots, group, value);
  } else {
    alert.drivers = drivers_->largest({&window, 1}, group, value);
  }
}

// The watermark has passed a pane's end of a rolling or judged rule.
void State::renew_drivers(RuleState& rule) {
  if (!rule.drives) return;
  *rule.drives = rule.groups.size() <= DriverBook::kGroupsMax;
  const std::int64_t pane = rule.judged_through;
  drivers_->forget_before(by_slot(rule)
                              ? driver_slots(rule.row.id, rule.pane_rule.panes, pane).back()
                              : place_of(rule, pane));
}

}  // namespace tocsin
