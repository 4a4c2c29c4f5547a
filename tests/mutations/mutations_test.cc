// SPDX-License-Identifier: Apache-2.0
// Rule files as slips of hands leave them, while events flow. What is refused names a place and
// changes nothing; what is accepted has every rule that is written in it, and takes the place of
// what ran as a whole: each event is counted by one set of rules.
//   mutations_test --seed 17
//   mutations_test --files 100000 [--from 1]
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "pipeline/engine_fixture.h"
#include "rule/memory_files.h"
#include "support/mutate.h"

using namespace tocsin;

namespace {

constexpr std::size_t kFilesOfLife = 100;
constexpr int kTwins = 8;  // pairs of names, so that rules come back too
constexpr int kEventsBetween = 4;

std::vector<std::string> seed_files() {
  std::vector<std::string> texts;
  const std::filesystem::path root = TOCSIN_SOURCE_DIR;
  std::set<std::filesystem::path> paths = {root / "docs/examples/rules.yaml"};
  for (const auto& entry : std::filesystem::directory_iterator(root / "rules")) {
    if (entry.path().extension() == ".yaml") paths.insert(entry.path());
  }
  for (const auto& path : paths) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

Loaded load_one(const std::string& text) {
  MemoryFiles files({{"rules.yaml", text}});
  const RuleContext context{.files = files};
  return load_rules({"rules.yaml"}, context);
}

// Two rules that count every request, so always alike.
std::vector<Rule> twins(int number) {
  std::string text = "rules:\n";
  for (const char* side : {"a", "b"}) {
    text += "  - {name: twin-" + std::to_string(number) + side +
            ", metric: requests, window: lifetime, budget: 1000000, group_by: [model]}\n";
  }
  return load_one(text).rules;
}

// Events that the test has given, in one partition.
class Feed final : public Source {
 public:
  void give(std::int64_t number) {
    waiting_.push_back(R"({"timestamp":)" + std::to_string(kNoon + number * 10) +
                       R"(,"provider":"openai","model":"gpt-4o","user":"u)" +
                       std::to_string(number % 5) + R"(","usage":{"input":200000}})");
  }
  void end() { ended_ = true; }

  std::string identity() const override { return "feed"; }
  std::vector<PartitionName> partitions() const override { return {{"feed", 0}}; }
  Result<std::span<const Record>> poll(unsigned, std::size_t, Millis,
                                       std::vector<SourceNotice>& notices) override {
    records_.clear();
    if (waiting_.empty()) {
      if (ended_) notices.push_back(source_notice(SourceNotice::Kind::ended, {}, 0, {}));
      return std::span<const Record>();
    }
    value_ = std::move(waiting_.front());
    waiting_.pop_front();
    Record record;
    record.offset = offset_++;
    record.timestamp = event_time_ms(kNoon + record.offset * 10);
    record.value = value_;
    records_.push_back(record);
    return std::span<const Record>(records_);
  }
  void request_end_offsets() override {}
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>>) override {}

 private:
  std::deque<std::string> waiting_;
  std::string value_;
  std::vector<Record> records_;
  std::int64_t offset_ = 0;
  bool ended_ = false;
};

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};
void expect(bool holds, const std::string& what) {
  if (!holds) throw Broken(what);
}

struct Lived {
  std::size_t files = 0, accepted = 0;
  std::int64_t events = 0;
};

// An engine in one thread, whose rules are exchanged again and again.
class Life {
 public:
  explicit Life(std::uint64_t seed) : mutator_(seed) {
    rules_ = std::make_shared<std::vector<Rule>>(twins(0));
    auto state = State::open({.store = store_,
                              .rules = *rules_,
                              .fallback = {},
                              .alert_log = alert_log_,
                              .limits = {},
                              .keeps = rules_});
    expect(state.has_value(), "the state opens");
    state_ = std::move(*state);
    run_ = std::make_unique<EngineRun>(
        EngineRun{*rules_, &built_in_prices(), 1, 3, {}, StateLimits{}});
    engine_ = std::make_unique<Engine>(EngineSetup{.sources = {{&feed_, Format::native, 1, false}},
                                                   .aggregator = run_->aggregator(*state_),
                                                   .state = *state_,
                                                   .teller = teller_,
                                                   .clock = clock_,
                                                   .log = log_,
                                                   .quarantine = {},
                                                   .batch = {3, Millis{20}},
                                                   .live = false,
                                                   .replay_tick = {},
                                                   .identify = {}});
  }

  Lived live() {
    static const std::vector<std::string> kSeeds = seed_files();
    expect(engine_->start().has_value(), "the engine starts");
    for (std::size_t i = 0; i < kFilesOfLife; ++i) {
      file(mutator_.mutate(kSeeds[mutator_.below(kSeeds.size())]));
    }
    feed_.end();
    for (int i = 0; i < 10'000 && !engine_->over(); ++i) turn();
    expect(engine_->over(), "all is counted");
    expect(engine_->finish().has_value(), "the engine ends");
    check_totals();
    return tally_;
  }

 private:
  void file(const std::string& text) {
    ++tally_.files;
    text_ = text;
    for (int i = 0; i < kEventsBetween; ++i) feed_.give(tally_.events++);
    Loaded loaded = load_one(text);
    if (loaded.ok()) {
      ++tally_.accepted;
      expect(loaded.files.at(0).rules == dash_lines(text), "a rule was swallowed:\n" + text);
      expect(written_rules(loaded.rules) + loaded.disabled.size() == loaded.files.at(0).rules,
             "a rule was left out:\n" + text);
      exchange(std::move(loaded.rules));
      return;
    }
    for (const Diagnostic& d : loaded.diagnostics) {
      expect(d.line > 0 && d.column > 0 && !d.message.empty(),
             "an error without a place:\n" + text);
    }
    turn();
  }

  void exchange(std::vector<Rule> rules) {
    const auto pair = twins(static_cast<int>(tally_.accepted) % kTwins);
    rules.insert(rules.end(), pair.begin(), pair.end());
    const auto next = std::make_shared<const std::vector<Rule>>(std::move(rules));
    auto done = EngineRun::offer(*engine_, *state_, run_->aggregator(*state_), next);
    const auto ready = [&] {
      return done.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    };
    for (int i = 0; i < 1'000 && !ready(); ++i) turn();
    expect(ready(), "rules take effect:\n" + text_);
    expect(done.get().has_value(), "accepted rules can be kept:\n" + text_);
    rules_ = next;
  }

  void turn() {
    if (reads_) reads_ = engine_->turn_worker(0, Millis{0});
    const auto turned = engine_->turn(Millis{0});
    expect(turned.has_value(), "the engine goes on:\n" + text_);
  }

  void check_totals() {
    std::vector<Rule> all;
    for (int i = 0; i < kTwins; ++i) {
      for (Rule& rule : twins(i)) all.push_back(std::move(rule));
    }
    std::map<std::string, int128> totals;
    const auto snapshot = store_.snapshot();
    const auto read = StateView(*snapshot, all).cells([&](const CellView& cell) {
      totals[cell.name] += cell.total;
      return true;
    });
    expect(read.has_value(), "the state is read");
    int128 events = 0;
    for (int i = 0; i < kTwins; ++i) {
      const std::string name = "twin-" + std::to_string(i);
      expect(totals[name + "a"] == totals[name + "b"], name + " was exchanged by halves");
      events += totals[name + "a"];
    }
    expect(events == tally_.events, "each event is counted by one set of rules");
  }

  Mutator mutator_;
  Feed feed_;
  MemoryStore store_;
  NoAlertLog alert_log_;
  RecordingTeller teller_;
  ManualClock clock_;
  SilentLog log_;
  std::shared_ptr<const std::vector<Rule>> rules_;
  std::unique_ptr<State> state_;
  std::unique_ptr<EngineRun> run_;
  std::unique_ptr<Engine> engine_;
  bool reads_ = true;
  Lived tally_;
  std::string text_;  // of the last file
};

}  // namespace

int main(int count, char** values) {
  std::uint64_t from = 1, lives = 1;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = values[i];
    const std::uint64_t number = std::strtoull(values[i + 1], nullptr, 10);
    if (name == "--seed" || name == "--from") from = number;
    if (name == "--files") lives = (number + kFilesOfLife - 1) / kFilesOfLife;
  }
  Lived all;
  std::size_t failed = 0;
  for (std::uint64_t seed = from; seed < from + lives; ++seed) {
    try {
      const Lived one = Life(seed).live();
      all.files += one.files;
      all.accepted += one.accepted;
      all.events += one.events;
    } catch (const Broken& broken) {
      ++failed;
      std::printf("%s\nseed %llu failed; again: mutations_test --seed %llu\n", broken.what(),
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
    }
  }
  std::printf("%zu files, of which %zu were accepted, while %lld events were counted\n", all.files,
              all.accepted, static_cast<long long>(all.events));
  std::printf("%zu passed, %zu failed\n", all.files, failed);
  return failed == 0 && all.accepted > 0 ? 0 : 1;
}
