// SPDX-License-Identifier: Apache-2.0
// Samples of messages that say what drives a value.
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

}  // namespace

void add_driven(std::vector<Sample>& all) {
  all.push_back({"driven", told(driven())});
  all.push_back({"driven-sampled", told(sampled())});
  all.push_back({"digest-driven-alike", alike()});
}

}  // namespace tocsin::samples
