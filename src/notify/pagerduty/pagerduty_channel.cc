// SPDX-License-Identifier: Apache-2.0
#include "notify/pagerduty/pagerduty_channel.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "alert/alert_json.h"
#include "document/json_writer.h"
#include "hash/digest.h"
#include "notify/gathering.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

constexpr std::size_t kKeyMax = 255;
constexpr std::size_t kDetailMax = 1'000;
constexpr std::size_t kDetailRows = 50;

std::string within_key(const std::string& key) {
  if (key.size() <= kKeyMax) return key;
  // Any cut is one of bytes at most; a letter has up to four.
  return cut_end(key, kKeyMax / 4 - 10) + "|" + hex(sha256(key), 16);
}

std::string group_of(const Alert& alert) {
  std::string group;
  for (const auto& [field, value] : alert.group) group += (group.empty() ? "" : ", ") + value;
  return group;
}

// The alerts of one group, the highest first, become one event.
std::vector<std::vector<Alert>> by_group(const Notice& notice) {
  std::vector<std::vector<Alert>> groups;
  for (const Alert& alert : notice.alerts) {
    if (alert.stale) continue;
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return group_identity(group.front()) == group_identity(alert);
    });
    if (same != groups.end()) {
      same->push_back(alert);
    } else if (groups.push_back({alert}); groups.size() > kPagerDutyGroupsMax) {
      break;  // one event tells all of them
    }
  }
  for (auto& group : groups) {
    std::stable_sort(group.begin(), group.end(), [](const Alert& a, const Alert& b) {
      return a.severity != b.severity ? a.severity > b.severity : a.amount > b.amount;
    });
  }
  return groups;
}

bool tells_each(const std::vector<std::vector<Alert>>& groups) {
  return !groups.empty() && groups.size() <= kPagerDutyGroupsMax;
}

Notice alone(const Notice& notice) {
  Notice part;
  part.composed_at = notice.composed_at;
  part.from = notice.from;
  part.until = notice.until;
  return part;
}

// What the event with this number tells, as a notice of its own.
Notice part_of(const Notice& notice, std::size_t number) {
  Notice part = alone(notice);
  if (number < notice.resolved.size()) {
    part.kind = Notice::Kind::resolved;
    part.resolved.push_back(notice.resolved[number]);
    part.id = part.resolved.front().alert.id;
    return part;
  }
  const auto groups = by_group(notice);
  if (!tells_each(groups)) {
    part = notice;
    part.resolved.clear();
    return part;
  }
  part.alerts = groups[std::min(number - notice.resolved.size(), groups.size() - 1)];
  part.id = part.alerts.front().id;
  return part;
}

struct Event {
  std::string key, source, component, group;
  std::string_view severity, metric;
  EventTime at{};
};

Event event_of(const Notice& part) {
  Event event;
  if (part.engine) {
    event.key = within_key("tocsin|" + part.engine->kind + "|" + part.engine->subject);
    event.source = event.component = "tocsin";
    event.group = part.engine->subject;
    event.severity = "error";
    event.metric = "engine";
    event.at = as_event_time(part.composed_at);
    return event;
  }
  const Alert& alert = part.alerts.empty() ? part.resolved.front().alert : part.alerts.front();
  const bool many = std::any_of(part.alerts.begin(), part.alerts.end(), [&](const Alert& other) {
    return group_identity(other) != group_identity(alert);
  });
  event.key = many ? within_key(alert.rule + "|" + part.id) : pagerduty_key(alert);
  event.component = alert.rule;
  if (!many) event.group = group_of(alert);
  event.source = event.group.empty() ? alert.rule : event.group;
  Severity highest = alert.severity;
  for (const Alert& other : part.alerts) highest = std::max(highest, other.severity);
  event.severity = name(highest);
  event.metric = name(alert.metric);
  event.at = part.alerts.empty() ? part.resolved.front().until : alert.at;
  return event;
}

void write_details(JsonWriter& json, const Message& message, const Notice& part) {
  json.key("custom_details").begin_object();
  const auto detail = [&](const std::string& label, const std::string& text) {
    if (!text.empty()) json.text(label, cut_end(text, kDetailMax));
  };
  detail("What", message.title.text);
  for (const auto& [label, value] : message.fields) detail(label, value.text);
  if (message.bar) detail("Of the window", message.bar->text);
  for (std::size_t i = 0; i < std::min(message.rows.size(), kDetailRows); ++i) {
    const auto& [who, value, note] = message.rows[i];
    detail(std::to_string(i + 1), who + "   " + value + (note.empty() ? "" : "   " + note));
  }
  std::string rest;
  for (const Text& text : message.paragraphs) rest += (rest.empty() ? "" : "\n") + text.text;
  detail("More", rest);
  detail("Next", message.next);
  detail("Why it rang", message.explain);
  if (!part.alerts.empty()) detail("Alert", part.alerts.front().id);
  json.end_object();
}

void write_links(JsonWriter& json, const Message& message) {
  if (!message.runbook || message.runbook->born != Text::Born::address) return;
  json.key("links").begin_array().begin_object();
  json.text("href", message.runbook->text).text("text", "Runbook").end_object().end_array();
}

void write_payload(JsonWriter& json, const Event& event, const Message& message,
                   const Notice* details) {
  json.key("payload").begin_object().text("summary", message.first_line);
  json.text("source", cut_end(clean_text(event.source), kDetailMax));
  json.text("severity", event.severity).text("timestamp", rfc3339_text(event.at));
  if (details != nullptr) {
    json.text("component", cut_end(clean_text(event.component), kDetailMax));
    if (!event.group.empty()) json.text("group", cut_end(clean_text(event.group), kDetailMax));
    json.text("class", event.metric);
    write_details(json, message, *details);
  }
  json.end_object();
}

}  // namespace

std::string pagerduty_key(const Alert& alert) {
  std::string key = alert.rule + "|";
  for (const auto& [field, value] : alert.group) key += field + "=" + value + "|";
  if (alert.window_kind != WindowKind::rolling) key += rfc3339_text(alert.window.start);
  return within_key(key);
}

std::string pagerduty_event(const Telling& telling, const PagerDutyConfig& config) {
  const Notice part = part_of(telling.notice, telling.part);
  const bool whole = part.id == telling.notice.id && part.kind == telling.notice.kind;
  const Message message = whole ? telling.message : render(part);
  const Event event = event_of(part);
  std::string body;
  JsonWriter json(body);
  json.begin_object().text("routing_key", config.routing_key);
  json.text("event_action", part.kind == Notice::Kind::resolved ? "resolve" : "trigger");
  json.text("dedup_key", event.key).text("client", "Tocsin");
  if (!config.public_url.empty()) json.text("client_url", config.public_url);
  write_payload(json, event, message, telling.form == Form::full ? &part : nullptr);
  if (telling.form == Form::full) write_links(json, message);
  json.end_object();
  return body;
}

std::size_t PagerDutyChannel::parts(const Notice& notice) const {
  const auto groups = by_group(notice);
  const std::size_t told = tells_each(groups) ? groups.size() : 1;
  if (notice.resolved.empty()) return told;
  return notice.resolved.size() + (notice.alerts.empty() ? 0 : told);
}

Request PagerDutyChannel::request(const Telling& telling) const {
  HttpRequest request;
  request.url = config_.url + "/v2/enqueue";
  request.headers = {{"Content-Type", "application/json; charset=utf-8"}, {"User-Agent", "tocsin"}};
  request.body = pagerduty_event(telling, config_);
  request.timeout = config_.timeout;
  return request;
}

Outcome PagerDutyChannel::classify(const Response& response) const {
  Outcome outcome = outcome_by_status(response);
  if (outcome.verdict == Verdict::delivered && response.status != 202) {
    return {Verdict::broken, std::nullopt,
            "answered " + std::to_string(response.status) +
                " and not 202, which is not how PagerDuty answers"};
  }
  // The only thing of an event that is the same in all of them.
  if (response.status == 400 && response.body.find("routing_key") != std::string::npos) {
    return {Verdict::broken, std::nullopt, "answered 400: it does not know the routing key"};
  }
  return outcome;
}

}  // namespace tocsin
