// SPDX-License-Identifier: Apache-2.0
#include "rule/rule.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "memory_files.h"

using namespace tocsin;

namespace {

Rule only(const std::string& keys) {
  auto loaded = load_text(rule_with(keys));
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.ok());
  REQUIRE(loaded.rules.size() == 1);
  return std::move(loaded.rules[0]);
}

std::string errors(const std::string& keys) { return errors_of(rule_with(keys)); }

const std::string kBudget = "window: day\nbudget: $100\n";
const std::string kRate = "metric: error_rate\nwindow: last 5m\nthreshold: 5%\n";

}  // namespace

TEST_CASE("A rule is four lines, and has sound defaults") {
  const Rule rule = only(kBudget);
  CHECK(rule.name == "r");
  CHECK(rule.summary == "r");
  CHECK(rule.metric == Metric::cost);
  CHECK(rule.group_by.empty());
  CHECK(rule.where_text.empty());
  CHECK(rule.min_requests == 0);
  CHECK(rule.hold == Millis{0});
  CHECK_FALSE(rule.notify.warning);
  CHECK_FALSE(rule.notify_resolved);
  CHECK_FALSE(rule.tells_resolved());
  CHECK(rule.max_groups == 1'000'000);
  CHECK(rule.origin.file == "rules.yaml");
  CHECK(rule.origin.line == 2);
  const Event event;
  CHECK(rule.filter->matches({event, ""}));
}

TEST_CASE("Every key of a rule is read") {
  const Rule rule = only(
      "summary: Production spend\nwhere: {Environment: production}\ngroup_by: [user, Feature]\n"
      "window: week\nstarts: sunday\ntime_zone: Europe/Berlin\nmetric: tokens\nthreshold: 50M\n"
      "min_requests: 20\nfor: 2m\nnotify: {info: [], critical: [oncall, alerts]}\n"
      "notify_resolved: false\nlabels: {team: payments}\ndescription: |\n  two\n  lines\n"
      "runbook: https://wiki.company.example/x\nenabled: true\nmax_groups: 20k\n");
  CHECK(rule.summary == "Production spend");
  CHECK(rule.where_text == "Environment = production");
  REQUIRE(rule.group_by.size() == 2);
  CHECK(rule.group_by[1].name == "Feature");
  CHECK(rule.group_by[1].field.name == "feature");
  CHECK(rule.window.kind == WindowKind::week);
  CHECK(rule.window.week_start == std::chrono::Sunday);
  CHECK(rule.window.zone == "Europe/Berlin");
  CHECK(rule.metric == Metric::tokens);
  CHECK(rule.ladder.at(0).number == 50'000'000);
  CHECK(rule.min_requests == 20);
  CHECK(rule.hold == Millis{120'000});
  CHECK(rule.notify.info == std::vector<std::string>{});
  CHECK_FALSE(rule.notify.warning);
  CHECK(rule.notify.critical == std::vector<std::string>{"oncall", "alerts"});
  CHECK(rule.notify_resolved == false);
  CHECK(rule.labels.at(0).second == "payments");
  CHECK(rule.description == "two\nlines\n");
  CHECK(rule.runbook == "https://wiki.company.example/x");
  CHECK(rule.max_groups == 20'000);
}

TEST_CASE("Every metric that is built is read") {
  for (int i = 0; i <= static_cast<int>(Metric::error_rate); ++i) {
    const auto metric = static_cast<Metric>(i);
    const std::string amount = metric == Metric::cost ? "$5" : is_ratio(metric) ? "5%" : "5k";
    INFO(name(metric));
    CHECK(only("metric: " + std::string(name(metric)) + "\nwindow: last 5m\nthreshold: " + amount)
              .metric == metric);
  }
}

TEST_CASE("Rates need twenty requests unless told otherwise") {
  CHECK(only(kRate).min_requests == 20);
  CHECK(only(kRate + "min_requests: 0").min_requests == 0);
  CHECK(only(kRate + "keep_firing_for: 10m").keeps_firing_for() == Millis{600'000});
  CHECK(only(kRate).keeps_firing_for() == Millis{300'000});
}

TEST_CASE("The summary is made from the name if there is none") {
  const auto loaded = load_text("rules:\n  - {name: free-tier_user, window: day, budget: $1}\n");
  CHECK(loaded.rules.at(0).summary == "free tier user");
}

TEST_CASE("A rule has a budget or a threshold") {
  CHECK(errors(kBudget + "threshold: $5") ==
        "5:5: a rule has a budget or a threshold, not both | make two rules of it");
  CHECK(errors("window: day") ==
        "2:11: this rule has neither a budget nor a threshold | add budget: $100");
  CHECK(errors("window: day\nmetric: error_rate") ==
        "2:11: this rule has neither a budget nor a threshold | add threshold: 5%");
  CHECK(errors("window: day\nthreshold: $5\nalert: {80%: info}")
            .starts_with("5:5: alert belongs to a budget"));
  CHECK(errors("budget: $5") == "2:11: this rule has no window | add window: day");
}

TEST_CASE("A budget is only for sums") {
  CHECK(errors("window: day\nmetric: error_rate\nbudget: 5%") ==
        "5:5: a budget is for sums, and error_rate is none | write threshold: 5%");
}

TEST_CASE("Steadiness is for thresholds, and for what can fall") {
  CHECK(errors(kBudget + "for: 5m") ==
        "5:5: \"for\" belongs to a threshold | a budget has no use of it");
  CHECK(errors(kBudget + "keep_firing_for: 5m")
            .starts_with("5:5: \"keep_firing_for\" belongs to a threshold"));
  CHECK(errors("window: day\nthreshold: $5\nkeep_firing_for: 5m") ==
        "5:5: keep_firing_for has no use here: a sum never falls in its window | take a rolling "
        "window, such as last 1h, or leave it out");
  CHECK(
      only("window: day\nmetric: error_rate\nthreshold: 5%\nkeep_firing_for: 5m").keep_firing_for ==
      Millis{300'000});
  CHECK(only("window: last 1h\nthreshold: $5\nkeep_firing_for: 0s").keep_firing_for == Millis{0});
}

TEST_CASE("Groups are one to four fields") {
  const std::string keys = "window: day\nbudget: $1\ngroup_by: ";
  CHECK(only(keys + "[a, b, c, d]").group_by.size() == 4);
  CHECK(errors(keys + "[a, b, c, d, e]") ==
        "5:15: group_by takes 1 to 4 fields | write one such as [user]");
  CHECK(errors(keys + "[]") == "5:15: group_by takes 1 to 4 fields | write one such as [user]");
  CHECK(errors(keys + "user") ==
        "5:15: a list must stand here | write a list of fields such as [user]");
  CHECK(errors(keys + "[tags]") == "5:16: a request has many tags, so they make no group");
  CHECK(errors(keys + "[user, User]") == "5:22: \"User\" is written twice");
}

TEST_CASE("Values of the wrong kind are told") {
  CHECK(errors(kBudget + "enabled: yes") ==
        "5:14: \"yes\" is neither true nor false | write true or false");
  CHECK(errors(kBudget + "notify_resolved: 1") ==
        "5:22: \"1\" is neither true nor false | write true or false");
  CHECK(errors(kBudget + "min_requests: 1e3").starts_with("5:19: \"1e3\" is no number from 0 up"));
  CHECK(errors(kBudget + "max_groups: 0").starts_with("5:17: \"0\" is no number from 1 up"));
  CHECK(errors("window: last 1h\nthreshold: $5\nfor: 5 minutes") ==
        "5:10: \"5 minutes\" is no duration | write one such as 30s, 5m, 1h or 2d");
  CHECK(errors(kBudget + "notify: alerts") ==
        "5:13: a list must stand here | write a list of channels such as [alerts], or []");
  CHECK(errors(kBudget + "notify: [alrts]") ==
        "5:14: unknown channel \"alrts\" | did you mean \"alerts\"? Allowed: alerts, oncall, "
        "finance");
  CHECK(errors(kBudget + "labels: [a]").starts_with("5:13: keys and values must stand here"));
  CHECK(errors(kBudget + "summary: |\n  a\n  b").starts_with("5:14: this must be one line"));
  CHECK(errors(kBudget + "metric: [cost]").starts_with("5:13: a single value must stand here"));
}

TEST_CASE("Names are there, plain and unique over all files") {
  CHECK(errors_of("rules:\n  - {window: day, budget: $1}\n")
            .starts_with("2:5: this rule has no name"));
  CHECK(errors_of("rules:\n  - {name: a/b, window: day, budget: $1}\n")
            .starts_with("2:12: a name may not hold a /"));
  MemoryFiles files({{"a.yaml", "rules:\n  - {name: x, window: day, budget: $1}\n"},
                     {"b.yaml",
                      "# b\nrules:\n  - {name: y, window: day, budget: $1}\n  - name: x\n"
                      "    window: day\n    budget: $1\n"}});
  const RuleContext context{.files = files};
  const auto loaded = load_rules({"a.yaml", "b.yaml"}, context);
  CHECK(
      told(loaded.diagnostics, "b.yaml") ==
      "4:5: the rule name \"x\" is taken | by a.yaml:2; a name is the identity of a rule's state");
  CHECK(loaded.files[0].ok);
  CHECK_FALSE(loaded.files[1].ok);
}

TEST_CASE("A disabled rule is checked, counted and not run") {
  const auto loaded = load_text(
      "rules:\n  - {name: a, window: day, budget: $1, enabled: false}\n  - {name: b, window: day, "
      "budget: $1}\n");
  CHECK(loaded.ok());
  CHECK(loaded.rules.size() == 1);
  CHECK(loaded.files.at(0).rules == 2);
  CHECK(loaded.files.at(0).disabled == 1);
  REQUIRE(loaded.disabled.size() == 1);
  CHECK(loaded.disabled[0].origin.line > 0);
  CHECK_FALSE(load_text("rules:\n  - {name: a, window: 1h, budget: $1, enabled: false}\n").ok());
}

TEST_CASE("A file of no rules says so") {
  CHECK(errors_of("rule:\n  - name: a\n") ==
        "1:1: unknown key \"rule\" | did you mean \"rules\"? Allowed: rules, defaults");
  CHECK(errors_of("defaults: {window: day}\n") ==
        "1:1: there is no rules: in this file | begin it with rules:");
  CHECK(errors_of("window day\n").starts_with("1:1: keys and values must stand here"));
  CHECK(errors_of("rules: {a: b}\n").starts_with("1:8: a list must stand here"));
  CHECK(load_rules({"nope.yaml"}, RuleContext{.files = *std::make_unique<MemoryFiles>(
                                                  std::map<std::string, std::string>{})})
            .diagnostics.at(0)
            .message == "cannot read it: no such file");
}

TEST_CASE("Of every file that is accepted, all rules that a reader counts are loaded") {
  const bool holds = rc::check([] {
    // Lines that are often right, and some that swallow what follows if nobody minds.
    const auto line = rc::gen::element<std::string>(
        "    summary: fine", "    summary: \"closed\"", "    summary: \"open", "    summary: 'it",
        "    summary: it's", "    description: |", "      - name: inner", "      text",
        "    # comment", "    notify: []", "    notify: [alerts, #x]", "    labels: {a: b}",
        "    labels: {a: b", "    where: {a: \"b\"}", "    where: {a: b}}", "---", "%x: y",
        "    runbook: >-", "", "    -x", "     over", "    enabled: true");
    std::string text = "rules:\n";
    const int rules = *rc::gen::inRange(1, 5);
    for (int i = 0; i < rules; ++i) {
      text += "  - name: r" + std::to_string(i) + "\n    window: day\n    budget: $1\n";
      const auto extra = *rc::gen::resize(2, rc::gen::container<std::vector<std::string>>(line));
      for (const auto& one : extra) text += one + "\n";
    }
    const auto loaded = load_text(text);
    if (!loaded.ok()) return;
    std::size_t names = 0;
    std::istringstream lines(text);
    for (std::string one; std::getline(lines, one);) names += one.starts_with("  - name:");
    RC_ASSERT(loaded.rules.size() == names);
    RC_ASSERT(loaded.files[0].rules == names);
  });
  CHECK(holds);
}
