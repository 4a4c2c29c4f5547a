// SPDX-License-Identifier: Apache-2.0
#include "notify/lane.h"

#include <catch2/catch.hpp>

#include "notify/samples.h"

using namespace tocsin;
using namespace tocsin::samples;
using Verdict = Outcome::Verdict;
using SteadyTime = Lane::SteadyTime;

namespace {

struct Road {
  explicit Road(Pacing pacing) : lane(pacing, {}, 7) {}
  Lane lane;
  SteadyTime now{std::chrono::hours{1}};

  Lane::Fate finish(Lane::Entry& entry, Verdict verdict,
                    std::optional<std::chrono::seconds> after = std::nullopt) {
    return lane.finish(entry, {verdict, after, "no"}, now);
  }
};

std::shared_ptr<const Notice> shared(Notice notice) {
  return std::make_shared<const Notice>(std::move(notice));
}

std::shared_ptr<const Notice> numbered(int number) {
  Notice notice = told(production());
  notice.id = std::to_string(number);
  return shared(std::move(notice));
}

}  // namespace

TEST_CASE("A burst is sent at once, then one a second") {
  Road road({1, 3, 1});
  for (int i = 0; i < 5; ++i) road.lane.push(numbered(i));
  for (int i = 0; i < 3; ++i) {
    Lane::Entry* entry = road.lane.start(road.now);
    REQUIRE(entry != nullptr);
    CHECK(entry->notice->id == std::to_string(i));
    CHECK(road.finish(*entry, Verdict::delivered) == Lane::Fate::delivered);
    road.lane.remove(*entry);
  }
  CHECK(road.lane.start(road.now) == nullptr);
  CHECK(road.lane.next_due(road.now) == road.now + std::chrono::seconds{1});
  road.now += std::chrono::seconds{1};
  CHECK(road.lane.start(road.now) != nullptr);
}

TEST_CASE("No more requests are under way than the channel allows") {
  Road road({50, 100, 4});
  for (int i = 0; i < 6; ++i) road.lane.push(numbered(i));
  for (int i = 0; i < 4; ++i) CHECK(road.lane.start(road.now) != nullptr);
  CHECK(road.lane.start(road.now) == nullptr);
  CHECK_FALSE(road.lane.next_due(road.now));
}

TEST_CASE("After a failure a message waits longer and longer, up to five minutes") {
  Road road({50, 100, 1});
  road.lane.push(numbered(1));
  Millis longest{0};
  for (int attempt = 0; attempt < 200; ++attempt) {
    Lane::Entry* entry = road.lane.start(road.now);
    REQUIRE(entry != nullptr);
    CHECK(road.finish(*entry, Verdict::retry) == Lane::Fate::kept);
    CHECK(road.lane.start(road.now) == nullptr);
    const auto due = road.lane.next_due(road.now);
    REQUIRE(due);
    const auto wait = std::chrono::duration_cast<Millis>(*due - road.now);
    if (attempt == 0) CHECK(wait <= Millis{1'000});
    longest = std::max(longest, wait);
    road.now = *due;
  }
  CHECK(longest <= Millis{300'000});
  CHECK(longest > Millis{200'000});
}

TEST_CASE("An answer that asks to wait holds the whole channel and is no attempt") {
  Road road({50, 100, 4});
  road.lane.push(numbered(1));
  road.lane.push(numbered(2));
  Lane::Entry* entry = road.lane.start(road.now);
  REQUIRE(entry != nullptr);
  CHECK(road.finish(*entry, Verdict::pause, std::chrono::seconds{30}) == Lane::Fate::kept);
  CHECK(entry->attempts == 0);
  CHECK(road.lane.paused(road.now));
  CHECK(road.lane.start(road.now + std::chrono::seconds{29}) == nullptr);
  CHECK(road.lane.start(road.now + std::chrono::seconds{32}) != nullptr);
}

TEST_CASE("A message whose form is refused is tried once in the plainest, then parked") {
  Road road({50, 100, 1});
  road.lane.push(numbered(1));
  Lane::Entry* entry = road.lane.start(road.now);
  REQUIRE(entry != nullptr);
  CHECK(road.finish(*entry, Verdict::degrade) == Lane::Fate::kept);
  entry = road.lane.start(road.now);
  REQUIRE(entry != nullptr);
  CHECK(entry->form == Form::plain);
  CHECK(road.finish(*entry, Verdict::degrade) == Lane::Fate::parked);
}

TEST_CASE("A broken channel is tried by one message each five minutes, until it takes one") {
  Road road({50, 100, 4});
  for (int i = 0; i < 4; ++i) road.lane.push(numbered(i));
  Lane::Entry* entry = road.lane.start(road.now);
  REQUIRE(entry != nullptr);
  CHECK(road.finish(*entry, Verdict::broken) == Lane::Fate::parked);
  road.lane.remove(*entry);
  CHECK(road.lane.broken());
  CHECK(road.lane.next_due(road.now) == road.now + std::chrono::minutes{5});
  road.now += std::chrono::minutes{5};
  entry = road.lane.start(road.now);
  REQUIRE(entry != nullptr);
  CHECK(road.lane.start(road.now) == nullptr);
  CHECK(road.finish(*entry, Verdict::delivered) == Lane::Fate::delivered);
  CHECK_FALSE(road.lane.broken());
  CHECK(road.lane.start(road.now) != nullptr);
  CHECK(road.lane.start(road.now) != nullptr);
}

TEST_CASE("The end of an episode is not told before its beginning") {
  Road road({50, 100, 4});
  road.lane.push(shared(told(error_rate())));
  road.lane.push(shared(resolved_notice()));
  Lane::Entry* entry = road.lane.start(road.now);
  REQUIRE(entry != nullptr);
  CHECK(road.lane.start(road.now) == nullptr);
  road.finish(*entry, Verdict::delivered);
  road.lane.remove(*entry);
  CHECK(road.lane.start(road.now) != nullptr);
}

TEST_CASE("What is a day old expires, but not while it is under way") {
  Road road({50, 100, 4});
  road.lane.push(numbered(1));
  const WallTime composed = numbered(1)->composed_at;
  CHECK(road.lane.expired(composed + std::chrono::hours{24} - Millis{1}) == nullptr);
  CHECK(road.lane.expired(composed + std::chrono::hours{24}) != nullptr);
  CHECK(road.lane.start(road.now) != nullptr);
  CHECK(road.lane.expired(composed + std::chrono::hours{24}) == nullptr);
}

TEST_CASE("Large digests that wait leave before they are a thousand") {
  Road road({50, 100, 1});
  Notice digest = told(production());
  digest.alerts.resize(20'000, digest.alerts.front());
  const auto large = shared(std::move(digest));
  for (int i = 0; i < 10; ++i) road.lane.push(large);
  CHECK(road.lane.overflow() == nullptr);
  road.lane.push(large);
  CHECK(road.lane.overflow() != nullptr);
}

TEST_CASE("Of a thousand that wait the oldest leaves when one more comes, unless it is under way") {
  Road road({50, 100, 1});
  for (int i = 0; i < 1'000; ++i) road.lane.push(numbered(i));
  CHECK_FALSE(road.lane.has_room());
  CHECK(road.lane.overflow() == nullptr);
  REQUIRE(road.lane.start(road.now) != nullptr);
  road.lane.push(numbered(1'000));
  REQUIRE(road.lane.overflow() != nullptr);
  CHECK(road.lane.overflow()->notice->id == "1");
  road.lane.remove(*road.lane.overflow());
  CHECK(road.lane.overflow() == nullptr);
}
