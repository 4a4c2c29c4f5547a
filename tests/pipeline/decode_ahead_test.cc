// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode_ahead.h"

#include <catch2/catch.hpp>

#include "event/mapping.h"

using namespace tocsin;

namespace {

struct Heard final : Decoder::Sink {
  void event(const Event& event) override { said.emplace_back(event.user); }
  void quarantined(const Quarantined& bad) override { said.push_back("bad: " + bad.detail); }
  std::vector<std::string> said;
};

std::vector<std::string> delivered(const DecodedChunk& chunk, std::size_t record) {
  Heard heard;
  chunk.deliver(record, heard);
  return heard.said;
}

using Strings = std::vector<std::string>;

// Hands out users by number, some at a time, from memory that the next poll overwrites.
class Users final : public Source {
 public:
  Users(int users, bool breaks) : users_(users), breaks_(breaks) {}
  std::string identity() const override { return "file"; }
  std::vector<PartitionName> partitions() const override { return {{"users", 0}}; }
  Result<std::span<const Record>> poll(unsigned, std::size_t max, Millis,
                                       std::vector<SourceNotice>& notices) override {
    records_.clear();
    values_.assign(max, std::string());
    for (std::size_t i = 0; i < max && next_ < users_; ++i, ++next_) {
      values_[i] = R"({"cost_usd":1,"user":"u)" + std::to_string(next_) + "\"}";
      Record record;
      record.offset = next_;
      record.value = values_[i];
      records_.push_back(record);
    }
    if (records_.empty() && breaks_) return stop("the source broke");
    if (records_.empty()) notices.emplace_back().kind = SourceNotice::Kind::ended;
    return std::span<const Record>(records_);
  }
  void request_end_offsets() override {}
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>>) override {}

 private:
  int users_;
  bool breaks_;
  int next_ = 0;
  std::vector<std::string> values_;
  std::vector<Record> records_;
};

}  // namespace

TEST_CASE("A decoded record is delivered as it was decoded, as often as asked") {
  DecodedChunk chunk;
  const std::string values[] = {R"([{"user":"ann"},{"user":"ben","cost_usd":-1},{"user":"cia"}])",
                                "oh no", R"({"user":"dan"})"};
  std::vector<Record> records(3);
  for (std::size_t i = 0; i < 3; ++i) records[i].value = values[i];
  for (int again = 0; again < 2; ++again) {
    chunk.fill(records, Format::automatic);
    CHECK(delivered(chunk, 0) == Strings{"ann", "bad: cost_usd: -1", "cia"});
    CHECK(delivered(chunk, 0).size() == 3);
    CHECK(delivered(chunk, 1).size() == 1);
    CHECK(delivered(chunk, 2) == Strings{"dan"});
  }
}

TEST_CASE("What was mended is told of the record in which it was") {
  DecodedChunk chunk;
  const std::string values[] = {R"({"user":")" + std::string(300, 'u') + "\"}",
                                R"({"user":"ann"})"};
  std::vector<Record> records(2);
  for (std::size_t i = 0; i < 2; ++i) records[i].value = values[i];
  for (int again = 0; again < 2; ++again) {
    chunk.fill(records, Format::automatic);
    CHECK(chunk.counts(0).values_cut == 1);
    CHECK(chunk.counts(1).values_cut == 0);
  }
}

TEST_CASE("What a mapping reads beside a value outlives the poll that brought it") {
  struct Passing final : RecordEnvelope {
    std::optional<std::string_view> key(const Record&) const override { return bytes; }
    std::optional<std::string_view> header(const Record&, const std::string&) const override {
      return std::nullopt;
    }
    std::string bytes = "ann";
  };
  Diagnostics diagnostics;
  auto mapping = read_mapping("m.yaml", "user: key\ncost: /usd\n", diagnostics);
  REQUIRE(mapping);
  Passing envelope;
  std::vector<Record> records(1);
  records[0].value = R"({"usd":1})";
  records[0].envelope = &envelope;
  DecodedChunk chunk;
  chunk.fill(records, RecordFormat(std::move(*mapping)));
  envelope.bytes = "ben";
  CHECK(delivered(chunk, 0) == Strings{"ann"});
  CHECK(chunk.records()[0].envelope == nullptr);
}

TEST_CASE("What is decoded ahead comes in the source's order, and then its end") {
  Users users(1000, false);
  DecodeAhead ahead(users, Format::automatic, 7);
  int next = 0;
  for (bool ended = false; !ended;) {
    const DecodedChunk& chunk = ahead.next();
    REQUIRE_FALSE(chunk.error);
    for (std::size_t i = 0; i < chunk.records().size(); ++i, ++next) {
      REQUIRE(chunk.records()[i].offset == next);
      REQUIRE(delivered(chunk, i) == Strings{"u" + std::to_string(next)});
    }
    ended = !chunk.notices.empty();
  }
  CHECK(next == 1000);
}

TEST_CASE("A source that breaks is told after all that it gave") {
  Users users(20, true);
  DecodeAhead ahead(users, Format::automatic, 7);
  for (int i = 0; i < 3; ++i) REQUIRE_FALSE(ahead.next().error);
  CHECK(ahead.next().error->message == "the source broke");
}

TEST_CASE("What nobody takes does not keep the reader from ending") {
  Users users(1000, false);
  const DecodeAhead ahead(users, Format::automatic, 7);
}
