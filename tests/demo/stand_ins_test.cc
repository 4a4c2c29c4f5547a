// SPDX-License-Identifier: Apache-2.0
#include "demo/stand_ins.h"

#include <simdjson.h>

#include <catch2/catch.hpp>

#include "demo/page.h"
#include "support/manual_clock.h"

namespace tocsin::demo {
namespace {

constexpr std::string_view kSlack =
    R"({"text": "80% Production", "blocks": [{"type": "divider"}]})";
constexpr std::string_view kMail =
    R"({"from": "Tocsin <tocsin@company.example>", "to": ["Finance <finance@company.example>"],
        "subject": "[warning] Production", "text": "Plain.", "html": "<p>Rich.</p>"})";

struct Scene {
  LoopbackAnswer post(std::string_view path, std::string_view body) {
    return stand_ins.answer({"POST", path, body});
  }
  LoopbackAnswer get(std::string_view path) { return stand_ins.answer({"GET", path, ""}); }
  // A value of messages.json, by JSON pointer.
  std::string shown(std::string_view pointer) {
    simdjson::dom::parser parser;
    const std::string json = get("/demo/messages.json").body;
    INFO(json);
    return simdjson::minify(parser.parse(json).at_pointer(pointer).value());
  }

  ManualClock clock{WallTime{Millis{1'795'262'400'000}}};
  StandIns stand_ins{clock};
};

}  // namespace

TEST_CASE("A Slack message is answered ok and kept with the moment it came") {
  Scene scene;
  const auto answer = scene.post("/slack/alerts", kSlack);
  CHECK(answer.status == 200);
  CHECK(answer.body == "ok");
  const auto taken = scene.stand_ins.take(Millis{0});
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].channel == "alerts");
  CHECK(taken[0].first_line == "80% Production");
  CHECK(taken[0].received == scene.clock.monotonic());
  CHECK(scene.stand_ins.take(Millis{0}).empty());
}

TEST_CASE("What Slack would refuse is refused in Slack's words") {
  Scene scene;
  CHECK(scene.post("/slack/alerts", "{").body == "invalid_payload");
  CHECK(scene.post("/slack/alerts", "[]").status == 400);
  CHECK(scene.post("/slack/alerts", R"({"blocks": []})").body == "no_text");
  CHECK(scene.post("/elsewhere", kSlack).status == 404);
  CHECK(scene.stand_ins.take(Millis{0}).empty());
}

TEST_CASE("A mail is answered with an id and kept under its first recipient's name") {
  Scene scene;
  const auto answer = scene.post("/emails", kMail);
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Catch::StartsWith(R"({"id":")"));
  const auto taken = scene.stand_ins.take(Millis{0});
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].channel == "finance");
  CHECK(taken[0].first_line == "[warning] Production");
  CHECK(scene.post("/emails", R"({"to": []})").status == 422);
}

TEST_CASE("The page's list has the newest first, with what each took once that is known") {
  Scene scene;
  CHECK(scene.get("/demo/messages.json").body == R"({"messages":[]})");
  scene.post("/slack/alerts", kSlack);
  scene.post("/emails", kMail);
  scene.stand_ins.took(1, "2.9");
  CHECK(scene.shown("/messages/1/took_ms") == R"("2.9")");
  CHECK(scene.shown("/messages/1/kind") == R"("slack")");
  CHECK(scene.shown("/messages/1/at") == R"("2026-11-21T12:00:00Z")");
  CHECK(scene.shown("/messages/1/body/blocks/0/type") == R"("divider")");
  CHECK(scene.shown("/messages/0/took_ms") == "null");
  CHECK(scene.shown("/messages/0/subject") == R"("[warning] Production")");
  CHECK(scene.shown("/messages/0/to/0") == R"("Finance <finance@company.example>")");
  CHECK(scene.shown("/messages/0/html") == R"("<p>Rich.</p>")");
}

TEST_CASE("The page runs its own script and no other") {
  Scene scene;
  for (const auto* path : {"/demo", "/demo/demo.css", "/demo/demo.js"}) {
    const auto answer = scene.get(path);
    CAPTURE(path);
    CHECK(answer.status == 200);
    CHECK(!answer.body.empty());
    REQUIRE(answer.headers.size() == 1);
    CHECK_THAT(answer.headers[0].second,
               Catch::Contains("default-src 'none'; script-src 'self'; "));
  }
  CHECK(scene.get("/etc/passwd").status == 404);
}

}  // namespace tocsin::demo
