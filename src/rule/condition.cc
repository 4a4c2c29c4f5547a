// SPDX-License-Identifier: Apache-2.0
#include "rule/condition.h"

#include <algorithm>
#include <utility>

#include "rule/field.h"

namespace tocsin {
namespace {

std::string counted(std::string_view text) {
  return std::to_string(text.size()) + ":" + std::string(text);
}

// Sorted, each once, joined.
std::string as_set(std::vector<std::string> parts) {
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

}  // namespace

bool holds(const Clause& clause, const EventContext& context) {
  std::string scratch;
  return holds_by(clause, [&](const Condition& condition) {
    return condition.field.kind == FieldRef::Kind::tags
               ? condition.holds_of_tags(context.event.tags)
               : condition.holds(field_text(condition.field, context, scratch));
  });
}

bool Condition::holds(std::string_view text) const {
  if (text.empty()) return false;
  if (kind == Kind::exists) return true;
  if (kind == Kind::above || kind == Kind::below) {
    const auto amount = parse_decimal(text, 12, Rounding::half_even);
    return amount && (kind == Kind::above ? *amount > number : *amount < number);
  }
  return std::find(values.begin(), values.end(), text) != values.end() ||
         (listed != nullptr && listed->contains(text)) ||
         std::any_of(globs.begin(), globs.end(),
                     [text](const NamedGlob& glob) { return glob.glob.matches(text); }) ||
         std::any_of(patterns.begin(), patterns.end(),
                     [text](const NamedPattern& p) { return p.pattern.matches(text); });
}

bool Condition::holds_of_tags(const std::vector<std::string_view>& tags) const {
  return std::any_of(tags.begin(), tags.end(), [this](std::string_view tag) { return holds(tag); });
}

std::string Condition::canonical() const {
  const std::string name = counted(canonical_name(field));
  switch (kind) {
    case Kind::exists: return name + "?";
    case Kind::above: return name + ">" + decimal_text(number, 12);
    case Kind::below: return name + "<" + decimal_text(number, 12);
    case Kind::any_of: break;
  }
  std::vector<std::string> parts;
  for (const auto& value : values) parts.push_back("=" + counted(value));
  for (const auto& glob : globs) parts.push_back("*" + counted(glob.text));
  for (const auto& pattern : patterns) parts.push_back("~" + counted(pattern.text));
  if (listed != nullptr) parts.push_back("@" + counted(listed->file()));
  return name + "[" + as_set(std::move(parts)) + "]";
}

std::string Clause::canonical() const {
  if (kind == Kind::condition) return condition->canonical();
  if (parts.size() == 1 && kind != Kind::none) return parts.front().canonical();
  std::vector<std::string> texts;
  for (const Clause& part : parts) texts.push_back(part.canonical());
  const std::string_view word = kind == Kind::all ? "all" : kind == Kind::any ? "any" : "not";
  return std::string(word) + "(" + as_set(std::move(texts)) + ")";
}

Clause both(Clause a, Clause b) {
  Clause joined;
  for (Clause* clause : {&a, &b}) {
    if (clause->kind != Clause::Kind::all) {
      joined.parts.push_back(std::move(*clause));
      continue;
    }
    for (Clause& part : clause->parts) joined.parts.push_back(std::move(part));
  }
  return joined;
}

bool WhereFilter::matches(const EventContext& context) const { return holds(clause_, context); }

}  // namespace tocsin
