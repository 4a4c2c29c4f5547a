// SPDX-License-Identifier: Apache-2.0
#include "rule/budgets_reader.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "document/utf8.h"
#include "rule/amount.h"
#include "rule/csv.h"
#include "rule/field.h"
#include "rule/nearest_word.h"
#include "tocsin/ascii.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

constexpr std::string_view kBudget = "budget";

Read<std::optional<int128>> budget_amount(std::string_view text, Metric metric) {
  if (text == "none") return std::optional<int128>();
  if (text.empty()) {
    return tl::unexpected<Complaint>(
        Complaint{"the budget is missing", "write an amount such as $100, or none"});
  }
  const auto amount = read_amount(text, metric);
  if (!amount) return tl::unexpected<Complaint>(amount.error());
  return std::optional<int128>(*amount);
}

// One value of a table, and where it was written.
struct Cell {
  std::string_view text;
  const Node* node = nullptr;
  const SourceText* source = nullptr;  // of a CSV field
  const CsvField* field = nullptr;
};

class BudgetsReader {
 public:
  BudgetsReader(const Reader& reader, const BudgetsOf& of, Budgets& budgets)
      : reader_(reader), of_(of), budgets_(budgets) {}

  bool map(const Node& node) {
    if (of_.group_by.size() != 1) {
      reader_.error(node, "a map of budgets is for rules with one field in group_by",
                    "write rows: [{" + (of_.group_by.empty() ? "field" : of_.group_by[0].name) +
                        ": value, budget: $5}]");
      return false;
    }
    bool good = !node.entries.empty();
    if (!good) reader_.error(node, "no budget is written here", "write {group: $5}");
    for (const Entry& entry : node.entries) {
      if (entry.key.bad || entry.value.bad) {
        good = false;
        continue;
      }
      if (reader_.text(entry.value, "an amount such as $30, or none") == nullptr) {
        good = false;
        continue;
      }
      good = row({cell(entry.key)}, cell(entry.value), entry.key.line) && good;
    }
    return good;
  }

  bool rows(const Node& node) {
    bool good = !node.items.empty();
    if (!good)
      reader_.error(node, "no budget is written here", "write rows: [{field: value, budget: $5}]");
    for (const Node& item : node.items) good = node_row(item) && good;
    return good;
  }

  bool file(const Node& node, const RuleContext& context) {
    if (node.text.ends_with(".yaml") || node.text.ends_with(".yml")) {
      reader_.not_built(node, "budgets in a YAML file");
      return false;
    }
    if (!node.text.ends_with(".csv")) {
      reader_.error(node, tocsin::quoted(node.text) + " is no table of budgets",
                    "write {group: amount}, a list of rows, or a file such as customers.csv");
      return false;
    }
    const std::string path = resolve_path(reader_.file(), node.text);
    const auto bytes = context.files.read(path, kCsvBytesMax);
    if (!bytes) {
      reader_.error(node, "cannot read " + path + ": " + bytes.error().message,
                    "its path is taken from this file on");
      return false;
    }
    const auto source = SourceText::read(path, *bytes, reader_.diagnostics(), kCsvBytesMax);
    if (!source) return false;
    const auto table = read_csv(*source, reader_.diagnostics());
    return table && csv(*source, *table);
  }

 private:
  static Cell cell(const Node& node) { return {node.text, &node, nullptr, nullptr}; }
  static Cell cell(const SourceText& source, const CsvField& field) {
    return {field.text, nullptr, &source, &field};
  }

  void tell(const Cell& cell, Diagnostic::Level level, std::string message,
            std::string hint) const {
    if (cell.node != nullptr && level == Diagnostic::Level::error) {
      reader_.error(*cell.node, std::move(message), std::move(hint));
    } else if (cell.node != nullptr) {
      reader_.warn(*cell.node, std::move(message), std::move(hint));
    } else if (!is_full(reader_.diagnostics(), level)) {
      reader_.diagnostics().push_back(cell.source->error(cell.field->offset, cell.field->bytes,
                                                         std::move(message), std::move(hint)));
      reader_.diagnostics().back().level = level;
    }
  }
  void error(const Cell& cell, std::string message, std::string hint = {}) const {
    tell(cell, Diagnostic::Level::error, std::move(message), std::move(hint));
  }

  // Which column of the table a name is: a place in group_by, or its size for the budget.
  std::optional<std::size_t> column(const Cell& name) const {
    const auto& words = words::kBudgetColumn;
    if (name.text == kBudget) return of_.group_by.size();
    const std::string canonical = canonical_name(field_ref(name.text));
    for (std::size_t i = 0; i < of_.group_by.size(); ++i) {
      if (canonical_name(of_.group_by[i].field) == canonical) return i;
    }
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const Word& known) { return known.text == name.text; });
    if (word != words.end()) {
      error(name, tocsin::quoted(name.text) + " is not built yet");
      return std::nullopt;
    }
    std::vector<std::string_view> allowed;
    for (const auto& group : of_.group_by) allowed.push_back(group.name);
    allowed.push_back(kBudget);
    if (name.text.empty()) {
      error(name, "this column has no name", "take away the comma at the end of every line");
    } else {
      error(name, "unknown column " + tocsin::quoted(name.text), hint_for(name.text, allowed));
    }
    return std::nullopt;
  }

  // Places of the columns by their names; nothing if one is unknown, missing or twice. `table` is
  // where a missing one is told.
  std::optional<std::vector<std::size_t>> columns(const std::vector<Cell>& names,
                                                  const Cell& table) const {
    std::vector<std::size_t> places(of_.group_by.size() + 1, names.size());
    bool good = true;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto place = column(names[i]);
      good = good && place;
      if (!place) continue;
      if (places[*place] != names.size()) {
        error(names[i], tocsin::quoted(names[i].text) + " is written twice");
        good = false;
      }
      places[*place] = i;
    }
    if (!good) return std::nullopt;  // what seems to be missing may be what is misspelt
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i] != names.size()) continue;
      const std::string missing(i < of_.group_by.size() ? of_.group_by[i].name : kBudget);
      if (table.node != nullptr) {
        error(table, tocsin::quoted(missing) + " is missing in this row",
              "a row has " + wanted_columns());
      } else {
        error(table, "the column " + tocsin::quoted(missing) + " is missing",
              "the first line names " + wanted_columns());
      }
      return std::nullopt;
    }
    return places;
  }

  // "Customer,budget"
  std::string wanted_columns() const {
    std::string names;
    for (const auto& group : of_.group_by) names += group.name + ",";
    return names + std::string(kBudget);
  }

  bool node_row(const Node& item) {
    const Node* map = reader_.map(item, "rows such as {user: user-1, budget: $5}");
    if (map == nullptr) return false;
    std::vector<Cell> names;
    std::vector<Cell> values;
    for (const Entry& entry : map->entries) {
      if (entry.value.bad || reader_.text(entry.value, "one value") == nullptr) return false;
      names.push_back(cell(entry.key));
      values.push_back(cell(entry.value));
    }
    const auto places = columns(names, cell(item));
    return places && placed_row(values, *places, item.line);
  }

  bool csv(const SourceText& source, const std::vector<CsvRow>& table) {
    CsvField start;
    start.bytes = 1;
    if (table.empty()) {
      error(cell(source, start), "the table is empty", "the first line names " + wanted_columns());
      return false;
    }
    std::vector<Cell> names;
    for (const CsvField& name : table.front()) names.push_back(cell(source, name));
    for (const Cell& name : names) {
      if (!budget_amount(name.text, of_.metric)) continue;
      error(names.front(), "the first line must name the columns",
            "write " + wanted_columns() + " above it");
      return false;
    }
    const auto places = columns(names, cell(source, table.front().front()));
    if (!places) return false;
    bool good = true;
    for (std::size_t i = 1; i < table.size(); ++i) {
      std::vector<Cell> values;
      for (const CsvField& value : table[i]) values.push_back(cell(source, value));
      good = placed_row(values, *places, source.place(table[i].front().offset).line) && good;
    }
    return good;
  }

  bool placed_row(const std::vector<Cell>& values, const std::vector<std::size_t>& places,
                  int line) {
    std::vector<Cell> group;
    for (std::size_t i = 0; i + 1 < places.size(); ++i) group.push_back(values[places[i]]);
    return row(group, values[places.back()], line);
  }

  bool row(const std::vector<Cell>& group, const Cell& budget, int line) {
    std::string key;
    std::string folded;
    for (const Cell& value : group) {
      if (value.text.empty() || value.text == kOther) {
        error(value,
              value.text.empty() ? "a group's value is missing" : "the group (other) has no budget",
              "the group of requests without one is (none)");
        return false;
      }
      append_group_value(key, value.text == kNone ? std::string_view{} : value.text);
      append_group_value(folded, to_lower(value.text));
    }
    const auto amount = budget_amount(budget.text, of_.metric);
    if (!amount) {
      error(budget, amount.error().message, amount.error().hint);
      return false;
    }
    const auto [first, fresh] = lines_.try_emplace(key, line);
    if (!fresh) {
      error(group.front(), "this group has a budget already",
            "first on line " + std::to_string(first->second));
      return false;
    }
    const auto [like, alone] = lines_without_case_.try_emplace(std::move(folded), line);
    if (!alone) {
      tell(group.front(), Diagnostic::Level::warning,
           "line " + std::to_string(like->second) + " has a group that differs only in case",
           "values are compared exactly: these are two groups");
    }
    budgets_.rows[key] = *amount;
    return true;
  }

  const Reader& reader_;
  const BudgetsOf& of_;
  Budgets& budgets_;
  std::unordered_map<std::string, int> lines_;  // of groups
  std::unordered_map<std::string, int> lines_without_case_;
};

}  // namespace

std::optional<std::optional<int128>> read_budget(const Reader& reader, const Node& node,
                                                 Metric metric) {
  const auto* text = reader.text(node, "an amount such as $100, or none");
  if (text == nullptr) return std::nullopt;
  const auto amount = budget_amount(*text, metric);
  if (!amount) {
    reader.error(node, amount.error().message, amount.error().hint);
    return std::nullopt;
  }
  return *amount;
}

bool read_budgets(const Reader& reader, const Node& node, const BudgetsOf& of,
                  const RuleContext& context, Budgets& budgets) {
  if (node.bad) return false;
  if (of.group_by.empty()) {
    reader.error(node, "budgets belong to groups, and this rule has no group_by",
                 "add group_by, or write budget");
    return false;
  }
  BudgetsReader table(reader, of, budgets);
  if (node.is_map()) return table.map(node);
  if (node.is_sequence()) return table.rows(node);
  return table.file(node, context);
}

}  // namespace tocsin
