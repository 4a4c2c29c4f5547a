// SPDX-License-Identifier: Apache-2.0
#include "rule/budgets_reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "document/scalars.h"
#include "document/utf8.h"
#include "document/yaml.h"
#include "rule/amount.h"
#include "rule/csv.h"
#include "rule/field.h"
#include "rule/nearest_word.h"
#include "rule/route_reader.h"
#include "tocsin/ascii.h"
#include "tocsin/group.h"
#include "window/calendar.h"

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
  BudgetsReader(const Reader& reader, const BudgetsOf& of, const RuleContext& context,
                Budgets& budgets)
      : reader_(reader), of_(of), context_(context), budgets_(budgets) {}

  bool read(const Node& node) {
    const bool good = node.is_map() ? map(node) : rows(node);
    take_rows();
    return good;
  }

  bool file(const Node& node) {
    const bool yaml = node.text.ends_with(".yaml") || node.text.ends_with(".yml");
    if (!yaml && !node.text.ends_with(".csv")) {
      reader_.error(node, tocsin::quoted(node.text) + " is no table of budgets",
                    "write {group: amount}, a list of rows, or a file such as customers.csv");
      return false;
    }
    const std::string path = resolve_path(reader_.file(), node.text);
    const auto bytes = context_.files.read(path, kCsvBytesMax);
    if (!bytes) {
      reader_.error(node, "cannot read " + path + ": " + bytes.error().message,
                    "its path is taken from this file on");
      return false;
    }
    if (yaml) return yaml_file(path, *bytes);
    const auto source = SourceText::read(path, *bytes, reader_.diagnostics(), kCsvBytesMax);
    if (!source) return false;
    const auto table = read_csv(*source, reader_.diagnostics());
    const bool good = table && csv(*source, *table);
    take_rows();
    return good;
  }

 private:
  // The optional columns, in the order of their places behind the groups'.
  static constexpr std::array kColumns = {kBudget, std::string_view("from"),
                                          std::string_view("until"), std::string_view("notify")};

  bool yaml_file(const std::string& path, const std::string& bytes) {
    const auto document = parse_yaml(path, bytes, reader_.diagnostics());
    if (!document || document->root.bad) return false;
    const Reader reader(*document, reader_.diagnostics());
    if (document->root.is_scalar()) {
      reader.error(document->root, "this file holds no rows", "write - {" + wanted_row() + "}");
      return false;
    }
    return BudgetsReader(reader, of_, context_, budgets_).read(document->root);
  }

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
      good =
          row({.group = {cell(entry.key)}, .budget = cell(entry.value), .line = entry.key.line}) &&
          good;
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

  // Which column of the table a name is: a place in group_by, then those of kColumns.
  std::optional<std::size_t> column(const Cell& name) const {
    const std::string canonical = canonical_name(field_ref(name.text));
    for (std::size_t i = 0; i < of_.group_by.size(); ++i) {
      if (canonical_name(of_.group_by[i].field) == canonical) return i;
    }
    const auto known = std::find(kColumns.begin(), kColumns.end(), name.text);
    if (known != kColumns.end()) {
      return of_.group_by.size() + static_cast<std::size_t>(known - kColumns.begin());
    }
    std::vector<std::string_view> allowed;
    for (const auto& group : of_.group_by) allowed.push_back(group.name);
    allowed.insert(allowed.end(), kColumns.begin(), kColumns.end());
    if (name.text.empty()) {
      error(name, "this column has no name", "take away the comma at the end of every line");
    } else {
      error(name, "unknown column " + tocsin::quoted(name.text), hint_for(name.text, allowed));
    }
    return std::nullopt;
  }

  // Places of the columns by their names, names.size() for those that are not there; nothing if one
  // is unknown, missing or twice. `table` is where a missing one is told.
  std::optional<std::vector<std::size_t>> columns(const std::vector<Cell>& names,
                                                  const Cell& table) const {
    std::vector<std::size_t> places(of_.group_by.size() + kColumns.size(), names.size());
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
    const std::size_t groups = of_.group_by.size();
    const bool plan = std::all_of(places.begin(), places.begin() + std::ssize(of_.group_by),
                                  [&](std::size_t at) { return at == names.size(); });
    for (std::size_t i = plan && names.size() > 1 ? groups : 0; i <= groups; ++i) {
      if (places[i] != names.size()) continue;
      const std::string missing(i < groups ? of_.group_by[i].name : kBudget);
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

  // "Customer: …, budget: $5"
  std::string wanted_row() const {
    std::string names;
    for (const auto& group : of_.group_by) names += group.name + ": …, ";
    return names + "budget: $5";
  }

  bool node_row(const Node& item) {
    const Node* map = reader_.map(item, "rows such as {user: user-1, budget: $5}");
    if (map == nullptr) return false;
    std::vector<Cell> names;
    std::vector<Cell> values;
    for (const Entry& entry : map->entries) {
      const bool list = entry.key.text == "notify" && !entry.value.is_scalar();
      if (entry.value.bad || (!list && reader_.text(entry.value, "one value") == nullptr)) {
        return false;
      }
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

  // A row by its columns.
  struct Placed {
    std::vector<Cell> group;  // none: the plan of all groups
    Cell budget;
    std::optional<Cell> from{}, until{}, notify{};
    int line = 0;
  };

  bool placed_row(const std::vector<Cell>& values, const std::vector<std::size_t>& places,
                  int line) {
    const auto at = [&](std::size_t place) {
      return places[place] < values.size() ? std::optional(values[places[place]]) : std::nullopt;
    };
    const std::size_t groups = of_.group_by.size();
    Placed row{.group = {},
               .budget = *at(groups),
               .from = at(groups + 1),
               .until = at(groups + 2),
               .notify = at(groups + 3),
               .line = line};
    for (std::size_t i = 0; i < groups; ++i) {
      if (const auto value = at(i)) row.group.push_back(*value);
    }
    return this->row(row);
  }

  bool row(const Placed& placed) {
    const Cell& first = placed.group.empty() ? placed.budget : placed.group.front();
    std::string key;
    std::string folded;
    for (const Cell& value : placed.group) {
      if (value.text.empty() || value.text == kOther) {
        error(value,
              value.text.empty() ? "a group's value is missing" : "the group (other) has no budget",
              "the group of requests without one is (none)");
        return false;
      }
      append_group_value(key, value.text == kNone ? std::string_view{} : value.text);
      append_group_value(folded, to_lower(value.text));
    }
    const auto amount = budget_amount(placed.budget.text, of_.metric);
    if (!amount) {
      error(placed.budget, amount.error().message, amount.error().hint);
      return false;
    }
    BudgetRow row{.budget = *amount};
    if (!dates(placed, row) || !channels(placed, row)) return false;
    auto& own = placed.group.empty() ? plan_ : groups_[key];
    for (const Kept& other : own) {
      if (!clash(row, other.row)) continue;
      const bool for_ever = row.from == EventTime::min() && !row.ends();
      error(first,
            for_ever && !placed.group.empty() ? "this group has a budget already"
                                              : "two rows hold at the same time",
            "first on line " + std::to_string(other.line));
      return false;
    }
    if (own.empty() && !placed.group.empty()) {
      const auto [like, alone] = lines_without_case_.try_emplace(std::move(folded), placed.line);
      if (!alone) {
        tell(first, Diagnostic::Level::warning,
             "line " + std::to_string(like->second) + " has a group that differs only in case",
             "values are compared exactly: these are two groups");
      }
    }
    own.push_back({std::move(row), placed.line});
    return true;
  }

  // Of those that end one at a time is in force; of the others the one that began last.
  static bool clash(const BudgetRow& a, const BudgetRow& b) {
    if (a.ends() != b.ends()) return false;
    return a.ends() ? a.from < b.until && b.from < a.until : a.from == b.from;
  }

  bool dates(const Placed& placed, BudgetRow& row) {
    const auto given = [](const std::optional<Cell>& cell) { return cell && !cell->text.empty(); };
    if (given(placed.from)) {
      const auto from = midnight(*placed.from, 0);
      if (!from) return false;
      row.from = *from;
    }
    if (!given(placed.until)) return true;
    const auto until = midnight(*placed.until, 1);
    if (!until) return false;
    row.until = *until;
    if (row.from < row.until) return true;
    error(*placed.until, "this row ends before it begins", "until is the last day that it holds");
    return false;
  }

  // The start of the day `days` after the date; nothing: told.
  std::optional<EventTime> midnight(const Cell& cell, int days) {
    const auto known = midnights_.find({std::string(cell.text), days});
    if (known != midnights_.end()) return known->second;
    const auto date = parse_date(cell.text);
    WindowSpec day;
    day.kind = WindowKind::lifetime;
    day.zone = of_.zone;
    if (date) day.from = std::chrono::sys_days{*date} + std::chrono::days{days};
    auto calendar = date ? Calendar::create(day) : reject("no date");
    if (!calendar) {
      error(cell, tocsin::quoted(cell.text) + " is no date", "write one such as 2026-11-02");
      return std::nullopt;
    }
    const EventTime at = calendar->window_at(EventTime::min()).end;
    midnights_[{std::string(cell.text), days}] = at;
    return at;
  }

  bool channels(const Placed& placed, BudgetRow& row) {
    if (!placed.notify || (placed.notify->text.empty() &&
                           (placed.notify->node == nullptr || placed.notify->node->is_scalar()))) {
      return true;
    }
    const Cell& cell = *placed.notify;
    std::optional<Route> route;
    if (cell.node != nullptr && !cell.node->is_scalar()) {
      route = read_route(reader_, *cell.node, context_);
    } else {
      route = listed_channels(cell);
    }
    if (!route) return false;
    row.notify = std::make_shared<const Route>(std::move(*route));
    return true;
  }

  // "alerts; finance", or [] for nobody.
  std::optional<Route> listed_channels(const Cell& cell) const {
    std::vector<std::string> names;
    std::string_view rest = cell.text == "[]" ? std::string_view{} : cell.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find_first_of(";,"), rest.size());
      std::string_view name = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      if (name.empty()) continue;
      const auto& known = context_.channels;
      if (known && std::find(known->begin(), known->end(), name) == known->end()) {
        const std::vector<std::string_view> words(known->begin(), known->end());
        error(cell, "unknown channel " + tocsin::quoted(name),
              known->empty() ? "tocsin.yaml has no channels" : hint_for(name, words));
        return std::nullopt;
      }
      names.emplace_back(name);
    }
    Route route;
    route.info = route.warning = route.critical = std::move(names);
    return route;
  }

  // What the rows of the table come to, when all of them are read.
  void take_rows() {
    const auto spells = [&](const std::vector<Kept>& kept) {
      std::vector<BudgetRow> rows;
      for (const Kept& one : kept) rows.push_back(one.row);
      return spells_of(rows, budgets_.fallback);
    };
    for (const auto& [key, kept] : groups_) {
      const BudgetRow& row = kept.front().row;
      const bool for_ever = kept.size() == 1 && row.from == EventTime::min() && !row.ends();
      if (for_ever && row.notify == nullptr) {
        budgets_.rows[key] = row.budget;
      } else {
        budgets_.changing[key] = spells(kept);
      }
    }
    if (!plan_.empty()) budgets_.plan = spells(plan_);
    budgets_.find_switches();
  }

  const Reader& reader_;
  const BudgetsOf& of_;
  const RuleContext& context_;
  Budgets& budgets_;
  struct Kept {
    BudgetRow row;
    int line = 0;
  };
  std::unordered_map<std::string, std::vector<Kept>> groups_;  // by key
  std::vector<Kept> plan_;
  std::map<std::pair<std::string, int>, EventTime> midnights_;
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
  if (of.group_by.empty() && node.is_map()) {
    reader.error(node, "budgets belong to groups, and this rule has no group_by",
                 "add group_by, or write budget");
    return false;
  }
  BudgetsReader table(reader, of, context, budgets);
  return node.is_scalar() ? table.file(node) : table.read(node);
}

}  // namespace tocsin
