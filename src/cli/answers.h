// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/reloader.h"
#include "http/api.h"
#include "notify/notifier.h"
#include "pipeline/engine.h"
#include "rule/rule.h"
#include "tocsin/store.h"

namespace tocsin {

// What the API and /metrics answer. Any thread.

// {"budgets": [{rule, group{}, window{start, end}, total, budget, rung, severity}]}: every cell in
// the state, open or closed, newest window first.
std::string budgets_json(const Store& store, const std::vector<Rule>& rules, std::size_t limit);
// {"alerts": [alert object]}, newest first.
std::string alerts_json(const Store& store, const std::vector<Rule>& rules, std::size_t limit);

// Of POST /api/v1/acknowledge: `id` (of the alert, or at least its first 8 digits, as messages show
// them), `by`, `comment`. 200 with the alert and who has it; 400, or 404 where no alert has that
// id.
Api::Answer acknowledge_answer(Store& store, const Api::Query& query, WallTime now);

std::vector<MetricSample> metric_samples(const EngineStatus& engine,
                                         const std::vector<ChannelStatus>& channels,
                                         const ReloadStatus& reloads);
// Of POST /api/v1/reload: 200 with what changed, 422 with what is wrong as `check --json` says it,
// 409 while another is under way.
Api::Answer reload_answer(const ReloadOutcome& outcome);

}  // namespace tocsin
