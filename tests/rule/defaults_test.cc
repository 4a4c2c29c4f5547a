// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "memory_files.h"

using namespace tocsin;

TEST_CASE("Defaults narrow where, merge labels and give way to the rule's own") {
  const auto loaded = load_text(
      "defaults:\n"
      "  where: {Environment: production}\n"
      "  labels: {team: payments, tier: a}\n"
      "  window: day\n"
      "  starts: \"06:00\"\n"
      "  time_zone: Europe/Berlin\n"
      "  notify: [alerts]\n"
      "  budget: $5\n"
      "rules:\n"
      "  - name: a\n"
      "    where: {Feature: chat}\n"
      "    labels: {tier: b}\n"
      "  - name: b\n"
      "    window: last 1h\n"
      "    threshold: $9\n"
      "    time_zone: UTC\n"
      "    notify: {warning: []}\n");
  REQUIRE(told(loaded.diagnostics, "rules.yaml").empty());
  const Rule& a = loaded.rules[0];
  CHECK(a.where_text == "Environment = production and Feature = chat");
  CHECK(a.labels ==
        std::vector<std::pair<std::string, std::string>>{{"team", "payments"}, {"tier", "b"}});
  CHECK(a.window.day_start == std::chrono::hours{6});
  CHECK(a.window.zone == "Europe/Berlin");
  CHECK(a.is_budget());
  const Rule& b = loaded.rules[1];
  CHECK(b.where_text == "Environment = production");
  CHECK_FALSE(b.is_budget());
  CHECK(b.rolling());
  CHECK(b.notify.warning == std::vector<std::string>{});
  CHECK_FALSE(b.notify.info);
}

TEST_CASE("An error in the defaults is told once") {
  const auto loaded = load_text(
      "defaults: {window: 1h}\nrules:\n  - {name: a, budget: $1}\n  - {name: b, budget: $1}\n");
  CHECK(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].line == 1);
  CHECK(errors_of("defaults: {name: x}\nrules: []\n") ==
        "1:12: a name cannot be a default | each rule has its own");
}
