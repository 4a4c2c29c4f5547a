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
  alert.before = Alert::Before{{utc(2026, 11, 19, 23), utc(2026, 11, 20, 23)}, usd("52.1")};
  return alert;
}

Alert with_month_before() {
  Alert alert = user_over();
  alert.before = Alert::Before{{utc(2026, 10, 1), utc(2026, 11, 1)}, usd("31.5")};
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
}

}  // namespace tocsin::samples
