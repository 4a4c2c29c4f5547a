// SPDX-License-Identifier: Apache-2.0
#include "pipeline/aggregator.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "event/mapping.h"
#include "state/memory_store.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMidnight = 20'400 * kDay;

// Requests of a dollar, at most, through stage 1 alone.
struct Stage {
  explicit Stage(std::vector<Rule> its_rules, std::shared_ptr<const Lookups> tables = nullptr)
      : rules(std::move(its_rules)), lookups(std::move(tables)) {
    for (const std::uint32_t partition : {0u, 1u}) {
      aggregator.add_lane({partition, "requests", Format::automatic, {}});
      for (int i = 0; i < 8; ++i)
        take(partition, kMidnight - kHour + i);  // from here on it is believed
    }
    batch.clear();
  }

  void take(std::uint32_t partition, std::int64_t stamp, std::int64_t record_stamp) {
    take_text(partition, record_stamp,
              R"({"user":"ann","cost_usd":1,"timestamp":)" + std::to_string(stamp) + "}");
  }
  void take(std::uint32_t partition, std::int64_t stamp) { take(partition, stamp, stamp); }
  void take_text(std::uint32_t partition, std::int64_t record_stamp, const std::string& value) {
    Record record;
    record.partition = partition;
    record.offset = offset++;
    record.timestamp = event_time_ms(record_stamp);
    record.hash = 7;
    record.value = value;
    aggregator.begin_records();
    REQUIRE(aggregator.take(record, partition, batch));
  }

  std::int64_t counted() const {
    std::int64_t requests = 0;
    for (const Delta& delta : batch.fold.deltas()) requests += delta.requests;
    return requests;
  }
  std::uint64_t late() const { return batch.counts[Count::late]; }

  std::vector<Rule> rules;
  std::shared_ptr<const Lookups> lookups;
  PriceList prices = std::move(*PriceList::built_in());
  MemoryStore store;
  IdSet ids{store, {}};
  Aggregator aggregator{{.rules = rules,
                         .prices = prices,
                         .cost = CostChoice::computed,
                         .ids = ids,
                         .lateness = std::nullopt,
                         .lookups = lookups}};
  Batch batch{1};
  std::int64_t offset = 0;
};

Rule judged_rule() {
  Rule rule = user_day_rule("errors", 1);
  rule.metric = Metric::error_rate;
  return rule;
}

}  // namespace

TEST_CASE("A window or slot takes events until its partition is at its end and the lateness") {
  Rule rule = user_day_rule("spend", 1);
  if (GENERATE(false, true)) {
    rule.window.kind = WindowKind::rolling;
    rule.window.length = Millis{kHour};
  }
  Stage stage({rule});
  stage.take(0, kMidnight);
  stage.take(0, kMidnight + kHour - 1);
  stage.take(0, kMidnight - 1);
  CHECK(stage.counted() == 3);
  stage.take(0, kMidnight + kHour);
  stage.take(0, kMidnight - 1);
  CHECK(stage.counted() == 4);
  CHECK(stage.late() == 1);
}

TEST_CASE("What a table fills in is what rules see") {
  LookupTable table{lookup_field("key"), {lookup_field("user")}, {{"ck", {"ann"}}}};
  Stage stage({user_day_rule("daily", 1)}, std::make_shared<const Lookups>(std::vector{table}));
  stage.take(0, kMidnight);
  for (const char* key : {"ck", "unknown"}) {
    stage.take_text(0, kMidnight, R"({"cost_usd":1,"key":")" + std::string(key) + R"("})");
  }
  // Of two groups: ann, twice, and nobody.
  REQUIRE(stage.batch.fold.deltas().size() == 2);
  CHECK(stage.batch.fold.deltas()[0].requests == 2);
  CHECK(stage.batch.fold.deltas()[1].requests == 1);
}

TEST_CASE("What one partition may still count does not depend on how far another has come") {
  Stage stage({user_day_rule("daily", 1)});
  for (std::int64_t t = kMidnight; t <= kMidnight + 2 * kHour; t += kHour) stage.take(1, t);
  stage.take(0, kMidnight - 1);
  CHECK(stage.counted() == 4);
  CHECK(stage.late() == 0);
}

TEST_CASE("A judged pane takes events up to a minute behind their partition, and no later") {
  Stage stage({judged_rule()});
  stage.take(0, kMidnight);
  stage.take(0, kMidnight - kMinute);
  CHECK(stage.counted() == 2);
  stage.take(0, kMidnight - kMinute - 1);
  CHECK(stage.counted() == 2);
  CHECK(stage.late() == 1);
}

TEST_CASE("A stamp over five minutes ahead of its record is the record's") {
  Stage stage({user_day_rule("daily", 1)});
  stage.take(0, kMidnight + 4 * kMinute, kMidnight - kMinute);
  CHECK(stage.batch.counts[Count::future_clamped] == 0);
  stage.take(0, kMidnight + 4 * kMinute + 1, kMidnight - kMinute);
  CHECK(stage.batch.counts[Count::future_clamped] == 1);
  REQUIRE(stage.batch.fold.deltas().size() == 2);
  CHECK(stage.batch.fold.deltas()[0].at == kMidnight);
  CHECK(stage.batch.fold.deltas()[1].at == kMidnight - kDay);
}

TEST_CASE("A record that says it is of 2099 moves its partition's time only with seven others") {
  Stage stage({user_day_rule("daily", 1)});
  const std::int64_t then = kMidnight + 70 * 365 * kDay;
  for (int i = 0; i < 7; ++i) stage.take(0, then);
  stage.take(0, kMidnight);
  CHECK(stage.batch.counts[Count::too_old] == 0);
  for (int i = 0; i < 8; ++i) stage.take(0, then);
  stage.take(0, kMidnight);
  CHECK(stage.batch.counts[Count::too_old] == 1);
}

TEST_CASE("What decoding mended or passed over is counted with the records") {
  Stage stage({user_day_rule("daily", 1)});
  stage.take_text(0, kMidnight, R"({"user":")" + std::string(300, 'u') + R"(","cost_usd":1})");
  stage.take_text(0, kMidnight,
                  R"({"usage":{"prompt_tokens":1,"completion_tokens":1,)"
                  R"("completion_tokens_details":{"reasoning_tokens":5}}})");
  stage.take_text(0, kMidnight, R"({"resourceSpans":[{"scopeSpans":[{"spans":[{},{}]}]}]})");
  stage.take_text(0, kMidnight, R"({"id":"a","properties":{"list":[]}})");
  CHECK(stage.batch.counts[Count::values_cut] == 1);
  CHECK(stage.batch.counts[Count::counts_mended] == 1);
  CHECK(stage.batch.counts[Count::spans_passed] == 2);
  CHECK(stage.batch.counts[Count::properties_dropped] == 1);
  CHECK(stage.batch.counts[Count::records] == 4);
  CHECK(stage.batch.counts[Count::events] == 3);
}

TEST_CASE("A batch goes on behind its last record, and remembers which that was") {
  Stage stage({user_day_rule("daily", 1)});
  stage.take(0, kMidnight);
  stage.take(0, kMidnight);
  REQUIRE(stage.batch.progress.size() == 1);
  const Position& position = stage.batch.progress[0].position;
  CHECK(position.next_offset == stage.offset);
  CHECK(position.last_offset == stage.offset - 1);
  CHECK(position.last_record_hash == 7);
}

TEST_CASE("After a record that cannot be read its partition goes on, and has passed it") {
  Stage stage({user_day_rule("daily", 1)});
  stage.take_text(0, kMidnight, "{nope");
  CHECK(stage.batch.progress.at(0).position.next_offset == stage.offset);
  stage.take(0, kMidnight);
  CHECK(stage.counted() == 1);
  CHECK(stage.batch.set_aside.size() == 1);
}

TEST_CASE("The same id of another producer is another request") {
  Stage stage({user_day_rule("daily", 1)});
  const std::string native = R"({"id":"r-1","user":"ann","cost_usd":1})";
  const std::string helicone = R"({"request_id":"r-1","model":"gpt-4o","provider":"OPENAI",
    "request_body":"{}","response_body":"{}","request_response_url":"https://s3",
    "metadata":{"cost":0.000225,"promptTokens":10}})";
  stage.take_text(0, kMidnight, native);
  stage.take_text(0, kMidnight, helicone);
  CHECK(stage.batch.counts[Count::duplicates] == 0);
  stage.take_text(0, kMidnight, native);
  stage.take_text(1, kMidnight, helicone);
  CHECK(stage.batch.counts[Count::duplicates] == 2);
  CHECK(stage.counted() == 2);
}

TEST_CASE("A copy that tells another cost is counted, and the first of a batch is kept") {
  Stage stage({user_day_rule("daily", 1)});
  const std::string begun = R"({"id":"r-1","user":"ann","model":"gpt-4o","usage":{"input":10}})";
  stage.take_text(0, kMidnight, begun);
  stage.take_text(0, kMidnight, begun);
  CHECK(stage.batch.counts[Count::other_cost] == 0);
  CHECK_FALSE(stage.batch.other_cost);
  const std::int64_t at = stage.offset;
  stage.take_text(1, kMidnight,
                  R"({"id":"r-1","user":"ann","usage":{"input":10,"output":7},"cost_usd":2})");
  stage.take_text(1, kMidnight, R"({"id":"r-1","user":"ann","usage":{"input":11}})");
  CHECK(stage.batch.counts[Count::duplicates] == 3);
  CHECK(stage.batch.counts[Count::other_cost] == 2);
  REQUIRE(stage.batch.other_cost);
  CHECK(stage.batch.other_cost->id == "r-1");
  CHECK(stage.batch.other_cost->producer.empty());
  CHECK(stage.batch.other_cost->partition == 1);
  CHECK(stage.batch.other_cost->offset == at);
  CHECK(stage.batch.other_cost->input_tokens == 10);
  CHECK(stage.batch.other_cost->output_tokens == 7);
  CHECK(stage.batch.other_cost->reported == Money::pico(2'000'000'000'000));
  stage.batch.clear();
  CHECK_FALSE(stage.batch.other_cost);
}

// gpt-4o: $2.50 a million of input. 1 M cached: nothing, and $2.50 saved. 1 M of input and 5 of
// output of which 9 are reasoning: $2.50 and 5 · $10/M.
TEST_CASE("What a cache saved is summed up, and counts that cannot be are counted") {
  Stage stage({user_day_rule("daily", 1)});
  const std::string head = R"({"provider":"openai","model":"gpt-4o","user":"ann",)";
  stage.take_text(0, kMidnight, head + R"("cached":true,"usage":{"input":1000000}})");
  CHECK(stage.batch.counts.saved == Money::pico(2'500'000'000'000));
  CHECK(stage.batch.counts.cost == Money{});
  CHECK(stage.batch.counts[Count::clamped] == 0);
  stage.take_text(0, kMidnight, head + R"("usage":{"input":1000000,"output":5,"reasoning":9}})");
  CHECK(stage.batch.counts[Count::clamped] == 1);
  CHECK(stage.batch.counts.cost == Money::pico(2'500'050'000'000));
  CHECK(stage.batch.counts.saved == Money::pico(2'500'000'000'000));
}

// 10 + 20 images of input, 30 audio cached of 40 cached; 50 + 60 images of output.
TEST_CASE("Tokens of images and cached audio count in the metrics of tokens") {
  std::vector<Rule> rules;
  for (const Metric metric :
       {Metric::input_tokens, Metric::output_tokens, Metric::cached_tokens, Metric::tokens}) {
    rules.push_back(user_day_rule("rule" + std::to_string(rules.size()), 1));
    rules.back().metric = metric;
  }
  Stage stage(rules);
  stage.take_text(0, kMidnight, R"({"user":"ann","usage":{"input":10,"input_image":20,
    "cache_read":10,"cache_audio_read":30,"output":50,"output_image":60,"web_search":7}})");
  std::map<std::uint32_t, std::int64_t> sums;
  for (const Delta& delta : stage.batch.fold.deltas()) {
    sums[delta.rule] = static_cast<std::int64_t>(delta.amount);
  }
  CHECK(sums == std::map<std::uint32_t, std::int64_t>{{0, 70}, {1, 110}, {2, 40}, {3, 180}});
}

TEST_CASE("Who takes partitions over reads their records, and those of new ones, in its formats") {
  Stage stage({user_day_rule("a", 1)});
  const auto named = [](const std::string& source) {
    Diagnostics diagnostics;
    auto mapping = read_mapping("m.yaml", "user: /who\ncost: /usd\n", diagnostics);
    return source == "requests" ? std::optional<RecordFormat>(std::move(*mapping)) : std::nullopt;
  };
  Aggregator next{{.rules = stage.rules,
                   .prices = stage.prices,
                   .ids = stage.ids,
                   .lateness = std::nullopt,
                   .format_of = named}};
  next.take_over(stage.aggregator);
  next.add_lane({2, "requests", Format::native, {}});
  next.add_lane({3, "others", Format::native, {}});
  Batch batch{1};
  const auto take = [&](std::uint32_t partition, std::string_view value) {
    Record record;
    record.partition = partition;
    record.timestamp = event_time_ms(kMidnight + kHour);
    record.value = value;
    next.begin_records();
    REQUIRE(next.take(record, partition, batch));
  };
  for (const std::uint32_t partition : {0u, 1u, 2u}) take(partition, R"({"who":"x","usd":1})");
  CHECK(batch.set_aside.empty());
  CHECK(batch.counts[Count::unmetered] == 0);
  take(3, R"({"user":"x","cost_usd":1})");
  CHECK(batch.set_aside.empty());
  CHECK(batch.counts[Count::unmetered] == 0);
}
