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

std::string errors(const std::string& keys) { return errors_of(rule_with(keys + "\nwindow: day")); }

}  // namespace

TEST_CASE("A map gives each group its budget, and the fallback to all others") {
  const auto b = budgets(
      "group_by: [Environment]\nbudget: $5\nbudgets: {staging: $30, sandbox: none, (none): $1}");
  CHECK(b.of(key({"staging"})) == usd(30));
  CHECK(b.of(key({"sandbox"})) == std::nullopt);
  CHECK(b.of(key({""})) == usd(1));
  CHECK(b.of(key({"(none)"})) == usd(5));
  CHECK(b.of(key({"other"})) == usd(5));
}

TEST_CASE("Rows name their groups in any order") {
  const auto b = budgets(
      "group_by: [Team, model]\nbudgets: [{model: gpt-4o, team: search, budget: $4k}, {team: chat, "
      "model: gpt-4o, budget: none}]");
  CHECK(b.of(key({"search", "gpt-4o"})) == usd(4000));
  CHECK(b.rows.contains(key({"chat", "gpt-4o"})));
  CHECK_FALSE(b.fallback);
  CHECK(b.of(key({"x", "y"})) == std::nullopt);
}

TEST_CASE("A CSV file is a table of budgets") {
  const auto b = budgets("group_by: [Customer]\nbudgets: table.csv",
                         "\xef\xbb\xbf"
                         "budget,customer\r\n$100,acme\r\n\"$4,000\",\"Sm\"\"ith, Inc\"\r\n\r\n"
                         "none, zed \n$7,\" blank \"\n$1,caf\xc3\xa9");
  CHECK(b.rows.size() == 5);
  CHECK(b.of(key({"acme"})) == usd(100));
  CHECK(b.of(key({"Sm\"ith, Inc"})) == usd(4000));
  CHECK(b.rows.contains(key({"zed"})));
  CHECK(b.of(key({" blank "})) == usd(7));
  CHECK(b.of(key({"caf\xc3\xa9"})) == usd(1));
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
  CHECK(csv_errors("Customer,budget\nacme,$4,000\n") ==
        "table.csv:2:1: this row has 3 fields and the first has 2 | quote amounts with commas: "
        "\"$4,000\"");
  CHECK(csv_errors("Customer,budget\ncaf\xc3\xa9,100\n")
            .starts_with("table.csv:2:6: \"100\" is not money: it has no $"));
  CHECK(csv_errors("Customer,budget\n\"acme,$1\n") ==
        "table.csv:2:1: this quote is never closed on its line");
  CHECK(csv_errors("Customer,budget\n\"acme\"x,$1\n") ==
        "table.csv:2:7: nothing may follow the closing quote but a comma");
  CHECK(csv_errors("Custmer,budget\nacme,$1\n") ==
        "table.csv:1:1: unknown column \"Custmer\" | did you mean \"Customer\"? Allowed: Customer, "
        "budget");
  CHECK(csv_errors("Customer\nacme\n") == "table.csv:1:1: \"budget\" is missing in this row");
  CHECK(csv_errors("Customer,customer,budget\na,b,$1\n") ==
        "table.csv:1:10: \"customer\" is written twice");
  CHECK(csv_errors("Customer,budget\n,$1\n") ==
        "table.csv:2:1: a group's value is missing | the group of requests without one is (none)");
  CHECK(csv_errors("") == "table.csv:1:1: the table is empty | its first line names the columns");
  for (const char* column : {"from", "until", "notify"}) {
    CHECK(csv_errors("Customer,budget," + std::string(column) + "\na,$1,x\n") ==
          "table.csv:1:17: \"" + std::string(column) + "\" is not built yet");
  }
}

TEST_CASE("Budgets that fit no group are refused") {
  CHECK(errors("budgets: {a: $1}") ==
        "3:14: budgets belong to groups, and this rule has no group_by | add group_by, or write "
        "budget");
  CHECK(errors("group_by: [a, b]\nbudgets: {x: $1}")
            .starts_with("4:14: a map of budgets is for rules with one field in group_by"));
  CHECK(errors("group_by: [a]\nbudgets: [{a: x}]") == "4:15: \"budget\" is missing in this row");
  CHECK(errors("group_by: [a]\nbudgets: [{a: x, until: y, budget: $1}]") ==
        "4:22: \"until\" is not built yet");
  CHECK(errors("group_by: [a]\nbudgets: {(other): $1}")
            .starts_with("4:15: the group (other) has no budget"));
  CHECK(errors("group_by: [a]\nbudgets: nope.csv") == "4:14: cannot read nope.csv: no such file");
  CHECK(errors("group_by: [a]\nbudgets: rows.yaml") ==
        "4:14: \"budgets in a YAML file\" is not built yet");
  CHECK(errors("group_by: [a]\nbudgets: $5").starts_with("4:14: \"$5\" is no table of budgets"));
  CHECK(errors("group_by: [a]\nbudgets: {x: 30}").starts_with("4:18: \"30\" is not money"));
  CHECK(errors("budget: 00").starts_with("3:13: \"00\" is not money: it has no $"));
}

TEST_CASE("A thousand lines of errors are told as far as anybody reads") {
  std::string csv = "Customer,budget\n";
  for (int i = 0; i < 1000; ++i) csv += "c" + std::to_string(i) + ",5\n";
  const auto loaded = load_text(rule_with("group_by: [Customer]\nbudgets: table.csv\nwindow: day"),
                                {{"table.csv", csv}});
  CHECK(loaded.diagnostics.size() == kDiagnosticsMax);
  CHECK_FALSE(loaded.ok());
}
