// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_state.h"

#include <algorithm>
#include <span>
#include <unordered_set>

#include "alert/ladder.h"
#include "alert/unfilled.h"
#include "cli/explain_told.h"
#include "rule/field.h"
#include "rule/nearest_word.h"
#include "state/driver_book.h"
#include "state/growth_book.h"
#include "state/view.h"
#include "tocsin/ascii.h"
#include "tocsin/group.h"
#include "window/calendar.h"

namespace tocsin {
namespace {

constexpr std::size_t kFullestMax = 10;
constexpr std::size_t kLikeMax = 3;
constexpr std::size_t kComparedMax = 20'000;  // groups whose likeness is looked at

// How full, to compare groups by; the larger the fuller.
std::pair<int128, int128> fullness(const GroupLevel& level) {
  if (level.limit <= 0) return {-1, level.value};
  const int128 share = level.value > kInt128Max / 1'000'000 ? kInt128Max / level.limit
                                                            : level.value * 1'000'000 / level.limit;
  return {share, level.value};
}

bool fuller(const GroupLevel& a, const GroupLevel& b) { return fullness(a) > fullness(b); }

// 0: there is no amount that the value comes near to.
int128 limit_of(const Rule& rule, std::optional<int128> budget) {
  if (rule.metric == Metric::first_seen || rule.compare_to) return 0;
  if (rule.is_budget()) return budget.value_or(0);
  return rule.ladder.empty() ? 0 : rule.ladder.front().number;
}

GroupLevel level_of(const CellView& cell) {
  GroupLevel level;
  level.group = cell.group;
  level.window = cell.window;
  level.value = cell.total;
  level.requests = cell.requests;
  if (is_ratio(cell.metric)) level.numerator = cell.amount;
  level.budget = cell.budget;
  level.limit = limit_of(*cell.rule, cell.budget);
  if (cell.rung) {
    level.rung = cell.rule->ladder[*cell.rung].text;
    level.severity = cell.rule->ladder[*cell.rung].severity;
  }
  return level;
}

// A window that rolled on past its last request holds nothing of now.
bool is_over(const Rule& rule, const CellView& cell, EventTime now) {
  return rule.rolling() && cell.window.end + rule.window.length <= now;
}

// By a judged rung that a cell of the second part has reached, if it is the graver one.
void take_rung(GroupLevel& level, const CellView& cell) {
  if (!cell.rung) return;
  const Rung& rung = cell.rule->ladder[*cell.rung];
  if (!level.rung.empty() && rung.severity <= level.severity) return;
  level.rung = rung.text;
  level.severity = rung.severity;
}

// Of a rule with two parts, which is one to people.
const Rule* second_part_of(const std::vector<Rule>& rules, const Rule& rule) {
  const auto next = static_cast<std::size_t>(&rule - rules.data()) + 1;
  return next < rules.size() && rules[next].second_part ? &rules[next] : nullptr;
}

// The windows of a view come newest first: the first that has begun is the present one.
class Present {
 public:
  explicit Present(EventTime now) : now_(now) {}
  bool holds(const Rule& rule, const CellView& cell) {
    if (rule.rolling()) return !is_over(rule, cell, now_);
    if (cell.window.start > now_) return false;
    if (!start_) start_ = cell.window.start;
    return cell.window.start == *start_;
  }

 private:
  EventTime now_;
  std::optional<EventTime> start_;
};

class RuleExplainer {
 public:
  RuleExplainer(const ExplainInput& input, const Rule& rule, Explanation& out)
      : input_(input),
        rule_(rule),
        second_(second_part_of(input.rules, rule)),
        out_(out),
        present_(input.now) {}

  Result<void> run() {
    describe();
    if (auto read = read_cells(); !read) return read;
    describe_window();
    if (auto read = read_second(); !read) return read;
    describe_ladder();
    describe_drivers();
    describe_before();
    if (auto told = read_told(input_.snapshot, out_); !told) return told;
    for (const auto& alert : out_.told) {
      if (alert.rung == out_.level.rung) out_.since = alert.at;
    }
    return {};
  }

 private:
  void describe() {
    out_.now = input_.now;
    out_.rule = rule_.name;
    out_.summary = rule_.summary;
    out_.where = rule_.where_text;
    out_.origin = rule_.origin.file + ":" + std::to_string(rule_.origin.line);
    out_.zone = rule_.window.zone;
    out_.metric = rule_.metric;
    out_.window_kind = rule_.window.kind;
    out_.window_length = rule_.window.kind == WindowKind::every
                             ? Millis{std::chrono::days{rule_.window.every_days}}
                             : rule_.window.length;
    out_.budgeted = rule_.is_budget();
    out_.min_requests = rule_.min_requests;
    out_.hold = rule_.hold;
    for (const auto& field : rule_.group_by) out_.group_by.push_back(field.name);
    out_.is_one = out_.group.size() == rule_.group_by.size();
    for (const auto& [field, value] : out_.group) {
      append_group_value(key_, value == kNone ? std::string_view{} : value);
    }
    const bool other = !out_.group.empty() && out_.is_one &&
                       std::all_of(out_.group.begin(), out_.group.end(),
                                   [](const auto& pair) { return pair.second == kOther; });
    if (other) key_ = kOverflowGroup;
  }

  Result<void> read_cells() {
    return StateView(input_.snapshot, input_.rules).cells_of(rule_, [&](const CellView& cell) {
      if (out_.is_one) {
        take_one(cell);
      } else {
        take_group(cell);
      }
      return true;
    });
  }

  // What its judged rungs have come to, for the groups that are shown.
  Result<void> read_second() {
    if (second_ == nullptr) return {};
    return StateView(input_.snapshot, input_.rules).cells_of(*second_, [&](const CellView& cell) {
      if (out_.is_one) {
        if (out_.counted && cell.key == key_ && same_window(out_.level, cell)) take_second(cell);
        return true;
      }
      for (GroupLevel& level : out_.fullest) {
        if (level.group == cell.group && same_window(level, cell)) take_rung(level, cell);
      }
      return true;
    });
  }

  bool same_window(const GroupLevel& level, const CellView& cell) const {
    return rule_.rolling() || level.window == cell.window;
  }

  void take_second(const CellView& cell) {
    take_rung(out_.level, cell);
    second_reached_ = cell.reached;
    second_holding_ = cell.holding;
  }

  void take_one(const CellView& cell) {
    const bool present = present_.holds(rule_, cell);
    if (present) ++out_.groups;
    if (cell.key != key_) {
      if (present) look_like(cell);
      return;
    }
    // The newest window of the group that has begun.
    if (out_.counted || (cell.window.start > input_.now && !rule_.rolling())) return;
    out_.counted = true;
    out_.level = level_of(cell);
    reached_ = cell.reached;
    holding_ = cell.holding;
    state_ = cell.state;
  }

  void look_like(const CellView& cell) {
    if (out_.group.empty() || out_.near.size() >= kLikeMax || ++compared_ > kComparedMax) return;
    std::string text;
    bool like = true;
    for (std::size_t i = 0; i < cell.group.size() && i < out_.group.size(); ++i) {
      const std::string& value = cell.group[i].second;
      const std::string& asked = out_.group[i].second;
      const bool close = same_name(value, asked) ||
                         (asked.size() >= 4 && edit_distance(value, asked) <= asked.size() / 8 + 1);
      like = like && close;
      text += (text.empty() ? "" : "/") + value;
    }
    if (like) out_.near.push_back(std::move(text));
  }

  void take_group(const CellView& cell) {
    for (const auto& [field, value] : out_.group) {
      const bool has = std::any_of(cell.group.begin(), cell.group.end(), [&](const auto& own) {
        return own.first == field && own.second == value;
      });
      if (!has) return;
    }
    if (!present_.holds(rule_, cell)) return;
    ++out_.groups;
    if (is_sum(rule_.metric)) unfilled_.add(cell.key, cell.total);
    out_.level.window = cell.window;
    out_.fullest.push_back(level_of(cell));
    if (out_.fullest.size() < 2 * kFullestMax) return;
    keep_fullest();
  }

  void keep_fullest() {
    std::sort(out_.fullest.begin(), out_.fullest.end(), fuller);
    if (out_.fullest.size() > kFullestMax) out_.fullest.resize(kFullestMax);
  }

  void describe_unfilled() {
    out_.total = unfilled_.total;
    for (std::size_t i = 0; i < rule_.group_by.size(); ++i) {
      if (unfilled_.without[i] <= 0) continue;
      out_.unfilled.emplace_back(rule_.group_by[i].name, unfilled_.without[i]);
    }
  }

  void describe_window() {
    keep_fullest();
    describe_unfilled();
    if (out_.counted) {
      out_.near.clear();
    } else if (out_.is_one || out_.groups == 0) {
      out_.level.window = {input_.now - rule_.window.length, input_.now};
      if (!rule_.rolling()) {
        if (auto calendar = Calendar::create(rule_.window)) {
          out_.level.window = calendar->window_at(input_.now);
        }
      }
    }
    if (!out_.is_one || out_.counted) return;
    out_.level.group = out_.group;
    if (rule_.budgets) out_.level.budget = rule_.budgets->of(key_, input_.now);
    out_.level.limit = limit_of(rule_, out_.level.budget);
  }

  void describe_ladder() {
    describe_rungs(rule_, reached_, holding_);
    if (second_ != nullptr) describe_rungs(*second_, second_reached_, second_holding_);
  }

  void describe_rungs(const Rule& rule, const std::vector<std::size_t>& reached,
                      const std::vector<CellView::Holding>& holding) {
    std::vector<unsigned> bits(rule.ladder.size());
    std::optional<int128> budget = out_.level.budget;
    if (!out_.is_one && rule.budgets) budget = rule.budgets->of({}, input_.now);
    for (const auto& step : ladder_for(rule, budget, bits).steps) {
      const Rung& rung = rule.ladder[step.rung];
      RungLevel level{rung.text, step.amount, rung.severity, false, {}, {}};
      level.reached = std::find(reached.begin(), reached.end(), step.rung) != reached.end();
      for (const auto& held : holding) {
        if (held.rung == step.rung) level.holds_since = held.since;
      }
      level.channels = channels_of(rule, rung, {key_, input_.now}, input_.fallback);
      out_.ladder.push_back(std::move(level));
    }
  }

  // As they were stored last.
  void describe_drivers() {
    if (!out_.counted || !rule_.keeps_drivers()) return;
    const Window& window = out_.level.window;
    const auto stored = [&](std::span<const DriverPlace> places) {
      const bool of_failures = driven_metric(rule_.metric) != rule_.metric;
      return stored_drivers(input_.snapshot, places, key_,
                            of_failures ? out_.level.numerator : out_.level.value);
    };
    if (!rule_.rolling()) {
      const DriverPlace place{state_, to_ms(window.start)};
      out_.drivers = stored({&place, 1});
    } else {
      const Panes panes = Panes::of(rule_.window.length);
      out_.drivers = stored(driver_slots(state_, panes, panes.at(window.end - Millis{1})));
    }
  }

  void describe_before() {
    const Window& window = out_.level.window;
    if (!out_.counted || !GrowthBook::marks(rule_) || !window.contains(input_.now)) return;
    auto calendar = Calendar::create(rule_.window);
    if (!calendar) return;
    const Window before = calendar->window_at(window.start - Millis{1});
    GrowthBook growth(input_.snapshot);
    out_.before = growth.before(state_, before, window, input_.now, key_, out_.drivers);
    out_.recent = growth.recent(state_, window, input_.now, key_, out_.level.value);
  }

  const ExplainInput& input_;
  const Rule& rule_;
  const Rule* const second_;  // null: it has one part
  Explanation& out_;
  Present present_;
  std::string key_;
  std::uint32_t state_ = 0;  // of the cell that is explained
  std::vector<std::size_t> reached_;
  std::vector<CellView::Holding> holding_;
  std::vector<std::size_t> second_reached_;
  std::vector<CellView::Holding> second_holding_;
  std::size_t compared_ = 0;
  Unfilled unfilled_;
};

Result<const Rule*> find_rule(const std::vector<Rule>& rules, const std::string& name) {
  for (const auto& rule : rules) {
    if (rule.name == name) return &rule;
  }
  std::vector<std::string_view> names;
  for (const auto& rule : rules) names.push_back(rule.name);
  const auto near = nearest(name, names);
  return reject("there is no rule \"" + name + "\"" +
                (near ? "; did you mean \"" + std::string(*near) + "\"?" : ""));
}

// The asked fields in the rule's order and spelling.
Result<GroupValues> asked_group(const Rule& rule, const GroupValues& asked) {
  GroupValues group;
  for (const auto& field : rule.group_by) {
    for (const auto& [name, value] : asked) {
      if (canonical_name(field_ref(name)) != canonical_name(field.field)) continue;
      group.emplace_back(field.name, value);
      break;
    }
  }
  for (const auto& [name, value] : asked) {
    const bool known =
        std::any_of(rule.group_by.begin(), rule.group_by.end(), [&, &of = name](const auto& field) {
          return canonical_name(field_ref(of)) == canonical_name(field.field);
        });
    if (known) continue;
    std::string fields;
    for (const auto& field : rule.group_by) fields += (fields.empty() ? "" : ", ") + field.name;
    return reject("rule \"" + rule.name + "\" is not grouped by \"" + name + "\"" +
                  (fields.empty() ? ": it has no group_by" : ", but by " + fields));
  }
  return group;
}

// The fullest groups of rules, and how many are at some rung, be it of which part.
class LevelsReader {
 public:
  LevelsReader(const ExplainInput& input, RuleLevels& out)
      : input_(input),
        out_(out),
        present_(input.rules.size(), Present(input.now)),
        reached_(input.rules.size()) {}

  Result<void> run() {
    const StateView view(input_.snapshot, input_.rules);
    auto read = view.cells([&](const CellView& cell) {
      if (cell.rule != nullptr && !cell.rule->second_part) take(cell);
      return true;
    });
    for (std::size_t i = 0; read && i < input_.rules.size(); ++i) {
      const Rule* const second = second_part_of(input_.rules, input_.rules[i]);
      if (second == nullptr) continue;
      read = view.cells_of(*second, [&](const CellView& cell) {
        take_second(i, cell);
        return true;
      });
    }
    return read;
  }

 private:
  void take(const CellView& cell) {
    const auto at = static_cast<std::size_t>(cell.rule - input_.rules.data());
    if (!present_[at].holds(*cell.rule, cell)) return;
    RuleLevel& level = out_.rules[at];
    ++level.groups;
    if (cell.rung) ++level.over;
    if (cell.rung && second_part_of(input_.rules, *cell.rule) != nullptr) {
      reached_[at].insert(cell.key);
    }
    GroupLevel group = level_of(cell);
    if (!level.fullest || fuller(group, *level.fullest)) level.fullest = std::move(group);
  }

  void take_second(std::size_t first, const CellView& cell) {
    const auto at = static_cast<std::size_t>(cell.rule - input_.rules.data());
    if (!present_[at].holds(*cell.rule, cell) || !cell.rung) return;
    RuleLevel& level = out_.rules[first];
    if (reached_[first].insert(cell.key).second) ++level.over;
    if (level.fullest && level.fullest->group == cell.group) take_rung(*level.fullest, cell);
  }

  const ExplainInput& input_;
  RuleLevels& out_;
  std::vector<Present> present_;
  std::vector<std::unordered_set<std::string>> reached_;  // groups, of rules with two parts
};

}  // namespace

Result<Explanation> explain_rule(const ExplainInput& input, const ExplainQuestion& question) {
  const auto rule = find_rule(input.rules, question.rule);
  if (!rule) return tl::unexpected(rule.error());
  auto group = asked_group(**rule, question.group);
  if (!group) return tl::unexpected(group.error());
  Explanation out;
  out.group = std::move(*group);
  if (auto done = RuleExplainer(input, **rule, out).run(); !done) {
    return tl::unexpected(done.error());
  }
  if (auto read = read_trust(input.snapshot, out.trust); !read) return tl::unexpected(read.error());
  return out;
}

Result<RuleLevels> explain_rules(const ExplainInput& input) {
  RuleLevels out;
  out.now = input.now;
  for (const auto& rule : input.rules) {
    RuleLevel level;
    level.rule = rule.name;
    level.origin = rule.origin.file + ":" + std::to_string(rule.origin.line);
    level.zone = rule.window.zone;
    level.metric = rule.metric;
    level.window_kind = rule.window.kind;
    level.window_length = rule.window.length;
    level.grouped = !rule.group_by.empty();
    out.rules.push_back(std::move(level));
  }
  if (auto read = LevelsReader(input, out).run(); !read) return tl::unexpected(read.error());
  if (auto trust = read_trust(input.snapshot, out.trust); !trust) {
    return tl::unexpected(trust.error());
  }
  for (std::size_t i = out.rules.size(); i-- > 0;) {
    if (input.rules[i].second_part) out.rules.erase(out.rules.begin() + std::ptrdiff_t(i));
  }
  return out;
}

Result<GroupValues> parse_group(const std::vector<std::string>& texts) {
  GroupValues group;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return reject("--group is FIELD=VALUE, such as user=user-9; \"" + text + "\" is not");
    }
    group.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return group;
}

}  // namespace tocsin
