// SPDX-License-Identifier: Apache-2.0
#include "notify/webhook/webhook_channel.h"

#include <algorithm>
#include <chrono>

#include "alert/alert_json.h"
#include "document/json_writer.h"
#include "hash/digest.h"
#include "notify/webhook/alertmanager_body.h"

namespace tocsin {
namespace {

constexpr std::size_t kPlainAlertsMax = 100;

std::size_t told_count(const Notice& notice) {
  return static_cast<std::size_t>(std::count_if(notice.alerts.begin(), notice.alerts.end(),
                                                [](const Alert& a) { return !a.stale; }));
}

void write_alerts(JsonWriter& json, const Notice& notice, std::size_t most) {
  json.key("alerts").begin_array();
  for (const Alert& alert : notice.alerts) {
    if (alert.stale) continue;
    if (most-- == 0) break;
    write_alert(json, alert);
  }
  json.end_array();
}

void write_digest(JsonWriter& json, const Notice& notice, bool is_digest) {
  json.key("digest");
  if (!is_digest) {
    json.null();
    return;
  }
  json.begin_object().text("id", notice.id);
  json.text("from", rfc3339_text(as_event_time(notice.from)));
  json.text("until", rfc3339_text(as_event_time(notice.until)));
  json.number("count", static_cast<std::int64_t>(told_count(notice))).end_object();
}

void write_unpriced(JsonWriter& json, const UnpricedModel& model, bool unmetered) {
  const auto whole = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
  json.begin_object().text("model", model.model);
  if (unmetered) json.text("service", model.service);
  json.number("requests", whole(model.requests)).text("since", rfc3339_text(model.since));
  if (!unmetered) {
    json.number("partial", whole(model.partial)).number("estimated", whole(model.estimated));
    json.number("input_tokens", whole(model.input_tokens));
    json.number("output_tokens", whole(model.output_tokens));
    json.key("lacking").begin_array();
    for (const std::string& unit : model.lacking) json.text(unit);
    json.end_array();
    if (model.estimated > 0) {
      json.text("estimated_as", model.like).text("estimated_usd", model.estimate.text());
    }
    json.key("if_like").begin_array();
    for (const auto& like : model.likes) {
      json.begin_object().text("model", like.model).text("cost_usd", like.cost.text()).end_object();
    }
    json.end_array();
  }
  json.key("services").begin_object();
  for (const auto& [service, n] : model.services) json.number(service, whole(n));
  json.end_object().key("budgets").begin_array();
  for (const auto& budget : model.budgets) {
    json.begin_object().text("rule", budget.rule).text("group", budget.group).key("percent");
    if (budget.percent) {
      json.number(whole(*budget.percent));
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array().end_object();
}

void write_unpriced(JsonWriter& json, const UnpricedReport& report) {
  json.key("models").begin_array();
  for (const UnpricedModel& model : report.models) write_unpriced(json, model, report.unmetered);
  json.end_array();
}

void write_engine(JsonWriter& json, const Notice& notice) {
  json.key("engine");
  if (!notice.engine) {
    json.null();
    return;
  }
  const EngineMessage& engine = *notice.engine;
  json.begin_object().text("kind", engine.kind).text("subject", engine.subject);
  json.text("text", engine.text).key("details").begin_array();
  for (const std::string& detail : engine.details) json.text(detail);
  json.end_array();
  if (engine.unpriced) write_unpriced(json, *engine.unpriced);
  json.end_object();
}

constexpr std::string_view kReasons[] = {"below the limit", "limit raised", "rule removed"};

void write_resolved(JsonWriter& json, const Notice& notice) {
  json.key("resolved");
  if (notice.resolved.empty()) {
    json.null();
    return;
  }
  json.begin_array();
  for (const Resolution& resolution : notice.resolved) {
    json.begin_object().key("alert");
    write_alert(json, resolution.alert);
    json.text("since", rfc3339_text(resolution.since));
    json.text("until", rfc3339_text(resolution.until));
    json.text("highest", decimal_text(resolution.highest, decimal_places(resolution.alert.metric)));
    json.text("reason", kReasons[static_cast<std::size_t>(resolution.reason)]);
    json.end_object();
  }
  json.end_array();
}

std::string signature(const std::string& secret, const std::string& seconds,
                      const std::string& body) {
  return "t=" + seconds + ",v1=" + hex(hmac_sha256(secret, seconds + "." + body));
}

}  // namespace

std::string webhook_body(const Notice& notice, const Message& message, Form form) {
  const std::size_t most = form == Form::full ? notice.alerts.size() : kPlainAlertsMax;
  const bool is_digest =
      (notice.kind != Notice::Kind::alert && notice.kind != Notice::Kind::resolved &&
       notice.kind != Notice::Kind::engine) ||
      told_count(notice) > most;
  std::string body;
  JsonWriter json(body);
  json.begin_object().text("summary", message.first_line);
  write_alerts(json, notice, most);
  write_digest(json, notice, is_digest);
  write_engine(json, notice);
  write_resolved(json, notice);
  if (!notice.in_place_of.empty()) json.text("in_place_of", notice.in_place_of);
  json.end_object();
  return body;
}

Request WebhookChannel::request(const Telling& telling) const {
  HttpRequest request;
  request.url = config_.url;
  request.timeout = config_.timeout;
  request.body = config_.as_alertmanager
                     ? alertmanager_body(telling, config_.name, config_.public_url)
                     : webhook_body(telling.notice, telling.message, telling.form);
  const auto now = std::chrono::floor<std::chrono::seconds>(telling.now.time_since_epoch());
  const std::string seconds = std::to_string(now.count());
  request.headers = {{"Content-Type", "application/json; charset=utf-8"},
                     {"User-Agent", "tocsin"},
                     {"Idempotency-Key", telling.notice.id},
                     {"Tocsin-Timestamp", seconds}};
  if (!config_.hmac_secret.empty()) {
    request.headers.emplace_back("Tocsin-Signature",
                                 signature(config_.hmac_secret, seconds, request.body));
  }
  return request;
}

}  // namespace tocsin
