// SPDX-License-Identifier: Apache-2.0
#include "rule/matcher.h"

#include <algorithm>

#include "tocsin/group.h"

namespace tocsin {

Matcher::Matcher(std::span<const Rule> rules) {
  for (const Rule& rule : rules) {
    const auto index = static_cast<std::uint32_t>(rules_.size());
    Compiled compiled;
    for (const auto& group : rule.group_by) compiled.group.push_back(fields_.slot(group.field));
    const auto* where = dynamic_cast<const WhereFilter*>(rule.filter.get());
    if (where == nullptr) {
      compiled.other = rule.filter;
      unindexed_.push_back(index);
    } else {
      compiled.test = compile(where->clause());
      compiled.always = where->clause().kind == Clause::Kind::all && where->clause().parts.empty();
      if (!index_by_value(where->clause(), index)) unindexed_.push_back(index);
    }
    rules_.push_back(std::move(compiled));
  }
}

std::uint32_t Matcher::question(const std::shared_ptr<const Condition>& condition) {
  const auto [known, fresh] = question_by_text_.try_emplace(
      condition->canonical(), static_cast<std::uint32_t>(questions_.size()));
  if (fresh) {
    const bool tags = condition->field.kind == FieldRef::Kind::tags;
    questions_.push_back(
        {.condition = condition, .slot = tags ? 0 : fields_.slot(condition->field), .tags = tags});
  }
  return known->second;
}

std::uint32_t Matcher::compile(const Clause& clause) {
  Test test{.kind = clause.kind};
  if (clause.kind == Clause::Kind::condition) {
    test.first = question(clause.condition);
  } else {
    std::vector<std::uint32_t> parts;
    for (const Clause& part : clause.parts) parts.push_back(compile(part));
    test.first = static_cast<std::uint32_t>(parts_.size());
    test.count = static_cast<std::uint32_t>(parts.size());
    parts_.insert(parts_.end(), parts.begin(), parts.end());
  }
  tests_.push_back(test);
  return static_cast<std::uint32_t>(tests_.size() - 1);
}

bool Matcher::index_by_value(const Clause& clause, std::uint32_t rule) {
  if (clause.kind == Clause::Kind::all) {
    return std::any_of(clause.parts.begin(), clause.parts.end(),
                       [&](const Clause& part) { return index_by_value(part, rule); });
  }
  if (clause.kind != Clause::Kind::condition) return false;
  const Condition& condition = *clause.condition;
  const bool exact = condition.kind == Condition::Kind::any_of && condition.globs.empty() &&
                     condition.patterns.empty() && condition.field.kind != FieldRef::Kind::tags;
  if (!exact) return false;
  const auto slot = fields_.slot(condition.field);
  auto index = std::find_if(indices_.begin(), indices_.end(),
                            [slot](const Index& known) { return known.slot == slot; });
  if (index == indices_.end()) index = indices_.insert(index, Index{slot, {}});
  for (const auto& value : condition.values) {
    auto& found = index->rules[value];
    if (found.empty() || found.back() != rule) found.push_back(rule);
  }
  return true;
}

bool Matcher::ask(Question& question, const Event& event) {
  if (question.asked != event_) {
    question.asked = event_;
    question.answer = question.tags ? question.condition->holds_of_tags(event.tags)
                                    : question.condition->holds(fields_.text(question.slot));
  }
  return question.answer;
}

bool Matcher::holds(std::uint32_t test, const Event& event) {
  const Test& node = tests_[test];
  if (node.kind == Clause::Kind::condition) return ask(questions_[node.first], event);
  // `all` looks for a part that fails, `any` and `none` for one that holds.
  const bool wanted = node.kind != Clause::Kind::all;
  for (std::uint32_t i = node.first; i < node.first + node.count; ++i) {
    if (holds(parts_[i], event) == wanted) return node.kind == Clause::Kind::any;
  }
  return node.kind != Clause::Kind::any;
}

void Matcher::try_rule(std::uint32_t rule, const EventContext& context,
                       std::vector<std::uint32_t>& matching) {
  const Compiled& compiled = rules_[rule];
  const bool yes =
      compiled.always || (compiled.other == nullptr ? holds(compiled.test, context.event)
                                                    : compiled.other->matches(context));
  if (yes) matching.push_back(rule);
}

void Matcher::match(const EventContext& context, std::vector<std::uint32_t>& matching) {
  matching.clear();
  ++event_;
  fields_.read(context);
  for (const std::uint32_t rule : unindexed_) try_rule(rule, context, matching);
  const std::size_t in_order = matching.size();
  for (const Index& index : indices_) {
    const auto value = fields_.text(index.slot);
    if (value.empty()) continue;
    const auto found = index.rules.find(value);
    if (found == index.rules.end()) continue;
    for (const std::uint32_t rule : found->second) try_rule(rule, context, matching);
  }
  if (matching.size() != in_order) std::sort(matching.begin(), matching.end());
}

std::size_t Matcher::group_size(std::uint32_t index) const {
  std::size_t size = 0;
  for (const auto slot : rules_[index].group) size += group_value_size(fields_.text(slot));
  return size;
}

char* Matcher::write_group(std::uint32_t index, char* out) const {
  for (const auto slot : rules_[index].group) out = write_group_value(out, fields_.text(slot));
  return out;
}

void Matcher::append_group(std::uint32_t index, std::string& key) const {
  const std::size_t size = key.size();
  key.resize(size + group_size(index));
  write_group(index, key.data() + size);
}

}  // namespace tocsin
