// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "memory_files.h"

using namespace tocsin;

namespace {

struct Request {
  Event event;
  Request() {
    event.provider = "openai";
    event.model = "gpt-4o-mini";
    event.status = 503;
    event.latency_ms = 2500;
    event.has_usage = true;
    event.usage[Unit::input] = 1200;
    event.user = "User-1";
    event.tags = {"job:nightly", "eu"};
    event.properties = {{"ENVIRONMENT", "production"},
                        {"Feature", "chat"},
                        {"Empty", ""},
                        {"Score", "7.5"},
                        {"model", "internal"}};
  }
};

// Does a `where` of this text hold for the request above?
bool holds(const std::string& where) {
  const auto loaded = load_text(rule_with("where: " + where + "\nwindow: day\nbudget: $1"));
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.rules.size() == 1);
  Request request;
  return loaded.rules[0].filter->matches({request.event, "llm.requests"});
}

std::string where_text(const std::string& where) {
  const auto loaded = load_text(rule_with("where: " + where + "\nwindow: day\nbudget: $1"));
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.rules.size() == 1);
  return loaded.rules[0].where_text;
}

std::string where_errors(const std::string& where) {
  return errors_of(rule_with("where: " + where + "\nwindow: day\nbudget: $1"));
}

}  // namespace

TEST_CASE("Names are read without regard to case, values exactly") {
  CHECK(holds("{Environment: production}"));
  CHECK(holds("{environment: production}"));
  CHECK(holds("{FEATURE: chat}"));
  CHECK_FALSE(holds("{Feature: Chat}"));
  CHECK(holds("{user: User-1}"));
  CHECK_FALSE(holds("{user: user-1}"));
}

TEST_CASE("A field stands before the property of its name, unless the property is forced") {
  CHECK(holds("{model: gpt-4o-mini}"));
  CHECK(holds("{properties.model: internal}"));
  CHECK_FALSE(holds("{properties.model: gpt-4o-mini}"));
  CHECK(holds("{properties.Environment: production}"));
}

TEST_CASE("A list is any of its values, and globs describe whole values") {
  CHECK(holds("{Feature: [search, chat]}"));
  CHECK_FALSE(holds("{Feature: [search, x]}"));
  CHECK(holds("{model: \"*-mini\"}"));
  CHECK(holds("{model: \"gpt-?o-mini\"}"));
  CHECK_FALSE(holds("{model: gpt}"));
  CHECK(holds("{status: \"5*\"}"));
}

TEST_CASE("A missing or empty value equals nothing, so not holds for it") {
  CHECK_FALSE(holds("{Plan: \"*\"}"));
  CHECK_FALSE(holds("{Empty: \"*\"}"));
  CHECK(holds("{Plan: {not: free}}"));
  CHECK(holds("{Empty: {not: free}}"));
  CHECK(holds("{Feature: {not: [search, x]}}"));
  CHECK_FALSE(holds("{Feature: {not: chat}}"));
  CHECK(holds("{Plan: {exists: false}}"));
  CHECK(holds("{Empty: {exists: false}}"));
  CHECK(holds("{Feature: {exists: true}}"));
  CHECK_FALSE(holds("{Plan: {matches: \".*\"}}"));
  CHECK_FALSE(holds("{Plan: {above: 0}}"));
}

TEST_CASE("Above and below are strict, exact and only for numbers") {
  CHECK(holds("{latency_ms: {above: 2499}}"));
  CHECK_FALSE(holds("{latency_ms: {above: 2500}}"));
  CHECK_FALSE(holds("{latency_ms: {below: 2500}}"));
  CHECK(holds("{latency_ms: {above: 2k, below: 3k}}"));
  CHECK(holds("{input: {above: \"1,199\"}}"));
  CHECK(holds("{Score: {above: 7.4}}"));
  CHECK_FALSE(holds("{Feature: {above: 0}}"));
  CHECK(holds("{status: {above: 499}}"));
}

TEST_CASE("Tags ask whether one is among them") {
  CHECK(holds("{tags: job:nightly}"));
  CHECK(holds("{tags: \"job:*\"}"));
  CHECK_FALSE(holds("{tags: us}"));
  CHECK(holds("{tags: {not: us}}"));
  CHECK_FALSE(holds("{tags: {not: eu}}"));
  CHECK(holds("{tags: {exists: true}}"));
}

TEST_CASE("Truth, source and patterns") {
  CHECK(holds("{cached: false, byok: false}"));
  CHECK_FALSE(holds("{cached: true}"));
  CHECK(holds("{source: llm.requests}"));
  CHECK(holds("{model: {matches: \"gpt-(4|5).*\"}}"));
  CHECK_FALSE(holds("{model: {matches: gpt}}"));
  CHECK(holds("{model: {not: {matches: \"claude.*\"}}}"));
}

TEST_CASE("Conditions are joined by and, or and not") {
  CHECK_FALSE(holds("{Feature: chat, model: x}"));
  CHECK(holds("{any: [{Feature: x}, {model: \"gpt*\"}]}"));
  CHECK_FALSE(holds("{any: [{Feature: x}, {model: x}]}"));
  CHECK_FALSE(holds("{all: [{Feature: chat}, {model: x}]}"));
  CHECK(holds("{not: {Feature: chat, model: x}}"));
  CHECK_FALSE(holds("{not: {Feature: chat}}"));
}

TEST_CASE("The filter reads as a sentence") {
  CHECK(where_text("{Environment: production}") == "Environment = production");
  CHECK(where_text("{a: [b, c, d], e: {not: [f, g]}}") == "a = b, c or d and e is not f or g");
  CHECK(where_text("{a: {exists: false}, b: {exists: true}, c: {above: 2k}}") ==
        "no a and any b and c > 2k");
  CHECK(where_text("{any: [{a: b}, {c: d, e: f}], not: {g: h}}") ==
        "(a = b or (c = d and e = f)) and not (g = h)");
}

TEST_CASE("Filters that cannot be meant are refused") {
  CHECK(where_errors("{Plan: \"\"}") ==
        "3:19: an empty value equals nothing | write {exists: false}");
  CHECK(where_errors("{Plan: []}") ==
        "3:19: an empty list matches nothing | write a value, or leave it out");
  CHECK(where_errors("{}") == "3:12: this matches every request | leave it out, or name a field");
  CHECK(where_errors("{cached: yes}") == "3:21: cached is true or false");
  CHECK(where_errors("{Environment: a, environment: b}") ==
        "3:29: \"environment\" is the same field as one above | names are read without regard to "
        "case; write a list for any of two values");
  CHECK(where_errors("{user.tier: free}") ==
        "3:13: names with a dot are kept for fields to come | write properties.user.tier");
  CHECK(where_errors("{Plan: {matches: \"a(\"}}") ==
        "3:29: this is no regular expression: missing ): a( | RE2's syntax, for the whole value");
  CHECK(where_errors("{tags: {above: 3}}") == "3:20: \"tags\" is no number");
  CHECK(where_errors("{Plan: {above: x}}") ==
        "3:27: \"x\" is no amount | write a number such as 50M, 20k or 1000");
  CHECK(where_errors("{Plan: {is: x}}").starts_with("3:20: unknown condition \"is\""));
  CHECK(where_errors("{Plan: \"${PLAN}\"}") ==
        "3:19: \"${PLAN}\" is read only in tocsin.yaml, for secrets");
}

TEST_CASE("A name one letter off a field's is a property, with a warning") {
  CHECK(where_errors("{modle: gpt-4o}") ==
        "~3:13: \"modle\" is read as a property | did you mean \"model\"? If not, write "
        "properties.modle");
  CHECK(where_errors("{properties.modle: gpt-4o}").empty());
}

namespace {

// Of a rule with {in: users.txt}, whose text this is.
std::string listed_errors(const std::string& values) {
  return errors_of(rule_with("where: {user: {in: users.txt}}\nwindow: day\nbudget: $1"),
                   {{"users.txt", values}});
}

Loaded listed_rules(const std::string& where, std::map<std::string, std::string> files) {
  auto loaded = load_text(rule_with("where: " + where + "\nwindow: day\nbudget: $1"), files);
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.rules.size() == 1);
  return loaded;
}

}  // namespace

TEST_CASE("Values may stand in a file, one a line, and are compared as they stand") {
  const auto listed = [](const std::string& where, const std::string& values) {
    const auto loaded = listed_rules(where, {{"lists/values.txt", values}});
    Request request;
    return loaded.rules[0].filter->matches({request.event, "llm.requests"});
  };
  CHECK(listed("{user: {in: lists/values.txt}}", "a\nUser-1\nb\n"));
  CHECK(listed("{user: {in: lists/values.txt}}", "\xef\xbb\xbfUser-1"));
  CHECK(listed("{user: {in: lists/values.txt}}", "\r\na\r\n\r\nUser-1\r\n"));
  CHECK_FALSE(listed("{user: {in: lists/values.txt}}", "user-1\nUser-10\nUser-*\n"));
  CHECK_FALSE(listed("{user: {not: {in: lists/values.txt}}}", "User-1\n"));
  CHECK(listed("{Missing: {not: {in: lists/values.txt}}}", "x\n"));
  CHECK_FALSE(listed("{Missing: {in: lists/values.txt}}", "x\n"));
  CHECK(listed("{tags: {in: lists/values.txt}}", "us\neu\n"));
  CHECK(listed("{status: {in: lists/values.txt}}", "429\n503\n"));
}

TEST_CASE("A rule goes on counting when the file of its values changes") {
  const auto of = [](const std::string& values) {
    return listed_rules("{user: {in: users.txt}}", {{"users.txt", values}}).rules[0];
  };
  CHECK(of("a\n").where_text == "user in users.txt");
  CHECK(of("a\n").fingerprint() == of("a\nb\n").fingerprint());
  CHECK(of("a\n").fingerprint() != listed_rules("{user: a}", {}).rules[0].fingerprint());
}

TEST_CASE("What is wrong with a file of values is told in its line") {
  CHECK(
      listed_errors("a\n b\n") ==
      "users.txt:2:1: this value begins with a blank | values are compared exactly: take it away");
  CHECK(listed_errors("a \n") ==
        "users.txt:1:2: this value ends with a blank | values are compared exactly: take it away");
  CHECK(listed_errors("a\n" + std::string(257, 'x') + "\n") ==
        "users.txt:2:1: a value has at most 256 bytes");
  CHECK(listed_errors("a\n\xff\n").starts_with("users.txt:2:1: "));
  CHECK(listed_errors(" \n\n") ==
        "3:24: users.txt holds no value, which no request would match | a value a line");
  CHECK(where_errors("{user: {in: users.txt}}") ==
        "3:24: cannot read users.txt: no such file | a value a line; values written here are a "
        "list: [a, b]");
  CHECK(where_errors("{user: {in: [a, b]}}").starts_with("3:24: "));
  CHECK(where_errors("{user: {in: \"\"}}") ==
        "3:24: a file's name is missing | write {in: vip-users.txt}");
  CHECK(where_errors("{cached: {in: users.txt}}") == "3:22: cached is true or false");
}
