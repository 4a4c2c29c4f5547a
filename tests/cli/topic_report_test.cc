// SPDX-License-Identifier: Apache-2.0
#include "cli/topic_report.h"

#include <catch2/catch.hpp>

namespace tocsin {
namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view kNative =
    R"({"model":"gpt-4o","provider":"openai","usage":{"input":10,"output":5}})";

TEST_CASE("A topic of native events is told as one that is read as it is") {
  CHECK(topic_report("llm.requests", {{}, 6, 1'204'311, std::string(kNative)}) ==
        Lines{"llm.requests has 6 partitions and about 1204311 records.",
              "Its last records are native events, which are read as they are."});
}

TEST_CASE("Helicone's events are told from native ones") {
  CHECK(format_of(kNative) == "native events");
  CHECK(format_of(R"({"request_id":"r1","request_model":"gpt-4o","prompt_tokens":10,)"
                  R"("completion_tokens":5,"request_created_at":"2026-11-21T10:00:00Z"})") ==
        "Helicone's events");
  CHECK(format_of("{}").empty());
  CHECK(format_of("").empty());
}

TEST_CASE("A record that nobody can read is told with why, and where to look") {
  const auto lines = topic_report("logs", {{}, 1, 1, "{\"level\":\"info\"}"});
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[1], Catch::StartsWith("Its last record cannot be read ("));
  CHECK_THAT(lines[1], Catch::Contains("docs/events.md"));
}

TEST_CASE("An empty topic is told without a word about records") {
  CHECK(topic_report("new", {{}, 3, 0, {}}) == Lines{"new has 3 partitions and 0 records."});
}

TEST_CASE("A topic that is not there is answered with the nearest") {
  CHECK(topic_report("llm.request", {{"llm.requests", "orders"}, 0, 0, {}}) ==
        Lines{"There is no topic \"llm.request\": did you mean \"llm.requests\"? Mend `topics`, or "
              "make it: Tocsin waits for it."});
  CHECK_THAT(topic_report("x", {{"orders"}, 0, 0, {}}).front(),
             Catch::Contains("among the 1 topic that this user may see"));
}

}  // namespace
}  // namespace tocsin
