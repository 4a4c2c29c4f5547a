// SPDX-License-Identifier: Apache-2.0
#include "cli/request_scan.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "support/manual_clock.h"
#include "support/temporary_directory.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kScanNoon = 1'795'262'400'000;  // 2026-11-21T12:00:00Z

class NoLog final : public Log {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

// Remembers the offsets of each part.
class Offsets final : public RequestVisitor {
 public:
  void begin_part() override { parts.emplace_back(); }
  void request(const ScannedRequest& request) override { parts.back().push_back(request.offset); }
  void quarantined(const Quarantined&, const PartitionName&, const Record&) override {
    ++set_aside;
  }
  bool end_part(bool) override { return go_on; }

  std::vector<std::vector<std::int64_t>> parts;
  int set_aside = 0;
  bool go_on = true;
};

// A file of requests, a second apart up to noon, and what scans it.
class Scanning {
 public:
  explicit Scanning(std::int64_t lines) : path_(directory_.path() + "/requests.jsonl") {
    std::ofstream file(path_);
    for (std::int64_t i = 0; i < lines; ++i) {
      file << R"({"id":"r)" << i << R"(","timestamp":)" << kScanNoon - (lines - i) * 1000
           << R"(,"model":"gpt-4o","usage":{"input":1}})" << '\n';
    }
    SourceConfig source;
    source.from = FileSourceConfig{path_};
    config_.sources.push_back(source);
    row_.name = {path_, 0};
    row_.first_offset = 0;
    row_.position.next_offset = lines;
  }

  Scanned scan(RequestVisitor& visitor, std::optional<EventTime> since = std::nullopt) {
    const auto prices = PriceList::built_in();
    REQUIRE(prices);
    return scan_requests(
        {config_, *prices, clock_, log_, interrupted, {row_}, Millis{60'000}, before_engine, since},
        visitor);
  }

  std::atomic<bool> interrupted{false};
  bool before_engine = false;
  PartitionRow& row() { return row_; }
  std::string append(const std::string& line) {
    std::ofstream(path_, std::ios::app) << line << '\n';
    return line;
  }

 private:
  TemporaryDirectory directory_;
  std::string path_;
  Config config_;
  PartitionRow row_;
  ManualClock clock_;
  NoLog log_;
};

}  // namespace

TEST_CASE("Requests are read up to where the engine has come, and not before where it began") {
  Scanning scanning(5);
  scanning.row().position.next_offset = 4;
  scanning.row().first_offset = 1;
  Offsets seen;
  const Scanned scanned = scanning.scan(seen);
  CHECK(seen.parts == std::vector<std::vector<std::int64_t>>{{1, 2, 3}});
  CHECK(scanned.records == 3);
  CHECK(scanned.from_beginning);
  CHECK_FALSE(scanned.newest_missing);
  CHECK(scanned.earliest == event_time_ms(kScanNoon - 4'000));
  Offsets all;
  scanning.before_engine = true;
  CHECK(scanning.scan(all).records == 4);
}

TEST_CASE("The newest part is read first, each in the order of its offsets") {
  Scanning scanning(50'003);
  Offsets seen;
  const Scanned scanned = scanning.scan(seen);
  REQUIRE(seen.parts.size() == 2);
  CHECK(seen.parts[0].front() == 3);
  CHECK(seen.parts[0].back() == 50'002);
  CHECK(seen.parts[1] == std::vector<std::int64_t>{0, 1, 2});
  CHECK(scanned.records == 50'003);
  CHECK(scanned.from_beginning);
}

TEST_CASE("What is older than wanted, or comes after enough was seen, is not read") {
  Scanning scanning(50'003);
  Offsets wanted;
  const Scanned scanned = scanning.scan(wanted, event_time_ms(kScanNoon + 4'000'000));
  CHECK(wanted.parts.size() == 1);
  CHECK_FALSE(scanned.from_beginning);
  Offsets enough;
  enough.go_on = false;
  CHECK(scanning.scan(enough).records == 50'000);
}

TEST_CASE("What cannot be decoded is handed out as set aside") {
  Scanning scanning(1);
  scanning.append("{not json");
  scanning.row().position.next_offset = 2;
  Offsets seen;
  CHECK(scanning.scan(seen).records == 2);
  CHECK(seen.set_aside == 1);
}

TEST_CASE("A scan that is ended says so, and that the newest are missing") {
  Scanning scanning(10);
  scanning.interrupted = true;
  Offsets seen;
  const Scanned scanned = scanning.scan(seen);
  CHECK(scanned.interrupted);
  CHECK(scanned.newest_missing);
  CHECK(scanned.records == 1);
}

TEST_CASE("A source that is gone is named, not passed over") {
  Scanning scanning(3);
  scanning.row().name.topic = "another.jsonl";
  Offsets seen;
  const Scanned scanned = scanning.scan(seen);
  CHECK(scanned.records == 0);
  CHECK(scanned.trouble == "no source of the config reads another.jsonl");
}
