// SPDX-License-Identifier: Apache-2.0
#include "rule/matcher.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "memory_files.h"
#include "tocsin/group.h"

using namespace tocsin;

namespace {

std::vector<Rule> rules_of(const std::vector<std::string>& filters, const std::string& more = "") {
  std::string text = "rules:\n";
  for (std::size_t i = 0; i < filters.size(); ++i) {
    text += "  - {name: r" + std::to_string(i) + ", window: day, budget: $1";
    if (!filters[i].empty()) text += ", where: " + filters[i];
    text += more + "}\n";
  }
  auto loaded = load_text(text);
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.ok());
  return std::move(loaded.rules);
}

using Matching = std::vector<std::uint32_t>;

class EvenIds final : public Filter {
 public:
  bool matches(const EventContext& context) const override {
    return context.event.id.ends_with('2');
  }
};

}  // namespace

TEST_CASE("An event finds its rules, in their order") {
  const auto rules = rules_of({"{model: gpt-4o}", "", "{model: [gpt-4o, x]}", "{model: x}",
                               "{Feature: chat, model: \"gpt*\"}", "{tags: eu}",
                               "{any: [{model: x}, {Feature: chat}]}"});
  Matcher matcher(rules);
  Matching matching{99};
  Event event;
  event.model = "gpt-4o";
  event.properties = {{"FEATURE", "chat"}};
  event.tags = {"eu"};
  matcher.match({event, "t"}, matching);
  CHECK(matching == Matching{0, 1, 2, 4, 5, 6});
  event.model = "x";
  event.properties.clear();
  event.tags.clear();
  matcher.match({event, "t"}, matching);
  CHECK(matching == Matching{1, 2, 3, 6});
}

TEST_CASE("A field falls back to the property of its name, and the first with a value counts") {
  const auto rules = rules_of({"{service: a}", "{environment: b}"});
  Matcher matcher(rules);
  Matching matching;
  Event event;
  event.properties = {{"Service", ""}, {"SERVICE", "a"}, {"service", "z"}, {"Environment", "b"}};
  matcher.match({event, ""}, matching);
  CHECK(matching == Matching{0, 1});
  event.service = "other";
  matcher.match({event, ""}, matching);
  CHECK(matching == Matching{1});
}

TEST_CASE("Groups are read with the rules") {
  const auto rules = rules_of({"", "{model: m}"}, ", group_by: [user, Feature, status]");
  Matcher matcher(rules);
  Matching matching;
  Event event;
  event.model = "m";
  event.user = "u";
  event.status = 200;
  matcher.match({event, ""}, matching);
  REQUIRE(matching == Matching{0, 1});
  std::string key;
  matcher.append_group(1, key);
  CHECK(group_values(key, 3) == std::vector<std::string>{"u", "(none)", "200"});
}

TEST_CASE("Filters of another make are asked as they are") {
  auto rules = rules_of({"{model: m}", ""});
  rules[1].filter = std::make_shared<const EvenIds>();
  Matcher matcher(rules);
  Matching matching;
  Event event;
  event.id = "r2";
  matcher.match({event, ""}, matching);
  CHECK(matching == Matching{1});
}

TEST_CASE("A thousand rules are told apart by the values they name") {
  std::vector<std::string> filters;
  for (int i = 0; i < 1000; ++i) {
    const std::string team = std::to_string(i % 100);
    filters.push_back(i % 2 == 0 ? "{team: t" + team + ", Feature: f" + std::to_string(i) + "}"
                                 : "{team: \"t" + team + "*\", environment: {not: dev}}");
  }
  const auto rules = rules_of(filters);
  Matcher matcher(rules);
  Matching matching;
  Event event;
  event.team = "t98";
  event.environment = "production";
  event.properties = {{"Feature", "f298"}};
  matcher.match({event, ""}, matching);
  CHECK(matching == Matching{9, 109, 209, 298, 309, 409, 509, 609, 709, 809, 909});
  event.environment = "dev";
  matcher.match({event, ""}, matching);
  CHECK(matching == Matching{298});
}

TEST_CASE("However many values a field has, each is judged anew when it was forgotten") {
  const auto rules = rules_of({"{user: \"*7\"}", "{user: u12}", "{user: {exists: false}}"});
  Matcher matcher(rules);
  Matching matching;
  std::size_t wrong = 0;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 5000; ++i) {
      const std::string user = "u" + std::to_string(i);
      Event event;
      event.user = user;
      matcher.match({event, ""}, matching);
      Matching expected;
      if (i % 10 == 7) expected.push_back(0);
      if (i == 12) expected.push_back(1);
      if (matching != expected) ++wrong;
    }
  }
  CHECK(wrong == 0);
  matcher.match({Event{}, ""}, matching);
  CHECK(matching == Matching{2});
}

TEST_CASE("The matcher agrees with each rule's own filter on any event") {
  static const auto rules = rules_of({"",
                                      "{a: x}",
                                      "{a: [x, y]}",
                                      "{A: {not: x}}",
                                      "{a: x, b: y}",
                                      "{any: [{a: x}, {b: y}]}",
                                      "{not: {a: x, b: y}}",
                                      "{a: {exists: false}}",
                                      "{a: \"x*\"}",
                                      "{b: {matches: \"x|y\"}}",
                                      "{environment: x}",
                                      "{status: {above: 399}}",
                                      "{input: {below: 10}}",
                                      "{tags: x}",
                                      "{tags: {not: x}, a: x}",
                                      "{all: [{a: x}, {not: {b: y}}]}",
                                      "{cached: true}",
                                      "{source: x}",
                                      "{properties.environment: x}",
                                      "{model: [x, y], a: {not: [x, y]}}",
                                      "{tags: [x, y], a: x}",
                                      "{tags: \"x*\"}",
                                      "{all: [{tags: x}, {tags: y}]}",
                                      "{any: [{not: {tags: x}}, {not: {tags: y}}]}",
                                      "{not: {any: [{tags: x}, {a: y}]}}",
                                      "{not: {any: [{a: x}, {not: {a: \"*y\"}}]}}",
                                      "{not: {all: [{not: {a: x}}, {not: {b: x}}]}}",
                                      "{a: x, any: [{a: \"x*\"}, {a: z}]}",
                                      "{any: [{a: x}, {a: y}], b: {not: y}, model: {not: z}}"});
  static Matcher matcher(rules);
  const bool holds = rc::check([] {
    const auto value = rc::gen::element<std::string>("", "x", "y", "xy", "z");
    const auto name = rc::gen::element<std::string>("a", "A", "b", "B", "Environment", "c");
    const auto properties =
        *rc::gen::resize(5, rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
                                rc::gen::pair(name, value)));
    const auto tags = *rc::gen::resize(2, rc::gen::container<std::vector<std::string>>(value));
    const auto model = *value;
    const auto environment = *value;
    const auto source = *value;
    Event event;
    event.model = model;
    event.environment = environment;
    event.cached = *rc::gen::arbitrary<bool>();
    event.has_usage = *rc::gen::arbitrary<bool>();
    event.usage[Unit::input] = *rc::gen::inRange(0, 20);
    if (*rc::gen::arbitrary<bool>()) event.status = *rc::gen::inRange(200, 600);
    for (const auto& [key, text] : properties) event.properties.push_back({key, text});
    for (const auto& tag : tags) event.tags.push_back(tag);

    Matching expected;
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
      if (rules[i].filter->matches({event, source})) expected.push_back(i);
    }
    Matching matching;
    matcher.match({event, source}, matching);
    RC_ASSERT(matching == expected);
  });
  CHECK(holds);
}

TEST_CASE("Values of files find their rules, however many there are and whatever else is asked") {
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "u" + std::to_string(i) + "\n";
  const auto loaded = load_text(
      "rules:\n"
      "  - {name: a, window: day, budget: $1, where: {user: {in: many.txt}}}\n"
      "  - {name: b, window: day, budget: $1, where: {user: {in: x/few.txt}}}\n"
      "  - {name: c, window: day, budget: $1, where: {user: {not: {in: many.txt}}}}\n"
      "  - {name: d, window: day, budget: $1, where: {tags: {in: x/few.txt}}}\n"
      "  - {name: e, window: day, budget: $1,\n"
      "     where: {any: [{user: {in: x/few.txt}}, {model: m}]}}\n"
      "  - {name: f, window: day, budget: $1, where: {user: u7}}\n",
      {{"many.txt", many}, {"x/few.txt", "u7\neu\n"}});
  REQUIRE(loaded.ok());
  Matcher matcher(loaded.rules);
  Matching matching;
  Event event;
  const auto of = [&](std::string_view user) {
    event.user = user;
    matcher.match({event, "t"}, matching);
    return matching;
  };
  for (int round = 0; round < 2; ++round) {
    CHECK(of("u7") == Matching{0, 1, 4, 5});
    CHECK(of("u19999") == Matching{0});
    CHECK(of("u20000") == Matching{2});
    CHECK(of("") == Matching{2});
    for (int i = 0; i < 10'000; ++i) {
      const int user = 2 * i + 100;
      REQUIRE(of("u" + std::to_string(user)) == Matching{user < 20'000 ? 0U : 2U});
    }
  }
  event.tags = {"us", "eu"};
  event.model = "m";
  CHECK(of("") == Matching{2, 3, 4});
}

TEST_CASE("Files of one name in two folders are two files") {
  MemoryFiles files({{"a/rules.yaml",
                      "rules:\n  - {name: a, window: day, budget: $1,\n"
                      "     where: {any: [{user: {in: v.txt}}, {model: m}]}}\n"},
                     {"b/rules.yaml",
                      "rules:\n  - {name: b, window: day, budget: $1,\n"
                      "     where: {any: [{user: {in: v.txt}}, {model: m}]}}\n"},
                     {"a/v.txt", "u1\n"},
                     {"b/v.txt", "u2\n"}});
  const RuleContext context{.files = files};
  const auto loaded = load_rules({"a/rules.yaml", "b/rules.yaml"}, context);
  REQUIRE(loaded.ok());
  Matcher matcher(loaded.rules);
  Matching matching;
  Event event;
  event.user = "u2";
  matcher.match({event, "t"}, matching);
  CHECK(matching == Matching{1});
}
