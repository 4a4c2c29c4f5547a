// SPDX-License-Identifier: Apache-2.0
#include "cli/rule_test_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "alert/alert_json.h"
#include "cli/terminal.h"
#include "notify/amount_text.h"
#include "pipeline/rehearsal.h"

namespace tocsin {
namespace {

constexpr Millis kAfterLast{300'000};

struct Moment {
  EventTime at{};
  const TestEvent* event = nullptr;
};

// The events of all entries in the order of their times; of the same time as they are written.
std::vector<Moment> moments_of(const RuleTest& test) {
  std::vector<Moment> moments;
  for (const auto& event : test.events) {
    for (std::int64_t i = 0; i < event.times; ++i) {
      moments.push_back({event.at + event.every * i, &event});
    }
  }
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.at < b.at; });
  return moments;
}

// How long after its last event a rule can still ring or be waited for.
Millis patience(const std::vector<Rule>& rules) {
  Millis longest{0};
  for (const auto& rule : rules) {
    if (!rule.judged()) continue;
    const Millis length = rule.rolling() ? rule.window.length : Millis{0};
    longest = std::max(longest, length + rule.hold + rule.keeps_firing_for());
  }
  return longest + kAfterLast;
}

bool same_second(EventTime a, EventTime b) {
  return floor_div(to_ms(a), 1000) == floor_div(to_ms(b), 1000);
}

std::vector<std::string_view> differences(const Expectation& expected, const Alert& got) {
  std::vector<std::string_view> differs;
  const auto look = [&](std::string_view what, bool same) {
    if (!same) differs.push_back(what);
  };
  look("rule", expected.rule == got.rule);
  for (const auto& [field, value] : expected.group) {
    const auto same = std::any_of(got.group.begin(), got.group.end(), [&](const auto& of) {
      return of.first == field && of.second == value;
    });
    if (same) continue;
    look("group", false);
    break;
  }
  look("rung", !expected.rung || *expected.rung == got.rung);
  look("at", !expected.at || same_second(*expected.at, got.at));
  look("severity", !expected.severity || *expected.severity == got.severity);
  look("value", !expected.value || *expected.value == got.value);
  look("budget", !expected.budget || expected.budget == got.budget);
  return differs;
}

// How far two are from being the same alert: another rule is no near match at all.
std::size_t distance(const std::vector<std::string_view>& differs) {
  constexpr std::size_t kRule = 100, kGroup = 10, kRung = 3;
  std::size_t sum = 0;
  for (const auto what : differs) {
    sum += what == "rule" ? kRule : what == "group" ? kGroup : what == "rung" ? kRung : 1;
  }
  return sum;
}

// The most exactly expected ones choose first; then each that found none is set beside the nearest
// that is left.
std::vector<TestOutcome::Pair> pair_up(const RuleTest& test, std::vector<Alert> alerts) {
  std::vector<TestOutcome::Pair> pairs;
  for (const auto& expected : test.expect) pairs.push_back({&expected, std::nullopt, {}});
  std::vector<bool> taken(alerts.size());
  const auto exactness = [](const Expectation& e) {
    return e.group.size() + (e.rung ? 1 : 0) + (e.at ? 1 : 0) + (e.severity ? 1 : 0) +
           (e.value ? 1 : 0) + (e.budget ? 1 : 0);
  };
  std::vector<std::size_t> order(pairs.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return exactness(*pairs[a].expected) > exactness(*pairs[b].expected);
  });
  for (const bool exactly : {true, false}) {
    for (const std::size_t i : order) {
      TestOutcome::Pair& pair = pairs[i];
      if (pair.got) continue;
      std::optional<std::size_t> nearest;
      for (std::size_t a = 0; a < alerts.size(); ++a) {
        if (taken[a]) continue;
        auto differs = differences(*pair.expected, alerts[a]);
        if (exactly ? !differs.empty() : distance(differs) >= 100) continue;
        if (nearest && distance(differs) >= distance(pair.differs)) continue;
        nearest = a;
        pair.differs = std::move(differs);
      }
      if (!nearest) continue;
      taken[*nearest] = true;
      pair.got = alerts[*nearest];
    }
  }
  for (std::size_t a = 0; a < alerts.size(); ++a) {
    if (!taken[a]) pairs.push_back({nullptr, std::move(alerts[a]), {}});
  }
  return pairs;
}

std::string group_text(const std::vector<std::pair<std::string, std::string>>& group) {
  std::string text;
  for (const auto& [field, value] : group) text += " " + field + "=" + value;
  return text;
}

std::string text_of(const Expectation& expected, const std::vector<Rule>& rules) {
  std::string text = expected.rule;
  if (expected.rung) text += " " + *expected.rung;
  text += group_text(expected.group);
  if (expected.at) text += " at " + rfc3339_text(*expected.at);
  if (expected.severity) text += fmt::format(" {}", name(*expected.severity));
  const auto rule = std::find_if(rules.begin(), rules.end(),
                                 [&](const Rule& known) { return known.name == expected.rule; });
  if (rule == rules.end()) return text;
  if (expected.value) text += " " + limit_text(rule->metric, *expected.value);
  if (expected.budget) text += " of " + limit_text(rule->metric, *expected.budget);
  return text;
}

std::string text_of(const Alert& alert) {
  std::string text = alert.rule + " " + alert.rung + group_text(alert.group) + " at " +
                     rfc3339_text(alert.at) + fmt::format(" {}", name(alert.severity)) + " " +
                     limit_text(alert.metric, alert.value);
  if (alert.budget) text += " of " + limit_text(alert.metric, *alert.budget);
  return text;
}

EventTime time_of(const TestOutcome::Pair& pair) {
  if (pair.got) return pair.got->at;
  return pair.expected->at.value_or(EventTime::max());
}

}  // namespace

bool TestOutcome::passed() const {
  return mistakes.empty() &&
         std::all_of(pairs.begin(), pairs.end(), [](const Pair& pair) { return pair.good(); });
}

Result<TestOutcome> run_test(const RuleTest& test, const std::vector<Rule>& rules,
                             const PriceList& prices) {
  auto rehearsal = Rehearsal::open({rules, prices});
  if (!rehearsal) return tl::unexpected(rehearsal.error());
  TestOutcome outcome;
  std::vector<Alert> alerts;
  const auto note = [&](Rehearsal::Outcome&& of) {
    for (auto& recorded : of.alerts) alerts.push_back(std::move(recorded.alert));
  };
  const std::vector<Moment> moments = moments_of(test);
  std::string record;
  for (const auto& [at, event] : moments) {
    record = fmt::format("{{\"timestamp\":{}", to_ms(at));
    if (!event->json.empty()) record.append(",").append(event->json);
    record += "}";
    auto taken = (*rehearsal)->take(record);
    if (!taken) return tl::unexpected(taken.error());
    for (const auto& bad : taken->set_aside) {
      const std::string line =
          fmt::format("{}:{}: this event cannot be read ({}): {}", event->origin.file,
                      event->origin.line, name(bad.reason), bad.detail);
      if (outcome.mistakes.empty() || outcome.mistakes.back() != line) {
        outcome.mistakes.push_back(line);
      }
    }
    note(std::move(*taken));
  }
  if (!moments.empty() || test.until) {
    const EventTime last = moments.empty() ? EventTime{} : moments.back().at;
    auto passed = (*rehearsal)->pass(test.until.value_or(last + patience(rules)));
    if (!passed) return tl::unexpected(passed.error());
    note(std::move(*passed));
  }
  outcome.pairs = pair_up(test, std::move(alerts));
  std::stable_sort(outcome.pairs.begin(), outcome.pairs.end(),
                   [](const auto& a, const auto& b) { return time_of(a) < time_of(b); });
  return outcome;
}

std::string side_by_side(const TestOutcome& outcome, const std::vector<Rule>& rules) {
  struct Row {
    std::string expected, mark, got;
  };
  std::vector<Row> rows;
  std::size_t width = columns_of("expected");
  for (const auto& pair : outcome.pairs) {
    Row row{pair.expected == nullptr ? "-" : text_of(*pair.expected, rules), "=",
            pair.got ? text_of(*pair.got) : "-"};
    if (!pair.good()) row.mark = "≠";
    if (pair.expected == nullptr) row.got += "   (not expected)";
    if (!pair.got) row.got += "   (did not come)";
    for (std::size_t i = 0; i < pair.differs.size(); ++i) {
      row.got += (i == 0 ? "   (" : ", ") + std::string(pair.differs[i]);
    }
    if (!pair.differs.empty()) row.got += ")";
    width = std::max(width, columns_of(row.expected));
    rows.push_back(std::move(row));
  }
  std::string text;
  for (const auto& line : outcome.mistakes) text += "  " + line + "\n";
  if (rows.empty()) return text;
  text += "    " + padded("expected", width) + "   got\n";
  for (const auto& row : rows) {
    text += "  " + row.mark + " " + padded(row.expected, width) + "   " + row.got + "\n";
  }
  return text;
}

}  // namespace tocsin
