// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "notify/acknowledgement.h"
#include "tocsin/alert.h"
#include "tocsin/result.h"

namespace tocsin {

using GroupValues = std::vector<std::pair<std::string, std::string>>;  // field, value

// How a message about an alert fared with one channel.
struct ToldOn {
  enum class Fate : std::uint8_t { delivered, waiting, parked };
  std::string channel;  // with its recipient, where it has several: "finance (ann@company.example)"
  Fate fate = Fate::waiting;
  WallTime when{};  // delivered or parked
  std::uint32_t attempts = 0;
  std::string reason;  // why it was parked
};

// An alert of the window, and what became of it.
struct ToldAlert {
  std::string id, rung;
  Severity severity = Severity::info;
  EventTime at{};
  GroupValues group;
  bool old_news = false, stale = false, continues = false;  // alert.h
  std::vector<ToldOn> tellings;
  struct Silenced {  // notify/silences.h
    std::string id, author, comment;
    WallTime until{};
  };
  std::optional<Silenced> silenced;
  std::optional<Acknowledgement> acknowledged;
  std::optional<int128> forecast;    // what its window was heading for
  std::uint32_t forecast_weeks = 0;  // by the usual shape of these; 0: by a straight line
};

// A rung of the ladder as it is for one group.
struct RungLevel {
  std::string rung;
  int128 amount = 0;
  Severity severity = Severity::info;
  bool reached = false;
  std::optional<EventTime> holds_since;  // its `for` is not over
  std::vector<std::string> channels;     // where it goes; empty: nowhere
};

// What one group has spent, of what; without group_by the rule itself.
struct GroupLevel {
  GroupValues group;
  Window window;
  int128 value = 0;
  int128 numerator = 0;       // of ratios
  std::int64_t requests = 0;  // of ratios the denominator
  std::optional<int128> budget;
  int128 limit = 0;  // what `value` is shown as a part of: the budget, else the first rung; 0: none
  std::string rung;  // the highest reached; empty: none
  Severity severity = Severity::info;
};

// Why what is told may not be all: counted since the state began, over all rules.
struct Trust {
  std::uint64_t late = 0, unpriced = 0, quarantined = 0, duplicates = 0, too_old = 0;
  std::uint64_t other_cost = 0;  // of the duplicates: not like their first
  std::uint64_t overflow_groups = 0, ids_forgotten = 0;
  bool catching_up = false;
  std::vector<std::string> trouble;  // why the engine is not ready
  // Channels that take nothing now: name, why.
  std::vector<std::pair<std::string, std::string>> channels;
};

// A rule, or one group of it, as far as the state and the engine know it. The same whether the
// engine answers or the state is read beside it.
struct Explanation {
  bool engine = false;  // answered by a running engine
  EventTime now{};      // its clock; else the latest the state has seen

  // The rule as the engine has it.
  std::string rule, summary, where, origin, zone;
  Metric metric = Metric::cost;
  WindowKind window_kind = WindowKind::day;
  Millis window_length{0};  // rolling and every
  bool budgeted = false;    // else by threshold
  std::int64_t min_requests = 0;
  Millis hold{0};  // `for`
  std::vector<std::string> group_by;

  GroupValues group;     // asked for
  bool is_one = false;   // one cell: the rule has no group_by, or all its fields were asked for
  bool counted = false;  // it has one: `level` holds it
  GroupLevel level;      // the window is set in any case, and the budget
  // By rising amount, judged rungs behind the others; empty: no budget.
  std::vector<RungLevel> ladder;
  std::optional<EventTime> since;      // when its highest rung was reached
  std::vector<Alert::Driver> drivers;  // of `level`
  std::optional<Alert::Before> before;
  std::optional<Alert::Recent> recent;

  // Of all groups, or those that the asked fields leave.
  std::uint64_t groups = 0;
  std::vector<GroupLevel> fullest;
  // Of sums: what these come to together, and what of it is in groups without a value in a field.
  int128 total = 0;
  std::vector<std::pair<std::string, int128>> unfilled;
  std::vector<std::string> near;  // groups like the one that was asked for and isn't there

  std::vector<ToldAlert> told;    // in the order in which they rang
  std::uint64_t told_before = 0;  // more of the same window, not in `told`
  Trust trust;
};

// What `tocsin explain` alone lists.
struct RuleLevel {
  std::string rule, origin, zone;
  Metric metric = Metric::cost;
  WindowKind window_kind = WindowKind::day;
  Millis window_length{0};
  bool grouped = false;
  std::uint64_t groups = 0;  // in the present window
  std::uint64_t over = 0;    // of these, at some rung
  std::optional<GroupLevel> fullest;
};
struct RuleLevels {
  bool engine = false;
  EventTime now{};
  std::vector<RuleLevel> rules;
  Trust trust;
};

// "day", "rolling"; "delivered".
std::string_view window_kind_name(WindowKind kind);
std::string_view fate_name(ToldOn::Fate fate);

// Is the rung reached as the value grows? Others are judged as time passes.
bool is_passed(std::string_view rung);

// What the words of messages take (pace_of, bounds_text …), as if the level were told now.
Alert as_alert(const Explanation& of);

// JSON, the answer of GET /api/v1/explain and of --json.
std::string explanation_json(const Explanation& of);
std::string rule_levels_json(const RuleLevels& of);
// Back again. reject: it is none.
Result<Explanation> parse_explanation(std::string_view json);
Result<RuleLevels> parse_rule_levels(std::string_view json);

}  // namespace tocsin
