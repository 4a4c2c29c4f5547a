// SPDX-License-Identifier: Apache-2.0
#include "pipeline/repricing.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "state/keys.h"
#include "state/memory_store.h"
#include "state/view.h"
#include "support/alert_logs.h"
#include "support/dollar.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kReadAgain = 20'400 * kDay + 8 * kHour;
constexpr std::uint32_t kLanes = 2;

std::shared_ptr<const PriceList> list(const std::string& models) {
  Diagnostics diagnostics;
  auto made = PriceList::with_texts({{"p.yaml", "version: 1\nprovider: acme\nmodels:\n" + models}},
                                    diagnostics);
  if (!made) throw std::runtime_error(render(diagnostics.at(0)));
  return std::make_shared<const PriceList>(std::move(*made));
}
std::string model(const std::string& name, const std::string& input) {
  return "  - model: " + name + "\n    prices:\n      - per_mtok: {input: " + input + "}\n";
}

// `new` has no price in the first; `old` has one in all.
const std::vector<std::shared_ptr<const PriceList>>& lists() {
  static const std::vector<std::shared_ptr<const PriceList>> all = {
      list(model("old", "1")), list(model("old", "1.5") + model("new", "4")),
      list(model("old", "0.25") + model("new", "2")), list(model("new", "1") + model("old", "1"))};
  return all;
}

struct Spend {
  std::string id, user, model;
  std::int64_t tokens = 0;
  std::int64_t time = 0;
  std::int64_t stamp = 0;  // of its record; 0: the same

  std::int64_t record_time() const { return stamp == 0 ? time : stamp; }
};
std::string json(const Spend& spend) {
  return R"({"id":")" + spend.id + R"(","timestamp":)" + std::to_string(spend.time) +
         R"(,"provider":"acme","model":")" + spend.model + R"(","user":")" + spend.user +
         R"(","usage":{"input":)" + std::to_string(spend.tokens) + "}}";
}

// An engine's stage 1 and state over records that are all at hand, and what it should say.
class World {
 public:
  explicit World(std::vector<Rule> rules) : rules_(std::move(rules)) { open(); }

  void open() {
    state_.reset();
    const auto kept = std::make_shared<const std::vector<Rule>>(rules_);
    state_ = std::move(*State::open({.store = store_,
                                     .rules = *kept,
                                     .fallback = {},
                                     .alert_log = alert_log_,
                                     .limits = {},
                                     .keeps = kept,
                                     .tariff = tariff()}));
    for (std::uint32_t i = 0; i < kLanes; ++i) {
      state_->add_partition({"requests", static_cast<std::int32_t>(i)});
    }
    stage(kept, nullptr);
  }

  void feed(std::uint32_t partition, const Spend& spend) {
    Record record = record_of(partition, static_cast<std::int64_t>(log_[partition].size()), spend);
    log_[partition].push_back(spend);
    const std::string value = json(spend);
    record.value = value;
    aggregator_->begin_records();
    aggregator_->take(record, partition, *batch_);
    const Work work = batch_->work();
    take(state_->commit({.work = std::span(&work, 1)}));
    batch_->clear();
    if (!seen_.insert(spend.id).second) return;
    for (const Rule& rule : rules_) {
      entries_.push_back({rule.name, partition, record.offset, spend, 0, false});
      settle(entries_.back(), list_);
    }
  }

  void use(std::size_t list) { change(rules_, list); }
  void use(std::vector<Rule> rules) { change(std::move(rules), list_); }

  RepricingResult reprice(const RepricingRequest& request, bool apply = true) {
    auto start = *state_->begin_repricing(request, apply);
    take(state_->commit({.sync = Sync::yes}));
    MemoryStore scratch;
    AggregatorSetup stage = setup(rules_);
    Repricing repricing({.request = request,
                         .start = start,
                         .versions = *read_versions(store_),
                         .done = *read_repricings(store_),
                         .tariff = [&](const Tariff& of) { return *restore_tariff(store_, of); },
                         .stage = stage,
                         .scratch = scratch});
    for (std::uint32_t i = 0; i < kLanes; ++i) {
      repricing.add_lane(i, "requests", Format::automatic);
    }
    reread(repricing);
    auto result = *repricing.finish();
    if (!apply) return result;
    take(state_->correct(repricing.corrections(result), {}));
    expect(request, start.time);
    return result;
  }

  std::map<std::string, int128> totals() const {
    std::map<std::string, int128> all;
    const auto read = StateView(store_, rules_).cells([&](const CellView& cell) {
      if (cell.rule == nullptr) return true;  // taken out
      all[cell.name + " " + cell.group[0].second + " " + day(to_ms(cell.window.start))] +=
          cell.total;
      return true;
    });
    if (!read) throw std::runtime_error(read.error().message);
    return all;
  }
  std::map<std::string, int128> expected() const {
    std::map<std::string, int128> all;
    for (const Entry& entry : entries_) {
      const bool in_force = std::any_of(rules_.begin(), rules_.end(),
                                        [&](const Rule& rule) { return rule.name == entry.rule; });
      if (in_force)
        all[entry.rule + " " + entry.spend.user + " " + day(entry.spend.time)] += entry.amount;
    }
    return all;
  }
  // Requests that have no price yet, as the state counts them by day.
  std::uint64_t unpriced() const {
    std::uint64_t open = 0;
    for (const auto& [key, row] : state_->unpriced().rows()) open += row.open();
    return open;
  }
  // As a program of another layout would find them.
  void forget_lists() {
    WriteBatch rows;
    for (const auto& [key, value] : store_.map()) {
      if (key[0] == key::kPriceList && key.substr(1) != tariff().list) rows.put(key, "x" + value);
    }
    if (!store_.write(rows, Sync::no)) throw std::runtime_error("not written");
  }
  std::vector<Alert> told;
  std::int64_t read_since = INT64_MIN;  // record time: a re-pricing reads nothing of before
  std::optional<Millis> lateness;

 private:
  struct Entry {
    std::string rule;
    std::uint32_t partition = 0;
    std::int64_t offset = 0;
    Spend spend;
    int128 amount = 0;
    bool unpriced = false;
  };

  static std::string day(std::int64_t ms) { return std::to_string(ms / kDay); }
  static void settle(Entry& entry, std::size_t by) {
    Event event;
    event.provider = "acme";
    event.model = entry.spend.model;
    event.has_usage = true;
    event.usage[Unit::input] = entry.spend.tokens;
    Cost cost;
    lists()[by]->price(event, event_time_ms(entry.spend.time), CostChoice::computed, cost);
    entry.amount = cost.amount.pico();
    entry.unpriced = !cost.unpriced.empty();
  }
  // The naive model of a re-pricing.
  void expect(const RepricingRequest& request, EventTime now) {
    std::map<std::uint32_t, std::int64_t> from;
    for (std::uint32_t i = 0; i < kLanes; ++i) {
      from[i] = INT64_MAX;
      for (std::size_t at = log_[i].size(); at-- > 0;) {
        if (request.unpriced_only || log_[i][at].time >= to_ms(request.since))
          from[i] = static_cast<std::int64_t>(at);
      }
    }
    for (Entry& entry : entries_) {
      const bool in_force = std::any_of(rules_.begin(), rules_.end(),
                                        [&](const Rule& rule) { return rule.name == entry.rule; });
      const std::int64_t end = (entry.spend.time / kDay + 1) * kDay;
      if (!in_force || end <= to_ms(now) || entry.offset < from[entry.partition]) continue;
      if (request.unpriced_only && (!entry.unpriced || entry.spend.time < to_ms(request.since))) {
        continue;
      }
      settle(entry, list_);
    }
  }

  static Record record_of(std::uint32_t partition, std::int64_t offset, const Spend& spend) {
    Record record;
    record.partition = partition;
    record.offset = offset;
    record.timestamp = event_time_ms(spend.record_time());
    return record;
  }
  void reread(Repricing& repricing) const {
    std::vector<std::size_t> next(kLanes);
    for (std::uint32_t i = 0; i < kLanes; ++i) {
      while (next[i] < log_[i].size() && log_[i][next[i]].record_time() < read_since) ++next[i];
    }
    while (true) {
      std::optional<std::uint32_t> first;
      for (std::uint32_t i = 0; i < kLanes; ++i) {
        if (next[i] == log_[i].size()) continue;
        if (!first || log_[i][next[i]].time < log_[*first][next[*first]].time) first = i;
      }
      if (!first) return;
      const Spend& spend = log_[*first][next[*first]];
      Record record = record_of(*first, static_cast<std::int64_t>(next[*first]++), spend);
      const std::string value = json(spend);
      record.value = value;
      if (auto taken = repricing.take(record, *first); !taken) {
        throw std::runtime_error(taken.error().message);
      }
    }
  }

  Tariff tariff() const {
    return make_tariff(lists()[list_]->bytes(), tariff_choice(CostChoice::computed));
  }
  AggregatorSetup setup(const std::vector<Rule>& rules) {
    return {.rules = rules,
            .prices = *lists()[list_],
            .cost = CostChoice::computed,
            .ids = state_->ids(),
            .seed = state_->seed(),
            .lateness = lateness};
  }
  void stage(std::shared_ptr<const std::vector<Rule>> kept, Aggregator* old) {
    AggregatorSetup of = setup(*kept);
    of.keeps = kept;
    auto next = std::make_unique<Aggregator>(of);
    if (old != nullptr) {
      next->take_over(*old);
    } else {
      for (std::uint32_t i = 0; i < kLanes; ++i) {
        next->add_lane({i, "requests", Format::automatic,
                        StreamTime::restore(state_->partitions()[i].stream_time)});
      }
    }
    aggregator_ = std::move(next);
    batch_ = std::make_unique<Batch>(state_->seed());
  }
  void change(std::vector<Rule> rules, std::size_t to) {
    list_ = to;
    rules_ = std::move(rules);
    const auto kept = std::make_shared<const std::vector<Rule>>(rules_);
    auto prepared = std::move(*state_->prepare({.rules = *kept,
                                                .keeps = kept,
                                                .fallback = {},
                                                .limits = {},
                                                .rows = {},
                                                .tariff = tariff()}));
    if (!state_->accept(*prepared)) throw std::runtime_error("refused");
    take(state_->exchange(*prepared, {.sync = Sync::yes}));
    while (state_->has_work()) take(state_->commit({}));
    stage(kept, aggregator_.get());
  }
  void take(Result<Committed> committed) {
    if (!committed) throw std::runtime_error(committed.error().message);
    for (const auto& each : committed->alerts) told.push_back(each.alert);
  }

  MemoryStore store_;
  NoAlertLog alert_log_;
  std::vector<Rule> rules_;
  std::size_t list_ = 0;
  std::unique_ptr<State> state_;
  std::unique_ptr<Aggregator> aggregator_;
  std::unique_ptr<Batch> batch_;
  std::vector<Spend> log_[kLanes];
  std::set<std::string> seen_;
  std::vector<Entry> entries_;
};

Spend spend(int n, const std::string& model, std::int64_t time) {
  return {"id" + std::to_string(n), "ann", model, 1'000'000, time};
}

// Enough for stamps to be believed, at no cost.
void believe(World& world, std::int64_t time) {
  for (int i = 0; i < 20; ++i) {
    world.feed(static_cast<std::uint32_t>(i % 2),
               {"first" + std::to_string(i), "zoe", "old", 0, time + i});
  }
}

std::vector<Rule> some_rules(int which) {
  std::vector<Rule> rules;
  for (int i = 0; i < 3; ++i) {
    if ((which >> i & 1) != 0) rules.push_back(user_day_rule("r" + std::to_string(i), kDollar));
  }
  return rules;
}

}  // namespace

TEST_CASE("What is priced again costs what the list in force says, and what came before stays") {
  World world(some_rules(1));
  believe(world, kReadAgain);
  world.feed(0, spend(1, "old", kReadAgain + kMinute));
  world.feed(1, spend(2, "new", kReadAgain + 2 * kMinute));
  world.feed(0, spend(2, "new", kReadAgain + 3 * kMinute));  // a copy
  world.use(1);
  world.feed(0, spend(3, "new", kReadAgain + 4 * kMinute));
  CHECK(world.totals()["r0 ann 20400"] == 5 * kDollar);

  const auto tried = world.reprice({event_time_ms(kReadAgain), false}, false);
  CHECK(world.totals()["r0 ann 20400"] == 5 * kDollar);
  CHECK(tried.all.requests == 2);
  CHECK(tried.all.priced == 1);
  CHECK((tried.all.after - tried.all.before).pico() == kDollar * 9 / 2);

  const auto done = world.reprice({event_time_ms(kReadAgain + 2 * kMinute), false});
  CHECK(world.totals()["r0 ann 20400"] == 9 * kDollar);
  REQUIRE(done.models.size() == 1);
  CHECK(done.models.at("acme/new").after.pico() == 4 * kDollar);
  CHECK(done.rules[0].requests == 1);
  CHECK(done.unknown == 0);

  // Again: nothing is left to be done.
  CHECK(world.reprice({event_time_ms(kReadAgain + 2 * kMinute), false}).all.requests == 0);
  CHECK(world.totals() == world.expected());
}

TEST_CASE("Only what had no price is priced, if that is asked") {
  World world(some_rules(1));
  believe(world, kReadAgain);
  world.feed(0, spend(1, "old", kReadAgain + kMinute));
  world.feed(1, spend(2, "new", kReadAgain + 2 * kMinute));
  world.use(1);
  CHECK(world.unpriced() == 1);
  const auto done = world.reprice({event_time_ms(kReadAgain), true});
  CHECK(world.unpriced() == 0);
  CHECK(done.all.requests == 1);
  CHECK(world.totals()["r0 ann 20400"] == 5 * kDollar);
  world.use(2);
  CHECK(world.reprice({event_time_ms(kReadAgain), true}).all.requests == 0);
  CHECK(world.totals()["r0 ann 20400"] == 5 * kDollar);
  // What it cost by then is known, and not what it cost when it came.
  const auto all = world.reprice({event_time_ms(kReadAgain), false});
  CHECK(all.models.at("acme/new").before.pico() == 4 * kDollar);
  CHECK(world.totals()["r0 ann 20400"] == kDollar * 9 / 4);
}

TEST_CASE("Windows that have ended are left, and rungs reached by it ring as old news") {
  World world(some_rules(1));
  believe(world, kReadAgain);
  world.feed(0, spend(1, "new", kReadAgain + kMinute));
  for (std::int64_t t = kReadAgain + kHour / 2; t < kReadAgain + kDay; t += kHour / 2) {
    world.feed(0, {"t" + std::to_string(t), "zoe", "old", 0, t});
    world.feed(1, {"u" + std::to_string(t), "zoe", "old", 0, t});
  }
  world.feed(1, spend(2, "new", kReadAgain + kDay));
  world.use(1);
  world.told.clear();
  const auto done = world.reprice({event_time_ms(kReadAgain), false});
  CHECK(done.all.requests == 2);
  CHECK(done.rules[0].requests == 1);
  CHECK(world.totals()["r0 ann 20400"] == 0);
  CHECK(world.totals()["r0 ann 20401"] == 4 * kDollar);
  REQUIRE(world.told.size() == 3);
  CHECK(world.told[0].repriced);
}

TEST_CASE("Rolling windows are put right as far as they reach back") {
  Rule rule = user_day_rule("r0", 100 * kDollar);
  rule.window.kind = WindowKind::rolling;
  rule.window.length = Millis{2 * kHour};
  World world({rule});
  believe(world, kReadAgain);
  world.feed(0, spend(1, "new", kReadAgain + kMinute));
  world.feed(0, spend(2, "new", kReadAgain + kHour));
  world.feed(1, spend(3, "new", kReadAgain + kHour * 3 / 2));
  world.feed(0, {"x", "zoe", "old", 0, kReadAgain + 2 * kHour});
  world.feed(0, {"y", "zoe", "old", 0, kReadAgain + 5 * kHour / 2});
  world.use(1);
  CHECK(world.reprice({event_time_ms(kReadAgain), false}).rules[0].requests == 2);
  int128 ann = 0;
  for (const auto& [cell, total] : world.totals()) {
    if (cell.starts_with("r0 ann")) ann += total;
  }
  CHECK(ann == 8 * kDollar);
}

TEST_CASE("What was too old, or late, when it came is not put right by who begins to read there") {
  Rule rule = user_day_rule("r0", 100 * kDollar);
  std::int64_t time = 0;
  SECTION("older than what the state retains") {
    rule.window.kind = WindowKind::lifetime;
    time = kReadAgain - 500 * kDay;
  }
  SECTION("late for a slot of which the rolling window still covers a pane") {
    rule.window.kind = WindowKind::rolling;
    rule.window.length = Millis{2 * kHour};
    time = kReadAgain - kMinute;
  }
  World world({rule});
  world.lateness = Millis{kMinute};
  world.open();
  believe(world, kReadAgain - kHour);
  world.feed(0, spend(1, "new", kReadAgain - kMinute));
  world.feed(0, {"now", "zoe", "old", 0, kReadAgain + 4 * kMinute});
  world.feed(0, {"old", "ann", "new", 1'000'000, time, kReadAgain + 5 * kMinute});
  world.feed(0, {"then", "zoe", "old", 0, kReadAgain + 6 * kMinute});
  world.use(1);
  world.read_since = kReadAgain + 5 * kMinute;
  const auto done = world.reprice({event_time_ms(kReadAgain + 5 * kMinute), false});
  CHECK(done.cells == 0);
  for (const auto& [cell, total] : world.totals()) CHECK(total == 0);
}

TEST_CASE("What loses its price is found when one comes back, whether it ever had none or not") {
  World world(some_rules(1));
  believe(world, kReadAgain);
  const RepricingRequest all{event_time_ms(kReadAgain), false}, unpriced{all.since, true};
  world.feed(0, spend(1, "new", kReadAgain + kMinute));
  world.use(1);
  world.feed(0, spend(2, "new", kReadAgain + 2 * kMinute));
  world.reprice(unpriced);
  CHECK(world.unpriced() == 0);
  for (int times = 0; times < 2; ++times) {
    world.use(0);
    world.reprice(all);
    CHECK(world.unpriced() == 2);
    world.use(1);
    CHECK(world.reprice(unpriced).all.priced == 2);
    CHECK(world.unpriced() == 0);
    CHECK(world.totals()["r0 ann 20400"] == 8 * kDollar);
  }
}

TEST_CASE("What was counted by prices that are not known is left as it is, and counted") {
  World world(some_rules(1));
  believe(world, kReadAgain);
  world.feed(0, spend(1, "old", kReadAgain + kMinute));
  world.use(1);
  world.forget_lists();
  const auto done = world.reprice({event_time_ms(kReadAgain), false});
  CHECK(done.unknown > 0);
  CHECK(done.all.requests == 0);
  CHECK(world.totals()["r0 ann 20400"] == kDollar);
}

TEST_CASE(
    "What was left as its prices were not known costs what it did when they are back in force") {
  Rule month = user_day_rule("month", 100 * kDollar);
  month.window.kind = WindowKind::month;
  const Rule day = user_day_rule("day", 100 * kDollar);
  World world({month, day});
  believe(world, kReadAgain);
  world.feed(0, spend(1, "old", kReadAgain + kMinute));
  world.use({day});
  world.use(1);
  believe(world, kReadAgain + 10 * kDay);
  const bool meanwhile = GENERATE(false, true);
  if (meanwhile) world.reprice({event_time_ms(kReadAgain), false});
  world.use(2);  // no window that is open needs the first list
  world.use({month, day});
  const RepricingRequest all{event_time_ms(kReadAgain), false};
  CHECK(world.reprice(all).unknown > 0);
  CHECK(world.totals()["month ann 20393"] == kDollar);
  world.use(0);
  CHECK(world.reprice(all).rules[0].requests == 0);
  CHECK(world.totals()["month ann 20393"] == kDollar);
  world.use(1);
  CHECK(world.reprice(all).rules[0].requests == 1);
  CHECK(world.totals()["month ann 20393"] == kDollar * 3 / 2);
}

TEST_CASE("After any edits, restarts and re-pricings totals are what a naive model says") {
  CHECK(rc::check("whatever their order", [] {
    World world(some_rules(*rc::gen::inRange(1, 8)));
    std::int64_t now = kReadAgain;
    believe(world, now);
    int next = 0;
    const int steps = *rc::gen::inRange(5, 60);
    for (int i = 0; i < steps; ++i) {
      const int what = *rc::gen::inRange(0, 14);
      if (what == 0) world.use(static_cast<std::size_t>(*rc::gen::inRange(0, 4)));
      if (what == 1) world.use(some_rules(*rc::gen::inRange(1, 8)));
      if (what == 2) world.open();
      if (what == 3) {
        world.reprice(
            {event_time_ms(now - *rc::gen::inRange(0, 20) * kHour), *rc::gen::arbitrary<bool>()});
        RC_ASSERT(world.totals() == world.expected());
      }
      if (what < 4) continue;
      const bool copy = next > 0 && *rc::gen::inRange(0, 5) == 0;
      if (!copy) now += *rc::gen::inRange(1, 50) * kMinute;
      const int n = copy ? next : ++next;
      Spend made{"id" + std::to_string(n), n % 2 == 0 ? "ann" : "bob", n % 3 == 0 ? "old" : "new",
                 1 + n * 7'919 % 1'000, copy ? now + 1'000 : now};
      world.feed(static_cast<std::uint32_t>(*rc::gen::inRange(0, 2)), made);
    }
    world.reprice({event_time_ms(now - 30 * kHour), false});
    RC_ASSERT(world.totals() == world.expected());
  }));
}
