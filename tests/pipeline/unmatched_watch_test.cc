// SPDX-License-Identifier: Apache-2.0
#include "pipeline/unmatched_watch.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine_fixture.h"
#include "notify/outbox.h"
#include "rule/load.h"
#include "rule/memory_files.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kAnHour = 3'600'000;

const std::string kProduction = R"(rules:
  - name: production-daily
    where: {Environment: production}
    window: day
    budget: $10
)";

// An engine's stage 1 and state thread, by hand: requests are counted, and people told.
struct Fed {
  explicit Fed(const std::string& text) : rules(read(text)) { open(); }

  static std::vector<Rule> read(const std::string& text) {
    MemoryFiles files({{"rules.yaml", text}});
    const RuleContext context{.files = files};
    Loaded loaded = load_rules({"rules.yaml"}, context);
    for (const auto& d : loaded.diagnostics) UNSCOPED_INFO(d.message);
    REQUIRE(loaded.ok());
    return std::move(loaded.rules);
  }
  // A new process.
  void open() {
    auto opened = State::open(
        {.store = store, .rules = rules, .fallback = {}, .alert_log = alert_log, .limits = {}});
    REQUIRE(opened);
    aggregator.reset();
    state = std::move(*opened);
    if (state->partitions().empty()) state->add_partition({"requests", 0});
    samples = std::make_unique<FieldSamples>();
    watch = std::make_unique<UnmatchedWatch>(*samples);
    aggregator = std::make_unique<Aggregator>(AggregatorSetup{.rules = rules,
                                                              .prices = built_in_prices(),
                                                              .ids = state->ids(),
                                                              .lateness = std::nullopt,
                                                              .watch = samples.get()});
    aggregator->add_lane({0, "requests", Format::automatic, {}});
  }
  // So many requests in a commit, an hour after the last ones.
  std::optional<EngineMessage> come(int requests, const std::string& fields) {
    now += kAnHour;
    for (int i = 0; i < requests; ++i) {
      Record record;
      record.offset = offset++;
      record.timestamp = event_time_ms(now);
      const std::string value = R"({"provider":"openai","model":"gpt-4o","user":"ann",)" + fields +
                                R"(,"usage":{"input":1}})";
      record.value = value;
      aggregator->begin_records();
      REQUIRE(aggregator->take(record, 0, batch));
    }
    const Work work = batch.work();
    REQUIRE(state->commit({.work = std::span(&work, 1)}));
    batch.clear();
    auto message = watch->due(*state, how);
    REQUIRE(state->commit({}));
    return message;
  }
  // What is told in a day of them, `each` an hour.
  std::vector<EngineMessage> a_day(int each, const std::string& fields) {
    std::vector<EngineMessage> told;
    for (int hour = 0; hour < 24; ++hour) {
      if (auto message = come(each, fields)) told.push_back(std::move(*message));
    }
    return told;
  }
  // Other rules take their place.
  void edit(const std::string& text) {
    auto next = std::make_shared<const std::vector<Rule>>(read(text));
    auto prepared =
        state->prepare({.rules = *next, .keeps = next, .fallback = {}, .limits = {}, .rows = {}});
    REQUIRE(prepared);
    REQUIRE(state->accept(**prepared));
    REQUIRE(state->exchange(**prepared, {}));
    watch->rules_changed();
  }
  std::size_t outbox_rows() const {
    std::size_t rows = 0;
    for (const auto& [key, value] : store.map()) rows += key[0] == kEnginePrefix ? 1U : 0U;
    return rows;
  }

  std::vector<Rule> rules;
  MemoryStore store;
  NoAlertLog alert_log;
  std::unique_ptr<State> state;
  std::unique_ptr<FieldSamples> samples;
  std::unique_ptr<UnmatchedWatch> watch;
  std::unique_ptr<Aggregator> aggregator;
  Batch batch{1};
  std::int64_t offset = 0, now = kNoon;
  UnmatchedWatch::How how = UnmatchedWatch::How::tell;
};

// At each poll some requests of now, which are the last so far.
class RequestsOfNow final : public Source {
 public:
  RequestsOfNow(const ManualClock& clock, std::size_t each) : clock_(clock), records_(each) {}

  std::string identity() const override { return "now"; }
  std::vector<PartitionName> partitions() const override { return {{"requests", 0}}; }
  Result<std::span<const Record>> poll(unsigned, std::size_t, Millis,
                                       std::vector<SourceNotice>& notices) override {
    for (Record& record : records_) {
      record.offset = offset_++;
      record.timestamp = as_event_time(clock_.wall());
      record.value = kValue;
    }
    SourceNotice notice;
    notice.kind = SourceNotice::Kind::at_end;
    notice.partition = 0;
    notice.offset = offset_;
    notices.push_back(notice);
    return std::span<const Record>(records_);
  }
  void request_end_offsets() override {}
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>>) override {}

 private:
  static constexpr std::string_view kValue =
      R"({"provider":"openai","model":"gpt-4o","usage":{"input":1}})";
  const ManualClock& clock_;
  std::vector<Record> records_;
  std::int64_t offset_ = 0;
};

const std::string kStaging = R"("properties":{"Environment":"staging"})";
const std::string kDev = R"("properties":{"Environment":"dev"})";

}  // namespace

TEST_CASE("A rule that matches nothing for a day is told once, with what requests had instead") {
  Fed requests(kProduction);
  CHECK_FALSE(requests.come(10, kStaging));
  for (int hour = 1; hour < 24; ++hour) CHECK_FALSE(requests.come(9, kStaging));
  const auto told = requests.come(10, kDev);
  REQUIRE(told);
  CHECK(told->kind == "unmatched");
  CHECK(told->subject == "production-daily");
  CHECK(told->text == "Rule production-daily matched none of 217 requests in 24 h");
  // The first hour of it was not looked at.
  CHECK(told->details.at(0) ==
        "rules.yaml:2 asks for Environment = production: in 208 requests looked at, Environment "
        "was never \"production\"; it was \"staging\" (198), \"dev\" (10).");
  CHECK(told->details.at(2) == "What requests had: tocsin explain production-daily");
  CHECK(requests.outbox_rows() == 1);
  CHECK(requests.watch->rules() == 1);
  CHECK(requests.a_day(10, kDev).empty());
  requests.open();
  CHECK(requests.a_day(10, kDev).empty());
  CHECK(requests.watch->rules() == 1);
}

TEST_CASE("Events are looked at only while a rule matches nothing") {
  Fed requests(kProduction);
  const std::string production = R"("properties":{"Environment":"production"})";
  CHECK_FALSE(requests.come(10, production));
  CHECK_FALSE(requests.samples->wants_events());
  CHECK(requests.a_day(1, kDev).empty());
  CHECK(requests.samples->wants_events());
  CHECK_FALSE(requests.come(10, production));
  CHECK_FALSE(requests.samples->wants_events());
}

TEST_CASE("A rule that matches nothing is told again once it has matched in between") {
  Fed requests(kProduction);
  CHECK(requests.a_day(10, kDev).empty());
  CHECK(requests.a_day(10, kDev).size() == 1);
  CHECK(requests.a_day(10, R"("properties":{"environment":"production"})").empty());
  CHECK(requests.watch->rules() == 0);
  CHECK(requests.a_day(10, kDev).empty());
  CHECK(requests.a_day(10, kDev).size() == 1);
}

TEST_CASE("Nothing is told of a rule that matches nothing before a hundred requests came") {
  Fed requests(kProduction);
  CHECK_FALSE(requests.come(10, kDev));
  CHECK(requests.a_day(4, kDev).empty());
  CHECK_FALSE(requests.come(3, kDev));
  const auto told = requests.come(1, kDev);
  REQUIRE(told);
  CHECK(told->text == "Rule production-daily matched none of 100 requests in 26 h");
}

TEST_CASE("Rules that match nothing are told in one message, each with its reason") {
  Fed requests(kProduction +
               R"(  - {name: searches, where: {Featur: search}, window: day, budget: $1}
  - {name: all, window: day, budget: $1}
  - name: slow
    metric: latency_p95
    window: last 5m
    threshold: 20s
)");
  const std::string fields = R"("properties":{"Environment":"Production","Feature":"search"})";
  CHECK(requests.a_day(10, fields).empty());
  const auto told = requests.a_day(10, fields);
  REQUIRE(told.size() == 1);
  CHECK(told[0].subject == "3 rules");
  CHECK(told[0].text == "3 rules matched none of 240 requests in 24 h");
  REQUIRE(told[0].details.size() == 5);
  CHECK(told[0].details[0] ==
        "production-daily: rules.yaml:2 asks for Environment = production: in 230 requests looked "
        "at, Environment was never \"production\"; it was \"Production\" (230). Did you mean "
        "\"Production\"?");
  CHECK(
      told[0].details[1] ==
      "searches: rules.yaml:6 asks for Featur = search: in 230 requests looked at, no request had "
      "\"Featur\"; did you mean \"Feature\"?");
  CHECK(told[0].details[2] ==
        "slow: rules.yaml:8 asks for every request: in 230 requests looked at, no request had "
        "\"latency_ms\".");
  CHECK(requests.outbox_rows() == 1);
}

TEST_CASE(
    "Of rules that match nothing for different times the least is told, which holds for all") {
  Fed requests(kProduction +
               "  - {name: search, where: {Feature: search}, window: day, budget: $1}\n");
  const std::string search = R"("properties":{"Feature":"search"})";
  for (int hour = 0; hour < 9; ++hour) CHECK_FALSE(requests.come(hour == 0 ? 10 : 1, kDev));
  CHECK_FALSE(requests.come(1, search));
  for (int hour = 10; hour < 40; ++hour) CHECK_FALSE(requests.come(1, kDev));
  const auto told = requests.come(100, kDev);
  REQUIRE(told);
  CHECK(told->text == "2 rules matched none of 129 requests in 30 h");
}

TEST_CASE("Of many rules that match nothing ten are told with their reasons") {
  std::string rules = kProduction;
  for (int i = 2; i <= 12; ++i) {
    rules += "  - {name: n" + std::to_string(i) + ", where: {Team: t}, window: day, budget: $1}\n";
  }
  Fed requests(rules);
  CHECK(requests.a_day(10, kDev).empty());
  const auto told = requests.a_day(10, kDev);
  REQUIRE(told.size() == 1);
  CHECK(told[0].text == "12 rules matched none of 240 requests in 24 h");
  REQUIRE(told[0].details.size() == 13);
  CHECK_THAT(told[0].details[9], Catch::StartsWith("n10: rules.yaml:14 asks for Team = t: "));
  CHECK(told[0].details[10] == "And 2 more: tocsin explain lists all rules.");
  CHECK(requests.watch->rules() == 12);
}

TEST_CASE("After an edit it is known at once which of the rules of now match nothing") {
  Fed requests(kProduction + "  - {name: all, window: day, budget: $1}\n");
  CHECK(requests.a_day(10, kDev).empty());
  CHECK(requests.a_day(10, kDev).size() == 1);
  CHECK(requests.watch->rules() == 1);
  requests.edit("rules: [{name: all, window: day, budget: $1}]\n");
  CHECK_FALSE(requests.watch->due(*requests.state, requests.how));
  CHECK(requests.watch->rules() == 0);
}

TEST_CASE("An engine tells of a rule that matches nothing while it runs") {
  EngineRun run{Fed::read(kProduction), &built_in_prices(), 1, 1'000};
  MemoryStore store;
  NoAlertLog alert_log;
  auto opened = State::open(
      {.store = store, .rules = run.rules, .fallback = {}, .alert_log = alert_log, .limits = {}});
  REQUIRE(opened);
  RecordingTeller teller;
  ManualClock clock{WallTime{Millis{kNoon}}};
  SilentLog log;
  RequestsOfNow source(clock, 5);
  Engine engine({.sources = {{&source, Format::automatic, 1, false}},
                 .aggregator = run.aggregator(**opened),
                 .state = **opened,
                 .teller = teller,
                 .clock = clock,
                 .log = log,
                 .quarantine = {},
                 .batch = {1'000, Millis{20}},
                 .live = true,
                 .replay_tick = {},
                 .identify = {}});
  REQUIRE(engine.start());
  for (int hour = 0; hour < 30 && teller.troubles.empty(); ++hour) {
    clock.advance(std::chrono::hours(1));
    for (int turns = 0; turns < 2; ++turns) engine.turn_worker(0, Millis{0});
    REQUIRE(engine.turn(Millis{0}));
  }
  REQUIRE(teller.troubles.size() == 1);
  CHECK(teller.troubles[0].kind == "unmatched");
  CHECK(engine.status().unmatched_rules == 1);
}

TEST_CASE("Why a rule matches nothing is not said when it is not known") {
  Fed requests(kProduction);
  CHECK(requests.a_day(10, kDev).empty());
  requests.open();
  const auto told = requests.a_day(10, kDev);
  REQUIRE(told.size() == 1);
  CHECK(told[0].details[0] == "rules.yaml:2 asks for Environment = production.");
}

TEST_CASE(
    "While the past is caught up with nothing is told of what matches nothing, but looked at") {
  Fed requests(kProduction);
  requests.how = UnmatchedWatch::How::look;
  CHECK(requests.a_day(10, kDev).empty());
  CHECK(requests.a_day(10, kDev).empty());
  requests.how = UnmatchedWatch::How::tell;
  const auto told = requests.watch->due(*requests.state, requests.how);
  REQUIRE(told);
  CHECK_THAT(told->details[0], Catch::EndsWith("it was \"dev\" (460)."));
}
