// SPDX-License-Identifier: Apache-2.0
#include "file/file_source.h"

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/manual_clock.h"
#include "support/temporary_directory.h"

namespace {

using namespace tocsin;
using Kind = SourceNotice::Kind;

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void append(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// What came out of a source, copied, and the position a state would keep.
struct Reader {
  std::unique_ptr<FileSource> source;
  std::vector<std::string> values;
  std::vector<std::int64_t> offsets;
  std::vector<SourceNotice> notices;
  Position position;

  // Polls until two polls in a row bring nothing.
  Reader&& drain(std::size_t max = 3) && { return std::move(drain(max)); }
  Reader& drain(std::size_t max = 3) & {
    for (int empty = 0; empty < 2;) {
      const auto records = source->poll(0, max, Millis{0}, notices);
      REQUIRE(records);
      CHECK(records->size() <= max);
      empty = records->empty() ? empty + 1 : 0;
      for (const Record& record : *records) {
        CHECK_FALSE(record.has_timestamp);
        values.emplace_back(record.value);
        offsets.push_back(record.offset);
        position = {record.offset + 1, record.offset, record.hash};
      }
    }
    return *this;
  }
  const SourceNotice* first(Kind kind) const {
    for (const auto& each : notices) {
      if (each.kind == kind) return &each;
    }
    return nullptr;
  }
  std::size_t count(Kind kind) const {
    std::size_t found = 0;
    for (const auto& each : notices) found += each.kind == kind ? 1 : 0;
    return found;
  }
};

struct Fixture {
  TemporaryDirectory directory;
  ManualClock clock;
  std::string path = directory / "events.jsonl";

  Reader open(std::optional<Position> position = std::nullopt, bool follow = false) {
    auto source = FileSource::open({path, follow}, position, clock);
    REQUIRE(source);
    Reader reader;
    reader.source = std::move(*source);
    reader.position = position.value_or(Position{});
    return reader;
  }
};

using Strings = std::vector<std::string>;
using Offsets = std::vector<std::int64_t>;

}  // namespace

TEST_CASE_METHOD(Fixture, "Lines are records, their offsets are line numbers from 0") {
  write(path, "{\"a\":1}\n{\"a\":2}\r\n\n  \n{\"a\":3}");
  auto reader = open().drain();
  CHECK(reader.values == Strings{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"});
  CHECK(reader.offsets == Offsets{0, 1, 4});
  REQUIRE(reader.first(Kind::begins));
  REQUIRE(reader.count(Kind::at_end) == 1);
  CHECK(reader.first(Kind::at_end)->offset == 5);
  CHECK(reader.source->partitions() == std::vector<PartitionName>{{path, 0}});
  CHECK(reader.source->identity() == "file");
}

TEST_CASE_METHOD(Fixture, "An empty file is at its end at once") {
  write(path, "");
  auto reader = open().drain();
  CHECK(reader.values.empty());
  CHECK(reader.first(Kind::at_end)->offset == 0);
}

TEST_CASE_METHOD(Fixture, "A byte order mark is no part of the first record") {
  write(path, "\xef\xbb\xbf{}\n");
  CHECK(open().drain().values == Strings{"{}"});
}

TEST_CASE_METHOD(Fixture, "gzip and zstd are told by their first bytes, members in a row are one") {
  const std::string first = "one\ntwo";
  const std::string second = "\nthree\n";
  const auto bytes = GENERATE_COPY(gzip(first) + gzip(second), zstd(first) + zstd(second));
  write(path, bytes);
  auto reader = open().drain();
  CHECK(reader.values == Strings{"one", "two", "three"});
  CHECK(reader.count(Kind::at_end) == 1);
}

TEST_CASE_METHOD(Fixture, "Compressed data that breaks off is told after all that could be read") {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919) + "\n";
  auto bytes = GENERATE_COPY(gzip(text), zstd(text));
  bytes.resize(bytes.size() - 9);
  write(path, bytes);
  auto reader = open().drain(10'000);
  CHECK(reader.values.size() > 1000);
  REQUIRE(reader.first(Kind::halted));
  CHECK_THAT(reader.first(Kind::halted)->text, Catch::Contains(path + " ends in the middle"));
  CHECK(reader.count(Kind::at_end) == 0);
}

TEST_CASE_METHOD(Fixture, "Damaged compressed data halts the file") {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919) + "\n";
  std::string bytes = gzip(text);
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 64; ++i) bytes[i] = '\x55';
  write(path, bytes);
  auto reader = open().drain(10'000);
  REQUIRE(reader.first(Kind::halted));
  CHECK_THAT(reader.first(Kind::halted)->text, Catch::Contains("damaged"));
}

TEST_CASE_METHOD(Fixture, "After a restart reading goes on behind the last line delivered") {
  const std::string text = "one\n\ntwo\nthree\nfour\n";
  write(path, GENERATE_COPY(std::string(text), gzip(text), zstd(text)));
  auto before = open();
  const auto records = before.source->poll(0, 2, Millis{0}, before.notices);
  REQUIRE(records->size() == 2);
  const Position position{3, 2, (*records)[1].hash};
  auto after = open(position).drain();
  CHECK(after.values == Strings{"three", "four"});
  CHECK(after.count(Kind::begins) == 0);
  CHECK(after.count(Kind::halted) == 0);
}

TEST_CASE_METHOD(Fixture, "A file rewritten before the position is not read on") {
  write(path, "one\ntwo\n");
  const Position position = open().drain().position;
  write(path, "one\nTWO\nthree\n");
  auto reader = open(position).drain();
  CHECK(reader.values.empty());
  REQUIRE(reader.count(Kind::halted) == 1);
  CHECK_THAT(reader.first(Kind::halted)->text,
             Catch::Contains("line 2 is not the one counted before"));
}

TEST_CASE_METHOD(Fixture, "A file with fewer lines than were counted is not read on") {
  write(path, "one\ntwo\nthree\n");
  const Position position = open().drain().position;
  write(path, "one\n");
  auto reader = open(position, GENERATE(false, true)).drain();
  CHECK(reader.values.empty());
  REQUIRE(reader.count(Kind::halted) == 1);
  CHECK_THAT(reader.first(Kind::halted)->text, Catch::Contains("has only 1 lines, but 3"));
}

TEST_CASE_METHOD(Fixture, "Lines appended to a followed file are delivered") {
  write(path, "one\n");
  auto reader = open(std::nullopt, true).drain();
  CHECK(reader.count(Kind::at_end) == 1);
  append(path, "two\nthr");
  reader.drain();
  CHECK(reader.values == Strings{"one", "two"});
  append(path, "ee\n");
  reader.drain();
  CHECK(reader.values == Strings{"one", "two", "three"});
  CHECK(reader.offsets == Offsets{0, 1, 2});
  CHECK(reader.count(Kind::at_end) == 2);
  CHECK(reader.notices.back().offset == 3);
}

TEST_CASE_METHOD(Fixture, "A followed file may be empty at first, and compressed later") {
  write(path, "");
  auto reader = open(std::nullopt, true).drain();
  append(path, gzip("one\n"));
  CHECK(reader.drain().values == Strings{"one"});
}

TEST_CASE_METHOD(Fixture, "A last line without an end is delivered once it is quiet for a second") {
  write(path, "one\ntwo");
  auto reader = open(std::nullopt, true).drain();
  CHECK(reader.values == Strings{"one"});
  clock.advance(Millis{900});
  append(path, "2");
  CHECK(reader.drain().values == Strings{"one"});
  clock.advance(Millis{999});
  CHECK(reader.drain().values == Strings{"one"});
  clock.advance(Millis{1});
  CHECK(reader.drain().values == Strings{"one", "two2"});
  SECTION("and its end may come later, alone or before the next line") {
    append(path, GENERATE("\n", "\r\n"));
    append(path, "three\n");
    reader.drain();
    CHECK(reader.values == Strings{"one", "two2", "three"});
    CHECK(reader.offsets == Offsets{0, 1, 2});
    CHECK(open(reader.position, true).drain().count(Kind::halted) == 0);
  }
}

TEST_CASE_METHOD(Fixture, "A followed file that is cut or replaced is halted") {
  write(path, "one\ntwo\n");
  auto reader = open(std::nullopt, true).drain();
  SECTION("cut") {
    std::filesystem::resize_file(path, 4);
    reader.drain();
    REQUIRE(reader.first(Kind::halted));
    CHECK_THAT(reader.first(Kind::halted)->text, Catch::Contains("was cut to 4 bytes"));
  }
  SECTION("replaced") {
    write(path + ".new", "three\n");
    std::filesystem::rename(path + ".new", path);
    reader.drain();
    REQUIRE(reader.first(Kind::halted));
    CHECK_THAT(reader.first(Kind::halted)->text, Catch::Contains("was replaced"));
  }
  SECTION("removed") {
    std::filesystem::remove(path);
    reader.drain();
    REQUIRE(reader.first(Kind::halted));
    CHECK_THAT(reader.first(Kind::halted)->text, Catch::Contains("was removed"));
  }
  CHECK(reader.values == Strings{"one", "two"});
}

TEST_CASE_METHOD(Fixture, "Standard input is read as it comes") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const int saved = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  path = "-";
  auto reader = open();
  const auto say = [&](const std::string& text) {
    REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  };
  say("one\ntw");
  CHECK(reader.drain().values == Strings{"one"});
  say("o\nthree");
  CHECK(reader.drain().values == Strings{"one", "two"});
  ::close(ends[1]);
  CHECK(reader.drain().values == Strings{"one", "two", "three"});
  CHECK(reader.notices.back().kind == Kind::at_end);
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  ::close(ends[0]);
}

TEST_CASE_METHOD(Fixture,
                 "A source that ends with its file says so, and a pause of a pipe is no end") {
  write(path, "one\ntwo");
  Reader whole;
  whole.source = std::move(*FileSource::open({.path = path, .ends = true}, {}, clock));
  CHECK(whole.drain().values == Strings{"one", "two"});
  CHECK(whole.count(Kind::ended) == 1);
  CHECK(whole.count(Kind::at_end) == 0);

  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const int saved = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  Reader piped;
  piped.source = std::move(*FileSource::open({.path = "-", .ends = true}, {}, clock));
  REQUIRE(::write(ends[1], "one\n", 4) == 4);
  CHECK(piped.drain().values == Strings{"one"});
  CHECK(piped.count(Kind::ended) == 0);
  ::close(ends[1]);
  CHECK(piped.drain().count(Kind::ended) == 1);
  CHECK(piped.count(Kind::at_end) == 0);
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  ::close(ends[0]);
}

TEST_CASE_METHOD(Fixture,
                 "A line of 5 MiB comes through, a longer one is cut to 1 MiB and a byte") {
  const std::string whole(5 << 20, 'a');
  const std::string longer(whole.size() + GENERATE(1u, 2u, 300'000u, 20'000'000u), 'b');
  const std::string text = "first\n" + whole + "\n" + longer + "\nlast\n";
  write(path, GENERATE_COPY(std::string(text), zstd(text)));
  auto reader = open().drain(100);
  REQUIRE(reader.values.size() == 4);
  CHECK(reader.values[1].size() == whole.size());
  CHECK(reader.values[2].size() == (1 << 20) + 1);
  CHECK(reader.values[3] == "last");
  CHECK(reader.offsets == Offsets{0, 1, 2, 3});
}

TEST_CASE_METHOD(Fixture, "A partition belongs to the first worker alone") {
  write(path, "one\n");
  auto reader = open();
  CHECK(reader.source->poll(1, 10, Millis{0}, reader.notices)->empty());
  CHECK(reader.notices.empty());
  CHECK(reader.drain().values == Strings{"one"});
}

TEST_CASE_METHOD(Fixture, "What cannot be opened is refused by name") {
  const auto missing = FileSource::open({path, false}, std::nullopt, clock);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == path + " cannot be opened: No such file or directory");
  const auto folder = FileSource::open({directory.path(), false}, std::nullopt, clock);
  REQUIRE_FALSE(folder);
  CHECK_THAT(folder.error().message, Catch::Contains("is a folder"));
}
