// SPDX-License-Identifier: Apache-2.0
#include "alert/make_alert.h"

#include "hash/digest.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

void append_field(std::string& bytes, std::string_view field) {
  const std::uint64_t size = field.size();
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(size >> shift & 0xff));
  }
  bytes.append(field);
}

std::string id_of(const Rule& rule, std::string_view fingerprint, const Crossing& crossing) {
  std::string bytes;
  append_field(bytes, rule.name);
  append_field(bytes, fingerprint);
  append_field(bytes, crossing.group);
  append_field(bytes, std::to_string(to_ms(crossing.id_start)));
  append_field(bytes, rule.ladder[crossing.step->rung].text);
  append_field(bytes, decimal_text(crossing.step->amount, 0));
  return hex(sha256(bytes), 16);
}

}  // namespace

std::string alert_id(const Rule& rule, const Crossing& crossing) {
  return id_of(rule, rule.fingerprint(), crossing);
}

Alert make_alert(const Rule& rule, std::string_view fingerprint, const Crossing& crossing) {
  const Rung& rung = rule.ladder[crossing.step->rung];
  Alert alert;
  alert.id = id_of(rule, fingerprint, crossing);
  alert.rule = rule.name;
  const auto values = group_values(crossing.group, rule.group_by.size());
  for (std::size_t i = 0; values && i < values->size(); ++i) {
    alert.group.emplace_back(rule.group_by[i].name, (*values)[i]);
  }
  alert.window = crossing.about;
  alert.rung = rung.text;
  alert.amount = crossing.step->amount;
  alert.value = crossing.value;
  if (rule.budgets) alert.budget = rule.budgets->of(crossing.group, crossing.in_force);
  alert.severity = rung.severity;
  alert.at = crossing.at;
  alert.labels = rule.labels;
  alert.metric = rule.metric;
  alert.window_kind = rule.window.kind;
  alert.window_length = rule.window.kind == WindowKind::every
                            ? Millis{std::chrono::days{rule.window.every_days}}
                            : rule.window.length;
  alert.zone = rule.window.zone;
  alert.summary = rule.summary;
  alert.where = rule.where_text;
  alert.origin = rule.origin.file + ":" + std::to_string(rule.origin.line);
  alert.description = rule.description;
  alert.runbook = rule.runbook;
  alert.requests = crossing.requests;
  alert.beside = crossing.beside;
  alert.shape = crossing.shape;
  alert.compare_to = rule.compare_to.value_or(Millis{0});
  if (is_ratio(rule.metric)) alert.numerator = static_cast<std::int64_t>(crossing.amount);
  const Ladder::Step* end = crossing.ladder->steps.data() + crossing.ladder->steps.size();
  if (const Ladder::Step* next = crossing.step + 1; next < end) {
    const Rung& above = rule.ladder[next->rung];
    alert.next = Alert::Next{above.text, next->amount, above.severity};
  }
  return alert;
}

}  // namespace tocsin
