// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tocsin/decimal.h"
#include "tocsin/metric.h"
#include "tocsin/severity.h"
#include "tocsin/time.h"

namespace tocsin {

// The shape of a rule's window, for the words of messages ("today", "in November", "last 5 min").
enum class WindowKind : std::uint8_t {
  hour,
  day,
  week,
  month,
  quarter,
  year,
  every,
  lifetime,
  rolling,
  session
};

// What may drive a sum, and how messages name it; `Feature` is a property. `status` is that of
// requests that failed.
enum class DriverField : std::uint8_t { feature, service, model, user, status };
inline constexpr std::array<std::string_view, 5> kDriverFieldNames = {"Feature", "service", "model",
                                                                      "user", "status"};
constexpr std::string_view name(DriverField field) {
  return kDriverFieldNames[static_cast<std::size_t>(field)];
}

// A rung reached: recorded with the cells that reached it, and a snapshot of all that a message
// about it needs, so that what is told later, or again, is what was true then.
// Amounts are in the metric's unit (metric.h).
struct Alert {
  std::string id;  // 32 hex digits; a pure function of data (docs/formats/state.md)
  std::string rule;
  std::vector<std::pair<std::string, std::string>> group;  // field as the rule writes it, value
  Window window;      // what the alert is about: window, or for rolling ones what W covers
  std::string rung;   // as written, without spaces: "80%", "$250left"
  int128 amount = 0;  // of the rung
  int128 value = 0;   // of the metric when it was reached
  std::optional<int128> budget;  // absent for thresholds
  Severity severity = Severity::info;
  EventTime at{};                    // greatest event time in the commit's delta
  std::vector<std::string> crossed;  // the other rungs told in the same message
  std::vector<std::pair<std::string, std::string>> labels;

  // For the words.
  Metric metric = Metric::cost;
  WindowKind window_kind = WindowKind::day;
  Millis window_length{0};  // rolling and every
  std::string zone;         // IANA name
  std::string summary;      // the rule's, or a plain sentence made from its name
  std::string where;        // the rule's filter as written, "Environment = production"
  std::string origin;       // "rules/production.yaml:4"
  std::string description, runbook;
  std::int64_t requests = 0;   // in the window; for ratios the denominator
  std::int64_t numerator = 0;  // for ratios
  // What the value is seen beside: of a forecast the total that the window is heading for, of a
  // comparison the value that long before.
  std::optional<int128> beside;
  Millis compare_to{0};
  // A forecast by the usual shape of day and week; nothing: by a straight line.
  struct Shape {
    int weeks = 0;                    // before, of which it is made
    std::optional<EventTime> over{};  // when it comes to the rung's amount, if later than now
  };
  std::optional<Shape> shape;
  struct Next {  // the rung above, if any
    std::string rung;
    int128 amount = 0;
    Severity severity = Severity::info;
  };
  std::optional<Next> next;
  // What the value of a sum, or the numerator of an error rate, is most of: by field, of each by
  // falling amount. It is known by the way, and what rings never depends on it.
  struct Driver {
    DriverField field = DriverField::feature;
    bool approximate = false;
    std::string value;
    int128 amount = 0;
    friend bool operator==(const Driver&, const Driver&) = default;
  };
  std::vector<Driver> drivers{};
  // What the window before had come to when as much of it had passed as now of this one; known by
  // the way, too.
  struct Before {
    Window window;
    int128 value = 0;
    // Of each of `drivers`, where it is known; empty: of none.
    std::vector<std::optional<int128>> drivers{};
  };
  std::optional<Before> before{};
  // What came in the last hour, or days, of a longer window; known by the way, too. Absent: what is
  // known is the window's average.
  struct Recent {
    Millis span{0};
    int128 amount = 0;
  };
  std::optional<Recent> recent{};
  // Of rates, averages and percentiles: the value of all groups that differ in this field alone.
  struct Elsewhere {
    std::string field;  // as the rule writes it
    std::string other;  // its value there, if there is but one
    int128 value = 0;
    std::int64_t requests = 0;
  };
  std::vector<Elsewhere> elsewhere{};

  // How it is told.
  bool old_news = false;   // crossed while catching up: told in the digest at its end
  bool stale = false;      // of a window closed over stale_after: recorded and summed up only
  bool continues = false;  // a new slot at the level of the slot before: recorded, not sent
  bool late = false;       // the window had ended by the watermark
  bool enforced = false;
  bool repriced = false;  // reached because prices were put right: told in a digest, as old news
  std::string silence{};  // the id of the silence that keeps it from being told, if any
};

// What the amounts of its drivers are: of an error rate requests that failed.
constexpr Metric driven_metric(Metric metric) {
  return metric == Metric::error_rate ? Metric::errors : metric;
}
inline int128 driven_value(const Alert& alert) {
  return alert.metric == Metric::error_rate ? int128{alert.numerator} : alert.value;
}

// What its driver number `i` had come to in the window before at the same time, where it is known.
inline std::optional<int128> driven_before(const Alert& alert, std::size_t i) {
  if (!alert.before || i >= alert.before->drivers.size()) return std::nullopt;
  return alert.before->drivers[i];
}

// A level that stands no more.
struct Resolution {
  enum class Reason : std::uint8_t {
    below,         // the metric fell below the rung's amount
    limit_raised,  // the rung's amount was raised above the metric
    rule_removed,
  };
  Alert alert;         // the one that ends; value, requests and numerator as of now
  int128 highest = 0;  // greatest value between alert and resolution
  EventTime since{};   // when it began
  EventTime until{};   // when it was found to be over
  Reason reason = Reason::below;
  // limit_raised: the budget (else the rung's amount) of before, where it is known. The alert's
  // budget is that of now.
  std::optional<int128> limit_before{};
};

}  // namespace tocsin
