// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/json_writer.h"
#include "notify/message.h"
#include "notify/notice.h"
#include "tocsin/alert.h"
#include "tocsin/time.h"

namespace tocsin {

using LabelSet = std::map<std::string, std::string>;

// A rung as Prometheus' Alertmanager knows alerts: two with the same labels are the same alert.
// `alertname` is the rule; further labels are the group's fields, the rule's labels, `severity` and
// `rung`. The engine's own messages are named "tocsin", with `kind` and `subject`.
struct LabelledAlert {
  LabelSet labels, annotations;
  bool firing = true;
  EventTime starts{};
  std::optional<EventTime> ends;  // when it is over, so far as that is known
  std::optional<Alert> alert;     // absent: the engine's own
};

// What a notice tells: its alerts but those of windows long closed, then ends, then what the engine
// says. At most `most` of its alerts.
std::vector<LabelledAlert> labelled_alerts(const Notice& notice, const Message& message,
                                           std::size_t most);

// A label's name of `text`: letters, digits and _, no digit first.
std::string label_name(std::string_view text);

// 16 hex digits, the same that Alertmanager gives these labels.
std::string fingerprint(const LabelSet& labels);

// What all of them have, names and values.
LabelSet common(const std::vector<LabelledAlert>& alerts, LabelSet LabelledAlert::*part);

void write_labels(JsonWriter& json, std::string_view key, const LabelSet& labels);

}  // namespace tocsin
