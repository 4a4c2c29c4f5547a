// SPDX-License-Identifier: Apache-2.0
#include "rule/matcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "tocsin/group.h"

namespace tocsin {
namespace {

void fields_of(const Clause& clause, std::vector<const FieldRef*>& fields) {
  if (clause.kind == Clause::Kind::condition) fields.push_back(&clause.condition->field);
  for (const Clause& part : clause.parts) fields_of(part, fields);
}

}  // namespace

Matcher::Matcher(std::span<const Rule> rules, std::uint64_t seed)
    : rules_(rules.size()), all_((rules.size() + 63) / 64) {
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    all_[i / 64] |= std::uint64_t{1} << (i % 64);
    Compiled& compiled = rules_[i];
    compiled.filter = rules[i].filter;
    for (const auto& group : rules[i].group_by) {
      compiled.group.push_back(fields_.slot(group.field));
    }
    const auto* where = dynamic_cast<const WhereFilter*>(compiled.filter.get());
    compiled.as_it_is = where == nullptr;
    if (where != nullptr) compile(*where, i, seed);
  }
}

void Matcher::compile(const WhereFilter& where, std::uint32_t rule, std::uint64_t seed) {
  Needs needs;
  divide(where.clause(), false, rules_[rule], needs);
  for (auto& [field, parts] : needs) {
    masks_of(field.first, field.second, seed).require(rule, std::move(parts));
  }
}

// Into what is needed of one field each, and the rest.
void Matcher::divide(const Clause& clause, bool negated, Compiled& compiled, Needs& needs) {
  const bool parts_alone = clause.kind == (negated ? Clause::Kind::any : Clause::Kind::all);
  if (parts_alone || (clause.kind == Clause::Kind::none && !negated)) {
    const bool part_negated = negated || clause.kind == Clause::Kind::none;
    for (const Clause& part : clause.parts) divide(part, part_negated, compiled, needs);
    return;
  }
  std::vector<const FieldRef*> fields;
  fields_of(clause, fields);
  const bool tags = !fields.empty() && fields.front()->kind == FieldRef::Kind::tags;
  const bool one_field = std::all_of(fields.begin(), fields.end(), [&](const FieldRef* field) {
    return canonical_name(*field) == canonical_name(*fields.front());
  });
  const auto key = std::pair(tags, fields.empty() || tags ? 0 : fields_.slot(*fields.front()));
  const bool one_tag = clause.kind == Clause::Kind::condition && !negated && !needs.contains(key);
  if (!fields.empty() && one_field && (!tags || one_tag)) {
    needs[key].push_back({&clause, negated});
  } else {
    compiled.tests.push_back(negated ? negation(test(clause)) : test(clause));
  }
}

FieldMasks& Matcher::masks_of(bool tags, FieldReader::Slot slot, std::uint64_t seed) {
  if (tags) return by_tag_ ? *by_tag_ : by_tag_.emplace(rules_.size(), seed);
  const auto known = std::find_if(by_field_.begin(), by_field_.end(),
                                  [slot](const Field& field) { return field.slot == slot; });
  if (known != by_field_.end()) return known->masks;
  return by_field_.emplace_back(Field{slot, FieldMasks(rules_.size(), seed)}).masks;
}

std::uint32_t Matcher::question(const std::shared_ptr<const Condition>& condition) {
  std::string text = condition->canonical();
  // Files of one name in two folders are two files.
  if (condition->listed != nullptr) text += fmt::format(" {}", fmt::ptr(condition->listed.get()));
  const auto [known, fresh] =
      question_by_text_.try_emplace(std::move(text), static_cast<std::uint32_t>(questions_.size()));
  if (fresh) {
    const bool tags = condition->field.kind == FieldRef::Kind::tags;
    questions_.push_back(
        {.condition = condition, .slot = tags ? 0 : fields_.slot(condition->field), .tags = tags});
  }
  return known->second;
}

std::uint32_t Matcher::test(const Clause& clause) {
  Test made{.kind = clause.kind};
  if (clause.kind == Clause::Kind::condition) {
    made.first = question(clause.condition);
  } else {
    std::vector<std::uint32_t> parts;
    for (const Clause& part : clause.parts) parts.push_back(this->test(part));
    made.first = static_cast<std::uint32_t>(parts_.size());
    made.count = static_cast<std::uint32_t>(parts.size());
    parts_.insert(parts_.end(), parts.begin(), parts.end());
  }
  tests_.push_back(made);
  return static_cast<std::uint32_t>(tests_.size() - 1);
}

// `none` of it alone.
std::uint32_t Matcher::negation(std::uint32_t test) {
  tests_.push_back({Clause::Kind::none, static_cast<std::uint32_t>(parts_.size()), 1});
  parts_.push_back(test);
  return static_cast<std::uint32_t>(tests_.size() - 1);
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

bool Matcher::left_holds(const Compiled& compiled, const EventContext& context) {
  if (compiled.as_it_is) return compiled.filter->matches(context);
  return std::all_of(compiled.tests.begin(), compiled.tests.end(),
                     [&](std::uint32_t test) { return holds(test, context.event); });
}

void Matcher::match(const EventContext& context, std::vector<std::uint32_t>& matching) {
  matching.clear();
  ++event_;
  fields_.read(context);
  left_ = all_;
  for (Field& field : by_field_) {
    const auto mask = field.masks.of(fields_.text(field.slot));
    for (std::size_t i = 0; i < left_.size(); ++i) left_[i] &= mask[i];
  }
  if (by_tag_) {
    by_tag_->of_any(context.event.tags, of_tags_);
    for (std::size_t i = 0; i < left_.size(); ++i) left_[i] &= of_tags_[i];
  }
  for (std::size_t i = 0; i < left_.size(); ++i) {
    for (std::uint64_t word = left_[i]; word != 0; word &= word - 1) {
      const auto rule =
          static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(std::countr_zero(word));
      if (left_holds(rules_[rule], context)) matching.push_back(rule);
    }
  }
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
