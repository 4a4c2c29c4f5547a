// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/channel.h"

namespace tocsin {

// The body that Alertmanager's webhooks have, version 4, so that what was made for these takes
// ours. Beside it `summary`, the first line, and of each alert `values`: amounts as decimal text.
// `receiver` is the channel; `external_url`, Tocsin's own address, may be empty. In the plain form
// only the first 100 alerts, and `truncatedAlerts` says how many were left out.
std::string alertmanager_body(const Telling& telling, const std::string& receiver,
                              const std::string& external_url);

}  // namespace tocsin
