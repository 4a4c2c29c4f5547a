// SPDX-License-Identifier: Apache-2.0
#include "file/recording.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "file/base64.h"
#include "support/temporary_directory.h"

namespace {

using namespace tocsin;
using ItemKind = RecordingItem::Kind;

Record record(std::int64_t offset, std::int64_t timestamp, std::string_view value) {
  Record made;
  made.offset = offset;
  made.timestamp = event_time_ms(timestamp);
  made.value = value;
  return made;
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("A recording has of keys and headers what was asked for, byte by byte") {
  const TemporaryDirectory directory;
  const std::string path = directory / "run.jsonl";
  RecordedEnvelope envelope;
  envelope.key_bytes = std::string("k\0\"\n", 4);
  envelope.header_bytes = {{"team", "payments"},
                           {"tier \"x\"", "ü"},
                           {"raw", std::string("\xff\0", 2)},
                           {"secret", "s"}};
  Record sent = record(7, 1'763'632'800'123, "{}");
  sent.envelope = &envelope;
  const EnvelopeParts parts{.key = true, .headers = {"team", "tier \"x\"", "raw", "absent"}};
  auto writer = RecordingWriter::open(path);
  REQUIRE(writer);
  REQUIRE(writer->record({"t", 0}, sent, parts));
  REQUIRE(writer->record({"t", 0}, sent));
  envelope.key_bytes = "\xfe";
  REQUIRE(writer->record({"t", 0}, sent, {.key = true, .headers = {}}));
  REQUIRE(writer->record({"t", 0}, record(8, 0, "{}"), parts));  // of a source that has none
  REQUIRE(writer->close());

  auto reader = RecordingReader::open(path);
  REQUIRE(reader);
  auto item = reader->next();
  REQUIRE((item && *item && (*item)->envelope));
  CHECK((*item)->envelope->key_bytes == std::string("k\0\"\n", 4));
  envelope.header_bytes.erase("secret");
  CHECK((*item)->envelope->header_bytes == envelope.header_bytes);
  item = reader->next();
  REQUIRE((item && *item));
  CHECK((*item)->envelope == nullptr);
  item = reader->next();
  REQUIRE((item && *item && (*item)->envelope));
  CHECK((*item)->envelope->key_bytes == "\xfe");
  CHECK((*item)->envelope->header_bytes.empty());
  item = reader->next();
  REQUIRE((item && *item));
  CHECK((*item)->envelope == nullptr);

  const std::string line = R"({"topic":"t","partition":0,"offset":1,"timestamp":1,"value":"{}",)";
  for (const char* rest : {R"("key":7})", R"("headers":[]})", R"("headers":{"a":1}})",
                           R"("headers_base64":{"a":"?"}})", R"("key_base64":"?"})"}) {
    INFO(rest);
    write_text(path, line + rest + "\n");
    auto broken = RecordingReader::open(path);
    REQUIRE(broken);
    CHECK_FALSE(broken->next());
  }
}

TEST_CASE("What is written to a recording is read again, in the same order") {
  const TemporaryDirectory directory;
  const std::string path = directory / "run.jsonl";
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  std::string all_ascii;
  for (int i = 0; i < 128; ++i) all_ascii += static_cast<char>(i);
  const std::vector<std::string> values = {
      R"({"id":"a","text":"ü €"})", "", all_ascii, all_bytes, std::string("\xff", 1),
      std::string(6 << 20, '\x01')};

  auto writer = RecordingWriter::open(path);
  REQUIRE(writer);
  REQUIRE(writer->version("rules: [\"x\"]\nsecond line"));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Record each = record(static_cast<std::int64_t>(i) + 7, 1'763'632'800'123, values[i]);
    each.log_append_time = i == 1;
    each.has_timestamp = i != 2;
    REQUIRE(writer->record({"topic \"x\"", 3}, each));
  }
  REQUIRE(writer->tick("1763632800123"));
  REQUIRE(writer->close());

  auto reader = RecordingReader::open(path);
  REQUIRE(reader);
  auto item = reader->next();
  REQUIRE((item && *item));
  CHECK((*item)->kind == ItemKind::version);
  CHECK((*item)->text == "rules: [\"x\"]\nsecond line");
  for (std::size_t i = 0; i < values.size(); ++i) {
    item = reader->next();
    REQUIRE((item && *item));
    CHECK((*item)->kind == ItemKind::record);
    CHECK((*item)->partition == PartitionName{"topic \"x\"", 3});
    const Record& read = (*item)->record;
    CHECK(read.offset == static_cast<std::int64_t>(i) + 7);
    CHECK(read.has_timestamp == (i != 2));
    if (read.has_timestamp) CHECK(to_ms(read.timestamp) == 1'763'632'800'123);
    CHECK(read.log_append_time == (i == 1));
    CHECK((read.value == values[i]));
  }
  item = reader->next();
  REQUIRE((item && *item));
  CHECK((*item)->kind == ItemKind::tick);
  CHECK((*item)->text == "1763632800123");
  item = reader->next();
  REQUIRE(item);
  CHECK_FALSE(*item);
}

TEST_CASE("The lines of a recording stay as they are documented") {
  std::string out;
  append_record_line(out, {"llm.requests", 3}, record(881204, 1763632800123, "{\"a\":\"b\\n\"}"));
  append_record_line(out, {"t", 0}, record(0, 1, "\xff\xfe"));
  append_tick_line(out, "x");
  append_version_line(out, "y");
  CHECK(out == R"({"topic":"llm.requests","partition":3,"offset":881204,"timestamp":1763632800123,)"
               R"("value":"{\"a\":\"b\\n\"}"})"
               "\n"
               R"({"topic":"t","partition":0,"offset":0,"timestamp":1,"value_base64":"//4="})"
               "\n"
               R"({"tick":"x"})"
               "\n"
               R"({"version":"y"})"
               "\n");
}

TEST_CASE("A recording is told from plain events by the keys of its first line") {
  const TemporaryDirectory directory;
  const std::string path = directory / "file";
  const auto told = [&](const std::string& text) {
    write_text(path, text);
    const auto result = is_recording(path);
    REQUIRE(result);
    return *result;
  };
  CHECK(told("{\"topic\":\"t\",\"partition\":0,\"offset\":1,\"timestamp\":1,\"value\":\"\"}\n"));
  CHECK(told("{\"topic\":\"t\",\"partition\":0,\"offset\":1,\"value_base64\":\"\"}"));
  CHECK(told("\n{\"tick\":\"1\"}\n"));
  CHECK(told("{\"version\":\"1\"}\n"));
  CHECK_FALSE(told(""));
  CHECK_FALSE(told("{\"id\":\"a\",\"model\":\"m\"}\n"));
  CHECK_FALSE(told("{\"topic\":\"t\",\"value\":\"x\"}\n"));
  CHECK_FALSE(told("{\"version\":1,\"id\":\"a\"}\n"));
  CHECK_FALSE(told("not json\n"));
  CHECK_FALSE(is_recording(directory / "missing"));
}

TEST_CASE("A line that is none of a recording is named by file and line") {
  const TemporaryDirectory directory;
  const std::string path = directory / "file";
  const std::string good = "{\"tick\":\"1\"}\n\n";
  const auto* bad = GENERATE(
      "{}", "[]", "{\"tick\":1}", "nonsense",
      "{\"topic\":\"t\",\"partition\":-1,\"offset\":1,\"timestamp\":1,\"value\":\"\"}",
      "{\"topic\":\"t\",\"partition\":0,\"offset\":-1,\"timestamp\":1,\"value\":\"\"}",
      "{\"topic\":\"t\",\"partition\":0,\"offset\":1,\"timestamp\":\"1\",\"value\":\"\"}",
      "{\"topic\":\"t\",\"partition\":0,\"offset\":1,\"value\":\"\"}",
      "{\"topic\":\"t\",\"partition\":0,\"offset\":1,\"timestamp\":1,\"value_base64\":\"/\"}");
  write_text(path, good + bad + "\n");
  auto reader = RecordingReader::open(path);
  REQUIRE(reader);
  REQUIRE(reader->next());
  const auto item = reader->next();
  REQUIRE_FALSE(item);
  CHECK_THAT(item.error().message, Catch::StartsWith(path + ":3: not a line of a recording"));
}

TEST_CASE("Base64 reads back what it wrote and nothing else") {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + size);
    std::string text;
    append_base64(text, bytes);
    CHECK(parse_base64(text) == bytes);
  }
  for (const auto* text : {"A", "AB", "ABC", "A===", "AB=C", "AB==AB==", "A B=", "AB\n=", "AC=="}) {
    CHECK(parse_base64(text).has_value() == (std::string(text) == ""));
  }
}
