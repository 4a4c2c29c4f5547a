// SPDX-License-Identifier: Apache-2.0
#include "pipeline/field_samples.h"

#include <algorithm>
#include <functional>

#include "notify/amount_text.h"
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

template <class Fields>
auto find_in(const Fields& fields, const FieldRef& ref) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& field) {
    return canonical_name(field.ref) == canonical_name(ref);
  });
  return found == fields.end() ? nullptr : &*found;
}

const FieldRef& latency() {
  static const FieldRef ref = field_ref("latency_ms");
  return ref;
}

}  // namespace

FieldSamples::FieldSamples(const std::vector<Rule>& rules) {
  std::vector<const Rule*> all;
  for (const Rule& rule : rules) all.push_back(&rule);
  follow(all);
}

void FieldSamples::follow(const std::vector<const Rule*>& rules) {
  const std::lock_guard lock(mutex_);
  std::vector<Field> next;
  for (const Rule* rule : rules) {
    if (is_latency(rule->metric)) follow(latency(), next);
    const Clause* clause = clause_of(*rule);
    if (clause == nullptr) continue;
    each_condition(*clause, [&](const Condition& condition) {
      if (condition.field.kind != FieldRef::Kind::tags) follow(condition.field, next);
    });
  }
  fields_ = std::move(next);
  if (fields_.empty()) properties_.clear();
  wants_events_ = !fields_.empty();
}

// What is known of it already stays known.
void FieldSamples::follow(const FieldRef& ref, std::vector<Field>& next) {
  if (find_in(next, ref) != nullptr) return;
  const Field* known = find(ref);
  if (known == nullptr) events_ = 0;  // all of the first that it has
  next.push_back(known == nullptr ? Field{ref, 0, {}} : *known);
}

const FieldSamples::Field* FieldSamples::find(const FieldRef& ref) const {
  return find_in(fields_, ref);
}

void FieldSamples::counted(const CountedEvent& counted) {
  const std::uint64_t event = events_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (event > kAllOfTheFirst && event % kThenOneOf != 0) return;
  const std::lock_guard lock(mutex_);
  for (Field& field : fields_) {
    ++field.looked;
    const auto text = field_text(field.ref, {counted.event, counted.source}, scratch_);
    if (!text.empty()) count(field.values, text);
  }
  for (const auto& property : counted.event.properties) count(properties_, property.name);
}

std::string FieldSamples::missing(const Rule& rule, const FieldRef& ref) const {
  const std::string name = written(rule, ref);
  std::string text = "no request had " + quoted_value(name);
  std::vector<std::string_view> names;  // as producers write them, first
  for (const auto& [property, times] : properties_) names.push_back(property);
  names.insert(names.end(), field_names().begin(), field_names().end());
  const auto near = nearest(name, names);
  if (near && !same_name(*near, name)) text += "; did you mean " + quoted_value(*near) + "?";
  return text;
}

std::string FieldSamples::about(const Rule& rule, const Condition& condition) const {
  const Field* field = find(condition.field);
  if (field == nullptr || field->looked == 0) return {};
  if (field->values.empty()) return missing(rule, condition.field);
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
  std::string text = written(rule, condition.field) + " was never " +
                     quoted_value(condition.values.front()) + "; it was ";
  for (std::size_t i = 0; i < std::min(most.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + quoted_value(most[i].second) + " (" +
            count_text(static_cast<int128>(most[i].first)) + ")";
  }
  if (most.size() > kShown) text += " and others";
  const auto near = nearest(condition.values.front(), values);
  if (near) text += ". Did you mean " + quoted_value(*near) + "?";
  return text;
}

std::string FieldSamples::evidence(const Rule& rule, std::uint64_t requests) const {
  const std::lock_guard lock(mutex_);
  std::string why;
  const Field* of = nullptr;
  if (const Clause* clause = clause_of(rule)) {
    each_needed(*clause, [&](const Condition& condition) {
      if (!why.empty()) return;
      why = about(rule, condition);
      of = find(condition.field);
    });
  }
  if (why.empty() && is_latency(rule.metric)) {
    of = find(latency());
    if (of != nullptr && of->looked > 0 && of->values.empty()) why = missing(rule, latency());
  }
  if (why.empty() || of->looked >= requests) return why;
  return "in " + count_text(static_cast<int128>(of->looked)) +
         (of->looked == 1 ? " request" : " requests") + " looked at, " + why;
}

std::string FieldSamples::why_nothing(const Rule& rule, std::uint64_t requests) const {
  const std::string why = evidence(rule, requests);
  return why.empty() ? "no request met all of its conditions" : why;
}

}  // namespace tocsin
