// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "memory_files.h"

using namespace tocsin;

namespace {

std::string fingerprint(const std::string& keys) {
  const auto loaded = load_text(rule_with(keys));
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.rules.size() == 1);
  return loaded.rules[0].fingerprint();
}

const std::string kRule = "window: day\nbudget: $100\n";

}  // namespace

TEST_CASE("The fingerprint is text that never changes between versions") {
  CHECK(fingerprint(
            "where: {Environment: production, model: [b, \"a*\"]}\ngroup_by: [User, "
            "Feature]\nwindow: day\nstarts: \"06:00\"\ntime_zone: Europe/Berlin\nbudget: $1") ==
        "metric=cost\nwhere=all(11:environment[=10:production],5:model[*2:a*,=1:b])\n"
        "group=4:user,18:properties.feature,\nwindow=day 360@Europe/Berlin");
  CHECK(fingerprint("window: last 5m\nmetric: error_rate\nthreshold: 5%") ==
        "metric=error_rate\nwhere=all()\ngroup=\nwindow=rolling 300000");
}

TEST_CASE("Budgets, rungs, channels and words keep the state") {
  const std::string before = fingerprint(kRule);
  CHECK(fingerprint("window: day\nbudget: $200") == before);
  CHECK(fingerprint("window: day\nthreshold: $200") == before);
  CHECK(fingerprint(kRule + "alert: {10%: info}\nnotify: [alerts]\nsummary: x\nlabels: {a: b}\n"
                            "min_requests: 5\nmax_groups: 10\ndescription: y") == before);
  CHECK(fingerprint(kRule + "metric: cost\ntime_zone: UTC") == before);
}

TEST_CASE("Metric, filter, groups, window and zone start a new one") {
  const std::string before = fingerprint(kRule);
  CHECK(fingerprint("window: day\nmetric: tokens\nbudget: 1M") != before);
  CHECK(fingerprint(kRule + "where: {a: b}") != before);
  CHECK(fingerprint(kRule + "group_by: [user]") != before);
  CHECK(fingerprint("window: day\nthreshold: $200\nfor: 2m") != before);
  CHECK(fingerprint("window: week\nbudget: $100") != before);
  CHECK(fingerprint(kRule + "starts: \"01:00\"") != before);
  CHECK(fingerprint(kRule + "time_zone: Europe/Berlin") != before);
}

TEST_CASE("The same filter written otherwise is the same filter") {
  const auto of = [](const std::string& where) { return fingerprint(kRule + "where: " + where); };
  CHECK(of("{a: b, c: d}") == of("{C: d, A: b}"));
  CHECK(of("{a: [b, c]}") == of("{a: [c, b, b]}"));
  CHECK(of("{all: [{a: b}, {c: d}]}") == of("{a: b, c: d}"));
  CHECK(of("{any: [{a: b}]}") == of("{a: b}"));
  CHECK(of("{environment: x}") == of("{ENVIRONMENT: x}"));
  CHECK(of("{latency_ms: {above: 2k}}") == of("{latency_ms: {above: 2000}}"));
}

TEST_CASE("Different filters are different, whatever their texts") {
  const auto of = [](const std::string& where) { return fingerprint(kRule + "where: " + where); };
  CHECK(of("{a: b}") != of("{a: {not: b}}"));
  CHECK(of("{a: \"b*\"}") != of("{a: {matches: \"b*\"}}"));
  CHECK(of("{environment: x}") != of("{properties.environment: x}"));
  CHECK(of("{a: [\"b,=1:c\"]}") != of("{a: [b, c]}"));
  CHECK(of("{any: [{a: b}, {c: d}]}") != of("{a: b, c: d}"));
}

TEST_CASE("The zone moves no rolling window") {
  const std::string rolling = "window: last 1h\nthreshold: $1\n";
  CHECK(fingerprint(rolling) == fingerprint(rolling + "time_zone: Europe/Berlin"));
}
