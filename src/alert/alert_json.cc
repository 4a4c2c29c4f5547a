// SPDX-License-Identifier: Apache-2.0
#include "alert/alert_json.h"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace tocsin {
namespace {

std::string padded(int number, std::size_t width) {
  std::string digits = std::to_string(number);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

void write_pairs(JsonWriter& json, std::string_view name,
                 const std::vector<std::pair<std::string, std::string>>& pairs) {
  json.key(name).begin_object();
  for (const auto& [key, value] : pairs) json.text(key, value);
  json.end_object();
}

void write_window(JsonWriter& json, const Window& window) {
  json.key("window").begin_object();
  json.text("start", rfc3339_text(window.start));
  if (window.end == kNever) {
    json.key("end").null();
  } else {
    json.text("end", rfc3339_text(window.end));
  }
  json.end_object();
}

void write_elsewhere(JsonWriter& json, const Alert& alert) {
  if (alert.elsewhere.empty()) return;
  json.key("elsewhere").begin_array();
  for (const auto& elsewhere : alert.elsewhere) {
    json.begin_object().text("field", elsewhere.field);
    if (!elsewhere.other.empty()) json.text("other", elsewhere.other);
    json.text("value", decimal_text(elsewhere.value, decimal_places(alert.metric)));
    json.number("requests", elsewhere.requests).end_object();
  }
  json.end_array();
}

}  // namespace

std::string rfc3339_text(EventTime t) {
  using namespace std::chrono;
  constexpr std::int64_t kFirst = -62'167'219'200;  // 0000-01-01
  constexpr std::int64_t kLast = 253'402'300'799;   // 9999-12-31
  const sys_seconds at{seconds{std::clamp(floor_div(to_ms(t), 1000), kFirst, kLast)}};
  const sys_days day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  return padded(static_cast<int>(date.year()), 4) + "-" +
         padded(static_cast<int>(static_cast<unsigned>(date.month())), 2) + "-" +
         padded(static_cast<int>(static_cast<unsigned>(date.day())), 2) + "T" +
         padded(static_cast<int>(time.hours().count()), 2) + ":" +
         padded(static_cast<int>(time.minutes().count()), 2) + ":" +
         padded(static_cast<int>(time.seconds().count()), 2) + "Z";
}

void write_alert(JsonWriter& json, const Alert& alert) {
  json.begin_object();
  write_alert_keys(json, alert);
  json.end_object();
}

void write_alert_keys(JsonWriter& json, const Alert& alert) {
  const auto decimal = [&](int128 amount) {
    return decimal_text(amount, decimal_places(alert.metric));
  };
  json.text("id", alert.id).text("rule", alert.rule);
  write_pairs(json, "group", alert.group);
  write_window(json, alert.window);
  json.text("rung", alert.rung);
  const bool times = alert.compare_to > Millis{0};
  json.text("amount", times ? decimal_text(alert.amount, 12) : decimal(alert.amount));
  json.text("value", decimal(alert.value));
  if (alert.beside) json.text(times ? "before" : "forecast", decimal(*alert.beside));
  if (alert.beside && !times) {
    json.text("forecast_method", alert.shape ? "usual_shape" : "straight_line");
    if (alert.shape) json.number("forecast_weeks", alert.shape->weeks);
    if (alert.shape && alert.shape->over) {
      json.text("forecast_over", rfc3339_text(*alert.shape->over));
    }
  }
  if (alert.budget) {
    json.text("budget", decimal(*alert.budget));
  } else {
    json.key("budget").null();
  }
  json.text("severity", name(alert.severity)).text("at", rfc3339_text(alert.at));
  json.key("crossed").begin_array();
  for (const std::string& rung : alert.crossed) json.text(rung);
  json.end_array();
  write_pairs(json, "labels", alert.labels);
  if (!alert.silence.empty()) json.text("silence", alert.silence);
  write_known(json, alert);
  write_elsewhere(json, alert);
}

void write_known(JsonWriter& json, const Alert& alert) {
  const int places = decimal_places(driven_metric(alert.metric));
  if (!alert.drivers.empty()) {
    json.key("drivers").begin_array();
    for (std::size_t i = 0; i < alert.drivers.size(); ++i) {
      const Alert::Driver& driver = alert.drivers[i];
      json.begin_object().text("field", name(driver.field)).text("value", driver.value);
      json.text("amount", decimal_text(driver.amount, places));
      json.boolean("approximate", driver.approximate);
      const auto before = driven_before(alert, i);
      if (before) json.text("before", decimal_text(*before, places));
      json.end_object();
    }
    json.end_array();
  }
  if (alert.before) {
    json.key("window_before").begin_object();
    json.text("value", decimal_text(alert.before->value, places));
    json.text("start", rfc3339_text(alert.before->window.start));
    json.text("end", rfc3339_text(alert.before->window.end)).end_object();
  }
  if (alert.recent) {
    json.key("recent").begin_object().text("amount", decimal_text(alert.recent->amount, places));
    json.number("seconds", alert.recent->span.count() / 1000).end_object();
  }
}

}  // namespace tocsin
