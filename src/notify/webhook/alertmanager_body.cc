// SPDX-License-Identifier: Apache-2.0
#include "notify/webhook/alertmanager_body.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "alert/alert_json.h"
#include "document/json_writer.h"
#include "notify/alertmanager/labelled_alert.h"
#include "notify/amount_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kTruncatedTo = 100;
constexpr std::string_view kNoTime = "0001-01-01T00:00:00Z";  // while it fires

void write_values(JsonWriter& json, const Alert& alert) {
  const auto decimal = [&](int128 amount) {
    return decimal_text(amount, decimal_places(alert.metric));
  };
  json.key("values").begin_object().text("id", alert.id).text("metric", name(alert.metric));
  json.text("rung", alert.rung).text("amount", decimal(alert.amount));
  json.text("value", decimal(alert.value));
  if (alert.budget) {
    json.text("budget", decimal(*alert.budget));
    if (const auto percent = whole_percent(alert.value, *alert.budget)) {
      json.text("percent", decimal_text(*percent, 0));
    }
  }
  json.text("requests", std::to_string(alert.requests));
  json.text("window_start", rfc3339_text(alert.window.start));
  if (alert.window.end != kNever) json.text("window_end", rfc3339_text(alert.window.end));
  json.end_object();
}

void write_alert(JsonWriter& json, const LabelledAlert& alert, const std::string& external_url) {
  json.begin_object().text("status", alert.firing ? "firing" : "resolved");
  write_labels(json, "labels", alert.labels);
  write_labels(json, "annotations", alert.annotations);
  json.text("startsAt", rfc3339_text(alert.starts));
  json.text("endsAt", alert.firing || !alert.ends ? kNoTime : rfc3339_text(*alert.ends));
  json.text("generatorURL", external_url).text("fingerprint", fingerprint(alert.labels));
  if (alert.alert) write_values(json, *alert.alert);
  json.end_object();
}

// The highest severity comes first, as in the message.
void sort_by_severity(std::vector<LabelledAlert>& alerts) {
  std::stable_sort(alerts.begin(), alerts.end(), [](const auto& a, const auto& b) {
    return a.alert && b.alert && a.alert->severity > b.alert->severity;
  });
}

std::string group_key(const std::string& rule) {
  std::string key = "{}:{alertname=\"";
  append_json_escaped(key, rule);
  return key + "\"}";
}

}  // namespace

std::string alertmanager_body(const Telling& telling, const std::string& receiver,
                              const std::string& external_url) {
  const Notice& notice = telling.notice;
  const auto told = static_cast<std::size_t>(std::count_if(
      notice.alerts.begin(), notice.alerts.end(), [](const Alert& a) { return !a.stale; }));
  const std::size_t most = telling.form == Form::full ? told : std::min(told, kTruncatedTo);
  std::vector<LabelledAlert> alerts = labelled_alerts(notice, telling.message, most);
  sort_by_severity(alerts);
  const bool fires =
      std::any_of(alerts.begin(), alerts.end(), [](const auto& a) { return a.firing; });
  const std::string& rule = notice.engine ? "tocsin" : rule_of(notice);
  std::string body;
  JsonWriter json(body);
  json.begin_object().text("version", "4").text("summary", telling.message.first_line);
  json.text("groupKey", group_key(rule));
  json.number("truncatedAlerts", static_cast<std::int64_t>(told - most));
  json.text("status", fires ? "firing" : "resolved").text("receiver", receiver);
  write_labels(json, "groupLabels", {{"alertname", rule}});
  write_labels(json, "commonLabels", common(alerts, &LabelledAlert::labels));
  write_labels(json, "commonAnnotations", common(alerts, &LabelledAlert::annotations));
  json.text("externalURL", external_url).key("alerts").begin_array();
  for (const LabelledAlert& alert : alerts) write_alert(json, alert, external_url);
  json.end_array().end_object();
  return body;
}

}  // namespace tocsin
