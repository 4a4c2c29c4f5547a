// SPDX-License-Identifier: Apache-2.0
#include "alert/alert_json.h"

#include <catch2/catch.hpp>

#include "notify/samples.h"

using namespace tocsin;

namespace {

std::string json_of(const Alert& alert) {
  std::string text;
  JsonWriter json(text);
  write_alert(json, alert);
  return text;
}

}  // namespace

TEST_CASE("An alert is one object, amounts with no digit lost") {
  Alert alert = samples::user_over("user \"1\"");
  alert.value = samples::usd("25.000000000001");
  alert.crossed = {"80%"};
  alert.labels = {{"team", "search"}};
  CHECK(json_of(alert) ==
        R"({"id":"91aabbccddeeff00112233445566778a","rule":"free-tier-user",)"
        R"("group":{"user":"user \"1\""},)"
        R"("window":{"start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z"},)"
        R"("rung":"100%","amount":"25","value":"25.000000000001","budget":"25",)"
        R"("severity":"critical","at":"2026-11-21T10:04:12Z","crossed":["80%"],)"
        R"("labels":{"team":"search"}})");
}

TEST_CASE("A threshold has no budget, a rate is a ratio, a lifetime no end") {
  Alert alert = samples::error_rate();
  alert.value = 74'100'000'000;
  alert.window.end = kNever;
  const std::string json = json_of(alert);
  CHECK(json.find(R"("amount":"0.05","value":"0.0741","budget":null)") != std::string::npos);
  CHECK(json.find(R"("end":null)") != std::string::npos);
}

TEST_CASE("A forecast says by what it was made") {
  Alert alert = samples::user_over();
  alert.rung = "forecast100%";
  alert.beside = samples::usd("31.5");
  CHECK(json_of(alert).find(R"("forecast":"31.5","forecast_method":"straight_line","budget")") !=
        std::string::npos);
  alert.shape = Alert::Shape{4, samples::utc(2026, 11, 25)};
  CHECK(json_of(alert).find(R"("forecast_method":"usual_shape","forecast_weeks":4,)"
                            R"("forecast_over":"2026-11-25T00:00:00Z","budget")") !=
        std::string::npos);
}

TEST_CASE("Counts are whole numbers in JSON") {
  Alert alert = samples::user_over();
  alert.metric = Metric::tokens;
  alert.amount = alert.value = 50'000'000;
  CHECK(json_of(alert).find(R"("amount":"50000000","value":"50000000")") != std::string::npos);
}

TEST_CASE("Times are the second that holds them, also before 1970") {
  CHECK(rfc3339_text(event_time_ms(1'999)) == "1970-01-01T00:00:01Z");
  CHECK(rfc3339_text(event_time_ms(-1)) == "1969-12-31T23:59:59Z");
  CHECK(rfc3339_text(EventTime::max()) == "9999-12-31T23:59:59Z");
  CHECK(rfc3339_text(EventTime::min()) == "0000-01-01T00:00:00Z");
}
