// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/api.h"
#include "notify/silences.h"
#include "rule/config.h"
#include "rule/rule.h"
#include "tocsin/time.h"

namespace tocsin {

// What silences are made and shown by.
struct SilenceService {
  SilenceBook& book;
  const std::vector<Rule>& rules;
  const std::string& zone;  // of the configuration
  WallTime now{};
  std::function<void()> changed;  // one was made or ended
};

// Of /api/v1/silences. GET: {"silences": […]}, newest first; with `all=1` those that are over too.
// POST: `rule`, any number of `match` (FIELD=VALUE), `until` or `for`, and if wanted `from`,
// `author`, `comment`; times by the clocks of the rule, or of the configuration. DELETE: `id`,
// `by`. 200 with the silence; 400 where a parameter is wrong, 404 where there is no such rule or
// silence.
Api::Answer silences_answer(const SilenceService& service, std::string_view method,
                            const Api::Query& query);

}  // namespace tocsin
