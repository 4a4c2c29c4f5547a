// SPDX-License-Identifier: Apache-2.0
// Samples of messages that say what drives a value.
#include <chrono>

#include "notify/golden_samples.h"
#include "notify/samples.h"

namespace tocsin::samples {
namespace {

// $80.02: three features, two models, and a user who may have a little less.
Alert driven() {
  Alert alert = production();
  alert.drivers = {{DriverField::feature, false, "chat", usd("46.41")},
                   {DriverField::feature, false, "document-analysis", usd("24.01")},
                   {DriverField::feature, false, "search", usd("9.6")},
                   {DriverField::model, false, "gpt-4o", usd("51.2")},
                   {DriverField::model, false, "gpt-4o-mini", usd("28.82")},
                   {DriverField::user, true, "user-789", usd("6.12")}};
  return alert;
}

// Of ten users nine have used the new feature most, and all of them one model.
Notice alike() {
  Notice notice = digest_of(10);
  for (std::size_t i = 0; i < notice.alerts.size(); ++i) {
    Alert& alert = notice.alerts[i];
    alert.drivers = {
        {DriverField::feature, false, i == 3 ? "chat" : "summarize-beta", alert.value / 10 * 8},
        {DriverField::model, false, "gpt-4o", alert.value}};
  }
  return notice;
}

Alert sampled() {
  Alert alert = user_over();
  alert.drivers = {{DriverField::service, true, "api", alert.value / 4 * 3}};
  return alert;
}

// The day before was behind, the month before ahead; of the third the reader is told a day late.
Alert with_before() {
  Alert alert = production();
  alert.before = Alert::Before{{utc(2026, 11, 19, 23), utc(2026, 11, 20, 23)}, usd("52.1"), {}};
  return alert;
}

Alert with_month_before() {
  Alert alert = user_over();
  alert.before = Alert::Before{{utc(2026, 10, 1), utc(2026, 11, 1)}, usd("31.5"), {}};
  return alert;
}

// The design's: chat has come to $21.30 more, and search to less; of a user it is not known.
Alert driven_otherwise() {
  Alert alert = driven();
  alert.before = with_before().before;
  alert.before->drivers = {usd("25.11"), usd("20.91"), usd("10"), usd("30"), int128{0}, {}};
  return alert;
}

// $7.40 came in the last hour, and $5.66 in each before.
Alert faster_of_late() {
  Alert alert = production();
  alert.recent = Alert::Recent{Millis{std::chrono::hours{1}}, usd("7.4")};
  return alert;
}

// Of $25 in November $25.04 are spent, of that $1.20 in the last day.
Alert slower_of_late() {
  Alert alert = user_over();
  alert.budget = usd("50");
  alert.rung = "50%";
  alert.amount = usd("25");
  alert.recent = Alert::Recent{Millis{std::chrono::hours{24}}, usd("1.2")};
  return alert;
}

Alert failing() {
  Alert alert = error_rate();
  alert.drivers = {{DriverField::status, false, "429", 240},
                   {DriverField::status, false, "500", 61},
                   {DriverField::feature, false, "chat", 300},
                   {DriverField::user, true, "user-789", 80}};
  alert.elsewhere = {{"provider", "azure", 5'000'000'000, 880},
                     {"model", "", 4'000'000'000, 3'210}};
  return alert;
}

Alert failing_alone() {
  Alert alert = error_rate();
  alert.group = {{"model", "gpt-4o"}};
  alert.elsewhere = {{"model", "", 4'000'000'000, 3'210}};
  return alert;
}

Notice with_day_before_told_late() {
  Notice notice = told(with_before());
  notice.composed_at += std::chrono::hours{24};
  return notice;
}

}  // namespace

void add_driven(std::vector<Sample>& all) {
  all.push_back({"driven", told(driven())});
  all.push_back({"driven-sampled", told(sampled())});
  all.push_back({"digest-driven-alike", alike()});
  all.push_back({"before-yesterday", told(with_before())});
  all.push_back({"before-last-month", told(with_month_before())});
  all.push_back({"before-told-late", with_day_before_told_late()});
  all.push_back({"driven-otherwise", told(driven_otherwise())});
  all.push_back({"faster-of-late", told(faster_of_late())});
  all.push_back({"slower-of-late", told(slower_of_late())});
  all.push_back({"failing", told(failing())});
  all.push_back({"failing-alone", told(failing_alone())});
}

}  // namespace tocsin::samples
