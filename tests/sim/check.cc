// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "alert/alert_codec.h"
#include "notify/outbox.h"
#include "sim/world.h"
#include "state/keys.h"
#include "state/unpriced.h"
#include "state/view.h"
#include "tocsin/group.h"

namespace tocsin::sim {
namespace {

std::string text(int128 value) { return decimal_text(value, 0); }
std::string text(const Totals& totals) {
  return text(totals.amount) + " of " + std::to_string(totals.requests);
}
std::string readable(std::string_view group) {
  std::string words;
  for (const char c : group) words += c < ' ' ? '/' : c;
  return words;
}

class Check {
 public:
  explicit Check(const World& world)
      : world_(world),
        truth_(truth_of(world.history())),
        last_(*world.history().commits.back().version) {}

  std::vector<std::string> run(bool at_the_end) {
    faults_ = truth_.broken;
    meta();
    alerts();
    ends();
    cells();
    unpriced();
    if (at_the_end) deliveries();
    if (at_the_end) set_aside();
    return std::move(faults_);
  }

 private:
  void fault(std::string text) { faults_.push_back(std::move(text)); }

  template <class T>
  void same(const std::string& what, const T& got, const T& expected) {
    if (got != expected) fault(fmt::format("{}: {}, expected {}", what, got, expected));
  }

  void set_aside() {
    for (const auto* all : {&world_.quarantined(), &truth_.quarantined}) {
      const bool expected = all == &truth_.quarantined;
      const auto& others = expected ? world_.quarantined() : truth_.quarantined;
      for (const auto& one : *all) {
        if (others.contains(one)) continue;
        const auto& [partition, offset, element, reason] = one;
        fault(fmt::format("record {} of partition {}, element {}, {}set aside as {}", offset,
                          partition, element, expected ? "not " : "", name(reason)));
      }
    }
  }

  void meta() {
    const auto progress = world_.store().get(key::meta("progress"));
    RowReader in(**progress);
    in.number();
    in.number();
    same("watermark", in.signed_number(), truth_.watermark_ms);
    Counts counts;
    const auto row = world_.store().get(key::meta("counts"));
    if (*row && !counts.decode(**row)) fault("the counts cannot be read");
    static constexpr std::pair<Count, const char*> kNames[] = {
        {Count::records, "records"},       {Count::events, "events"},
        {Count::duplicates, "duplicates"}, {Count::future_clamped, "future"},
        {Count::too_old, "too old"},       {Count::late, "late"},
        {Count::dropped_state, "dropped"}, {Count::unpriced, "unpriced"},
        {Count::unmetered, "unmetered"},   {Count::cached, "cached"},
        {Count::other_cost, "other cost"}};  // copies are like their first
    for (const auto& [count, name] : kNames) same(name, counts[count], truth_.counts[count]);
    for (std::size_t i = 0; i < kQuarantineReasons; ++i) {
      same(std::string(name(static_cast<QuarantineReason>(i))), counts.quarantined[i],
           truth_.counts.quarantined[i]);
    }
    same("cost", text(counts.cost.pico()), text(truth_.counts.cost.pico()));
    same("saved", text(counts.saved.pico()), text(truth_.counts.saved.pico()));
    same("late cost", text(counts.late_cost.pico()), text(truth_.counts.late_cost.pico()));
  }

  // What ended was told before, and ended once. A rule that was taken out may be put back, and what
  // it told goes on; a limit that was edited while nothing ran, or before, may have told it by
  // another amount.
  void ends() {
    using Reason = Resolution::Reason;
    std::map<std::string, std::size_t> open;
    std::set<std::string> told;
    for (const auto& commit : world_.history().commits) {
      for (const auto& [id, what] : commit.recorded) {
        ++open[id];
        told.insert(what);
      }
      for (const auto& [level, reason] : commit.ended) {
        std::size_t& times = open[level.id];
        const bool known =
            times > 0 || (reason == Reason::limit_raised && told.contains(level.what));
        if (!known) return fault("an end of what was not told, or had ended: " + level.id);
        if (times > 0 && reason != Reason::rule_removed) --times;
      }
    }
  }

  // What had no price and what of it was priced later, while its rows are kept.
  void unpriced() {
    const std::string from(1, key::kUnpriced);
    const auto scanned = world_.store().scan(from, key::after(from), [&](auto, auto value) {
      UnpricedKey key;
      UnpricedRow row;
      if (!decode_unpriced(value, key, row)) {
        fault("a row of what has no price cannot be read");
        return true;
      }
      if (key.kind != UnpricedKey::Kind::unpriced) return true;
      const auto of = truth_.unpriced.find({key.day, key.model});
      const auto [requests, priced] =
          of == truth_.unpriced.end() ? std::pair(0UL, 0UL) : of->second;
      const std::string words = fmt::format("unpriced of day {}, {}", key.day, key.model);
      same(words, row.requests, static_cast<std::uint64_t>(requests));
      same(words + ", priced later", row.priced_later, static_cast<std::uint64_t>(priced));
      return true;
    });
    if (!scanned) fault("what has no price cannot be read");
  }

  // A group that had a listed exception may have told anything.
  bool excused(const Truth::Alert& alert) const {
    return truth_.overflowed.contains(alert.state) || alert.start < truth_.kept_since_ms ||
           truth_.doubtful.contains({alert.state, alert.group});
  }
  bool excused(const Alert& alert) const {
    const auto judged = [&](const std::string& name) {
      return name == alert.rule &&
             std::any_of(
                 world_.versions().begin(), world_.versions().end(), [&](const auto& version) {
                   return std::any_of(
                       version->specs.begin(), version->specs.end(),
                       [&](const auto& spec) { return spec.name == name && spec.judged(); });
                 });
    };
    return std::any_of(truth_.doubtful.begin(), truth_.doubtful.end(),
                       [&](const auto& one) { return one.first.first == alert.rule; }) ||
           std::any_of(truth_.overflowed.begin(), truth_.overflowed.end(),
                       [&](const auto& one) { return judged(one.first); });
  }

  void alerts() {
    const std::string from(1, key::kAlert);
    const auto scanned = world_.store().scan(from, key::after(from), [&](auto, auto value) {
      auto alert = decode_alert(value);
      if (!alert) {
        fault("an alert cannot be read");
        return true;
      }
      alerts_.push_back(std::move(*alert));
      return true;
    });
    if (!scanned) fault("alerts cannot be read");
    std::set<std::string> ids;
    for (const auto& alert : alerts_) {
      // A limit that is raised and set back makes the same rung ring once more.
      if (!ids.insert(alert.id).second && world_.rule_edits() == 0) {
        fault(fmt::format("recorded twice: {} {} = {} from {}, {}", alert.rule, alert.rung,
                          text(alert.amount), to_ms(alert.window.start), alert.id));
      }
      if (!truth_.must.contains(alert.id) && !truth_.may.contains(alert.id) && !excused(alert)) {
        fault(fmt::format("alert too much: {} {} {} = {} at {}, value {} of {}", alert.rule,
                          alert.group.empty() ? "" : alert.group.front().second, alert.rung,
                          text(alert.amount), to_ms(alert.window.start), text(alert.value),
                          alert.requests));
      }
    }
    for (const auto& [id, alert] : truth_.must) {
      if (!ids.contains(id) && !excused(alert)) fault("no alert: " + alert.words);
    }
  }

  void cells() {
    using Sums = std::map<std::pair<std::int64_t, std::string>, Totals>;
    std::map<std::string, Sums> sums;
    const StateView view(world_.store(), last_.rules);
    const auto read = view.cells([&](const CellView& cell) {
      const Totals totals{cell.amount, cell.requests};
      const auto paned =
          std::find_if(truth_.panes.begin(), truth_.panes.end(),
                       [&](const auto& one) { return one.first.first == cell.name; });
      if (paned == truth_.panes.end()) {
        sums[cell.name][{to_ms(cell.window.start), cell.key}] = totals;
      } else {
        pane(cell, paned->first, paned->second, totals);
      }
      return true;
    });
    if (!read) fault("cells cannot be read: " + read.error().message);
    for (const auto& [state, expected] : truth_.sums) {
      const auto& got = sums[state.first];
      if (truth_.overflowed.contains(state)) {
        windows(state, got, expected);
      } else {
        compare(state, got, expected);
      }
    }
  }

  template <class Sums>
  void compare(const StateName& state, const Sums& got, const Sums& expected) {
    const std::string& rule = state.first;
    for (const auto& [at, totals] : expected) {
      const auto cell = got.find(at);
      if (truth_.erased.contains({state, at.first}) &&
          (cell == got.end() || cell->second.requests < totals.requests)) {
        continue;
      }
      if (cell == got.end()) {
        fault(fmt::format("{} {} {}: no cell", rule, at.first, readable(at.second)));
      } else if (cell->second != totals) {
        fault(fmt::format("{} {} {}: {}, expected {}", rule, at.first, readable(at.second),
                          text(cell->second), text(totals)));
      }
    }
    if (got.size() > expected.size()) fault(rule + ": cells too much");
  }

  // Which groups met max_groups depends on the order; the sum does not.
  template <class Sums>
  void windows(const StateName& state, const Sums& got, const Sums& expected) {
    std::map<std::int64_t, Totals> all;
    for (const auto& [at, totals] : expected) {
      all[at.first].amount += totals.amount;
      all[at.first].requests += totals.requests;
    }
    for (const auto& [at, totals] : got) {
      all[at.first].amount -= totals.amount;
      all[at.first].requests -= totals.requests;
    }
    for (const auto& [start, rest] : all) {
      if (rest == Totals{} || truth_.erased.contains({state, start})) continue;
      fault(fmt::format("{} {}: all groups lack {}", state.first, start, text(rest)));
    }
  }

  // Panes are dropped when time has passed them: what is compared is a sum that can still change.
  void pane(const CellView& cell, const StateName& state,
            const std::map<std::string, std::pair<std::int64_t, Totals>>& groups,
            const Totals& totals) {
    if (cell.rule == nullptr || truth_.overflowed.contains(state)) return;
    if (truth_.doubtful.contains({state, cell.key})) return;
    // What a judged window held goes as it ends, what another one holds a lateness after it.
    const std::int64_t end = to_ms(cell.window.end) - (cell.rule->judged() ? 1 : 0);
    if (truth_.watermark_ms > end) return;
    const auto group = groups.find(cell.key);
    if (group == groups.end()) return fault(state.first + ": a group too much");
    const auto& [newest, held] = group->second;
    // A judged window that began since, without requests, is shown too.
    const Totals expected = cell.window.contains(event_time_ms(newest)) ? held : Totals{};
    if (totals != expected) {
      fault(fmt::format("{} {}: its newest pane holds {}, expected {}", state.first,
                        readable(cell.key), text(totals), text(expected)));
    }
  }

  // Every alert was taken by each receiver it is for, or is parked where people see it; and nothing
  // was repeated but after a death or an answer that never came.
  void deliveries() {
    std::map<std::pair<std::string, std::string>, std::size_t> marks;  // alert and address
    const std::string from(1, kDeliveryPrefix);
    const auto scanned = world_.store().scan(from, key::after(from), [&](auto, auto value) {
      const auto delivery = decode_delivery(value);
      if (!delivery) {
        fault("a mark of delivery cannot be read");
        return true;
      }
      const std::string path = delivery->to.channel + "/" + delivery->to.destination;
      for (const auto& id : delivery->alert_ids) ++marks[{id, path}];
      const auto message = world_.received().messages.find({"sim://" + path, delivery->id});
      const bool taken = message != world_.received().messages.end() && message->second.taken > 0;
      if (delivery->delivered && !taken) fault("message " + delivery->id + " was never delivered");
      if (!delivery->delivered && !*world_.store().get(parked_key(delivery->to, delivery->id))) {
        fault("message " + delivery->id + " is neither delivered nor parked");
      }
      return true;
    });
    if (!scanned) fault("marks cannot be read");
    std::map<std::string, std::size_t> recorded;
    for (const auto& alert : alerts_) {
      if (is_told(alert)) ++recorded[alert.id];
    }
    // Marks leave by the clock, alerts by the times of events.
    const bool marks_leave = world_.lasted() > world_.plan().limits.retention;
    for (const auto& alert : alerts_) {
      if (!is_told(alert)) continue;
      for (const auto& path : receivers(alert.severity)) {
        const std::size_t told = marks[{alert.id, path}];
        if (told == 0 && !marks_leave) {
          fault(fmt::format("{} {} was not told to {}", alert.rule, alert.rung, path));
        }
        if (told > recorded[alert.id]) {
          fault(fmt::format("{} {} is in {} messages to {}", alert.rule, alert.rung, told, path));
        }
      }
    }
    for (const auto& [address, message] : world_.received().messages) {
      const auto again =
          recorded.find(address.second);  // a message of one group has its alert's id
      const std::uint64_t once =
          again == recorded.end() ? 1 : std::max<std::uint64_t>(again->second, 1);
      if (message.taken > once + message.excused + world_.deaths()) {
        fault(fmt::format("message {} was taken {} times", address.second, message.taken));
      }
    }
  }

  static std::vector<std::string> receivers(Severity severity) {
    std::vector<std::string> all = {"alerts/"};
    if (severity != Severity::info) all.insert(all.end(), {"pair/ann", "pair/bob"});
    if (severity == Severity::critical) all.emplace_back("oncall/");
    return all;
  }

  const World& world_;
  const Truth truth_;
  const Version& last_;
  std::vector<Alert> alerts_;
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> check(const World& world) { return Check(world).run(true); }
std::vector<std::string> check_midway(const World& world) { return Check(world).run(false); }

}  // namespace tocsin::sim
