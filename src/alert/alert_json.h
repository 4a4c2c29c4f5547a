// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "document/json_writer.h"
#include "tocsin/alert.h"
#include "tocsin/time.h"

namespace tocsin {

// The object that describes an alert wherever a program reads one (webhook, `backtest --json`):
// {id, rule, group, window: {start, end}, rung, amount, value, budget, severity, at, crossed,
// labels}. Amounts are decimal text in dollars, counts or ratios, with no digit lost; budget is
// null for thresholds.
void write_alert(JsonWriter& json, const Alert& alert);
// Its keys, into an object that may have more.
void write_alert_keys(JsonWriter& json, const Alert& alert);
// The keys `drivers`, `window_before` and `recent`, each where it is known, of an alert, or of what
// has them likewise: beside each driver what it had come to in the window before.
void write_known(JsonWriter& json, const Alert& alert);

// RFC 3339 in UTC, the second that holds `t`: "2026-11-20T09:49:00Z". Times outside the years 0000
// to 9999 are shown as those bounds.
std::string rfc3339_text(EventTime t);

}  // namespace tocsin
