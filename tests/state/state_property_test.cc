// SPDX-License-Identifier: Apache-2.0
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "state/state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

constexpr std::size_t kIndex = 4'112;  // of HotCells, when it is small

struct Op {
  // 0..7: an event, 8: the stream goes on, 9: restart, 10: other rules beside ours, 11: ours is
  // taken out and put back at once, with commits between, 12 and 13: the write fails, and did not
  // or did reach the disk
  int kind = 0;
  int user = 0, day = 0, cents = 0, split = 0;
};

// Totals by cell, and rungs by (cell, rung), of all events: what any engine must come to.
struct Naive {
  std::map<std::string, int128> totals;
  std::set<std::string> rungs;

  void add(const std::string& cell, int128 amount, int128 budget) {
    int128& total = totals[cell];
    total += amount;
    for (const int percent : {50, 80, 100}) {
      if (total * 100 >= budget * percent && total > 0) {
        rungs.insert(cell + " " + std::to_string(percent) + "%");
      }
    }
  }
};

void reload(StateFixture& engine, const Op& op) {
  const std::vector<Rule> both = {user_day_rule("daily", 10 * kDollar),
                                  user_day_rule("beside", (op.cents + 1) * kDollar)};
  if (op.kind == 10) return engine.exchange(op.split == 0 ? std::vector{both[0]} : both);
  engine.exchange({both[1]});
  for (int i = 0; i < op.user; ++i) engine.take(engine.state->commit({}));
  engine.exchange(both);
}

void run(const std::vector<Op>& ops, std::size_t hot_bytes) {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.limits.journal_bytes = 300;
  engine.limits.spills_per_commit = 3;
  engine.limits.pages_per_commit = 1;
  engine.limits.hot_bytes = hot_bytes;
  engine.open();
  Naive naive;
  std::vector<StateFixture::Event> batch;
  std::int64_t now = 20'000 * kDay;
  for (const auto& op : ops) {
    if (op.kind >= 12) {
      engine.feed_failing(
          batch, now,
          op.kind == 12 ? FaultyStore::Fault::not_applied : FaultyStore::Fault::applied);
      batch.clear();
    } else if (op.kind >= 10) {
      engine.feed(batch, now);
      batch.clear();
      reload(engine, op);
    } else if (op.kind == 9) {
      engine.feed(batch, now);
      batch.clear();
      engine.open();
    } else if (op.kind == 8) {
      engine.feed(batch, now);
      batch.clear();
      now += kDay / 3;
      engine.feed({}, now);
    } else {
      const std::string user = "u" + std::to_string(op.user);
      const std::int64_t day = now / kDay - op.day;
      const int128 amount = op.cents * kDollar / 100;
      batch.push_back({0, day * kDay + 1000, user, amount});
      naive.add("daily " + user + " " + std::to_string(day), amount, 10 * kDollar);
      if (op.split == 0) {
        engine.feed(batch, now);
        batch.clear();
      }
    }
  }
  engine.feed(batch, now);
  auto totals = engine.totals();
  std::erase_if(totals, [](const auto& total) { return total.first.starts_with("beside"); });
  RC_ASSERT(totals == naive.totals);
  std::set<std::string> rungs, ids;
  const auto alerts = engine.recorded();
  for (const auto& alert : alerts) {
    ids.insert(alert.id);
    rungs.insert("daily " + alert.group[0].second + " " +
                 std::to_string(to_ms(alert.window.start) / kDay) + " " + alert.rung);
  }
  RC_ASSERT(rungs == naive.rungs);
  RC_ASSERT(alerts.size() == naive.rungs.size());
  RC_ASSERT(ids.size() == naive.rungs.size());
}

rc::Gen<std::vector<Op>> ops() {
  return rc::gen::container<std::vector<Op>>(
      rc::gen::build<Op>(rc::gen::set(&Op::kind, rc::gen::inRange(0, 14)),
                         rc::gen::set(&Op::user, rc::gen::inRange(0, 12)),
                         rc::gen::set(&Op::day, rc::gen::inRange(0, 4)),
                         rc::gen::set(&Op::cents, rc::gen::inRange(0, 600)),
                         rc::gen::set(&Op::split, rc::gen::inRange(0, 3))));
}

}  // namespace

TEST_CASE(
    "Totals and rungs are those of all events, whatever the batches, spills, restarts, failing "
    "writes and reloads") {
  CHECK(rc::check("with all cells in memory", [] { run(*ops(), 1 << 20); }));
  CHECK(rc::check("with every commit evicting", [] { run(*ops(), 600); }));
  CHECK(rc::check("with memory for some cells", [] { run(*ops(), kIndex + 1'500); }));
}
