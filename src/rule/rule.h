// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rule/budgets.h"
#include "rule/filter.h"
#include "rule/route.h"
#include "tocsin/decimal.h"
#include "tocsin/metric.h"
#include "tocsin/severity.h"
#include "window/window_spec.h"

namespace tocsin {

// Where something was written, for messages: file:line:column, columns in characters from 1.
struct Origin {
  std::string file;
  int line = 0;
  int column = 0;
};

// A step of a rule's ladder.
struct Rung {
  enum class Kind : std::uint8_t {
    share,     // of the budget; number is a ratio in 10^-12 (80% = 8 x 10^11)
    left,      // reached when this much of the budget, or less, is left; in the metric's unit
    amount,    // of the metric itself (thresholds), in its unit; ratios in 10^-12
    below,     // the same, reached by less than it
    forecast,  // of the budget, like share, but by what the window's total is heading for
    times,     // of what the metric was before (`compare_to`): a ratio in 10^-12
    times_below,
  };
  Kind kind = Kind::share;
  int128 number = 0;
  std::string text;  // as written, without spaces: "80%", "$250left", "$10"; unique in its rule
  bool is_below() const { return kind == Kind::below || kind == Kind::times_below; }
  bool repeated = false;  // one of those that `every` stands for; while it is read, `every` itself
  Severity severity = Severity::warning;
  Route notify;
  Origin origin;
};

struct Rule {
  std::string name;
  std::string renamed_from;  // the name whose state it takes over; empty: none
  std::string summary;       // the user's, or one made from the name ("production daily")
  std::string where_text;    // the filter as people read it: "Environment = production"
  std::shared_ptr<const Filter> filter;  // never null; matches all if there is no `where`
  struct GroupField {
    std::string name;  // as the rule writes it
    FieldRef field;
  };
  std::vector<GroupField> group_by;
  Metric metric = Metric::cost;
  WindowSpec window;
  std::optional<Budgets> budgets;  // absent: a rule with `threshold`
  std::vector<Rung> ladder;  // thresholds by rising amount; shares and lefts as for their budget
  std::int64_t min_requests = 0;
  std::optional<int128> min_cost;    // picodollars
  std::optional<int128> resolve_at;  // in the unit of the rungs
  std::optional<Millis> compare_to;
  Millis hold{0};                         // `for`
  std::optional<Millis> keep_firing_for;  // as written
  Route notify;
  std::optional<bool> notify_resolved;
  std::optional<Millis> repeat_every;  // absent: what stands is not told again
  std::vector<std::pair<std::string, std::string>> labels;
  std::string description, runbook;
  std::size_t max_groups = 1'000'000;
  bool backfill = true;  // as written
  Origin origin;

  // The judged rungs of a rule whose others ring at once: it is the same rule to people, and
  // stands right behind the other part.
  bool second_part = false;

  // Judged when the watermark passes a pane's end; the others ring in the commit that reaches them.
  bool judged() const;
  // Whatever its rungs are.
  bool judged_throughout() const { return !is_sum(metric) || hold > Millis{0} || compare_to; }
  bool keeps_cost() const { return min_cost && !is_money(metric); }
  bool rolling() const { return window.kind == WindowKind::rolling; }
  bool by_session() const { return window.kind == WindowKind::session; }
  // Windows of a calendar, or one for ever.
  bool by_calendar() const { return !rolling() && !by_session(); }
  // What drives its groups is kept, if there are not too many. The second part asks the first.
  bool keeps_drivers() const {
    if (by_session() || second_part) return false;
    return metric == Metric::error_rate || (is_sum(metric) && metric != Metric::first_seen);
  }
  // What was read before it came into force is counted for it, too. A session that is under way
  // begins with what comes then.
  bool backfills() const { return backfill && !by_session(); }
  bool is_budget() const { return budgets.has_value(); }
  bool tells_resolved() const { return notify_resolved.value_or(!is_budget()); }
  // 5 min in rolling windows unless written; 0 elsewhere.
  Millis keeps_firing_for() const {
    return keep_firing_for.value_or(rolling() ? Millis{300'000} : Millis{0});
  }
  // The state-bearing fields (metric, filter, group_by, window, zone, and whether a sum is judged)
  // as canonical text: two rules of one name with the same text share their state; any difference
  // starts a new one.
  std::string fingerprint() const;
};

// The rule, or its two parts: rungs that are reached in a commit, and those that are judged.
std::vector<Rule> parts_of(Rule rule);

// How many rules were written, whatever their parts.
std::size_t written_rules(const std::vector<Rule>& rules);

// A group of a rule, by the rows of its budgets that are in force at a time.
struct GroupAt {
  std::string_view group;  // key (tocsin/group.h)
  EventTime at{};
};

// Where an alert of `rung` goes: the rung's channels, else those of the group's row in force, else
// the rule's, else the config's. Empty: it is recorded and told to nobody.
std::vector<std::string> channels_of(const Rule& rule, const Rung& rung, const GroupAt& of,
                                     const Route& fallback);

// The amount of the metric at which `rung` is reached for a group with `budget` (ignored for
// thresholds): share x budget rounded up to a whole unit, which for integer totals is exact.
int128 rung_amount(const Rung& rung, std::optional<int128> budget);

}  // namespace tocsin
