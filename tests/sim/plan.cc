// SPDX-License-Identifier: Apache-2.0
#include "sim/plan.h"

#include <fmt/format.h>

namespace tocsin::sim {
namespace {

// Seeds that were run before stay what they were.
constexpr std::uint64_t kSeedsWithoutEdges = 10'000, kSeedsWithOnePrice = 20'000;
constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

// Nights on which clocks change somewhere, ends of months and years, and an ordinary day.
constexpr std::int64_t kDates[] = {
    1'774'746'000'000,  // 2026-03-29 01:00 UTC: Berlin
    1'792'890'000'000,  // 2026-10-25 01:00: Berlin
    1'793'512'800'000,  // 2026-11-01 06:00: New York, St John's
    1'775'314'800'000,  // 2026-04-04 15:00: Lord Howe, Chatham
    1'798'761'600'000,  // 2027-01-01
    1'709'164'800'000,  // 2024-02-29
    1'772'323'200'000,  // 2026-03-01
    1'763'640'000'000,  // 2025-11-20 12:00
    1'775'358'000'000,  // 2026-04-05 03:00: Santiago
};

void draw_traffic_plan(Random& random, TrafficPlan& plan) {
  plan.partitions = static_cast<std::size_t>(random.between(1, 5));
  plan.records = static_cast<std::size_t>(random.pick<std::int64_t>({40, 120, 250, 400}));
  plan.span_ms =
      random.pick({10 * kMinute, 40 * kMinute, 3 * kHour, 12 * kHour, 4 * kDay, 40 * kDay});
  plan.from_ms = random.pick({kDates[0], kDates[1], kDates[2], kDates[3], kDates[4], kDates[5],
                              kDates[6], kDates[7], kDates[8]}) -
                 random.below(plan.span_ms);
  plan.users = random.pick<std::int64_t>({1, 3, 8, 40});
  plan.log_append = random.chance(0.3);
  plan.bursts = random.rate(0.9);
  plan.quiet = random.rate(0.05);
  plan.late = random.rate(0.2);
  plan.disorder = random.rate(0.6);
  plan.too_old = random.rate(0.05);
  plan.future = random.rate(0.1);
  plan.far_future = random.rate(0.1);
  plan.lying_stamp = random.rate(0.15);
  plan.no_time = random.rate(0.3);
  plan.no_id = random.rate(0.3);
  plan.duplicate = random.rate(0.3);
  plan.garbage = random.rate(0.2);
  plan.array = random.rate(0.3);
  plan.error = random.rate(0.6);
  plan.unpriced = random.rate(0.3);
  plan.cached = random.rate(0.2);
  plan.unmetered = random.rate(0.2);
}

void draw_limits(Random& random, Plan& plan) {
  StateLimits& limits = plan.limits;
  limits.hot_bytes = random.pick<std::size_t>({192 << 20, 192 << 20, 4'000, 1});
  limits.journal_bytes = random.pick<std::size_t>({32 << 20, 32 << 20, 3'000, 200});
  limits.spills_per_commit = random.pick<std::size_t>({2'000, 2'000, 40, 3});
  limits.pages_per_commit = random.pick<std::size_t>({64, 1});
  if (random.chance(0.3)) limits.retention = std::chrono::days{random.between(2, 5)};
  if (random.chance(0.4)) {
    limits.lateness = Millis{random.pick({kMinute, 10 * kMinute, 2 * kHour})};
  }
  limits.out_of_order = Millis{random.pick({10'000L, kMinute, kMinute, 5 * kMinute})};
  limits.stale_after = Millis{random.pick({kHour, 10 * kMinute})};
  plan.max_future = Millis{random.pick({5 * kMinute, 5 * kMinute, kMinute})};
  plan.group_interval = Millis{random.pick({30'000L, 30'000L, 1'000L})};
}

void draw_faults(Random& random, Plan& plan) {
  const auto without = [&](const char* what) { return plan.options.without.contains(what); };
  const double crash = random.rate(0.02), power = random.rate(1), restart = random.rate(0.005);
  const double reload = random.rate(0.01);
  if (!without("crash")) plan.crash = crash;
  if (!without("power")) plan.power = power;
  if (!without("restart")) plan.restart = restart;
  if (!without("reload")) plan.reload = reload;
  TransportFaults faults;
  faults.server_error = random.rate(0.4);
  faults.too_many = random.rate(0.3);
  faults.no_answer = random.rate(0.3);
  faults.lost_answer = random.rate(0.3);
  faults.hang = random.rate(0.2);
  faults.refused = random.rate(0.1);
  faults.too_large = random.rate(0.1);
  if (!without("transport")) plan.transport = faults;
}

// Copies in two partitions that are counted by two lists may be taken for each other (0034), and so
// there are none.
void draw_repricing(Plan& plan) {
  const auto without = [&](const char* what) { return plan.options.without.contains(what); };
  Random random(plan.options.seed, 9);
  plan.reprices = true;
  plan.traffic.twin = 0;
  plan.traffic.unpriced = std::max(plan.traffic.unpriced, 0.1);
  plan.reload = static_cast<double>(random.between(2, 12)) / 1000;
  plan.price_edits = random.pick({0.4, 0.8, 1.0});
  plan.orders = random.rate(0.01);
  plan.deaths_by_step = random.pick({0.0, 0.1, 0.5});
  plan.of_repricer = random.pick({1, 2, 5});
  if (without("crash")) plan.deaths_by_step = 0;
  if (without("reload")) plan.reload = 0;
}

}  // namespace

Plan draw_plan(const Options& options) {
  Random random(options.seed, 1);
  Plan plan;
  plan.options = options;
  draw_traffic_plan(random, plan.traffic);
  draw_limits(random, plan);
  if (random.chance(0.3)) plan.backlog = 0.9 * static_cast<double>(random.below(1000)) / 1000;
  plan.rules = {plan.traffic.from_ms, random.chance(0.2), random.chance(0.8)};
  plan.traffic.out_of_order_ms = plan.limits.out_of_order.count();
  plan.batch = {random.pick<std::size_t>({1, 7, 50, 10'000}), Millis{random.pick({0, 20})}};
  plan.workers = static_cast<unsigned>(random.between(1, 3));
  for (int* weight : {&plan.of_worker, &plan.of_engine, &plan.of_notifier, &plan.of_clock}) {
    *weight = random.pick({1, 2, 5});
  }
  draw_faults(random, plan);
  if (options.seed > kSeedsWithoutEdges) {
    Random edges(options.seed, 7);
    plan.traffic.edge = 0.4 * static_cast<double>(edges.below(1000)) / 1000;
    plan.traffic.edge_seed = options.seed;
  }
  Random more(options.seed, 5);
  plan.grows = more.chance(0.3);
  if (more.chance(0.5)) {
    plan.limits.ids.newest = more.pick<std::size_t>({4, 20, 100});
    plan.limits.ids.generation = more.pick<std::size_t>({8, 60});
    plan.limits.ids.written_per_commit = more.pick<std::size_t>({2, 16});
  }
  plan.edits_change_rules = random.chance(0.6);
  // One request in two partitions counts by whichever is read first: only where that makes no
  // difference.
  const bool dense = plan.traffic.span_ms + plan.traffic.span_ms / 4 < 55 * kMinute &&
                     !(plan.traffic.quiet > 0) && !(plan.traffic.lying_stamp > 0);
  if (dense && !(plan.reload > 0 && plan.edits_change_rules)) plan.traffic.twin = random.rate(0.3);
  if (options.seed > kSeedsWithOnePrice && !options.without.contains("reprice")) {
    draw_repricing(plan);
  }
  plan.traffic.gap_ms = plan.traffic.span_ms / static_cast<std::int64_t>(plan.traffic.records) + 1;
  if (options.records > 0) plan.traffic.records = options.records;
  return plan;
}

std::string Plan::text() const {
  const TrafficPlan& t = traffic;
  return fmt::format(
      "{} records on {} partitions over {} min from {} ({}% of it before the start), {} users\n"
      "late {:.2f}, disorder {:.2f}, too old {:.2f}, future {:.2f}, 2099 {:.2f}, lying stamps "
      "{:.2f}, "
      "no time {:.2f}, no id {:.2f}, duplicates {:.2f}, twins {:.2f}, garbage {:.2f}, quiet "
      "{:.2f}\n"
      "batches of {}, {} workers, hot {} B, journal {} B, {} spills, {} pages; lateness {} s, out "
      "of "
      "order {} s, retention {} h\n"
      "crash {:.4f}, power {:.2f}, restart {:.4f}, reload {:.4f}; turns: worker {}, engine {}, "
      "notifier {}, clock {}; {} ids in memory{}{}\n",
      t.records, t.partitions, t.span_ms / kMinute, t.from_ms, static_cast<int>(backlog * 100),
      t.users, t.late, t.disorder, t.too_old, t.future, t.far_future, t.lying_stamp, t.no_time,
      t.no_id, t.duplicate, t.twin, t.garbage, t.quiet, batch.records, workers, limits.hot_bytes,
      limits.journal_bytes, limits.spills_per_commit, limits.pages_per_commit,
      limits.lateness ? limits.lateness->count() / 1000 : -1, limits.out_of_order.count() / 1000,
      limits.retention.count() / kHour, crash, power, restart, reload, of_worker, of_engine,
      of_notifier, of_clock, limits.ids.newest, grows ? "; partitions are added" : "",
      reprices ? fmt::format("; {:.1f} of the reloads change prices, {:.4f} orders, {:.1f} deaths "
                             "by step, repricer {}",
                             price_edits, orders, deaths_by_step, of_repricer)
               : "");
}

}  // namespace tocsin::sim
