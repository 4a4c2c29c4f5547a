// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "memory_files.h"
#include "tocsin/group.h"
#include "tocsin/money.h"

using namespace tocsin;

namespace {

std::string key(std::initializer_list<std::string_view> values) {
  std::string bytes;
  for (const auto value : values) append_group_value(bytes, value);
  return bytes;
}

Budgets budgets(const std::string& keys, const std::string& csv = "") {
  const auto loaded = load_text(rule_with(keys + "\nwindow: day"), {{"table.csv", csv}});
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.rules.size() == 1);
  REQUIRE(loaded.rules[0].budgets);
  return *loaded.rules[0].budgets;
}

int128 usd(long long dollars) { return Money::usd(dollars).pico(); }

std::string csv_errors(const std::string& csv) {
  return errors_of(rule_with("group_by: [Customer]\nbudgets: table.csv\nwindow: day"),
                   {{"table.csv", csv}});
}

std::string budget_errors(const std::string& keys) {
  return errors_of(rule_with(keys + "\nwindow: day"));
}

}  // namespace

TEST_CASE("A map gives each group its budget, and the fallback to all others") {
  const auto b = budgets(
      "group_by: [Environment]\nbudget: $5\nbudgets: {staging: $30, sandbox: none, (none): $1}");
  CHECK(b.of(key({"staging"}), {}) == usd(30));
  CHECK(b.of(key({"sandbox"}), {}) == std::nullopt);
  CHECK(b.of(key({""}), {}) == usd(1));
  CHECK(b.of(key({"(none)"}), {}) == usd(5));
  CHECK(b.of(key({"other"}), {}) == usd(5));
}

TEST_CASE("Rows name their groups in any order") {
  const auto b = budgets(
      "group_by: [Team, model]\nbudgets: [{model: gpt-4o, team: search, budget: $4k}, {team: chat, "
      "model: gpt-4o, budget: none}]");
  CHECK(b.of(key({"search", "gpt-4o"}), {}) == usd(4000));
  CHECK(b.rows.contains(key({"chat", "gpt-4o"})));
  CHECK_FALSE(b.fallback);
  CHECK(b.of(key({"x", "y"}), {}) == std::nullopt);
}

TEST_CASE("A CSV file is a table of budgets") {
  const auto b = budgets("group_by: [Customer]\nbudgets: table.csv",
                         "\xef\xbb\xbf"
                         "budget,customer\r\n$100,acme\r\n\"$4,000\",\"Sm\"\"ith, Inc\"\r\n\r\n"
                         "none, zed \n$7,\" blank \"\n$1,caf\xc3\xa9");
  CHECK(b.rows.size() == 5);
  CHECK(b.of(key({"acme"}), {}) == usd(100));
  CHECK(b.of(key({"Sm\"ith, Inc"}), {}) == usd(4000));
  CHECK(b.rows.contains(key({"zed"})));
  CHECK(b.of(key({" blank "}), {}) == usd(7));
  CHECK(b.of(key({"caf\xc3\xa9"}), {}) == usd(1));
}

TEST_CASE("A table is found beside its rule file") {
  MemoryFiles files({{"rules/a.yaml", rule_with("group_by: [user]\nbudgets: b/t.csv\nwindow: day")},
                     {"rules/b/t.csv", "user,budget\nx,$1\n"}});
  const RuleContext context{.files = files};
  const auto loaded = load_rules({"rules/a.yaml"}, context);
  CHECK(told(loaded.diagnostics, "").empty());
  CHECK(loaded.rules.size() == 1);
}

TEST_CASE("Errors in a table are told by its own lines and columns") {
  CHECK(csv_errors("Customer,budget\nacme,$100\nacme,$5\n") ==
        "table.csv:3:1: this group has a budget already | first on line 2");
  CHECK(csv_errors("Customer,budget\ncaf\xc3\xa9,100\n")
            .starts_with("table.csv:2:6: \"100\" is not money: it has no $"));
  CHECK(csv_errors("Customer,budget\n\"acme\"x,$1\n") ==
        "table.csv:2:7: nothing may follow the closing quote but a comma");
  CHECK(csv_errors("Custmer,budget\nacme,$1\n") ==
        "table.csv:1:1: unknown column \"Custmer\" | did you mean \"Customer\"? Allowed: Customer, "
        "budget, from, until, notify");
  CHECK(csv_errors("Customer,customer,budget\na,b,$1\n") ==
        "table.csv:1:10: \"customer\" is written twice");
  CHECK(csv_errors("Customer,budget\n,$1\n") ==
        "table.csv:2:1: a group's value is missing | the group of requests without one is (none)");
}

TEST_CASE("A table whose first line does not name the columns says what it should") {
  CHECK(csv_errors("") ==
        "table.csv:1:1: the table is empty | the first line names "
        "Customer,budget");
  CHECK(csv_errors("\n\r\n") ==
        "table.csv:1:1: the table is empty | the first line names "
        "Customer,budget");
  CHECK(csv_errors("Customer\nacme\n") ==
        "table.csv:1:1: the column \"budget\" is missing | the "
        "first line names Customer,budget");
  CHECK(csv_errors("acme,$400\nzed,$5\n") ==
        "table.csv:1:1: the first line must name the columns "
        "| write Customer,budget above it");
  CHECK(csv_errors("Customer,Budget,note,\n") ==
        "table.csv:1:10: unknown column \"Budget\" | did you mean \"budget\"? Allowed: Customer, "
        "budget, from, until, notify\n"
        "table.csv:1:17: unknown column \"note\" | Allowed: Customer, budget, from, until, notify\n"
        "table.csv:1:22: this column has no name | take away the comma at the end of every line");
}

TEST_CASE("An amount that its comma cut in two is recognised, wherever it stands") {
  CHECK(csv_errors("Customer,budget\nacme,$4,000\n") ==
        "table.csv:2:6: \"$4,000\" without quotes is more than one column | write it in quotes, or "
        "without its comma");
  CHECK(
      csv_errors("Customer,budget\ncaf\xc3\xa9,\"$1\"\nacme,$1,200,000\n") ==
      "table.csv:3:6: \"$1,200,000\" without quotes is more than one column | write it in quotes, "
      "or without its comma");
  CHECK(csv_errors("budget,Customer\n$4,000,acme\n") ==
        "table.csv:2:1: \"$4,000\" without quotes is more than one column | write it in quotes, or "
        "without its comma");
}

TEST_CASE("A row with too few or too many columns says which there are") {
  CHECK(
      csv_errors("Customer,budget\nSmith, Inc,$4\nacme\n") ==
      "table.csv:2:1: this row has 3 columns and the first line names 2: Customer,budget | a value "
      "that holds a comma needs quotes\n"
      "table.csv:3:1: this row has 1 column and the first line names 2: Customer,budget");
}

TEST_CASE("A quote that is not closed spoils its own line and no other") {
  CHECK(
      csv_errors("Customer,budget\n\"acme,$1\nzed,5 EUR\n") ==
      "table.csv:2:1: this quote is never closed on its line | a value stands on one line; a quote "
      "within it is written twice\n"
      "table.csv:3:5: \"5 EUR\" is not in US dollars, the only currency here | write an amount "
      "such as $100, $4k, $1.2M or 100 USD");
}

TEST_CASE("Columns that are not separated by commas are recognised") {
  constexpr std::string_view kHint =
      " here, and commas are read | save the table with commas; a value that holds one needs "
      "quotes";
  CHECK(csv_errors("Customer;budget\nacme;$4,000\n") ==
        "table.csv:1:9: columns are separated by semicolons" + std::string(kHint));
  CHECK(csv_errors("Customer\tbudget\nacme\t$4\n") ==
        "table.csv:1:9: columns are separated by tabs" + std::string(kHint));
  CHECK(csv_errors("sep=;\nCustomer;budget\n") ==
        "table.csv:1:5: columns are separated by semicolons" + std::string(kHint));
}

TEST_CASE("A table in another encoding is recognised") {
  using namespace std::string_literals;
  CHECK(csv_errors("\xff\xfe"s + "C\0u\0s\0"s) ==
        "table.csv:0:0: the file is UTF-16 | save it as UTF-8");
  CHECK(csv_errors("C\0u\0s\0t\0"s) == "table.csv:0:0: the file is UTF-16 | save it as UTF-8");
  CHECK(csv_errors("Customer,budget\ncaf\xe9,$1\n") ==
        "table.csv:2:4: this is not valid UTF-8 | save the file as UTF-8");
}

TEST_CASE("A budget that is missing, negative, in another currency or no amount is named") {
  CHECK(csv_errors("Customer,budget\nacme,\n") ==
        "table.csv:2:6: the budget is missing | write an amount such as $100, or none");
  CHECK(csv_errors("Customer,budget\nacme,-$5\n") ==
        "table.csv:2:6: \"-$5\" is negative | amounts are 0 or more");
  CHECK(csv_errors("Customer,budget\nacme,\xe2\x82\xac"
                   "5\n") ==
        "table.csv:2:6: \"\xe2\x82\xac"
        "5\" is not in US dollars, the only currency here | write an "
        "amount such as $100, $4k, $1.2M or 100 USD");
  CHECK(
      csv_errors("Customer,budget\nacme,lots\n") ==
      "table.csv:2:6: \"lots\" is no amount | write an amount such as $100, $4k, $1.2M or 100 USD");
}

TEST_CASE("Two groups that differ only in case are warned about, naming both lines") {
  const auto loaded = load_text(rule_with("group_by: [Customer]\nbudgets: table.csv\nwindow: day"),
                                {{"table.csv", "Customer,budget\nAcme,$1\nzed,$2\nacme,$3\n"}});
  CHECK(
      told(loaded.diagnostics, "rules.yaml") ==
      "~table.csv:4:1: line 2 has a group that differs only in case | values are compared exactly: "
      "these are two groups");
  CHECK(loaded.rules.size() == 1);
}

TEST_CASE("Requests without a value have a row of their own") {
  const auto b =
      budgets("group_by: [Customer]\nbudgets: table.csv", "Customer,budget\n(none),$3\nacme,$1\n");
  CHECK(b.of(key({""}), {}) == usd(3));
  CHECK(csv_errors("Customer,budget\n(other),$3\n")
            .starts_with("table.csv:2:1: the group (other) has no budget"));
}

TEST_CASE("A table of a hundred thousand groups is read whole") {
  std::string csv = "Customer,budget\n";
  for (int i = 0; i < 100'000; ++i) {
    csv += "customer-" + std::to_string(i) + ",\"$" + std::to_string(1 + i % 900) + ",000\"\n";
  }
  const auto b = budgets("group_by: [Customer]\nbudgets: table.csv", csv);
  CHECK(b.rows.size() == 100'000);
  CHECK(b.of(key({"customer-99999"}), {}) == usd(100'000));
}

TEST_CASE("Budgets that fit no group are refused") {
  CHECK(budget_errors("budgets: {a: $1}") ==
        "3:14: budgets belong to groups, and this rule has no group_by | add group_by, or write "
        "budget");
  CHECK(budget_errors("group_by: [a, b]\nbudgets: {x: $1}")
            .starts_with("4:14: a map of budgets is for rules with one field in group_by"));
  CHECK(budget_errors("group_by: [a]\nbudgets: [{a: x}]") ==
        "4:15: \"budget\" is missing in this row | a row has a,budget");
  CHECK(budget_errors("group_by: [a]\nbudgets: [{a: x, until: y, budget: $1}]") ==
        "4:29: \"y\" is no date | write one such as 2026-11-02");
  CHECK(budget_errors("group_by: [a]\nbudgets: {(other): $1}")
            .starts_with("4:15: the group (other) has no budget"));
  CHECK(budget_errors("group_by: [a]\nbudgets: nope.csv") ==
        "4:14: cannot read nope.csv: no such file | its path is taken from this file on");
  CHECK(budget_errors("group_by: [a]\nbudgets: rows.yaml") ==
        "4:14: cannot read rows.yaml: no such file | its path is taken from this file on");
  CHECK(budget_errors("group_by: [a]\nbudgets: $5")
            .starts_with("4:14: \"$5\" is no table of budgets"));
  CHECK(budget_errors("group_by: [a]\nbudgets: {x: 30}").starts_with("4:18: \"30\" is not money"));
  CHECK(budget_errors("budget: 00").starts_with("3:13: \"00\" is not money: it has no $"));
}

TEST_CASE("A thousand lines of errors are told as far as anybody reads") {
  std::string csv = "Customer,budget\n";
  for (int i = 0; i < 1000; ++i) csv += "c" + std::to_string(i) + ",5\n";
  const auto loaded = load_text(rule_with("group_by: [Customer]\nbudgets: table.csv\nwindow: day"),
                                {{"table.csv", csv}});
  CHECK(loaded.diagnostics.size() == kDiagnosticsMax);
  CHECK_FALSE(loaded.ok());
  CHECK_FALSE(loaded.files.at(0).ok);
}

namespace {

EventTime day(int month, int date) {
  const std::chrono::sys_days of{std::chrono::year{2026} / month / date};
  return event_time_ms(Millis{of.time_since_epoch()}.count());
}

// Of rules in Berlin, whose days begin an hour or two before UTC's.
Budgets dated(const std::string& keys, const std::map<std::string, std::string>& files = {}) {
  std::map<std::string, std::string> all = files;
  const auto loaded = load_text(rule_with(keys + "\nwindow: month"), all);
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.rules.size() == 1);
  return *loaded.rules[0].budgets;
}

}  // namespace

TEST_CASE("Rows hold from their first day to the end of their last") {
  const auto b =
      dated("group_by: [Customer]\nbudget: $1\nbudgets: t.csv",
            {{"t.csv",
              "Customer,budget,from,until\nacme,$100,,\nacme,$300,2026-11-20,2026-11-27\n"
              "zed,$5,2026-03-01,\nzed,$7,2026-06-01,\n"}});
  const auto acme = key({"acme"});
  CHECK(b.of(acme, day(11, 20) - Millis{1}) == usd(100));
  CHECK(b.of(acme, day(11, 20)) == usd(300));
  CHECK(b.of(acme, day(11, 28) - Millis{1}) == usd(300));
  CHECK(b.of(acme, day(11, 28)) == usd(100));
  // Before its first row a group has the budget of those in no row; then the latest row holds.
  CHECK(b.of(key({"zed"}), day(2, 28)) == usd(1));
  CHECK(b.of(key({"zed"}), day(5, 31)) == usd(5));
  CHECK(b.of(key({"zed"}), day(12, 31)) == usd(7));
  CHECK(b.switches == std::vector<EventTime>{day(3, 1), day(6, 1), day(11, 20), day(11, 28)});
  CHECK(b.changes(acme, day(11, 1), day(12, 1)) ==
        std::vector<EventTime>{day(11, 20), day(11, 28)});
  CHECK(b.changes(acme, day(11, 20), day(11, 28)).empty());
}

TEST_CASE("Dates are days of the rule's zone") {
  const auto b = dated(
      "time_zone: Europe/Berlin\nbudget: $1\nbudgets: [{budget: $9, from: 2026-07-01, until: "
      "2026-12-31}]");
  CHECK(b.switches == std::vector<EventTime>{day(7, 1) - std::chrono::hours{2},
                                             day(12, 31) + std::chrono::hours{23}});
}

TEST_CASE("A table without columns of groups is a plan over time, of all groups alike") {
  const std::string plan = "budget,from\n$10,2026-01-01\n$20,2026-07-01\n";
  for (const std::string group : {"", "group_by: [user]\n"}) {
    const auto b = dated(group + "budgets: t.csv", {{"t.csv", plan}});
    CHECK(b.of(key({"ann"}), day(6, 30)) == usd(10));
    CHECK(b.of("", day(7, 1)) == usd(20));
    CHECK_FALSE(b.of("", day(1, 1) - Millis{1}));
  }
}

TEST_CASE("Rows stand in a YAML file as well") {
  const auto b = dated("group_by: [Customer]\nbudgets: t.yaml",
                       {{"t.yaml",
                         "- {Customer: acme, budget: $4}\n- Customer: zed\n  budget: $5\n"
                         "  from: 2026-07-01\n"}});
  CHECK(b.of(key({"acme"}), {}) == usd(4));
  CHECK(b.of(key({"zed"}), day(7, 1)) == usd(5));
  CHECK(dated("group_by: [Customer]\nbudgets: t.yml", {{"t.yml", "acme: $4\n"}})
            .of(key({"acme"}), {}) == usd(4));
  CHECK(errors_of(rule_with("group_by: [Customer]\nbudgets: t.yaml\nwindow: day"),
                  {{"t.yaml", "- {Customer: acme, budget: 4}\n"}})
            .starts_with("t.yaml:1:28: \"4\" is not money"));
  CHECK(errors_of(rule_with("group_by: [Customer]\nbudgets: t.yaml\nwindow: day"),
                  {{"t.yaml", "acme\n"}}) ==
        "t.yaml:1:1: this file holds no rows | write - {Customer: …, budget: $5}");
}

TEST_CASE("What is wrong with dates is told by line and column") {
  const auto errors = [](const std::string& rows) {
    return csv_errors("Customer,budget,from,until\n" + rows);
  };
  CHECK(errors("a,$1,2026-13-01,\n") ==
        "table.csv:2:6: \"2026-13-01\" is no date | write one such as 2026-11-02");
  CHECK(errors("a,$1,2026-11-02,2026-11-01\n") ==
        "table.csv:2:17: this row ends before it begins | until is the last day that it holds");
  CHECK(errors("a,$1,2026-11-02,2026-11-02\n").empty());
  CHECK(errors("a,$1,,2026-11-02\na,$2,2026-11-02,2026-11-05\n") ==
        "table.csv:3:1: two rows hold at the same time | first on line 2");
  CHECK(errors("a,$1,,2026-11-02\na,$2,2026-11-03,2026-11-05\n").empty());
  CHECK(errors("a,$1,2026-11-02,\na,$2,2026-11-02,\n") ==
        "table.csv:3:1: two rows hold at the same time | first on line 2");
  CHECK(errors("a,$1,,\na,$2,,\n") ==
        "table.csv:3:1: this group has a budget already | first on line 2");
  CHECK(budget_errors("budgets: [{budget: $1}, {budget: $2}]")
            .ends_with("two rows hold at the same time | first on line 3"));
}

TEST_CASE("A row's channels stand between those of the rung and of the rule") {
  const auto loaded = load_text(
      rule_with("group_by: [Customer]\nbudgets: t.csv\nwindow: month\nnotify: [finance]\n"
                "alert: {80%: warning, 100%: {severity: critical, notify: [oncall]}}"),
      {{"t.csv", "Customer,budget,notify\nacme,$1,alerts; oncall\nzed,$1,\nmute,$1,[]\n"}});
  REQUIRE(loaded.rules.size() == 1);
  const Rule& rule = loaded.rules[0];
  using Names = std::vector<std::string>;
  const auto channels = [&](std::string_view group, std::size_t rung) {
    return channels_of(rule, rule.ladder[rung], {key({group}), {}}, {});
  };
  CHECK(channels("acme", 0) == Names{"alerts", "oncall"});
  CHECK(channels("acme", 1) == Names{"oncall"});
  CHECK(channels("zed", 0) == Names{"finance"});
  CHECK(channels("mute", 0).empty());
  CHECK(rule.budgets->of(key({"acme"}), {}) == usd(1));
  const auto inline_rows = load_text(rule_with(
      "group_by: [Customer]\nbudgets: [{Customer: a, budget: $1, notify: [alerts]}]\nwindow: "
      "day"));
  REQUIRE(inline_rows.rules.size() == 1);
  CHECK(channels_of(inline_rows.rules[0], inline_rows.rules[0].ladder[0], {key({"a"}), {}}, {}) ==
        Names{"alerts"});
  CHECK(
      errors_of(rule_with("group_by: [Customer]\nbudgets: t.csv\nwindow: day"),
                {{"t.csv", "Customer,budget,notify\na,$1,alerts; finanse\n"}}) ==
      "t.csv:2:6: unknown channel \"finanse\" | did you mean \"finance\"? Allowed: alerts, oncall, "
      "finance");
}
