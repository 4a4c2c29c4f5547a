// SPDX-License-Identifier: Apache-2.0
#include "rule/filter_parts.h"

#include <algorithm>

namespace tocsin {
namespace {

std::string text_of(const Clause& clause) {
  if (!clause.text.empty()) return clause.text;
  std::string text;
  const std::string_view word = clause.kind == Clause::Kind::any ? " or " : " and ";
  for (const Clause& part : clause.parts) {
    text += (text.empty() ? "" : std::string(word)) + text_of(part);
  }
  return clause.kind == Clause::Kind::none ? "not (" + text + ")" : text;
}

FilterPart part_of(const Clause& clause) {
  const bool simple = clause.kind == Clause::Kind::condition;
  return {text_of(clause), &clause, simple ? clause.condition.get() : nullptr};
}

}  // namespace

std::string FilterPart::value(const EventContext& context) const {
  if (condition == nullptr) return {};
  if (condition->field.kind != FieldRef::Kind::tags) {
    std::string scratch;
    return std::string(field_text(condition->field, context, scratch));
  }
  std::string tags;
  for (const auto tag : context.event.tags) {
    tags += (tags.empty() ? "" : ", ") + std::string(tag);
  }
  return tags;
}

std::vector<FilterPart> filter_parts(const Filter& filter) {
  std::vector<FilterPart> parts;
  const auto* where = dynamic_cast<const WhereFilter*>(&filter);
  if (where == nullptr) return parts;
  const Clause& clause = where->clause();
  if (clause.kind != Clause::Kind::all) {
    parts.push_back(part_of(clause));
    return parts;
  }
  for (const Clause& part : clause.parts) parts.push_back(part_of(part));
  return parts;
}

const FilterPart* first_failed(const std::vector<FilterPart>& parts, const EventContext& context) {
  const auto failed = std::find_if(parts.begin(), parts.end(),
                                   [&](const FilterPart& part) { return !part.holds(context); });
  return failed == parts.end() ? nullptr : &*failed;
}

}  // namespace tocsin
