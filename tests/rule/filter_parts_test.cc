// SPDX-License-Identifier: Apache-2.0
#include "rule/filter_parts.h"

#include <catch2/catch.hpp>

#include "memory_files.h"

using namespace tocsin;

namespace {

struct Filtered {
  Loaded loaded;
  std::vector<FilterPart> parts;
};

Filtered filtered(const std::string& where) {
  Filtered made{load_text(rule_with("where: " + where + "\nwindow: day\nbudget: $1")), {}};
  UNSCOPED_INFO(told(made.loaded.diagnostics, "rules.yaml"));
  REQUIRE(made.loaded.rules.size() == 1);
  made.parts = filter_parts(*made.loaded.rules[0].filter);
  return made;
}

std::vector<std::string> texts(const std::string& where) {
  std::vector<std::string> texts;
  for (const auto& part : filtered(where).parts) texts.push_back(part.text);
  return texts;
}

Event free_user() {
  Event event;
  event.model = "gpt-4o";
  event.status = 503;
  event.tags = {"eu", "nightly"};
  event.properties = {{"UserTier", "Free"}};
  return event;
}

}  // namespace

TEST_CASE("A filter is taken apart into what its rule asks for, in the rule's words") {
  CHECK(texts("{UserTier: free}") == std::vector<std::string>{"UserTier = free"});
  CHECK(texts("{UserTier: [free, Trial], model: {not: gpt-4*}, user: {exists: false}}") ==
        std::vector<std::string>{"UserTier = free or Trial", "model is not gpt-4*", "no user"});
  CHECK(texts("{any: [{model: gpt-4o}, {UserTier: free}], latency_ms: {above: 500}}") ==
        std::vector<std::string>{"(model = gpt-4o or UserTier = free)", "latency_ms > 500"});
}

TEST_CASE("A filter that matches everything has no parts") {
  const auto loaded = load_text(rule_with("window: day\nbudget: $1"));
  REQUIRE(loaded.rules.size() == 1);
  CHECK(filter_parts(*loaded.rules[0].filter).empty());
}

TEST_CASE("The first part that an event fails is named, with the value it has") {
  const Event event = free_user();
  const EventContext context{event, "requests"};
  const auto made = filtered("{model: gpt-4o, UserTier: free, Environment: production}");
  const FilterPart* failed = first_failed(made.parts, context);
  REQUIRE(failed != nullptr);
  CHECK(failed->text == "UserTier = free");
  CHECK(failed->field() == "UserTier");
  CHECK(failed->value(context) == "Free");
  CHECK(made.parts[2].value(context).empty());
  CHECK(first_failed(filtered("{model: gpt-4o, status: 503}").parts, context) == nullptr);
}

TEST_CASE("A part's value is a number's text, or all tags") {
  const Event event = free_user();
  const EventContext context{event, "requests"};
  CHECK(filtered("{status: 200}").parts[0].value(context) == "503");
  CHECK(filtered("{tags: us}").parts[0].value(context) == "eu, nightly");
}

TEST_CASE("A part of several fields has no value of its own") {
  const auto made = filtered("{not: {model: gpt-4o, UserTier: Free}}");
  const Event event = free_user();
  REQUIRE(made.parts.size() == 1);
  CHECK(made.parts[0].condition == nullptr);
  CHECK(made.parts[0].value({event, "requests"}).empty());
  CHECK_FALSE(made.parts[0].holds({event, "requests"}));
}
