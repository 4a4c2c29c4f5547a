// SPDX-License-Identifier: Apache-2.0
#include "pipeline/unpriced_watch.h"

#include <algorithm>
#include <utility>

#include "notify/amount_text.h"
#include "notify/outbox.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

using Kind = UnpricedKey::Kind;

std::string group_text_of(const Rule& rule, std::string_view group) {
  const auto values = group_values(group, rule.group_by.size());
  std::string text;
  if (!values) return text;
  for (const std::string& value : *values) text += (text.empty() ? "" : ", ") + value;
  return text;
}

// Budgets alone: a threshold has no amount that something would be missing from.
std::vector<UnpricedModel::Budget> budgets_of(const State& state, const UnpricedRow& row) {
  std::vector<UnpricedModel::Budget> budgets;
  for (const auto& [name, requests] : row.groups) {
    const UnpricedGroup in = group_of(name);
    const Rule* const rule = state.rule(in.rule);
    if (rule == nullptr || !rule->is_budget()) continue;
    UnpricedModel::Budget budget;
    budget.rule = rule->name;
    if (in.group) {
      budget.group = group_text_of(*rule, *in.group);
      if (const auto spent = state.spent(*rule, *in.group, row.since)) {
        const auto percent = whole_percent(spent->total, spent->budget);
        if (percent) budget.percent = static_cast<std::uint64_t>(std::max<int128>(0, *percent));
      }
    }
    budgets.push_back(std::move(budget));
  }
  return budgets;
}

UnpricedModel model_of(const State& state, const UnpricedKey& key, const UnpricedRow& row,
                       const std::string& like) {
  UnpricedModel model;
  model.model = key.model;
  model.service = key.service;
  model.requests = row.open();
  model.partial = row.partial;
  model.estimated = row.estimated;
  model.since = row.since;
  model.input_tokens = row.input_tokens;
  model.output_tokens = row.output_tokens;
  for (const auto& [unit, n] : row.lacking) model.lacking.push_back(unit);
  if (row.estimated > 0) {
    model.like = like;
    model.estimate = row.estimate;
  }
  model.services.assign(row.services.begin(), row.services.end());
  std::stable_sort(model.services.begin(), model.services.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [name, cost] : row.likes) {
    // What holds for some of them alone says nothing of all.
    if (cost.requests == row.requests - row.partial) model.likes.push_back({name, cost.cost});
  }
  std::stable_sort(model.likes.begin(), model.likes.end(),
                   [](const auto& a, const auto& b) { return a.cost < b.cost; });
  model.budgets = budgets_of(state, row);
  return model;
}

// A model's days that nobody was told of, as one.
using Untold =
    std::map<std::pair<std::string, std::string>, std::pair<UnpricedRow, std::vector<UnpricedKey>>>;

Untold untold_of(const State& state, Kind kind) {
  Untold untold;
  for (const auto& [key, row] : state.unpriced().rows()) {
    if (row.told || key.kind != kind) continue;
    auto& [sum, keys] = untold[{key.model, key.service}];
    sum.add(row);
    keys.push_back(key);
  }
  return untold;
}

}  // namespace

std::vector<EngineMessage> UnpricedWatch::due(State& state, const Clock& clock, bool at_once) {
  std::vector<EngineMessage> messages;
  if (state.unpriced().untold() == 0) {
    since_.reset();
    return messages;
  }
  const auto now = clock.monotonic();
  if (!since_) since_ = now;
  if (!at_once && now - *since_ < words_.gather) return messages;
  since_.reset();
  for (const bool unmetered : {false, true}) {
    if (auto made = message(state, unmetered, clock.wall())) messages.push_back(std::move(*made));
  }
  WriteBatch rows;
  for (EngineMessage& made : messages) put_engine_row(rows, made);
  state.add_rows(rows);
  return messages;
}

std::optional<EngineMessage> UnpricedWatch::message(State& state, bool unmetered, WallTime now) {
  UnpricedReport report;
  report.unmetered = unmetered;
  report.zone = words_.zone;
  report.at = now;
  for (const auto& [name, days] : untold_of(state, unmetered ? Kind::unmetered : Kind::unpriced)) {
    const auto& [row, keys] = days;
    for (const UnpricedKey& key : keys) state.unpriced().tell(key);
    if (row.open() > 0) report.models.push_back(model_of(state, keys.back(), row, words_.like));
  }
  if (report.models.empty()) return std::nullopt;
  std::stable_sort(report.models.begin(), report.models.end(),
                   [](const auto& a, const auto& b) { return a.requests > b.requests; });
  EngineMessage made;
  made.kind = unmetered ? "unmetered" : "unpriced";
  made.subject = report.models.size() == 1 ? report.models.front().model
                                           : std::to_string(report.models.size()) + " models";
  made.text = unpriced_text(report);
  made.unpriced = std::move(report);
  return made;
}

}  // namespace tocsin
