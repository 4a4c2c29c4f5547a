// SPDX-License-Identifier: Apache-2.0
#include "notify/alertmanager/alertmanager_channel.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "alert/alert_json.h"
#include "document/json_writer.h"
#include "notify/alertmanager/labelled_alert.h"
#include "notify/amount_text.h"
#include "notify/email/base64_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kPostMax = 500;  // alerts in a request
constexpr Millis kOpenEnd{300'000};    // what has no end yet ends so long after the last post
constexpr Millis kEndTold{300'000};
constexpr Millis kEngineStands{3'600'000};
constexpr WallTime kForEver{Millis{std::numeric_limits<std::int64_t>::max()}};

std::size_t told(const Notice& notice) {
  return static_cast<std::size_t>(std::count_if(notice.alerts.begin(), notice.alerts.end(),
                                                [](const Alert& a) { return !a.stale; })) +
         notice.resolved.size() + (notice.engine ? 1 : 0);
}

// When it is over; nothing: when it is told to be. Sums in rolling windows are told by the slot and
// never resolved, rates are.
std::optional<EventTime> end_of(const LabelledAlert& alert, const Notice& notice) {
  if (alert.ends) return alert.ends;
  if (!alert.alert) return as_event_time(notice.composed_at + kEngineStands);
  const bool rolling_sum =
      alert.alert->window_kind == WindowKind::rolling && !is_judged(*alert.alert);
  if (rolling_sum) return alert.starts + alert.alert->window_length;
  return std::nullopt;
}

void add_amounts(LabelSet& annotations, const Alert& alert) {
  const auto decimal = [&](int128 amount) {
    return decimal_text(amount, decimal_places(alert.metric));
  };
  annotations.emplace("value", decimal(alert.value));
  annotations.emplace("amount", decimal(alert.amount));
  annotations.emplace("alert_id", alert.id);
  if (!alert.budget) return;
  annotations.emplace("budget", decimal(*alert.budget));
  if (const auto percent = whole_percent(alert.value, *alert.budget)) {
    annotations.emplace("percent", decimal_text(*percent, 0));
  }
}

// The end in ms or -, a line end, and the alert in JSON but for its end.
std::string value_of(LabelledAlert alert, const Notice& notice, Form form,
                     const std::string& public_url) {
  const auto ends = end_of(alert, notice);
  std::string value = ends ? std::to_string(to_ms(*ends)) : "-";
  value.push_back('\n');
  JsonWriter json(value);
  json.begin_object();
  write_labels(json, "labels", alert.labels);
  if (form == Form::full) {
    if (alert.alert) add_amounts(alert.annotations, *alert.alert);
    write_labels(json, "annotations", alert.annotations);
    if (!public_url.empty()) json.text("generatorURL", public_url);
  }
  json.text("startsAt", rfc3339_text(ends ? std::min(alert.starts, *ends) : alert.starts));
  json.end_object();
  value.pop_back();
  return value;
}

std::string posted(const std::vector<std::string>& values, WallTime now) {
  std::string body = "[";
  for (const std::string& value : values) {
    const std::size_t line = value.find('\n');
    std::int64_t ms = 0;
    const auto [rest, error] = std::from_chars(value.data(), value.data() + line, ms);
    const bool open = error != std::errc{};
    const EventTime ends = open ? as_event_time(now + kOpenEnd) : event_time_ms(ms);
    body += (body.size() > 1 ? "," : "") + value.substr(line + 1) + ",\"endsAt\":\"" +
            rfc3339_text(ends) + "\"}";
  }
  return body + "]";
}

}  // namespace

std::size_t AlertmanagerChannel::parts(const Notice& notice) const {
  return std::max<std::size_t>(1, (told(notice) + kPostMax - 1) / kPostMax);
}

std::vector<std::string> AlertmanagerChannel::values_of(const Notice& notice,
                                                        const Message& message, Form form) const {
  std::vector<std::string> values;
  for (LabelledAlert& alert : labelled_alerts(notice, message, notice.alerts.size())) {
    values.push_back(value_of(std::move(alert), notice, form, config_.public_url));
  }
  return values;
}

Request AlertmanagerChannel::request(const Telling& telling) const {
  const auto all = values_of(telling.notice, telling.message, telling.form);
  const std::size_t from = std::min(telling.part * kPostMax, all.size());
  const std::size_t count = std::min(kPostMax, all.size() - from);
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(from);
  return repeat({begin, begin + static_cast<std::ptrdiff_t>(count)}, telling.now);
}

Request AlertmanagerChannel::repeat(const std::vector<std::string>& values, WallTime now) const {
  HttpRequest request;
  request.url = config_.url + "/api/v2/alerts";
  request.headers = {{"Content-Type", "application/json"}, {"User-Agent", "tocsin"}};
  if (!config_.user.empty()) {
    request.headers.emplace_back("Authorization",
                                 "Basic " + base64_text(config_.user + ":" + config_.password));
  }
  request.body = posted(values, now);
  request.timeout = config_.timeout;
  return request;
}

std::vector<Standing> AlertmanagerChannel::standing_of(const Notice& notice) const {
  std::vector<Standing> standing;
  const Message message = render(notice);
  for (LabelledAlert& alert : labelled_alerts(notice, message, notice.alerts.size())) {
    const auto ends = end_of(alert, notice);
    Standing one;
    one.key = fingerprint(alert.labels);
    one.until = kForEver;
    if (!alert.firing) {
      one.until = notice.composed_at + kEndTold;
    } else if (ends) {
      one.until = WallTime{ends->time_since_epoch()} + kEndTold;
    }
    one.value = value_of(std::move(alert), notice, Form::full, config_.public_url);
    standing.push_back(std::move(one));
  }
  return standing;
}

}  // namespace tocsin
