// SPDX-License-Identifier: Apache-2.0
#include "rule/lookup_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "document/utf8.h"
#include "rule/csv.h"
#include "rule/field.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

constexpr std::size_t kValueMax = 256;  // as long as a text of an event

class LookupReader {
 public:
  explicit LookupReader(const ConfigReader& config) : config_(config), reader_(config.reader()) {}

  bool read(const Node& node, LookupTable& table) {
    const Node* map = reader_.map(node, "{by: key, file: keys.csv}");
    if (map == nullptr || !config_.known_keys(*map, words::kLookup)) return false;
    const Node* by = map->find("by");
    const Node* file = map->find("file");
    const Node* rows = map->find("table");
    if (by == nullptr || (file == nullptr) == (rows == nullptr)) {
      reader_.error(node, "a lookup takes by, and file or table",
                    "write {by: key, file: keys.csv}");
      return false;
    }
    const auto* field = reader_.text(*by, "a field such as key or user");
    if (field == nullptr || !name(*field, [&](auto... what) { reader_.error(*by, what...); })) {
      return false;
    }
    table.by = lookup_field(*field);
    return file != nullptr ? csv_file(*file, table) : written(*rows, table);
  }

 private:
  // What is another field of ours would be a property that no rule can name.
  template <class Tell>
  static bool name(const std::string& text, Tell&& tell) {
    const auto& fields = field_names();
    const bool other =
        lookup_field(text).field == nullptr &&
        (same_name(text, "id") || std::any_of(fields.begin(), fields.end(), [&](const auto& one) {
           return same_name(one, text);
         }));
    if (!text.empty() && text.size() <= kValueMax && !other) return true;
    tell(tocsin::quoted(text) + " is no field that can be looked up or filled",
         "name one such as key, user, team, or a property");
    return false;
  }

  // The place of a column, made if it is new; nothing: told.
  template <class Tell>
  static std::optional<std::size_t> column(const std::string& text, LookupTable& table,
                                           Tell&& tell) {
    if (!name(text, tell)) return std::nullopt;
    LookupField field = lookup_field(text);
    if (same_name(field.name, table.by.name)) {
      tell(tocsin::quoted(text) + " is what is looked up by", "it is there already");
      return std::nullopt;
    }
    const auto known =
        std::find_if(table.columns.begin(), table.columns.end(),
                     [&](const LookupField& one) { return same_name(one.name, field.name); });
    const auto at = static_cast<std::size_t>(known - table.columns.begin());
    if (known == table.columns.end()) table.columns.push_back(std::move(field));
    return at;
  }

  bool written(const Node& node, LookupTable& table) {
    const Node* map = reader_.map(node, "{checkout-prod: {team: payments}}");
    bool good = map != nullptr && !map->entries.empty();
    if (map != nullptr && !good) reader_.error(node, "no row is written here");
    if (map == nullptr) return false;
    for (const Entry& entry : map->entries) {
      std::vector<std::string> row;
      good = written_row(entry.value, table, row) && good;
      table.rows.emplace(entry.key.text, std::move(row));
    }
    // Rows may have named further columns since.
    for (auto& [key, row] : table.rows) row.resize(table.columns.size());
    return good;
  }

  bool written_row(const Node& node, LookupTable& table, std::vector<std::string>& row) {
    const Node* map = reader_.map(node, "{team: payments}");
    bool good = map != nullptr;
    for (std::size_t i = 0; good && i < map->entries.size(); ++i) {
      const Entry& entry = map->entries[i];
      const auto at =
          column(entry.key.text, table, [&](auto... what) { reader_.error(entry.key, what...); });
      const auto* value = reader_.text(entry.value, "a text");
      if (!at || value == nullptr) return false;
      if (value->size() > kValueMax) {
        reader_.error(entry.value, "a value has at most 256 bytes");
        return false;
      }
      row.resize(std::max(row.size(), *at + 1));
      row[*at] = *value;
    }
    return good;
  }

  bool csv_file(const Node& node, LookupTable& table) {
    const auto path = config_.path(node);
    if (!path) return false;
    const auto bytes = config_.files().read(*path, kCsvBytesMax);
    if (!bytes) {
      reader_.error(node, "cannot read " + *path + ": " + bytes.error().message);
      return false;
    }
    Diagnostics& diagnostics = reader_.diagnostics();
    const std::size_t before = diagnostics.size();
    const auto source = SourceText::read(*path, *bytes, diagnostics, kCsvBytesMax);
    const auto rows = source ? read_csv(*source, diagnostics) : std::nullopt;
    if (!rows) return false;
    if (rows->empty()) reader_.error(node, *path + " is empty", "its first line names the columns");
    for (const CsvRow& row : *rows) csv_row(*source, *rows, row, table);
    return diagnostics.size() == before;
  }

  void csv_row(const SourceText& source, const std::vector<CsvRow>& rows, const CsvRow& row,
               LookupTable& table) {
    const auto tell = [&](const CsvField& field, std::string message, std::string hint) {
      if (is_full(reader_.diagnostics(), Diagnostic::Level::error)) return;
      reader_.diagnostics().push_back(
          source.error(field.offset, field.bytes, std::move(message), std::move(hint)));
    };
    if (&row == &rows.front()) return csv_head(row, table, tell);
    std::vector<std::string> values;
    for (std::size_t i = 1; i < row.size(); ++i) {
      if (row[i].text.size() > kValueMax) tell(row[i], "a value has at most 256 bytes", "");
      values.push_back(row[i].text);
    }
    values.resize(table.columns.size());
    if (row[0].text.empty()) return tell(row[0], "what is looked up is missing", "");
    if (!table.rows.emplace(row[0].text, std::move(values)).second) {
      tell(row[0], tocsin::quoted(row[0].text) + " has a row already", "keep one of them");
    }
  }

  // The first column is the key, whatever its case.
  template <class Tell>
  static void csv_head(const CsvRow& head, LookupTable& table, Tell&& tell) {
    if (!same_name(lookup_field(head[0].text).name, table.by.name)) {
      tell(head[0], "the first column must be " + tocsin::quoted(table.by.name),
           "name it in the first line");
    }
    if (head.size() < 2) tell(head[0], "there is no column to fill in", "add one such as team");
    for (std::size_t i = 1; i < head.size(); ++i) {
      const std::size_t before = table.columns.size();
      const auto at = column(head[i].text, table, [&](std::string message, std::string hint) {
        tell(head[i], std::move(message), std::move(hint));
      });
      if (at && *at < before) tell(head[i], "this column is there already", "");
    }
  }

  const ConfigReader& config_;
  const Reader& reader_;
};

}  // namespace

std::shared_ptr<const Lookups> read_lookups(const ConfigReader& config, const Node& node) {
  const Reader& reader = config.reader();
  const Node* list = reader.list(node, "a list: - {by: key, file: keys.csv}");
  if (list == nullptr) return nullptr;
  if (list->items.empty()) reader.error(node, "no table is written here");
  std::vector<LookupTable> tables;
  bool good = !list->items.empty();
  for (const Node& item : list->items) {
    good = LookupReader(config).read(item, tables.emplace_back()) && good;
  }
  return good ? std::make_shared<const Lookups>(std::move(tables)) : nullptr;
}

}  // namespace tocsin
