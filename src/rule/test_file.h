// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "document/diagnostic.h"
#include "rule/files.h"
#include "rule/rule.h"
#include "tocsin/severity.h"
#include "tocsin/time.h"

namespace tocsin {

// `times` requests, the first `at`, then one `every`.
struct TestEvent {
  EventTime at{};
  Millis every{0};
  std::int64_t times = 1;
  std::string json;  // a native event without its timestamp: `"cost_usd":"1","user":"ann"`
  Origin origin;
};

// An alert that must come. What is absent may be anything.
struct Expectation {
  std::string rule;
  std::optional<std::string> rung;  // without blanks
  std::optional<EventTime> at;
  std::vector<std::pair<std::string, std::string>> group;  // some of its fields, or all
  std::optional<Severity> severity;
  std::optional<int128> value, budget;  // in the unit of the rule's metric
  Origin origin;
};

struct RuleTest {
  std::string name;
  std::vector<TestEvent> events;
  std::vector<Expectation> expect;  // these alerts and no other
  std::optional<EventTime> until;   // time passes up to here; absent: as long as a rule waits
  Origin origin;
};

// The most events of one test.
inline constexpr std::int64_t kTestEventsMax = 1'000'000;

// A file of tests, with the rules it is about. Only if ok() may it be used.
struct TestFile {
  std::string path;
  std::vector<Rule> rules;
  std::vector<std::string> price_files;
  std::vector<RuleTest> tests;
  Diagnostics diagnostics;
  bool ok() const { return !has_errors(diagnostics); }
};

TestFile load_test_file(const std::string& path, Files& files);

}  // namespace tocsin
