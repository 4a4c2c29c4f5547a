// SPDX-License-Identifier: Apache-2.0
#include "cli/field_samples.h"

#include <algorithm>
#include <functional>

#include "notify/plain_text.h"
#include "rule/field.h"
#include "rule/nearest_word.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

constexpr std::uint64_t kAllOfTheFirst = 2'000;
constexpr std::uint64_t kThenOneOf = 16;
constexpr std::size_t kDistinctMax = 200;
constexpr std::size_t kShown = 4;
constexpr std::size_t kValueCharacters = 30;

// Every condition that a filter asks, wherever it stands.
void each_condition(const Clause& clause, const std::function<void(const Condition&)>& visit) {
  if (clause.condition) visit(*clause.condition);
  for (const Clause& part : clause.parts) each_condition(part, visit);
}

// Those that must hold for the filter to hold.
void each_needed(const Clause& clause, const std::function<void(const Condition&)>& visit) {
  if (clause.kind == Clause::Kind::condition && clause.condition) visit(*clause.condition);
  if (clause.kind != Clause::Kind::all) return;
  for (const Clause& part : clause.parts) each_needed(part, visit);
}

const Clause* clause_of(const Rule& rule) {
  const auto* filter = dynamic_cast<const WhereFilter*>(rule.filter.get());
  return filter == nullptr ? nullptr : &filter->clause();
}

void count(std::map<std::string, std::uint64_t, std::less<>>& counts, std::string_view text) {
  const auto known = counts.find(text);
  if (known != counts.end()) {
    ++known->second;
  } else if (counts.size() < kDistinctMax) {
    counts.emplace(text, 1);
  }
}

std::string quoted_value(std::string_view text) {
  return "\"" + cut_middle(clean_text(text), kValueCharacters) + "\"";
}

// The field as the rule writes it.
std::string written(const Rule& rule, const FieldRef& field) {
  std::string name = canonical_name(field);
  if (name.starts_with("properties.")) name = field.name;
  for (std::size_t at = 0; at + name.size() <= rule.where_text.size(); ++at) {
    const auto there = std::string_view(rule.where_text).substr(at, name.size());
    if (same_name(there, name)) return std::string(there);
  }
  return name;
}

}  // namespace

FieldSamples::FieldSamples(const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) {
    const Clause* clause = clause_of(rule);
    if (clause == nullptr) continue;
    each_condition(*clause, [&](const Condition& condition) {
      const auto& field = condition.field;
      if (field.kind != FieldRef::Kind::tags && find(field) == nullptr) {
        fields_.push_back({field, {}});
      }
    });
  }
}

const FieldSamples::Field* FieldSamples::find(const FieldRef& ref) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) {
    return canonical_name(field.ref) == canonical_name(ref);
  });
  return found == fields_.end() ? nullptr : &*found;
}

void FieldSamples::counted(const CountedEvent& counted) {
  const std::lock_guard lock(mutex_);
  if (++events_ > kAllOfTheFirst && events_ % kThenOneOf != 0) return;
  for (Field& field : fields_) {
    const auto text = field_text(field.ref, {counted.event, counted.source}, scratch_);
    if (!text.empty()) count(field.values, text);
  }
  for (const auto& property : counted.event.properties) count(properties_, property.name);
}

std::string FieldSamples::about(const Rule& rule, const Condition& condition) const {
  const Field* field = find(condition.field);
  if (field == nullptr) return {};
  const std::string name = written(rule, condition.field);
  if (field->values.empty()) {
    std::string text = "no request had " + quoted_value(name);
    std::vector<std::string_view> names;  // as producers write them, first
    for (const auto& [property, times] : properties_) names.push_back(property);
    names.insert(names.end(), field_names().begin(), field_names().end());
    const auto near = nearest(name, names);
    if (near && !same_name(*near, name)) text += "; did you mean " + quoted_value(*near) + "?";
    return text;
  }
  if (condition.kind != Condition::Kind::any_of || condition.values.empty() ||
      !condition.globs.empty() || !condition.patterns.empty()) {
    return {};
  }
  const auto seen = [&](const std::string& value) { return field->values.contains(value); };
  if (std::any_of(condition.values.begin(), condition.values.end(), seen)) return {};
  std::vector<std::pair<std::uint64_t, std::string_view>> most;
  std::vector<std::string_view> values;
  for (const auto& [value, times] : field->values) {
    most.emplace_back(times, value);
    values.push_back(value);
  }
  std::sort(most.begin(), most.end(), std::greater<>());
  std::string text = name + " was never " + quoted_value(condition.values.front()) + "; it was ";
  for (std::size_t i = 0; i < std::min(most.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + quoted_value(most[i].second);
  }
  if (most.size() > kShown) text += " and others";
  const auto near = nearest(condition.values.front(), values);
  if (near) text += ". Did you mean " + quoted_value(*near) + "?";
  return text;
}

std::string FieldSamples::why_nothing(const Rule& rule) const {
  std::string why;
  if (const Clause* clause = clause_of(rule)) {
    each_needed(*clause, [&](const Condition& condition) {
      if (why.empty()) why = about(rule, condition);
    });
  }
  return why.empty() ? "no request met all of its conditions" : why;
}

}  // namespace tocsin
