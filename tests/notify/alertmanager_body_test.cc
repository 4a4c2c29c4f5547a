// SPDX-License-Identifier: Apache-2.0
#include "notify/webhook/alertmanager_body.h"

#include <simdjson.h>

#include <catch2/catch.hpp>
#include <map>

#include "notify/alertmanager/labelled_alert.h"
#include "notify/golden_samples.h"
#include "notify/samples.h"
#include "notify/webhook/webhook_channel.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

class Body {
 public:
  explicit Body(const Notice& notice, Form form = Form::full)
      : text_(alertmanager_body({notice, render(notice), form, {}, ""}, "ops",
                                "https://tocsin.company.example")),
        root_(parser_.parse(text_)) {}

  simdjson::dom::element operator[](std::string_view key) { return root_[key]; }
  simdjson::dom::array alerts() { return root_["alerts"]; }
  std::string flat(std::string_view key) { return simdjson::minify(root_[key]); }

 private:
  std::string text_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

std::string text(simdjson::dom::element element, std::string_view key) {
  return std::string(std::string_view(element[key]));
}

}  // namespace

TEST_CASE("An alert is told in the form of Alertmanager's webhooks") {
  Body body(told(user_over()));
  CHECK(body.flat("version") == R"("4")");
  CHECK(body.flat("status") == R"("firing")");
  CHECK(body.flat("receiver") == R"("ops")");
  CHECK(body.flat("truncatedAlerts") == "0");
  CHECK(body.flat("groupKey") == R"("{}:{alertname=\"free-tier-user\"}")");
  CHECK(body.flat("groupLabels") == R"({"alertname":"free-tier-user"})");
  CHECK(body.flat("externalURL") == R"("https://tocsin.company.example")");
  const simdjson::dom::element alert = body.alerts().at(0);
  CHECK(std::string(simdjson::minify(alert["labels"])) ==
        R"({"alertname":"free-tier-user","rung":"100%","severity":"critical","user":"user-123"})");
  CHECK(text(alert, "startsAt") == "2026-11-21T10:04:12Z");
  CHECK(text(alert, "endsAt") == "0001-01-01T00:00:00Z");
  CHECK(text(alert["annotations"], "summary") ==
        "🔴 100% Free-tier user user-123: $25.04 of $25 in November");
  CHECK(std::string(simdjson::minify(alert["values"])) ==
        R"({"id":"91aabbccddeeff00112233445566778a","metric":"cost","rung":"100%","amount":"25",)"
        R"("value":"25.04","budget":"25","percent":"100","requests":"1902",)"
        R"("window_start":"2026-11-01T00:00:00Z","window_end":"2026-12-01T00:00:00Z"})");
}

TEST_CASE("What every alert of a digest has is common, and each has its own words") {
  Body body(digest_of(7));
  CHECK(body.alerts().size() == 7);
  CHECK(body.flat("commonLabels") == R"({"alertname":"free-tier-user"})");
  CHECK(text(body.alerts().at(0), "status") == "firing");
  CHECK(text(body.alerts().at(0)["values"], "rung") == "100%");
  CHECK(text(body.alerts().at(6)["values"], "rung") == "80%");
  CHECK(text(body.alerts().at(6)["annotations"], "summary").find("user-5") != std::string::npos);
}

TEST_CASE("An end is resolved, with the labels that its beginning had") {
  Body fired(told(error_rate())), ended(resolved_notice());
  CHECK(ended.flat("status") == R"("resolved")");
  CHECK(text(ended.alerts().at(0), "status") == "resolved");
  CHECK(text(ended.alerts().at(0), "startsAt") == "2026-11-21T10:41:00Z");
  CHECK(text(ended.alerts().at(0), "endsAt") == "2026-11-21T10:55:00Z");
  CHECK(text(ended.alerts().at(0), "fingerprint") == text(fired.alerts().at(0), "fingerprint"));
}

TEST_CASE("The plain form has a hundred alerts and says how many it leaves out") {
  Body body(digest_of(2'345), Form::plain);
  CHECK(body.alerts().size() == 100);
  CHECK(body.flat("truncatedAlerts") == "2245");
}

TEST_CASE("Windows long closed are no alerts") {
  Notice notice = digest_of(50);
  for (std::size_t i = 0; i < 7; ++i) notice.alerts[i].stale = true;
  CHECK(Body(notice).alerts().size() == 43);
}

TEST_CASE("What the engine says has labels of its own") {
  Body body(
      engine_notice({"lag", "llm.requests[3]", "Tocsin is 14 min behind", {"Wait.", "Or not."}}));
  CHECK(body.flat("commonLabels") ==
        R"({"alertname":"tocsin","kind":"lag","severity":"warning","subject":"llm.requests[3]"})");
  CHECK(body.flat("commonAnnotations") ==
        R"({"description":"Wait.\nOr not.","summary":"🛠 Tocsin is 14 min behind"})");
}

TEST_CASE("Names of fields become names of labels, and none hides another") {
  CHECK(label_name("user") == "user");
  CHECK(label_name("cost-centre.id") == "cost_centre_id");
  CHECK(label_name("4ever") == "_4ever");
  CHECK(label_name("") == "_");
  Alert alert = user_over();
  alert.group = {{"severity", "high"}, {"a b", "1"}, {"a-b", "2"}};
  alert.labels = {{"rung", "x"}, {"empty", ""}};
  const Notice notice = told(alert);
  const LabelSet labels = labelled_alerts(notice, render(notice), 1).at(0).labels;
  CHECK(labels == LabelSet{{"alertname", "free-tier-user"},
                           {"severity", "critical"},
                           {"rung", "100%"},
                           {"exported_severity", "high"},
                           {"a_b", "1"},
                           {"exported_a_b", "2"},
                           {"exported_rung", "x"}});
}

TEST_CASE("A fingerprint is the one that Alertmanager gives") {
  // Of Prometheus' own tests of label sets.
  CHECK(fingerprint({}) == "cbf29ce484222325");
  CHECK(fingerprint({{"name", "garland, briggs"}, {"fear", "love is not enough"}}) ==
        "507a62d79ee76c9a");
}

TEST_CASE("A webhook in this form is posted and signed as any other") {
  const Notice notice = told(user_over());
  const WebhookChannel channel({.name = "ops",
                                .url = "https://ops.company.example/am",
                                .hmac_secret = "hush",
                                .as_alertmanager = true,
                                .public_url = "https://tocsin.company.example"});
  const auto request = std::get<HttpRequest>(
      channel.request({notice, render(notice), Form::full, wall(utc(2026, 11, 21)), ""}));
  CHECK(request.body == alertmanager_body({notice, render(notice), Form::full, {}, ""}, "ops",
                                          "https://tocsin.company.example"));
  const std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
  CHECK(headers.at("Idempotency-Key") == notice.id);
  CHECK(headers.contains("Tocsin-Signature"));
}
