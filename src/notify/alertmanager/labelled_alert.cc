// SPDX-License-Identifier: Apache-2.0
#include "notify/alertmanager/labelled_alert.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "notify/message_parts.h"

namespace tocsin {
namespace {

// A name that is taken keeps its first value; Prometheus calls the second so, too.
void add(LabelSet& labels, std::string_view name, const std::string& value) {
  if (value.empty()) return;  // to Alertmanager the same as none
  std::string key = label_name(name);
  while (labels.contains(key)) key.insert(0, "exported_");
  labels.emplace(std::move(key), value);
}

LabelSet labels_of(const Alert& alert) {
  LabelSet labels{{"alertname", alert.rule},
                  {"severity", std::string(name(alert.severity))},
                  {"rung", alert.rung}};
  for (const auto& [field, value] : alert.group) add(labels, field, value);
  for (const auto& [key, value] : alert.labels) add(labels, key, value);
  return labels;
}

LabelSet annotations_of(const Alert& alert, const Message& message) {
  LabelSet annotations{{"summary", message.first_line}};
  if (!message.explain.empty()) annotations.emplace("explain", message.explain);
  if (!alert.description.empty()) annotations.emplace("description", alert.description);
  if (const auto runbook = runbook_of(alert)) {
    annotations.emplace(runbook->born == Text::Born::address ? "runbook_url" : "runbook",
                        runbook->text);
  }
  return annotations;
}

// One alert in its own words, for those of a digest share a message.
Message message_of(const Notice& notice, const Alert& alert) {
  Notice alone;
  alone.id = alert.id;
  alone.composed_at = notice.composed_at;
  alone.alerts.push_back(alert);
  return render(alone);
}

Message message_of(const Notice& notice, const Resolution& resolution) {
  Notice alone;
  alone.kind = Notice::Kind::resolved;
  alone.id = resolution.alert.id;
  alone.composed_at = notice.composed_at;
  alone.resolved.push_back(resolution);
  return render(alone);
}

LabelledAlert firing(const Notice& notice, const Alert& alert) {
  LabelledAlert labelled;
  labelled.labels = labels_of(alert);
  labelled.annotations = annotations_of(alert, message_of(notice, alert));
  labelled.starts = alert.at;
  if (alert.window.end != kNever && alert.window_kind != WindowKind::rolling) {
    labelled.ends = alert.window.end;
  }
  labelled.alert = alert;
  return labelled;
}

LabelledAlert ended(const Notice& notice, const Resolution& resolution) {
  LabelledAlert labelled;
  labelled.labels = labels_of(resolution.alert);
  labelled.annotations = annotations_of(resolution.alert, message_of(notice, resolution));
  labelled.firing = false;
  labelled.starts = resolution.since;
  labelled.ends = std::max(resolution.until, resolution.since);
  labelled.alert = resolution.alert;
  return labelled;
}

LabelledAlert of_engine(const Notice& notice, const Message& message) {
  LabelledAlert labelled;
  labelled.labels = {{"alertname", "tocsin"}, {"severity", "warning"}};
  add(labelled.labels, "kind", notice.engine->kind);
  add(labelled.labels, "subject", notice.engine->subject);
  labelled.annotations = {{"summary", message.first_line}};
  std::string details;
  const auto line = [&](const std::string& text) {
    details += (details.empty() ? "" : "\n") + text;
  };
  for (const std::string& detail : notice.engine->details) line(detail);
  for (const Message::Fact& fact : message.facts) line(fact.label + ": " + fact.value.text);
  if (!details.empty()) labelled.annotations.emplace("description", details);
  labelled.starts = as_event_time(notice.composed_at);
  return labelled;
}

}  // namespace

std::string label_name(std::string_view text) {
  std::string name;
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) name.push_back('_');
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name.push_back(letter ? c : '_');
  }
  return name;
}

std::vector<LabelledAlert> labelled_alerts(const Notice& notice, const Message& message,
                                           std::size_t most) {
  std::vector<LabelledAlert> all;
  for (const Alert& alert : notice.alerts) {
    if (alert.stale) continue;
    if (all.size() == most) break;
    all.push_back(firing(notice, alert));
  }
  for (const Resolution& resolution : notice.resolved) all.push_back(ended(notice, resolution));
  if (notice.engine) all.push_back(of_engine(notice, message));
  return all;
}

// 64-bit FNV-1a over names and values in the order of names, each followed by a byte 255.
std::string fingerprint(const LabelSet& labels) {
  std::uint64_t sum = 14'695'981'039'346'656'037U;
  const auto add_byte = [&](unsigned char byte) { sum = (sum ^ byte) * 1'099'511'628'211U; };
  const auto add_text = [&](const std::string& text) {
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
    add_byte(255);
  };
  for (const auto& [name, value] : labels) {
    add_text(name);
    add_text(value);
  }
  std::array<char, 16> digits{};
  for (std::size_t i = 0; i < digits.size(); ++i) {
    digits[i] = "0123456789abcdef"[sum >> (60 - 4 * i) & 15];
  }
  return {digits.data(), digits.size()};
}

LabelSet common(const std::vector<LabelledAlert>& alerts, LabelSet LabelledAlert::*part) {
  if (alerts.empty()) return {};
  LabelSet shared = alerts.front().*part;
  for (const LabelledAlert& alert : alerts) {
    std::erase_if(shared, [&](const auto& one) {
      const auto found = (alert.*part).find(one.first);
      return found == (alert.*part).end() || found->second != one.second;
    });
  }
  return shared;
}

void write_labels(JsonWriter& json, std::string_view key, const LabelSet& labels) {
  json.key(key).begin_object();
  for (const auto& [name, value] : labels) json.text(name, value);
  json.end_object();
}

}  // namespace tocsin
