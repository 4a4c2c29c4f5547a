// SPDX-License-Identifier: Apache-2.0
#include "pipeline/unpriced_counter.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "pipeline/aggregator.h"
#include "state/memory_store.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

using Kind = UnpricedKey::Kind;

// 21 Nov 2026, 23:30 UTC: in Tokyo it is the 22nd.
constexpr std::chrono::sys_days kDate{std::chrono::year{2026} / 11 / 21};
constexpr std::int32_t kDayNumber = kDate.time_since_epoch().count();
constexpr std::int64_t kEvening = kDayNumber * 86'400'000LL + 84'600'000;

// Requests through stage 1 alone, with a rule for each user and one for all.
struct Requests {
  explicit Requests(std::string zone)
      : aggregator({.rules = rules,
                    .prices = prices,
                    .ids = ids,
                    .lateness = std::nullopt,
                    .zone = std::move(zone)}) {
    aggregator.add_lane({0, "requests", Format::automatic, {}});
  }

  void take(const std::string& fields, std::int64_t at = kEvening) {
    const std::string value = R"({"user":"ann",)" + fields + "}";
    Record record;
    record.offset = offset++;
    record.timestamp = event_time_ms(at);
    record.value = value;
    aggregator.begin_records();
    REQUIRE(aggregator.take(record, 0, batch));
  }
  const UnpricedRow* row(const std::string& model, std::int32_t day, Kind kind = Kind::unpriced,
                         const std::string& service = {}) {
    return batch.unpriced.find({day, kind, model, service});
  }

  std::vector<Rule> rules = {user_day_rule("users", 1), [] {
                               Rule rule = user_day_rule("requests", 1);
                               rule.metric = Metric::requests;
                               return rule;
                             }()};
  PriceList prices = std::move(*PriceList::built_in());
  MemoryStore store;
  IdSet ids{store, {}};
  Aggregator aggregator;
  Batch batch{1};
  std::int64_t offset = 0;
};

const std::string kNano =
    R"("provider":"openai","model":"gpt-6-nano","usage":{"input":7,"cache_read":3,"output":2})";

}  // namespace

TEST_CASE("Requests of an unknown model are counted by the day of the config's time zone") {
  Requests in_utc("UTC");
  in_utc.take(kNano);
  REQUIRE(in_utc.row("openai/gpt-6-nano", kDayNumber) != nullptr);
  Requests in_tokyo("Asia/Tokyo");
  in_tokyo.take(kNano + R"(,"service":"search")");
  in_tokyo.take(kNano, kEvening - 600'000);
  in_tokyo.take(kNano, kEvening - 9 * 3'600'000);
  CHECK(in_tokyo.row("openai/gpt-6-nano", kDayNumber)->requests == 1);
  const UnpricedRow* const row = in_tokyo.row("openai/gpt-6-nano", kDayNumber + 1);
  REQUIRE(row != nullptr);
  CHECK(row->requests == 2);
  CHECK(row->partial == 0);
  CHECK(row->input_tokens == 20);
  CHECK(row->output_tokens == 4);
  CHECK(row->since == event_time_ms(kEvening - 600'000));
  CHECK(row->units == Tally{{"cache_read", 6}, {"input", 14}, {"output", 4}});
  CHECK(row->services == Tally{{"(none)", 1}, {"search", 1}});
}

TEST_CASE("Of what has no price only groups of budgets of money are kept") {
  Requests requests("UTC");
  requests.take(kNano);
  requests.take(R"("provider":"openai","model":"gpt-4o","usage":{"input":7})");
  CHECK(requests.batch.unpriced.rows().size() == 1);
  const UnpricedRow* const row = requests.row("openai/gpt-6-nano", kDayNumber);
  REQUIRE(row->groups.size() == 1);
  CHECK(group_of(row->groups.begin()->first).rule == "users");
  CHECK(group_of(row->groups.begin()->first).group == std::string("\x04"
                                                                  "ann",
                                                                  4));
}

TEST_CASE("A known model whose unit has no price is counted apart, with the unit") {
  Requests requests("UTC");
  requests.take(R"("provider":"openai","model":"gpt-4o","usage":{"input":7,"input_smell":3})");
  const UnpricedRow* const row = requests.row("openai/gpt-4o", kDayNumber);
  REQUIRE(row != nullptr);
  CHECK(row->partial == 1);
  CHECK(row->lacking == Tally{{"input_smell", 1}});
  CHECK(row->units.at("input_smell") == 3);
}

TEST_CASE(
    "Requests with neither usage nor cost are counted by service, those that failed are not") {
  Requests requests("UTC");
  const std::string model = R"("provider":"openai","model":"gpt-4o")";
  requests.take(model + R"(,"service":"search")");
  requests.take(model + R"(,"service":"search","status":200)");
  requests.take(model + R"(,"service":"search","status":429)");
  requests.take(model);
  CHECK(requests.batch.counts[Count::unmetered] == 4);
  CHECK(requests.row("openai/gpt-4o", kDayNumber, Kind::unmetered, "search")->requests == 2);
  CHECK(requests.row("openai/gpt-4o", kDayNumber, Kind::unmetered)->requests == 1);
  CHECK(requests.batch.unpriced.rows().size() == 2);
  requests.batch.clear();
  CHECK(requests.batch.unpriced.empty());
}
