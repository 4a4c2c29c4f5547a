// SPDX-License-Identifier: Apache-2.0
#include "rule/where_reader.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "document/utf8.h"
#include "rule/amount.h"
#include "rule/field.h"
#include "rule/nearest_word.h"
#include "rule/value_file.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

constexpr std::string_view kWhereExample = "{Environment: production}";
constexpr std::string_view kValueExample = "a value, a list of values or {not: …}";

bool is_truth(const FieldRef& field) {
  return field.kind == FieldRef::Kind::cached || field.kind == FieldRef::Kind::byok;
}

class WhereReader {
 public:
  WhereReader(const Reader& reader, Files& files) : reader_(reader), files_(files) {}

  // Conditions joined by and.
  std::optional<Where> conditions(const Node& node) {
    const Node* map = reader_.map(node, kWhereExample);
    if (map == nullptr) return std::nullopt;
    if (map->entries.empty()) {
      reader_.error(node, "this matches every request", "leave it out, or name a field");
      return std::nullopt;
    }
    std::vector<Where> parts;
    std::vector<std::string> seen;
    bool good = true;
    for (const Entry& entry : map->entries) {
      auto part = one_of(entry, seen);
      good = good && part.has_value();
      if (part) parts.push_back(std::move(*part));
    }
    if (!good) return std::nullopt;
    return join(std::move(parts), Clause::Kind::all, " and ");
  }

 private:
  static Clause with_text(Where where) {
    where.clause.text = std::move(where.text);
    return std::move(where.clause);
  }

  static Where join(std::vector<Where> parts, Clause::Kind kind, std::string_view word) {
    if (parts.size() == 1) return std::move(parts.front());
    Where joined;
    joined.clause.kind = kind;
    for (Where& part : parts) {
      joined.text += (joined.text.empty() ? "" : std::string(word)) + part.text;
      joined.clause.parts.push_back(with_text(std::move(part)));
    }
    return joined;
  }

  std::optional<Where> one_of(const Entry& entry, std::vector<std::string>& seen) {
    const std::string& name = entry.key.text;
    if (name == "any") return group(entry.value, Clause::Kind::any, " or ");
    if (name == "all") return group(entry.value, Clause::Kind::all, " and ");
    if (name == "not") return negated(conditions(entry.value));
    if (!check_field_name(reader_, entry.key)) return std::nullopt;
    const FieldRef field = field_ref(name);
    const std::string canonical = canonical_name(field);
    if (std::find(seen.begin(), seen.end(), canonical) != seen.end()) {
      reader_.error(entry.key, tocsin::quoted(name) + " is the same field as one above",
                    "names are read without regard to case; write a list for any of two values");
      return std::nullopt;
    }
    seen.push_back(canonical);
    return value(name, field, entry.value);
  }

  std::optional<Where> group(const Node& node, Clause::Kind kind, std::string_view word) {
    const Node* list = reader_.list(node, "[{model: gpt-4o}, {UserTier: free}]");
    if (list == nullptr) return std::nullopt;
    if (list->items.empty()) {
      reader_.error(node, "this list is empty", "write [{model: gpt-4o}, {UserTier: free}]");
      return std::nullopt;
    }
    std::vector<Where> parts;
    bool good = true;
    for (const Node& item : list->items) {
      auto part = conditions(item);
      good = good && part.has_value();
      if (!part) continue;
      if (part->clause.kind == Clause::Kind::all) part->text = "(" + part->text + ")";
      parts.push_back(std::move(*part));
    }
    if (!good) return std::nullopt;
    const bool several = parts.size() > 1;
    Where joined = join(std::move(parts), kind, word);
    if (several && kind == Clause::Kind::any) joined.text = "(" + joined.text + ")";
    return joined;
  }

  static std::optional<Where> negated(std::optional<Where> where) {
    if (!where) return std::nullopt;
    Clause clause{.kind = Clause::Kind::none, .parts = {}, .condition = {}};
    clause.parts.push_back(std::move(where->clause));
    const bool enclosed = where->text.starts_with('(') && where->text.ends_with(')');
    return Where{std::move(clause), "not " + (enclosed ? where->text : "(" + where->text + ")")};
  }

  static Where single(Condition condition, std::string text) {
    Clause clause{.kind = Clause::Kind::condition, .parts = {}, .condition = {}};
    clause.condition = std::make_shared<const Condition>(std::move(condition));
    return {std::move(clause), std::move(text)};
  }

  std::optional<Where> value(const std::string& name, const FieldRef& field, const Node& node) {
    if (node.bad) return std::nullopt;
    if (node.is_map()) return asked(name, field, node);
    Condition condition{.field = field, .field_name = name};
    std::string text;
    if (node.is_scalar()) {
      if (!add_value(condition, node)) return std::nullopt;
      text = node.text;
    } else {
      if (node.items.empty()) {
        reader_.error(node, "an empty list matches nothing", "write a value, or leave it out");
        return std::nullopt;
      }
      bool good = true;
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        good = add_value(condition, node.items[i]) && good;
        text += (i == 0 ? "" : i + 1 == node.items.size() ? " or " : ", ") + node.items[i].text;
      }
      if (!good) return std::nullopt;
    }
    return single(std::move(condition), name + " = " + text);
  }

  bool add_value(Condition& condition, const Node& node) {
    const auto* text = reader_.text(node, kValueExample);
    if (text == nullptr) return false;
    if (text->empty()) {
      reader_.error(node, "an empty value equals nothing", "write {exists: false}");
      return false;
    }
    if (text->starts_with("${") && text->ends_with('}')) {
      reader_.error(node, tocsin::quoted(*text) + " is read only in tocsin.yaml, for secrets");
      return false;
    }
    if (is_truth(condition.field) && *text != "true" && *text != "false") {
      reader_.error(node, canonical_name(condition.field) + " is true or false");
      return false;
    }
    if (Glob::is_glob(*text)) {
      condition.globs.push_back({*text, Glob(*text)});
    } else {
      condition.values.push_back(*text);
    }
    return true;
  }

  // {not: …}, {matches: …} and the like.
  std::optional<Where> asked(const std::string& name, const FieldRef& field, const Node& node) {
    if (node.entries.empty()) {
      reader_.error(node, "nothing is asked of " + tocsin::quoted(name),
                    hint_for("", words::kCondition));
      return std::nullopt;
    }
    std::vector<Where> parts;
    bool good = true;
    for (const Entry& entry : node.entries) {
      auto part = reader_.known(entry.key, words::kCondition, "condition")
                      ? question(name, field, entry)
                      : std::nullopt;
      good = good && part.has_value();
      if (part) parts.push_back(std::move(*part));
    }
    if (!good) return std::nullopt;
    return join(std::move(parts), Clause::Kind::all, " and ");
  }

  std::optional<Where> question(const std::string& name, const FieldRef& field,
                                const Entry& entry) {
    const std::string& asked_for = entry.key.text;
    if (asked_for == "not") return not_value(name, field, entry.value);
    if (asked_for == "matches") return pattern(name, field, entry.value);
    if (asked_for == "exists") return exists(name, field, entry.value);
    if (asked_for == "in") return listed(name, field, entry);
    return compared(name, field, entry);
  }

  std::optional<Where> not_value(const std::string& name, const FieldRef& field, const Node& node) {
    auto inner = value(name, field, node);
    if (!inner) return std::nullopt;
    const std::string equals = name + " = ";
    std::string text = inner->text.starts_with(equals)
                           ? name + " is not " + inner->text.substr(equals.size())
                           : std::string();
    auto outer = negated(std::move(inner));
    if (!text.empty()) outer->text = std::move(text);
    return outer;
  }

  std::optional<Where> pattern(const std::string& name, const FieldRef& field, const Node& node) {
    const auto* text = reader_.text(node, "a regular expression");
    if (text == nullptr) return std::nullopt;
    auto compiled = Pattern::compile(*text);
    if (!compiled) {
      reader_.error(node, compiled.error().message, "RE2's syntax, for the whole value");
      return std::nullopt;
    }
    Condition condition{.field = field, .field_name = name};
    condition.patterns.push_back({*text, std::move(*compiled)});
    return single(std::move(condition), name + " matches " + *text);
  }

  std::optional<Where> listed(const std::string& name, const FieldRef& field, const Entry& entry) {
    if (is_truth(field)) {
      reader_.error(entry.key, canonical_name(field) + " is true or false");
      return std::nullopt;
    }
    Condition condition{.field = field, .field_name = name};
    condition.listed = read_values(reader_, entry.value, files_);
    if (condition.listed == nullptr) return std::nullopt;
    return single(std::move(condition), name + " in " + entry.value.text);
  }

  std::optional<Where> exists(const std::string& name, const FieldRef& field, const Node& node) {
    const auto wanted = reader_.truth(node);
    if (!wanted) return std::nullopt;
    Where where = single({.field = field, .field_name = name, .kind = Condition::Kind::exists},
                         "any " + name);
    if (*wanted) return where;
    auto none = negated(std::move(where));
    none->text = "no " + name;
    return none;
  }

  std::optional<Where> compared(const std::string& name, const FieldRef& field,
                                const Entry& entry) {
    const auto* text = reader_.text(entry.value, "a number");
    if (text == nullptr) return std::nullopt;
    if (field.kind == FieldRef::Kind::tags || is_truth(field)) {
      reader_.error(entry.key, tocsin::quoted(name) + " is no number");
      return std::nullopt;
    }
    const auto number = read_number(*text);
    if (!number) {
      reader_.error(entry.value, number.error().message, number.error().hint);
      return std::nullopt;
    }
    const bool above = entry.key.text == "above";
    const auto kind = above ? Condition::Kind::above : Condition::Kind::below;
    return single({.field = field, .field_name = name, .kind = kind, .number = *number},
                  name + (above ? " > " : " < ") + *text);
  }

  const Reader& reader_;
  Files& files_;
};

}  // namespace

bool check_field_name(const Reader& reader, const Node& node) {
  if (node.bad) return false;
  if (node.text.empty()) {
    reader.error(node, "a field's name is missing");
    return false;
  }
  const FieldRef field = field_ref(node.text);
  const bool forced = field.kind == FieldRef::Kind::property && !same_name(field.name, node.text);
  if (forced || field.kind != FieldRef::Kind::property) return true;
  if (node.text.find('.') != std::string::npos) {
    reader.error(node, "names with a dot are kept for fields to come",
                 "write properties." + node.text);
    return false;
  }
  for (const auto known : field_names()) {
    if (known.size() >= 4 && edit_distance(node.text, known) == 1) {
      reader.warn(
          node, tocsin::quoted(node.text) + " is read as a property",
          "did you mean \"" + std::string(known) + "\"? If not, write properties." + node.text);
    }
  }
  return true;
}

std::optional<Where> read_where(const Reader& reader, const Node& node, Files& files) {
  auto where = WhereReader(reader, files).conditions(node);
  if (where) where->clause.text = where->text;
  return where;
}

}  // namespace tocsin
