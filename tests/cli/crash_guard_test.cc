// SPDX-License-Identifier: Apache-2.0
#include "cli/crash_guard.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <utility>

#include "support/temporary_directory.h"

namespace tocsin {
namespace {

const PartitionName kThird{"requests", 3};
const PartitionName kFourth{"requests", 4};

std::vector<PartitionRow> rows(const PartitionName& name, std::int64_t next) {
  PartitionRow row;
  row.name = name;
  row.position.next_offset = next;
  return {row};
}

// A state directory and the processes that live in it, one after another. A process that is not
// told to end has died, by its own doing unless the next start is told otherwise.
class Lives {
 public:
  CrashGuard& start(Death death = Death::own) {
    guard_.reset();
    auto file = ReadingFile::open(path());
    REQUIRE(file);
    guard_ = std::make_unique<CrashGuard>(std::move(*file), death);
    return *guard_;
  }
  std::string path() const { return directory_ / "reading"; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<CrashGuard> guard_;
};

TEST_CASE("Deaths at a position that was never come past add up") {
  Lives lives;
  for (int deaths = 0; deaths < 5; ++deaths) {
    CrashGuard& guard = lives.start();
    CHECK(guard.advise(kThird, 120).deaths == deaths);
    CHECK(guard.advise(kFourth, 120).deaths == 0);
    guard.begins(kThird, 120);
    CHECK(guard.unproven(kThird));
  }
}

TEST_CASE("Whoever came past its position, found its end or ended in order is no suspect") {
  Lives lives;
  lives.start().begins(kThird, 120);
  CrashGuard& second = lives.start();
  second.begins(kThird, 120);
  SECTION("past it") { second.passed(kThird, 121); }
  SECTION("its end") { second.at_end(kThird); }
  SECTION("in order") { second.ended(); }
  CHECK(second.unproven_count() == 0);
  CHECK(lives.start().advise(kThird, 120).deaths == 0);
}

TEST_CASE("A commit that does not come past the position proves nothing") {
  Lives lives;
  CrashGuard& guard = lives.start();
  guard.begins(kThird, 120);
  guard.passed(kThird, 120);
  CHECK(guard.unproven_count() == 1);
  CHECK(lives.start().advise(kThird, 120).deaths == 1);
}

TEST_CASE("A partition that is let go keeps its deaths and gets no more") {
  Lives lives;
  lives.start().begins(kThird, 120);
  for (int life = 0; life < 4; ++life) {
    CrashGuard& guard = lives.start();
    guard.begins(kThird, 120);
    guard.lets_go(kThird);
  }
  CHECK(lives.start().advise(kThird, 120).deaths == 1);
}

TEST_CASE("Deaths at another position begin anew") {
  Lives lives;
  lives.start().begins(kThird, 120);
  lives.start().begins(kThird, 120);
  lives.start().begins(kThird, 130);
  CrashGuard& guard = lives.start();
  CHECK(guard.advise(kThird, 120).deaths == 0);
  CHECK(guard.advise(kThird, 130).deaths == 1);
}

TEST_CASE("The record under way at three deaths is named, wherever its partition began") {
  Lives lives;
  for (std::int64_t life = 0; life < 3; ++life) {
    CrashGuard& guard = lives.start();
    CHECK_FALSE(guard.advise(kThird, 100).deadly);
    CHECK(guard.advise(kThird, 125).record_suspected == (life > 0));
    guard.begins(kThird, 120 + life);
    RecordMark* mark = guard.mark(5);
    REQUIRE(mark != nullptr);
    mark->under_way(guard.slot(kFourth), 7);
    mark->under_way(guard.slot(kThird), 124);
    mark->under_way(guard.slot(kThird), 125);
  }
  CrashGuard& guard = lives.start();
  CHECK(guard.advise(kThird, 122).deadly == 125);
  CHECK(guard.advise(kThird, 125).deadly == 125);
  CHECK_FALSE(guard.advise(kThird, 126).deadly);
  CHECK_FALSE(guard.advise(kThird, 125).record_suspected);
  CHECK_FALSE(guard.advise(kFourth, 0).deadly);
}

TEST_CASE("A person's kill -9 is charged to no position") {
  Lives lives;
  for (int life = 0; life < 4; ++life) {
    CrashGuard& guard = lives.start(Death::other);
    CHECK(guard.advise(kThird, 120).deaths == 0);
    guard.begins(kThird, 120);
  }
}

TEST_CASE("A first life has no death before it, and one that was killed has none of its own") {
  LifeNote note{};
  CHECK(begin_life(note) == Death::other);
  const std::int64_t kills = note.oom_kills;
  if (kills < 0) return;  // this kernel does not say, so every death may be one
  CHECK(begin_life(note) == Death::other);
  SECTION("it crashed") {
    note.crashed = 1;
    CHECK(begin_life(note) == Death::own);
  }
  SECTION("something was killed for want of memory meanwhile") {
    note.oom_kills = kills - 1;
    CHECK(begin_life(note) == Death::own);
  }
  SECTION("the machine was started anew") {
    note.oom_kills = kills + 1;
    CHECK(begin_life(note) == Death::other);
  }
}

TEST_CASE("A record that was done before the death is not its cause") {
  Lives lives;
  for (int life = 0; life < 4; ++life) {
    CrashGuard& guard = lives.start();
    RecordMark* mark = guard.mark(0);
    mark->under_way(guard.slot(kThird), 125);
    mark->none();
  }
  CHECK_FALSE(lives.start().advise(kThird, 120).deadly);
}

TEST_CASE("Reading is careful from the first death until the cause is found") {
  Lives lives;
  for (int deaths = 0; deaths < 4; ++deaths) {
    CrashGuard& guard = lives.start();
    CHECK(guard.suspects(rows(kThird, 120)) == (deaths == 1 || deaths == 2));
    CHECK_FALSE(guard.suspects(rows(kThird, 121)));
    guard.begins(kThird, 120);
  }
}

TEST_CASE("What a person skips is heard of while the process runs, and after its death") {
  Lives lives;
  CrashGuard& guard = lives.start();
  guard.halted(kThird, 120);
  auto other = ReadingFile::open_existing(lives.path());
  REQUIRE(other);
  const auto found = other->find(kThird);
  REQUIRE(found >= 0);
  ReadingSlot& slot = other->slots()[static_cast<std::size_t>(found)];
  CHECK(slot.halted_at == 120);
  CHECK_FALSE(guard.advise(kThird, 120).skip_until);
  slot.skip_until.store(140);
  CHECK(guard.advise(kThird, 120).skip_until == 140);
  CHECK(lives.start().advise(kThird, 120).skip_until == 140);
  CHECK_FALSE(lives.start().advise(kThird, 140).skip_until);
}

TEST_CASE("More partitions than there is room for are read unwatched, and so are long names") {
  Lives lives;
  CrashGuard& guard = lives.start();
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(ReadingFile::kSlots) + 2; ++i) {
    guard.begins({"requests", i}, 10);
  }
  guard.begins({std::string(256, 'x'), 0}, 10);
  CHECK(guard.unproven_count() == ReadingFile::kSlots);
  CHECK(guard.slot({std::string(256, 'x'), 0}) == -1);
  CHECK(guard.mark(ReadingFile::kMarks) == nullptr);
}

TEST_CASE("A file that is something else is refused") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "reading") << "something else";
  CHECK(ReadingFile::open(directory / "reading").error().reaction == Reaction::stop);
  CHECK_FALSE(ReadingFile::open_existing(directory / "nothing"));
}

}  // namespace
}  // namespace tocsin
