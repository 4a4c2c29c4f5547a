// SPDX-License-Identifier: Apache-2.0
#include "pipeline/intake.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support/manual_clock.h"
#include "support/memory_ingest_log.h"

using namespace tocsin;

namespace {

using Kind = Intake::Answer::Kind;

std::string event(int number) {
  return R"({"id": "r)" + std::to_string(number) +
         R"(", "provider": "openai", "model": "gpt-4o", "usage": {"input": 5}})";
}
const std::string kBad = R"({"id": "bad", "model": "gpt-4o", "usage": {"input": -5}})";

struct Door {
  MemoryIngestLog log;
  ManualClock clock;
  Intake intake{log, Format::automatic, clock};
};

}  // namespace

TEST_CASE("A body is kept byte by byte as it came, whatever form its events have") {
  Door door;
  for (const std::string& body :
       {event(1), "[" + event(2) + " ,\n" + event(3) + "]", event(4) + "\r\n" + event(5) + "\n"}) {
    const auto answer = door.intake.take(body);
    CHECK(answer.kind == Kind::taken);
    CHECK(door.log.records().back() == body);
  }
  CHECK(door.intake.take("[" + event(6) + "," + event(7) + "]").events == 2);
}

TEST_CASE("What has an event that can be read is kept whole, and the others are named") {
  Door door;
  const std::string body = "[" + event(1) + "," + kBad + "]";
  const auto answer = door.intake.take(body);
  CHECK(answer.kind == Kind::taken);
  CHECK(answer.events == 1);
  CHECK(answer.set_aside == 1);
  REQUIRE(answer.problems.size() == 1);
  CHECK(answer.problems[0].element == 1);
  CHECK(answer.problems[0].detail == "usage.input: -5");
  CHECK(door.log.records() == std::vector{body});
}

TEST_CASE("What has no event that can be read is refused with the first reason, and not kept") {
  Door door;
  const auto refused = [&](const std::string& body) {
    const auto answer = door.intake.take(body);
    CHECK(answer.kind == Kind::unreadable);
    return answer.text;
  };
  CHECK(refused("[" + kBad + "," + kBad + "]") ==
        "no event can be read: negative_count, element 0: usage.input: -5");
  CHECK_THAT(refused("{\"model\": \"gpt-4o\" \"usage\": {}}"), Catch::Contains("broken_json"));
  CHECK_THAT(refused(""), Catch::Contains("empty"));
  CHECK_THAT(refused("true"), Catch::Contains("unknown_format"));
  CHECK(door.log.records().empty());
}

TEST_CASE("What holds no event at all is taken, and there is nothing to keep") {
  Door door;
  const auto answer = door.intake.take("[]");
  CHECK(answer.kind == Kind::taken);
  CHECK(answer.events == 0);
  CHECK(door.log.appends() == 0);
}

TEST_CASE("A large body becomes several records in one append, with elements counted through") {
  Door door;
  std::string body = "[" + event(0);
  int count = 1;
  for (; body.size() < 2'500'000; ++count) body += "," + event(count);
  body += "," + kBad + "]";
  const auto answer = door.intake.take(body);
  CHECK(answer.kind == Kind::taken);
  CHECK(answer.events == static_cast<std::size_t>(count));
  CHECK(answer.problems.at(0).element == static_cast<std::size_t>(count));
  CHECK(door.log.records().size() == 3);
  CHECK(door.log.appends() == 1);
  for (const auto& record : door.log.records()) CHECK(record.size() <= IngestLog::kRecordMax);
}

TEST_CASE("What cannot be cut is too large, and what the log does not take is unavailable") {
  Door door;
  CHECK(door.intake.take("\"" + std::string(1'000'000, 'x')).kind == Kind::too_large);
  door.log.fail(Error{Reaction::retry, "the disk is full"});
  const auto answer = door.intake.take(event(1));
  CHECK(answer.kind == Kind::unavailable);
  CHECK(answer.text == "the disk is full");
}

TEST_CASE("Of a thousand problems ten are named and all are counted") {
  Door door;
  std::string body = "[" + event(1);
  for (int i = 0; i < 1000; ++i) body += "," + kBad;
  const auto answer = door.intake.take(body + "]");
  CHECK(answer.set_aside == 1000);
  CHECK(answer.problems.size() == Intake::kProblemsMax);
}
