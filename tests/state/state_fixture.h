// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "alert/driver_notes.h"
#include "alert/fold.h"
#include "state/memory_store.h"
#include "state/state.h"
#include "state/view.h"
#include "support/alert_logs.h"
#include "support/faulty_store.h"
#include "support/rules.h"
#include "tocsin/group.h"

namespace tocsin {

inline constexpr std::int64_t kMinute = 60'000;
inline constexpr std::int64_t kHour = 60 * kMinute;
inline constexpr std::int64_t kDay = 24 * kHour;
inline constexpr std::int64_t kNoon = 20'000 * kDay + 12 * kHour;

// A State over a MemoryStore, fed by hand with single deltas.
class StateFixture {
 public:
  explicit StateFixture(std::vector<Rule> of) : rules(std::move(of)) { open(); }

  void open() {
    const auto kept = std::make_shared<const std::vector<Rule>>(rules);
    auto opened = State::open({.store = faulty,
                               .rules = *kept,
                               .fallback = {},
                               .alert_log = alert_log,
                               .limits = limits,
                               .keeps = kept,
                               .tariff = tariff});
    if (!opened) throw std::runtime_error(opened.error().message);
    state = std::move(*opened);
    partition = state->add_partition({"events", 0});
  }

  // Other rules take the place of those in force.
  void exchange(std::vector<Rule> next) {
    auto prepared = prepare(std::move(next));
    if (!prepared) throw std::runtime_error(prepared.error().message);
    exchange(std::move(*prepared));
  }
  Result<std::unique_ptr<PreparedRules>> prepare(std::vector<Rule> next) {
    rules = std::move(next);
    const auto kept = std::make_shared<const std::vector<Rule>>(rules);
    return state->prepare({.rules = *kept,
                           .keeps = kept,
                           .fallback = {},
                           .limits = limits,
                           .rows = {},
                           .tariff = tariff});
  }
  void exchange(std::unique_ptr<PreparedRules> prepared) {
    const auto accepted = state->accept(*prepared);
    if (!accepted) throw std::runtime_error(accepted.error().message);
    take(state->exchange(*prepared, {.sync = Sync::yes}));
  }
  // Commits without events until nothing is left to do.
  void settle() {
    while (state->has_work()) take(state->commit({}));
  }
  void take(Result<Committed> committed) {
    if (!committed) throw std::runtime_error(committed.error().message);
    for (const auto& recorded : committed->alerts) {
      told.push_back(recorded.alert);
      ids.insert(recorded.alert.id);
    }
    for (const auto& resolved : committed->resolved) resolutions.push_back(resolved.resolution);
  }

  struct Event {
    std::uint32_t rule = 0;
    std::int64_t at_ms = 0;
    std::string user;
    int128 amount = 0;
    std::string feature{};  // that drives it; empty: nothing is said of that
  };
  // One commit of some events; stream time moves to `now_ms`.
  void feed(const std::vector<Event>& events, std::int64_t now_ms) {
    StreamTime::Saved time;
    time.now = event_time_ms(now_ms);
    feed(events, time);
  }
  void feed(const std::vector<Event>& events, const StreamTime::Saved& time) {
    Fold fold(7);
    DriverNotes notes(7);
    for (const auto& event : events) {
      std::string group;
      append_group_value(group, event.user);
      Delta delta;
      delta.rule = event.rule;
      delta.at = at(event);
      delta.group = group;
      delta.amount = event.amount;
      delta.requests = 1;
      delta.latest = event_time_ms(event.at_ms);
      DriverNotes::Note note;
      note.cell = fold.add(delta);
      note.amount = event.amount;
      note.values[static_cast<std::size_t>(DriverField::feature)] = notes.value(event.feature);
      if (!event.feature.empty()) notes.add(note);
    }
    const Progress progress{partition, {++offset, offset - 1, 0}, 0, time};
    Work work{fold.deltas(), {}, std::span(&progress, 1), nullptr};
    work.drivers = &notes;
    work.oldest = EventTime::max();
    for (const Event& event : events)
      work.oldest = std::min(work.oldest, event_time_ms(event.at_ms));
    take(state->commit({.work = std::span(&work, 1), .now = now, .catching_up = catching_up}));
  }

  // The same, but the write of the commit fails, as Store's contract has it; and a new process.
  void feed_failing(const std::vector<Event>& events, std::int64_t now_ms,
                    FaultyStore::Fault fault) {
    faulty.fail_write(1, fault);
    const std::int64_t before = offset;
    try {
      feed(events, now_ms);
      throw std::logic_error("the write did not fail");
    } catch (const std::runtime_error&) {
      faulty.repair();
      open();
    }
    if (state->partitions()[partition].position.next_offset > before) return;
    offset = before;
    feed(events, now_ms);
  }

  std::int64_t at(const Event& event) const {
    const Rule& rule = rules[event.rule];
    if (rule.rolling()) return Panes::of(rule.window.length).at(event_time_ms(event.at_ms));
    if (rule.judged()) return Panes::minutes().at(event_time_ms(event.at_ms));
    const std::int64_t day = floor_div(event.at_ms, 86'400'000) * 86'400'000;
    if (!rule.budgets) return day;
    return std::max(day, to_ms(rule.budgets->last_switch(event_time_ms(event.at_ms))));
  }

  // How many rows of a kind are stored.
  std::size_t rows(char kind) const {
    std::size_t count = 0;
    for (const auto& [key, value] : store.map()) count += key[0] == kind ? 1U : 0U;
    return count;
  }
  // "rule user day" to total.
  std::map<std::string, int128> totals() const {
    std::map<std::string, int128> all;
    const auto snapshot = store.snapshot();
    // Few held at a time, so that it reads in several goes.
    const auto read = StateView(*snapshot, rules, 2).cells([&](const CellView& cell) {
      const bool twice = all.contains(cell.name + " " + cell.group[0].second + " " +
                                      std::to_string(to_ms(cell.window.start) / 86'400'000));
      if (twice) throw std::runtime_error("a cell is shown twice");
      all[cell.name + " " + cell.group[0].second + " " +
          std::to_string(to_ms(cell.window.start) / 86'400'000)] = cell.total;
      return true;
    });
    if (!read) throw std::runtime_error(read.error().message);
    return all;
  }
  // As recorded in the store, newest first.
  std::vector<Alert> recorded() const {
    std::vector<Alert> alerts;
    const auto read = StateView(store, rules).alerts([&](const Alert& alert) {
      alerts.push_back(alert);
      return true;
    });
    if (!read) throw std::runtime_error(read.error().message);
    return alerts;
  }
  std::vector<std::string> rungs() const {
    std::vector<std::string> texts;
    for (const auto& alert : told) texts.push_back(alert.rung);
    return texts;
  }

  MemoryStore store;
  FaultyStore faulty{store};
  std::vector<Rule> rules;
  NoAlertLog alert_log;
  StateLimits limits;
  std::optional<Tariff> tariff;
  std::unique_ptr<State> state;
  std::uint32_t partition = 0;
  std::int64_t offset = 0;
  WallTime now{};  // by the clock
  bool catching_up = false;
  std::vector<Alert> told;
  std::set<std::string> ids;
  std::vector<Resolution> resolutions;
};

}  // namespace tocsin
