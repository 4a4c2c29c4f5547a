// SPDX-License-Identifier: Apache-2.0
#include "pipeline/unpriced_watch.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine_fixture.h"
#include "notify/outbox.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kPicoDollar = 1'000'000'000'000;
constexpr Millis kGather{30'000};
// 21 Nov 2026, 00:12 in Tokyo: in UTC it is the 20th.
constexpr std::chrono::sys_days kTwentieth{std::chrono::year{2026} / 11 / 20};
constexpr std::int64_t kMorning = kTwentieth.time_since_epoch().count() * 86'400'000LL + 54'720'000;

// An engine's state thread, by hand: requests are counted, and people told.
struct Counted {
  Counted() { open(); }
  void open() {
    auto opened = State::open(
        {.store = store, .rules = rules, .fallback = {}, .alert_log = alert_log, .limits = {}});
    REQUIRE(opened);
    aggregator.reset();
    state = std::move(*opened);
    if (state->partitions().empty()) state->add_partition({"requests", 0});
    watch = UnpricedWatch({kGather, "Asia/Tokyo", like});
    reload();
  }
  void reload() {
    aggregator = std::make_unique<Aggregator>(AggregatorSetup{.rules = rules,
                                                              .prices = prices,
                                                              .ids = state->ids(),
                                                              .lateness = std::nullopt,
                                                              .zone = "Asia/Tokyo"});
    aggregator->add_lane({0, "requests", Format::automatic, {}});
  }
  void take(const std::string& fields, std::int64_t at = kMorning) {
    Record record;
    record.offset = offset++;
    record.timestamp = event_time_ms(at);
    const std::string value = R"({"user":"ann",)" + fields + "}";
    record.value = value;
    aggregator->begin_records();
    REQUIRE(aggregator->take(record, 0, batch));
    const Work work = batch.work();
    REQUIRE(state->commit({.work = std::span(&work, 1)}));
    batch.clear();
  }
  std::vector<EngineMessage> due(bool at_once = false) {
    auto messages = watch.due(*state, clock, at_once);
    REQUIRE(state->commit({}));
    return messages;
  }
  std::vector<EngineMessage> due_in(Millis wait) {
    REQUIRE(due().empty());
    clock.advance(wait);
    return due();
  }
  std::size_t outbox_rows() const {
    std::size_t rows = 0;
    for (const auto& [key, value] : store.map()) rows += key[0] == kEnginePrefix ? 1U : 0U;
    return rows;
  }

  std::vector<Rule> rules = {user_day_rule("users", 10 * kPicoDollar), [] {
                               Rule all = user_day_rule("all", 20 * kPicoDollar);
                               all.group_by.clear();
                               return all;
                             }()};
  PriceList prices = std::move(*PriceList::built_in());
  MemoryStore store;
  NoAlertLog alert_log;
  ManualClock clock{WallTime{Millis{kMorning + 60'000}}};
  std::string like;
  std::unique_ptr<State> state;
  UnpricedWatch watch{{}};
  std::unique_ptr<Aggregator> aggregator;
  Batch batch{1};
  std::int64_t offset = 0;
};

const std::string kNanoCall =
    R"("provider":"openai","model":"gpt-6-nano","usage":{"input":1000000,"output":10})";
const std::string kAcmeCall = R"("provider":"acme","model":"x","usage":{"input":5})";

}  // namespace

TEST_CASE("A model without a price is told once a day, a while after its first request") {
  Counted counted;
  CHECK(counted.due().empty());
  counted.take(kNanoCall + R"(,"service":"search")");
  CHECK(counted.due_in(kGather - Millis{1}).empty());
  counted.take(kNanoCall + R"(,"service":"chat")", kMorning + 1);
  counted.take(kNanoCall + R"(,"service":"chat")", kMorning + 2);
  counted.clock.advance(Millis{1});
  const auto told = counted.due();
  REQUIRE(told.size() == 1);
  CHECK(told[0].kind == "unpriced");
  CHECK(told[0].subject == "openai/gpt-6-nano");
  CHECK(told[0].text == "No price for openai/gpt-6-nano: 3 requests since 00:12 are in no budget");
  REQUIRE(told[0].unpriced);
  const UnpricedModel& model = told[0].unpriced->models.at(0);
  CHECK(model.input_tokens == 3'000'000);
  CHECK(model.services.at(0) == std::pair{std::string("chat"), std::uint64_t{2}});
  REQUIRE(model.likes.size() == 2);
  CHECK(model.likes[0].cost < model.likes[1].cost);
  CHECK(counted.outbox_rows() == 1);

  counted.take(kNanoCall, kMorning + 3);
  CHECK(counted.due_in(kGather).empty());
  counted.open();
  counted.take(kNanoCall, kMorning + 4);
  CHECK(counted.due_in(kGather).empty());
  counted.clock.advance(std::chrono::days(1));
  counted.take(kNanoCall, kMorning + 86'400'000);
  CHECK(counted.due_in(kGather).size() == 1);
}

TEST_CASE("What some of a model's requests would cost is not told as what all would") {
  Counted counted;
  counted.take(kNanoCall);
  counted.take(R"("provider":"openai","model":"gpt-6-nano","usage":{"input":10,"smells":5})");
  const auto told = counted.due_in(kGather);
  REQUIRE(told.size() == 1);
  const UnpricedModel& model = told[0].unpriced->models.at(0);
  CHECK(model.requests == 2);
  CHECK(model.likes.empty());
}

TEST_CASE("What was not yet told when a process died is told by the next") {
  Counted counted;
  counted.take(kNanoCall);
  CHECK(counted.due().empty());
  counted.open();
  CHECK(counted.due_in(kGather).size() == 1);
}

TEST_CASE("Models that come together come in one message, and so do days gone by") {
  Counted counted;
  counted.take(kAcmeCall, kMorning - 86'400'000);
  counted.take(kAcmeCall);
  counted.take(kNanoCall);
  const auto told = counted.due(true);
  REQUIRE(told.size() == 1);
  CHECK(told[0].subject == "2 models");
  CHECK(told[0].text == "No price for 2 models: 3 requests since 20 Nov, 00:12 are in no budget");
  CHECK(told[0].unpriced->models.at(0).requests == 2);
  CHECK(told[0].unpriced->models.at(0).likes.empty());
  CHECK(counted.due(true).empty());
}

TEST_CASE("Budgets that would contain it are told with how full they are") {
  Counted counted;
  counted.take(R"("provider":"openai","model":"gpt-4o","usage":{"input":2000000})");  // $5
  counted.take(kNanoCall);
  const auto told = counted.due(true);
  REQUIRE(told.size() == 1);
  const auto& budgets = told[0].unpriced->models.at(0).budgets;
  REQUIRE(budgets.size() == 2);
  CHECK(budgets[0].rule == "all");
  CHECK(budgets[0].group.empty());
  CHECK(budgets[0].percent == 25);
  CHECK(budgets[1].rule == "users");
  CHECK(budgets[1].group == "ann");
  CHECK(budgets[1].percent == 50);
}

TEST_CASE("A unit without a price of a known model is named") {
  Counted counted;
  counted.take(R"("provider":"openai","model":"gpt-4o","usage":{"input":1,"input_smell":3})");
  const auto told = counted.due(true);
  REQUIRE(told.size() == 1);
  CHECK(told[0].text ==
        "No price for input_smell of openai/gpt-4o: 1 request since 00:12 counted too low");
  CHECK(told[0].unpriced->models.at(0).likes.empty());
}

TEST_CASE("What unknown models are counted as is told, and is in their budgets") {
  Counted counted;
  counted.like = "gpt-4o";
  REQUIRE(counted.prices.set_unknown_like("gpt-4o"));
  counted.open();
  counted.take(kNanoCall);
  CHECK(counted.state->counts()[Count::unpriced] == 0);
  CHECK(counted.state->counts().cost.text() == "2.5001");
  const auto told = counted.due(true);
  REQUIRE(told.size() == 1);
  CHECK(told[0].text == "No price for openai/gpt-6-nano: 1 request since 00:12 counted as gpt-4o");
  const UnpricedModel& model = told[0].unpriced->models.at(0);
  CHECK(model.estimate.text() == "2.5001");
  CHECK(model.budgets.at(1).percent == 25);
}

TEST_CASE("What was priced before people were told is not told") {
  Counted counted;
  counted.take(kNanoCall);
  counted.take(kAcmeCall);
  counted.state->unpriced().price_later(counted.state->unpriced().rows().begin()->first, 1);
  const auto told = counted.due(true);
  REQUIRE(told.size() == 1);
  CHECK(told[0].subject == "openai/gpt-6-nano");
  CHECK(counted.state->unpriced().untold() == 0);
}

TEST_CASE("Requests with neither usage nor cost are told by service and model") {
  Counted counted;
  counted.take(R"("provider":"openai","model":"gpt-4o","service":"search")");
  counted.take(R"("provider":"openai","model":"gpt-4o","service":"search")");
  const auto told = counted.due(true);
  REQUIRE(told.size() == 1);
  CHECK(told[0].kind == "unmetered");
  CHECK(told[0].text ==
        "No usage from search for openai/gpt-4o: 2 requests since 00:12 cost nothing");
  counted.take(R"("provider":"openai","model":"gpt-4o","service":"chat")");
  CHECK(counted.due(true).size() == 1);
  CHECK(counted.due(true).empty());
}
