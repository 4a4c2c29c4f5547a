// SPDX-License-Identifier: Apache-2.0
// What a source's records are read as, and what tables add to them.
#include "rule/lookup.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "memory_files.h"

using namespace tocsin;

namespace {

Loaded load_with(const std::string& text, std::map<std::string, std::string> beside = {},
                 const Config* running = nullptr) {
  beside["/etc/tocsin.yaml"] = text;
  MemoryFiles files(std::move(beside));
  const Environment none = [](const std::string&) { return std::optional<std::string>(); };
  return load({"/etc/tocsin.yaml", Purpose::price, files, none, running});
}

std::string trouble_of(const std::string& text, std::map<std::string, std::string> beside = {}) {
  return told(load_with(text, std::move(beside)).diagnostics, "/etc/tocsin.yaml");
}

const Lookups& tables(const Loaded& loaded) {
  INFO(told(loaded.diagnostics, "/etc/tocsin.yaml"));
  REQUIRE(loaded.config.lookups);
  return *loaded.config.lookups;
}

std::string property(const Event& event, std::string_view name) {
  std::string values;
  for (const Property& one : event.properties) {
    if (one.name == name) values += std::string(one.value) + ";";
  }
  return values;
}

Event of_key(std::string_view key) {
  Event event;
  event.key = key;
  return event;
}

const std::string kKeys =
    "lookup:\n"
    "  - by: key\n"
    "    table:\n"
    "      ck: {Team: payments, Environment: production}\n"
    "      sk: {team: search, Tier: gold}\n"
    "  - {by: Team, table: {payments: {CostCenter: 4711}}}\n";

}  // namespace

TEST_CASE("Tables fill in what an event lacks, one after the other, and nothing else") {
  const Loaded loaded = load_with(kKeys);
  const Lookups& lookups = tables(loaded);
  Event room;
  const Event plain = of_key("ck");
  const Event& filled = lookups.fill(plain, room);
  CHECK(&filled == &room);
  CHECK(filled.key == "ck");
  CHECK(filled.team == "payments");
  CHECK(filled.environment == "production");
  CHECK(property(filled, "CostCenter") == "4711;");
  CHECK(plain.team.empty());

  Event has = of_key("ck");
  has.team = "of its own";
  has.environment = "staging";
  CHECK(&lookups.fill(has, room) == &has);  // not even copied

  Event tier = of_key("sk");
  tier.properties = {{"TIER", ""}};
  CHECK(property(lookups.fill(tier, room), "TIER") == "gold;");
  CHECK(room.properties.size() == 1);
  tier.properties = {{"TIER", "silver"}};
  CHECK(property(lookups.fill(tier, room), "TIER") == "silver;");
  CHECK(property(lookups.fill(tier, room), "Tier").empty());
}

TEST_CASE("A property may be named as rules name it, whatever field has its name") {
  const Loaded loaded =
      load_with("lookup: [{by: Properties.Tier, table: {gold: {properties.model: big}}}]\n");
  Event event;
  event.properties = {{"tier", "gold"}};
  Event room;
  const Event& filled = tables(loaded).fill(event, room);
  CHECK(property(filled, "model") == "big;");
  CHECK(filled.model.empty());
}

TEST_CASE("What no table knows stays as it is") {
  const Loaded loaded = load_with(kKeys);
  Event room;
  for (const char* key : {"", "CK", "unknown"}) {
    const Event event = of_key(key);
    CHECK(&tables(loaded).fill(event, room) == &event);
  }
  // An event without the field is none of a row without a name.
  const Loaded nameless = load_with("lookup: [{by: key, table: {\"\": {team: nobody}}}]\n");
  const Event event;
  CHECK(&tables(nameless).fill(event, room) == &event);
}

TEST_CASE("An event that was filled before says nothing of the next one") {
  const Loaded loaded = load_with(kKeys);
  Event room;
  const Event first = of_key("ck");
  const Event second = of_key("sk");
  tables(loaded).fill(first, room);
  const Event& filled = tables(loaded).fill(second, room);
  CHECK(filled.team == "search");
  CHECK(filled.environment.empty());
  CHECK(property(filled, "CostCenter").empty());
}

TEST_CASE("A table may look up by a property, and be a file") {
  const Loaded loaded =
      load_with("lookup: [{by: Customer, file: customers.csv}]\n",
                {{"/etc/customers.csv", "customer,Plan,team\nacme,\"gold, new\",sales\nbeta,,\n"}});
  Event event;
  event.properties = {{"CUSTOMER", "acme"}};
  Event room;
  const Event& filled = tables(loaded).fill(event, room);
  CHECK(property(filled, "Plan") == "gold, new;");
  CHECK(filled.team == "sales");
  event.properties = {{"CUSTOMER", "beta"}};
  CHECK(&tables(loaded).fill(event, room) == &event);
}

TEST_CASE("An event has 64 properties, and no table gives it more") {
  const Loaded loaded = load_with(kKeys);
  Event event = of_key("sk");
  const std::string names(64, 'x');
  for (std::size_t i = 1; i <= 64; ++i) {
    event.properties.push_back({std::string_view(names).substr(0, i), "v"});
  }
  Event room;
  CHECK(tables(loaded).fill(event, room).properties.size() == 64);
  CHECK(room.team == "search");
}

TEST_CASE("What is wrong in a lookup is told where it is") {
  CHECK(trouble_of("lookup: []\n") == "1:9: no table is written here");
  CHECK(trouble_of("lookup: [{by: key}]\n") ==
        "1:10: a lookup takes by, and file or table | write {by: key, file: keys.csv}");
  CHECK(trouble_of("lookup: [{by: key, fiel: a.csv}]\n")
            .starts_with("1:20: unknown key \"fiel\" | did you mean \"file\"?"));
  CHECK(trouble_of("lookup: [{by: tags, table: {a: {team: b}}}]\n")
            .starts_with("1:15: \"tags\" is no field that can be looked up or filled"));
  CHECK(trouble_of("lookup: [{by: key, table: {a: {Status: 200}}}]\n")
            .starts_with("1:32: \"Status\" is no field that can be looked up or filled"));
  CHECK(trouble_of("lookup: [{by: key, table: {a: {ID: b}}}]\n").starts_with("1:32: \"ID\" is no"));
  CHECK(trouble_of("lookup: [{by: key, table: {a: {Key: b}}}]\n") ==
        "1:32: \"Key\" is what is looked up by | it is there already");
  CHECK(trouble_of("lookup: [{by: key, table: {}}]\n") == "1:27: no row is written here");
  const std::string longer(257, 'v');
  CHECK(trouble_of("lookup: [{by: key, table: {a: {team: " + longer + "}}}]\n") ==
        "1:38: a value has at most 256 bytes");
  CHECK(trouble_of("lookup: [{by: key, file: none.csv}]\n")
            .starts_with("1:26: cannot read /etc/none.csv"));
  const auto in_file = [](const std::string& text) {
    return told(load_with("lookup: [{by: key, file: k.csv}]\n", {{"/etc/k.csv", text}}).diagnostics,
                "/etc/k.csv");
  };
  CHECK(in_file("user,team\na,b\n") ==
        "1:1: the first column must be \"key\" | name it in the first line");
  CHECK(trouble_of("lookup: [{by: key, file: k.csv}]\n", {{"/etc/k.csv", ""}}) ==
        "1:26: /etc/k.csv is empty | its first line names the columns");
  CHECK(in_file("key,team\n,b\n") == "2:1: what is looked up is missing");
  CHECK(in_file("key,team\na\n") ==
        "2:1: this row has 1 column and the first line names 2: key,team");
  CHECK(in_file("key\na\n") == "1:1: there is no column to fill in | add one such as team");
  CHECK(in_file("key,KEY\na,b\n") == "1:5: \"KEY\" is what is looked up by | it is there already");
  CHECK(in_file("key,team,Team\na,b,c\n") == "1:10: this column is there already");
  CHECK(in_file("key,team\na,b\na,c\n") == "3:1: \"a\" has a row already | keep one of them");
  CHECK(in_file("key,team\na," + longer + "\n") == "2:3: a value has at most 256 bytes");
  CHECK(in_file("key,team\na,b\n").empty());
}

TEST_CASE(
    "A source's mapping is a file or is written in place, and errors are told where they are") {
  const std::string plain = "model: /m\nusage: {input: /i}\n";
  const Loaded file =
      load_with("sources: [{file: r, mapping: m.yaml}]\n", {{"/etc/m.yaml", plain}});
  const Loaded here = load_with("sources: [{file: r, mapping: {model: /m, usage: {input: /i}}}]\n");
  REQUIRE(file.config.sources.size() == 1);
  REQUIRE(here.config.sources.size() == 1);
  CHECK(file.config.sources[0].format.format == Format::mapping);
  CHECK(file.config.sources[0].format == here.config.sources[0].format);

  CHECK(trouble_of("sources: [{file: r, mapping: {model: m, cost: /c}}]\n")
            .starts_with("1:38: \"m\" is no JSON Pointer"));
  CHECK(trouble_of("sources: [{file: r, mapping: none.yaml}]\n")
            .starts_with("1:30: cannot read /etc/none.yaml"));
  CHECK(trouble_of("sources: [{file: r, format: kong, mapping: {cost: /c}}]\n") ==
        "1:21: a source with a mapping has no other format | leave one of them out");
  const Loaded wrong =
      load_with("sources: [{file: r, mapping: m.yaml}]\n", {{"/etc/m.yaml", plain + "usr: /u\n"}});
  CHECK_FALSE(wrong.ok());
  CHECK(told(wrong.diagnostics, "/etc/m.yaml")
            .starts_with("3:1: unknown key \"usr\" | did you mean \"user\"?"));
}

TEST_CASE(
    "A format that is shipped is named as any other, and what a source is read as may change") {
  const Loaded kong = load_with("sources: [{file: r, format: envoy-ai-gateway}]\n");
  REQUIRE(kong.config.sources.size() == 1);
  CHECK(kong.config.sources[0].format == Format::envoy_ai_gateway);
  CHECK(trouble_of("sources: [{file: r, format: mapping}]\n").starts_with("1:29: unknown format"));

  const std::string before = "sources: [{file: r, mapping: {cost: /c}}]\n";
  const Loaded running = load_with(before);
  CHECK(load_with(before, {}, &running.config).ok());
  const Loaded next = load_with("sources: [{file: r, mapping: {cost: /d}}]\n", {}, &running.config);
  CHECK(next.ok());
  CHECK_FALSE(next.config.sources[0].format == running.config.sources[0].format);
  CHECK(load_with("sources: [{file: r, format: kong}]\n", {}, &running.config).ok());
}
