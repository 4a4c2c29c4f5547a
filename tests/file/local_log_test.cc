// SPDX-License-Identifier: Apache-2.0
#include "file/local_log.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include "file/crc32c.h"
#include "file/local_log_source.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"

using namespace tocsin;
namespace fs = std::filesystem;

namespace {

using Kind = SourceNotice::Kind;
using Texts = std::vector<std::string>;

const ManualClock the_clock(WallTime{Millis{1'800'000'000'000}});

struct Folder {
  TemporaryDirectory directory;
  std::string path = directory / "log";

  std::unique_ptr<LocalLog> open(LocalLogConfig config = {}) const {
    config.folder = path;
    auto log = LocalLog::open(std::move(config), the_clock);
    if (!log) FAIL(log.error().message);
    return std::move(*log);
  }
  Texts files() const {
    Texts names;
    for (const auto& entry : fs::directory_iterator(path)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string bytes(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path + "/" + name, std::ios::binary).rdbuf();
    return text.str();
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
  }
};
const std::string kFirst = segment_name(0);

void append(LocalLog& log, const Texts& values) {
  const std::vector<std::string_view> records(values.begin(), values.end());
  const auto done = log.append(records);
  if (!done) FAIL(done.error().message);
}

struct Polled {
  Texts values;
  std::vector<std::int64_t> offsets;
  std::vector<SourceNotice> notices;
  std::string error;
  Position position;
};

Polled poll_all(Source& source) {
  Polled all;
  for (int empty = 0; empty < 2;) {
    const auto polled = source.poll(0, 3, Millis{0}, all.notices);
    if (!polled) {
      all.error = polled.error().message;
      return all;
    }
    empty = polled->empty() ? empty + 1 : 0;
    for (const Record& record : *polled) {
      all.values.emplace_back(record.value);
      all.offsets.push_back(record.offset);
      all.position = {record.offset + 1, record.offset, record.hash};
    }
  }
  return all;
}

Polled follow(LocalLog& log, std::optional<Position> position = std::nullopt) {
  auto source = LocalLogSource::follow(log, position, nullptr);
  if (!source) {
    Polled refused;
    refused.error = source.error().message;
    return refused;
  }
  return poll_all(**source);
}

// Gives the advice it is told to, and notes what it is told.
struct ScriptedGuard final : ReadingGuard {
  Advice advise(const PartitionName& partition, std::int64_t) override {
    CHECK(partition == LocalLogSource::name());
    return advice;
  }
  void begins(const PartitionName&, std::int64_t next) override { begun.push_back(next); }
  void sync() override { synced = begun.size(); }
  void lets_go(const PartitionName&) override {}
  void halted(const PartitionName&, std::int64_t next) override { halted_at = next; }
  bool unproven(const PartitionName&) const override { return false; }
  std::size_t unproven_count() const override { return 0; }
  void passed(const PartitionName&, std::int64_t) override {}
  void at_end(const PartitionName&) override {}
  std::int32_t slot(const PartitionName&) override { return -1; }
  RecordMark* mark(std::size_t) override { return nullptr; }

  Advice advice;
  std::vector<std::int64_t> begun;
  std::size_t synced = 0;
  std::int64_t halted_at = -1;
};

// The one notice of that kind.
SourceNotice told(const Polled& polled, Kind kind) {
  std::vector<SourceNotice> found;
  for (const auto& notice : polled.notices) {
    if (notice.kind == kind) found.push_back(notice);
  }
  REQUIRE(found.size() == 1);
  return found[0];
}

Texts lost(const Polled& polled) {
  Texts ranges;
  for (const auto& notice : polled.notices) {
    if (notice.kind != Kind::lost) continue;
    ranges.push_back(std::to_string(notice.lost_from) + ".." + std::to_string(notice.lost_until));
  }
  return ranges;
}

}  // namespace

TEST_CASE("CRC-32C is the one of RFC 3720, for lengths of any remainder") {
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c("") == 0);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
}

TEST_CASE("What is appended comes out in order, stamped with when it was durable") {
  const Folder folder;
  const auto log = folder.open();
  append(*log, {"a", "b"});
  append(*log, {std::string("c\0\n", 3)});
  auto source = LocalLogSource::follow(*log, std::nullopt, nullptr);
  REQUIRE(source);
  std::vector<SourceNotice> notices;
  const auto polled = (*source)->poll(0, 10, Millis{0}, notices);
  REQUIRE(polled);
  REQUIRE(polled->size() == 2);
  CHECK((*polled)[0].timestamp == event_time_ms(1'800'000'000'000));
  CHECK((*polled)[0].log_append_time);
  CHECK((*polled)[0].has_timestamp);
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].kind == Kind::begins);
  CHECK(follow(*log).values == Texts{"a", "b", std::string("c\0\n", 3)});
  CHECK(follow(*log).offsets == std::vector<std::int64_t>{0, 1, 2});
}

TEST_CASE("A log opened anew goes on, and a position with it") {
  const Folder folder;
  Position position;
  {
    const auto log = folder.open();
    append(*log, {"a", "b"});
    position = follow(*log).position;
  }
  const auto log = folder.open({.least_offset = position.next_offset});
  append(*log, {"c"});
  const auto polled = follow(*log, position);
  CHECK(polled.values == Texts{"c"});
  CHECK(polled.offsets == std::vector<std::int64_t>{2});
  CHECK(follow(*log).values == Texts{"a", "b", "c"});
}

TEST_CASE("Its end is told once, and again after more has come") {
  const Folder folder;
  const auto log = folder.open();
  auto source = LocalLogSource::follow(*log, std::nullopt, nullptr);
  const auto ends = [&] {
    const auto polled = poll_all(**source);
    return std::count_if(polled.notices.begin(), polled.notices.end(),
                         [](const auto& one) { return one.kind == Kind::at_end; });
  };
  CHECK(ends() == 1);
  CHECK(ends() == 0);
  append(*log, {"a"});
  CHECK(ends() == 1);
  (*source)->request_end_offsets();
  const auto polled = poll_all(**source);
  REQUIRE(polled.notices.size() == 1);
  CHECK(polled.notices[0].kind == Kind::end_offset);
  CHECK(polled.notices[0].offset == 1);
}

TEST_CASE("An end torn at any byte is cut off, and what was durable before stays") {
  const Folder folder;
  {
    const auto log = folder.open();
    append(*log, {"first", "second"});
  }
  const std::size_t durable = folder.bytes(kFirst).size();
  {
    const auto log = folder.open();
    append(*log, {"torn", "as well"});
  }
  const std::string whole = folder.bytes(kFirst);
  for (std::size_t size = durable; size < whole.size(); ++size) {
    CAPTURE(size);
    folder.write(kFirst, whole.substr(0, size));
    const auto log = folder.open();
    CHECK(log->end() == 2);
    CHECK(folder.bytes(kFirst).size() == durable);
    append(*log, {"third"});
    CHECK(follow(*log).values == Texts{"first", "second", "third"});
  }
}

TEST_CASE("Zeros that a power cut left at the end are cut off") {
  const Folder folder;
  append(*folder.open(), {"first"});
  folder.write(kFirst, folder.bytes(kFirst) + std::string(5000, '\0'));
  const auto log = folder.open();
  append(*log, {"second"});
  CHECK(follow(*log).values == Texts{"first", "second"});
}

TEST_CASE("Damage in what was durable loses that alone, and it is told which") {
  const Folder folder;
  {
    const auto log = folder.open();
    append(*log, {"first", "second"});
    append(*log, {"third"});
    append(*log, {"fourth"});
  }
  const std::string whole = folder.bytes(kFirst);
  for (const std::string_view damaged : {"first", "third"}) {
    CAPTURE(damaged);
    std::string bytes = whole;
    bytes[whole.find(damaged)] = 'X';
    folder.write(kFirst, bytes);
    const auto log = folder.open();
    const auto polled = follow(*log);
    if (damaged == "first") {
      CHECK(polled.values == Texts{"third", "fourth"});
      CHECK(lost(polled) == Texts{"0..2"});
    } else {
      CHECK(polled.values == Texts{"first", "second", "fourth"});
      CHECK(lost(polled) == Texts{"2..3"});
    }
    CHECK(log->end() == 4);
  }
}

TEST_CASE("Bytes of a frame that a sender put into a record are not taken for one") {
  const Folder folder;
  std::string forged;
  append_frame(forged, {1'000'000'000, 0, {"money"}});
  {
    const auto log = folder.open();
    append(*log, {"first"});
    append(*log, {"x" + forged});
  }
  std::string bytes = folder.bytes(kFirst);
  bytes[bytes.find("xtlog") - 1] ^= 1;  // so that its own frame is damaged
  folder.write(kFirst, bytes);
  const auto log = folder.open();
  CHECK(log->end() == 1);
  CHECK(follow(*log).values == Texts{"first"});
}

TEST_CASE("Segments follow each other, and are read as one") {
  const Folder folder;
  Texts all;
  {
    const auto log = folder.open({.segment_bytes = 200});
    for (int i = 0; i < 20; ++i) {
      all.push_back("record " + std::to_string(i));
      append(*log, {all.back()});
    }
    CHECK(folder.files().size() > 3);
    CHECK(follow(*log).values == all);
  }
  const auto log = folder.open({.segment_bytes = 200});
  const auto polled = follow(*log, Position{13, 12, follow(*log).position.last_record_hash});
  CHECK_THAT(polled.error, Catch::EndsWith("or start with a new state.path"));  // a wrong hash
  CHECK(follow(*log, Position{13, -1, 0}).values == Texts(all.begin() + 13, all.end()));
}

TEST_CASE("Only segments that are counted go, and of these the newest stay") {
  const Folder folder;
  const auto log = folder.open({.segment_bytes = 100, .kept_bytes = 0});
  for (int i = 0; i < 6; ++i) append(*log, {std::string(60, static_cast<char>('a' + i))});
  REQUIRE(folder.files().size() == 6);
  log->counted(2);
  CHECK(log->start() == 2);
  CHECK(folder.files().front() == segment_name(2));
  CHECK(follow(*log, Position{2, -1, 0}).offsets == std::vector<std::int64_t>{2, 3, 4, 5});
  log->counted(6);
  CHECK(log->start() == 5);  // the one that is written to
  const Folder other;
  const auto keeping = other.open({.segment_bytes = 100, .kept_bytes = 300});
  for (int i = 0; i < 6; ++i) append(*keeping, {std::string(60, 'x')});
  keeping->counted(6);
  CHECK(other.files().size() == 3);
}

TEST_CASE("A segment taken away is told as lost") {
  const Folder folder;
  {
    const auto log = folder.open({.segment_bytes = 100});
    for (int i = 0; i < 4; ++i) append(*log, {std::string(60, static_cast<char>('a' + i))});
  }
  fs::remove(folder.path + "/" + segment_name(1));
  const auto log = folder.open();
  const auto polled = follow(*log, Position{0, -1, 0});
  CHECK(polled.offsets == std::vector<std::int64_t>{0, 2, 3});
  CHECK(lost(polled) == Texts{"1..2"});
}

TEST_CASE(
    "A log older than the state goes on where the state does, so nothing new is passed over") {
  const Folder folder;
  append(*folder.open(), {"old"});
  const auto log = folder.open({.least_offset = 7});
  CHECK(log->end() == 7);
  append(*log, {"new"});
  CHECK(follow(*log, Position{7, 6, 1234}).values == Texts{"new"});
}

TEST_CASE("A segment whose maker died before it was whole is made anew") {
  const Folder folder;
  append(*folder.open(), {"first"});
  folder.write(segment_name(1), "tocsin l");
  const auto log = folder.open();
  append(*log, {"second"});
  CHECK(follow(*log).values == Texts{"first", "second"});
}

TEST_CASE("Records too large or empty are refused, and nothing of their request is written") {
  const Folder folder;
  const auto log = folder.open();
  const std::string large(IngestLog::kRecordMax + 1, 'x');
  for (const std::string& bad : {large, std::string()}) {
    const std::vector<std::string_view> records = {"good", bad};
    const auto done = log->append(records);
    REQUIRE_FALSE(done);
    CHECK(done.error().reaction == Reaction::reject);
  }
  CHECK(log->end() == 0);
  append(*log, {large.substr(1)});
  CHECK(follow(*log).values.at(0).size() == IngestLog::kRecordMax);
}

TEST_CASE("With less room on the disk than its reserve it takes nothing, and what it has goes") {
  const Folder folder;
  {
    const auto log = folder.open({.segment_bytes = 1});
    append(*log, {"one"});
    append(*log, {"two"});
    log->counted(2);
    CHECK(log->start() == 0);
  }
  const auto log =
      folder.open({.segment_bytes = 1, .reserve = std::numeric_limits<std::uint64_t>::max() / 2});
  const std::vector<std::string_view> records = {"second"};
  const auto done = log->append(records);
  REQUIRE_FALSE(done);
  CHECK(done.error().reaction == Reaction::retry);
  CHECK_THAT(done.error().message, Catch::EndsWith("is full: free some space, then send again"));
  log->counted(2);
  CHECK(log->start() == 1);
}

TEST_CASE("A record that has killed is halted at, and a person skips it") {
  const Folder folder;
  const auto log = folder.open();
  append(*log, {"a", "deadly", "c"});
  ScriptedGuard guard;
  guard.advice = {ReadingGuard::kDeathsMax, 1, std::nullopt};
  const auto source = LocalLogSource::follow(*log, Position{0, -1, 0}, &guard);
  REQUIRE(source);
  const auto before = poll_all(**source);
  CHECK(before.values == Texts{"a"});
  CHECK(guard.begun == std::vector<std::int64_t>{0});
  CHECK(guard.synced == 1);
  CHECK(guard.halted_at == 1);
  const SourceNotice halt = told(before, Kind::halted);
  CHECK(halt.offset == 1);
  CHECK_THAT(halt.text, Catch::Contains("died 3 times at the record with offset 1"));
  CHECK_THAT(halt.advice, Catch::StartsWith("`tocsin skip @http 0`"));

  guard.advice.skip_until = 1;  // nothing is skipped by that
  CHECK(poll_all(**source).notices.empty());
  guard.advice.skip_until = 2;
  const auto after = poll_all(**source);
  CHECK(after.values == Texts{"c"});
  CHECK(lost(after) == Texts{"1..2"});
  CHECK_THAT(told(after, Kind::resumed).text, Catch::Contains("from offset 2 on"));
  CHECK(guard.begun == std::vector<std::int64_t>{0, 2});
  CHECK(guard.synced == 2);
}

TEST_CASE("What kills and is not found out is halted at once, and no skip goes beyond the end") {
  const Folder folder;
  const auto log = folder.open();
  append(*log, {"a", "b"});
  ScriptedGuard guard;
  guard.advice.deaths = ReadingGuard::kDeathsMax;
  const auto source = LocalLogSource::follow(*log, Position{0, -1, 0}, &guard);
  REQUIRE(source);
  const auto before = poll_all(**source);
  CHECK(before.values.empty());
  CHECK(guard.begun.empty());
  CHECK(told(before, Kind::halted).offset == 0);
  guard.advice.skip_until = 100;
  CHECK(lost(poll_all(**source)) == Texts{"0..2"});
  append(*log, {"c"});
  const auto after = poll_all(**source);
  CHECK(after.values == Texts{"c"});
  CHECK(after.offsets == std::vector<std::int64_t>{2});
}

TEST_CASE("What the synced state has counted goes from the log by the source's mirror") {
  const Folder folder;
  const auto log = folder.open({.segment_bytes = 1, .kept_bytes = 0});
  for (const auto* value : {"a", "b", "c"}) append(*log, {value});
  const auto source = LocalLogSource::follow(*log, std::nullopt, nullptr);
  REQUIRE(source);
  using Offset = std::pair<PartitionName, std::int64_t>;
  const std::array other = {Offset{{"llm.requests", 0}, 2}};
  (*source)->mirror(other);
  CHECK(log->start() == 0);
  const std::array both = {Offset{{"llm.requests", 0}, 9}, Offset{LocalLogSource::name(), 2}};
  (*source)->mirror(both);
  CHECK(log->start() == 2);
}

TEST_CASE("Who waits for a write that fails is told so, each of them") {
  const Folder folder;
  const auto log = folder.open();
  append(*log, {"first"});
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{folder.bytes(kFirst).size() + 50, old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &tight);
  std::atomic<int> taken{0};
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 8; ++writer) {
      writers.emplace_back([&] {
        const std::string value(1000, 'x');
        const std::vector<std::string_view> records = {value};
        for (int i = 0; i < 200; ++i) taken += log->append(records) ? 1 : 0;
      });
    }
  }
  ::setrlimit(RLIMIT_FSIZE, &old);
  CHECK(taken == 0);
  CHECK(log->end() == 1);
}

TEST_CASE("A write that fails halfway leaves nothing behind, and the next one works") {
  const Folder folder;
  const auto log = folder.open();
  append(*log, {"first"});
  const std::size_t before = folder.bytes(kFirst).size();
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{before + 50, old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &tight);
  const std::string value(1000, 'x');
  const std::vector<std::string_view> records = {value};
  const auto done = log->append(records);
  ::setrlimit(RLIMIT_FSIZE, &old);
  REQUIRE_FALSE(done);
  CHECK(done.error().reaction == Reaction::retry);
  CHECK(folder.bytes(kFirst).size() == before);
  append(*log, {"second"});
  CHECK(follow(*log).values == Texts{"first", "second"});
}

TEST_CASE("Many who append at once are each durable once, while it is read") {
  const Folder folder;
  constexpr int kWriters = 8, kEach = 50;
  const auto log = folder.open({.segment_bytes = 2000});
  Texts got;
  std::jthread reading([&] {
    auto source = LocalLogSource::follow(*log, std::nullopt, nullptr);
    std::vector<SourceNotice> notices;
    while (got.size() < kWriters * kEach) {
      const auto polled = (*source)->poll(0, 100, Millis{100}, notices);
      if (!polled) return;
      for (const Record& record : *polled) got.emplace_back(record.value);
    }
  });
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&log, writer] {
      for (int i = 0; i < kEach; ++i) {
        const std::string value = std::to_string(writer) + "/" + std::to_string(i);
        const std::vector<std::string_view> records = {value};
        static_cast<void>(log->append(records));
      }
    });
  }
  writers.clear();
  reading.join();
  CHECK(got == follow(*log).values);
  std::sort(got.begin(), got.end());
  CHECK(std::unique(got.begin(), got.end()) == got.end());
  CHECK(got.size() == kWriters * kEach);
}

TEST_CASE("Beside the process that writes, it is read up to where it is whole") {
  const Folder folder;
  const auto log = folder.open();
  append(*log, {"a", "b"});
  std::string half;
  append_frame(half, {2, 0, {"not whole yet"}});
  folder.write(kFirst, folder.bytes(kFirst) + half.substr(0, half.size() - 1));
  auto source = LocalLogSource::read(folder.path, 1);
  REQUIRE(source);
  const auto polled = poll_all(**source);
  CHECK(polled.values == Texts{"b"});
  CHECK(polled.notices.back().kind == Kind::at_end);
}
