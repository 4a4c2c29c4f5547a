// SPDX-License-Identifier: Apache-2.0
#include "alert/alert_codec.h"

#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "notify/samples.h"

using namespace tocsin;

namespace {

int128 any_amount() {
  const auto high = *rc::gen::arbitrary<std::int64_t>();
  const auto low = *rc::gen::arbitrary<std::uint64_t>();
  return static_cast<int128>(static_cast<uint128>(high) << 64 | low);
}
std::string any_text() { return *rc::gen::arbitrary<std::string>(); }
EventTime any_time() { return event_time_ms(*rc::gen::arbitrary<std::int64_t>()); }

Alert any_alert() {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  Alert alert;
  for (std::string* text : {&alert.id, &alert.rule, &alert.rung, &alert.zone, &alert.summary,
                            &alert.where, &alert.origin, &alert.description, &alert.runbook}) {
    *text = any_text();
  }
  alert.group = *rc::gen::arbitrary<Pairs>();
  alert.labels = *rc::gen::arbitrary<Pairs>();
  alert.crossed = *rc::gen::arbitrary<std::vector<std::string>>();
  alert.window = {any_time(), any_time()};
  alert.at = any_time();
  alert.amount = any_amount();
  alert.value = any_amount();
  if (*rc::gen::arbitrary<bool>()) alert.budget = any_amount();
  if (*rc::gen::arbitrary<bool>()) alert.next = Alert::Next{any_text(), any_amount(), {}};
  alert.severity = static_cast<Severity>(*rc::gen::inRange(0, 3));
  alert.metric = static_cast<Metric>(*rc::gen::inRange(0, 19));
  alert.window_kind = static_cast<WindowKind>(*rc::gen::inRange(0, 10));
  alert.window_length = Millis{*rc::gen::arbitrary<std::int64_t>()};
  alert.requests = *rc::gen::arbitrary<std::int64_t>();
  alert.numerator = *rc::gen::arbitrary<std::int64_t>();
  if (*rc::gen::arbitrary<bool>()) alert.beside = any_amount();
  if (alert.beside && *rc::gen::arbitrary<bool>()) {
    alert.shape = Alert::Shape{*rc::gen::inRange(0, 9), std::nullopt};
    if (*rc::gen::arbitrary<bool>()) alert.shape->over = any_time();
  }
  alert.compare_to = Millis{*rc::gen::inRange<std::int64_t>(0, 2) * 604'800'000};
  for (bool* flag : {&alert.old_news, &alert.stale, &alert.continues, &alert.late, &alert.enforced,
                     &alert.repriced}) {
    *flag = *rc::gen::arbitrary<bool>();
  }
  alert.silence = any_text();
  for (int left = *rc::gen::inRange(0, 3); left > 0; --left) {
    const auto field = static_cast<DriverField>(*rc::gen::inRange(0, 5));
    alert.drivers.push_back({field, *rc::gen::arbitrary<bool>(), any_text(), any_amount()});
  }
  if (*rc::gen::arbitrary<bool>()) {
    alert.before = Alert::Before{{any_time(), any_time()}, any_amount(), {}};
    if (*rc::gen::arbitrary<bool>()) {
      for (std::size_t i = 0; i < alert.drivers.size(); ++i) {
        auto& amount = alert.before->drivers.emplace_back();
        if (*rc::gen::arbitrary<bool>()) amount = any_amount();
      }
    }
  }
  if (*rc::gen::arbitrary<bool>()) {
    alert.recent = {Millis{*rc::gen::inRange<std::int64_t>(1, 604'800'001)}, any_amount()};
  }
  for (int left = *rc::gen::inRange(0, 3); left > 0; --left) {
    alert.elsewhere.push_back(
        {any_text(), any_text(), any_amount(), *rc::gen::arbitrary<std::int64_t>()});
  }
  return alert;
}

}  // namespace

TEST_CASE("Each field of an alert survives its bytes") {
  Alert alert = samples::production();
  alert.group = {{"user", "user-1"}, {"Feature", ""}};
  alert.labels = {{"team", "search"}};
  alert.crossed = {"50%"};
  alert.description = "Watch this.";
  alert.runbook = "https://runbooks.company.example/spend";
  alert.numerator = 7;
  alert.beside = -12;
  alert.compare_to = Millis{604'800'000};
  alert.stale = alert.late = true;
  alert.drivers = {{DriverField::model, true, "gpt-4o", samples::usd("51.2")}};
  alert.before = Alert::Before{{samples::utc(2026, 11, 19), samples::utc(2026, 11, 20)}, 52, {7}};
  alert.recent = Alert::Recent{Millis{3'600'000}, 11};
  alert.elsewhere = {{"provider", "azure", 5, 880}};
  const auto back = decode_alert(encode_alert(alert));
  REQUIRE(back);
  CHECK(back->id == alert.id);
  CHECK(back->rule == alert.rule);
  CHECK(back->group == alert.group);
  CHECK(back->window == alert.window);
  CHECK(back->rung == alert.rung);
  CHECK((back->amount == alert.amount && back->value == alert.value));
  CHECK((back->budget == alert.budget));
  CHECK(back->severity == alert.severity);
  CHECK(back->at == alert.at);
  CHECK(back->crossed == alert.crossed);
  CHECK(back->labels == alert.labels);
  CHECK(back->zone == "Europe/Berlin");
  CHECK(back->summary == "Production spend");
  CHECK(back->where == alert.where);
  CHECK(back->origin == alert.origin);
  CHECK(back->description == alert.description);
  CHECK(back->runbook == alert.runbook);
  CHECK(back->requests == 31'204);
  CHECK(back->numerator == 7);
  CHECK(back->beside == -12);
  CHECK(back->compare_to == Millis{604'800'000});
  REQUIRE(back->next);
  CHECK(back->next->rung == "95%");
  CHECK((back->next->amount == alert.next->amount));
  CHECK(back->next->severity == Severity::warning);
  CHECK((back->stale && back->late));
  CHECK_FALSE((back->old_news || back->continues || back->enforced));
  CHECK(back->drivers == alert.drivers);
  REQUIRE(back->before);
  CHECK(back->before->window == alert.before->window);
  CHECK((back->before->value == 52));
  CHECK(back->before->drivers == alert.before->drivers);
  REQUIRE(back->recent);
  CHECK(back->recent->span == Millis{3'600'000});
  CHECK((back->recent->amount == 11));
  REQUIRE(back->elsewhere.size() == 1);
  CHECK(back->elsewhere[0].field == "provider");
  CHECK(back->elsewhere[0].other == "azure");
  CHECK((back->elsewhere[0].value == 5));
  CHECK(back->elsewhere[0].requests == 880);
}

TEST_CASE("What an alert does not say leaves its bytes as older programs read them") {
  Alert alert = samples::production();
  CHECK(encode_alert(alert)[0] == 1);
  alert.drivers = {{DriverField::model, true, "gpt-4o", samples::usd("51.2")}};
  CHECK(encode_alert(alert)[0] == 3);
  alert.before = Alert::Before{{samples::utc(2026, 11, 19), samples::utc(2026, 11, 20)}, 52, {}};
  CHECK(encode_alert(alert)[0] == 4);
  alert.drivers[0].field = DriverField::status;
  CHECK(encode_alert(alert)[0] == 5);
}

TEST_CASE("By what a forecast was made survives its bytes, and a straight line adds none") {
  Alert alert = samples::production();
  alert.beside = samples::usd("120");
  const std::string straight = encode_alert(alert);
  CHECK_FALSE(decode_alert(straight)->shape);
  alert.shape = Alert::Shape{4, samples::utc(2026, 11, 25)};
  const auto back = decode_alert(encode_alert(alert));
  REQUIRE(back);
  REQUIRE(back->shape);
  CHECK(back->beside == samples::usd("120"));
  CHECK(back->shape->weeks == 4);
  CHECK(back->shape->over == samples::utc(2026, 11, 25));
  alert.shape->over.reset();
  CHECK_FALSE(decode_alert(encode_alert(alert))->shape->over);
}

TEST_CASE("Any alert is the same after a round trip") {
  CHECK(rc::check([] {
    const std::string bytes = encode_alert(any_alert());
    const auto back = decode_alert(bytes);
    RC_ASSERT(back.has_value());
    RC_ASSERT(encode_alert(*back) == bytes);
  }));
}

TEST_CASE("Bytes that are no alert are refused") {
  const std::string bytes = encode_alert(samples::production());
  CHECK_FALSE(decode_alert(""));
  CHECK_FALSE(decode_alert(bytes + "x"));
  CHECK_FALSE(decode_alert("garbage"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO("cut to " << size);
    CHECK_FALSE(decode_alert(bytes.substr(0, size)));
  }
  std::string newer = bytes;
  newer[0] = 6;
  const auto refused = decode_alert(newer);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("version 6") != std::string::npos);
}

TEST_CASE("Random bytes are refused or read, never worse") {
  CHECK(rc::check([](const std::string& bytes) {
    const auto read = decode_alert("\x01" + bytes);
    RC_ASSERT(!read || read.has_value());
  }));
}
