// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/explain_state.h"
#include "http/api.h"
#include "notify/notifier.h"
#include "pipeline/engine.h"
#include "tocsin/clock.h"
#include "tocsin/store.h"

namespace tocsin {

// GET /api/v1/explain[?rule=NAME[&group=FIELD=VALUE…]]: what the running engine knows of a rule, or
// of all (docs/explain.md). 404 for an unknown rule or field, 400 for a group that is none. Any
// thread.
struct ExplainService {
  const Store& store;
  const std::vector<Rule>& rules;
  const Route& fallback;
  const EngineStatus& engine;
  const std::vector<ChannelStatus>& channels;
  WallTime now{};
};
Api::Answer explain_answer(const ExplainService& service, const Api::Query& query);

// Where that is asked: path and parameters.
std::string explain_path(const ExplainQuestion& question);

}  // namespace tocsin
