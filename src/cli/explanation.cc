// SPDX-License-Identifier: Apache-2.0
#include "cli/explanation.h"

#include <algorithm>

namespace tocsin {

std::string_view window_kind_name(WindowKind kind) {
  switch (kind) {
    case WindowKind::hour: return "hour";
    case WindowKind::day: return "day";
    case WindowKind::week: return "week";
    case WindowKind::month: return "month";
    case WindowKind::quarter: return "quarter";
    case WindowKind::year: return "year";
    case WindowKind::every: return "every";
    case WindowKind::lifetime: return "lifetime";
    case WindowKind::rolling: return "rolling";
    case WindowKind::session: return "session";
  }
  return "";
}

std::string_view fate_name(ToldOn::Fate fate) {
  switch (fate) {
    case ToldOn::Fate::delivered: return "delivered";
    case ToldOn::Fate::waiting: return "waiting";
    case ToldOn::Fate::parked: return "parked";
  }
  return "";
}

bool is_passed(std::string_view rung) {
  return !rung.starts_with("forecast") && !rung.starts_with("below");
}

Alert as_alert(const Explanation& of) {
  Alert alert;
  alert.rule = of.rule;
  alert.group = of.level.group;
  alert.window = of.level.window;
  alert.value = of.level.value;
  alert.budget = of.level.budget;
  alert.at = of.now;
  alert.metric = of.metric;
  alert.window_kind = of.window_kind;
  alert.window_length = of.window_length;
  alert.zone = of.zone;
  alert.summary = of.summary;
  alert.where = of.where;
  alert.origin = of.origin;
  alert.requests = of.level.requests;
  alert.numerator = static_cast<std::int64_t>(of.level.numerator);
  alert.rung = of.level.rung;
  alert.severity = of.level.severity;
  alert.drivers = of.drivers;
  alert.before = of.before;
  alert.recent = of.recent;
  for (const auto& rung : of.ladder) {
    const bool passed = is_passed(rung.rung);
    if (rung.reached && (passed || rung.rung == of.level.rung)) alert.amount = rung.amount;
    if (!passed || rung.reached || rung.amount <= of.level.value || alert.next) continue;
    alert.next = Alert::Next{rung.rung, rung.amount, rung.severity};
  }
  return alert;
}

}  // namespace tocsin
