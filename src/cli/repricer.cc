// SPDX-License-Identifier: Apache-2.0
#include "cli/repricer.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "cli/engine_parts.h"
#include "cli/plural.h"
#include "cli/reread.h"
#include "document/json_writer.h"
#include "notify/amount_text.h"
#include "pipeline/unpriced_request.h"
#include "state/keys.h"
#include "state/view.h"

namespace tocsin {
namespace {

constexpr Millis kCopies{3'600'000};  // how long ids are remembered
constexpr Millis kPause{1'000};       // before it begins anew
constexpr std::uint64_t kLivesMax = 5;
constexpr int kAttemptsMax = 20;
constexpr std::size_t kModelsTold = 10;
constexpr std::size_t kRulesTold = 3;

}  // namespace

Repricer::Repricer(Setup setup) : setup_(std::move(setup)) {}
Repricer::~Repricer() { finish(); }

void Repricer::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Repricer::finish() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Result<void> Repricer::order(const RepricingOrder& order) {
  {
    const std::lock_guard lock(mutex_);
    if (ordered_ || status_.phase == RepricingStatus::Phase::running) {
      return retry("another re-pricing is under way: ask again when it is done");
    }
    ordered_ = order;
    status_ = {};
    status_.phase = RepricingStatus::Phase::running;
    status_.order = order;
  }
  asked_.notify_all();
  return {};
}

RepricingStatus Repricer::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

// With what a process before left. What kills each that does it must end some time.
void Repricer::go_on() {
  const auto left = pending_repricing(setup_.store);
  if (!left || !*left) return;
  RepricingOrder again{.request = **left, .dry_run = false, .unasked = (*left)->unpriced_only};
  if (++again.request.lives <= kLivesMax) {
    setup_.log.info("a re-pricing that was under way when the process before ended begins anew");
    [[maybe_unused]] const auto ordered = order(again);
    return;
  }
  again.unasked = true;
  give_up(again, {Reaction::reject,
                  fmt::format("{} processes in a row ended while it was under way", kLivesMax)});
}

void Repricer::run(const std::stop_token& stop) {
  // Of this thread alone, on Linux: whoever waits for an alert goes first.
  ::setpriority(PRIO_PROCESS, 0, 19);
  go_on();
  look_for_backfills();
  look_for_unpriced();
  while (!stop.stop_requested()) {
    std::optional<RepricingOrder> next;
    bool look = false;
    bool fill = false;
    {
      std::unique_lock lock(mutex_);
      asked_.wait(lock, stop, [&] { return ordered_.has_value() || look_ || fill_; });
      fill = std::exchange(fill_, false);
      if (!fill) next = std::exchange(ordered_, std::nullopt);
      look = !fill && !next && std::exchange(look_, false);
    }
    if (fill && setup_.backfill) setup_.backfill(stop);
    if (next) work(*next, stop);
    if (!look) continue;
    // Whoever came first: the look is made once that is done.
    if (const auto found = unpriced_order(); found && !order(*found)) look_for_unpriced();
  }
}

void Repricer::look_for_unpriced() {
  {
    const std::lock_guard lock(mutex_);
    look_ = true;
  }
  asked_.notify_all();
}

void Repricer::look_for_backfills() {
  {
    const std::lock_guard lock(mutex_);
    fill_ = true;
  }
  asked_.notify_all();
}

std::optional<RepricingOrder> Repricer::unpriced_order() const {
  const auto now = setup_.in_force.get();
  const Config& config = now->loaded.config;
  const auto request = request_for_unpriced(
      setup_.store,
      {now->prices, config.cost, config.time_zone, as_event_time(setup_.clock.wall())});
  if (!request) return std::nullopt;
  return RepricingOrder{.request = *request, .dry_run = false, .unasked = true};
}

void Repricer::work(const RepricingOrder& order, const std::stop_token& stop) {
  for (int attempts = 1;; ++attempts) {
    const auto done = attempt(order, stop);
    if (done && *done) return tell_done();
    if (stop.stop_requested() || (done && !*done)) return;  // begun anew by the next process
    if (done.error().reaction != Reaction::retry || attempts == kAttemptsMax) {
      return give_up(order, done.error());
    }
    setup_.log.warn("re-pricing begins anew: " + done.error().message);
    std::unique_lock lock(mutex_);
    asked_.wait_for(lock, stop, kPause, [] { return false; });
    if (stop.stop_requested()) return;
  }
}

Result<RepricingStart> Repricer::step(std::unique_ptr<RepricingStep> step) {
  auto done = step->done.get_future();
  setup_.engine.offer(std::move(step));
  return done.get();
}

// False: it was told to stop.
Result<bool> Repricer::attempt(const RepricingOrder& order, const std::stop_token& stop) {
  auto begin = std::make_unique<RepricingStep>();
  begin->begin = order.request;
  begin->keep = !order.dry_run;
  auto start = step(std::move(begin));
  if (!start) return tl::unexpected(start.error());
  const auto now = setup_.in_force.get();
  const Config& config = now->loaded.config;
  if (!tariff_of(config, now->prices).is(start->tariff) ||
      now->loaded.rules.size() != start->states.size()) {
    return retry("other rules or prices are in force by now");
  }
  auto versions = read_versions(setup_.store);
  if (!versions) return tl::unexpected(versions.error());
  auto before = read_repricings(setup_.store);
  if (!before) return tl::unexpected(before.error());
  auto scratch = ScratchStore::make(config.state.path + "/repricing");
  if (!scratch) return tl::unexpected(scratch.error());

  AggregatorSetup stage = aggregator_setup(config, now->loaded.rules, now->prices, setup_.state);
  stage.keeps = now;
  Reread reread({config, setup_.clock, setup_.log, setup_.engine.status().partitions, start->until,
                 order.request.since - kCopies});
  Repricing repricing({.request = order.request,
                       .start = *start,
                       .versions = std::move(*versions),
                       .done = std::move(*before),
                       .tariff = [&](const Tariff& tariff) -> std::optional<TariffInForce> {
                         auto restored = restore_tariff(setup_.store, tariff);
                         return restored ? *restored : std::nullopt;
                       },
                       .stage = stage,
                       .scratch = (*scratch)->store(),
                       .ids = {.filter_bytes = state_limits(config).ids.filter_bytes / 2}});
  const Reread::Into into{
      [&](std::uint32_t partition, const std::string& source, const RecordFormat& format) {
        repricing.add_lane(partition, source, format);
      },
      [&](const Record& record, std::uint32_t partition) {
        return repricing.take(record, partition);
      }};
  if (auto opened = reread.open(into); !opened) return tl::unexpected(opened.error());
  for (bool more = true; more;) {
    if (stop.stop_requested()) return false;
    const auto read = reread.read_some(into);
    if (!read) return tl::unexpected(read.error());
    more = *read;
    const std::lock_guard lock(mutex_);
    status_.records = reread.records();
    status_.of = reread.of();
    status_.read_from = reread.oldest();
  }
  auto result = repricing.finish();
  if (!result) return tl::unexpected(result.error());
  if (!order.dry_run) {
    const Corrections corrections = repricing.corrections(*result);
    auto apply = std::make_unique<RepricingStep>();
    apply->corrections = &corrections;
    if (auto applied = step(std::move(apply)); !applied) return tl::unexpected(applied.error());
  }
  const std::lock_guard lock(mutex_);
  status_.phase = RepricingStatus::Phase::done;
  status_.result = std::move(*result);
  for (const Rule& rule : now->loaded.rules) status_.rules.push_back(rule.name);
  return true;
}

void Repricer::give_up(const RepricingOrder& order, const Error& error) {
  if (error.reaction == Reaction::stop) return;  // the process ends, and the next begins anew
  if (!order.dry_run) {
    auto end = std::make_unique<RepricingStep>();
    [[maybe_unused]] const auto ended = step(std::move(end));
  }
  setup_.log.error("re-pricing failed, nothing is changed: " + error.message);
  if (order.unasked && setup_.tell) {
    setup_.tell({"reprice",
                 "failed",
                 "Requests are not priced again: " + error.message,
                 {"Nothing is changed. Once that is mended, tocsin reprice does it."}});
  }
  const std::lock_guard lock(mutex_);
  status_.phase = RepricingStatus::Phase::failed;
  status_.error = error.message;
}

void Repricer::tell_done() {
  const RepricingStatus now = status();
  const RepricingResult& result = now.result;
  setup_.log.info(fmt::format(
      "{}: {} read, {} of another cost, ${} before, ${} after; {} {}",
      now.order.dry_run ? "re-pricing tried" : "priced again", plural(result.records, "record"),
      plural(result.all.requests, "request"), result.all.before.text(), result.all.after.text(),
      plural(result.cells, "total"), now.order.dry_run ? "would change" : "put right"));
  if (!now.order.unasked || result.all.requests == 0 || !setup_.tell) return;
  const auto words = [](const std::string& who, const RepricingResult::Sum& sum) {
    return fmt::format("{}: {} {} of today priced, {} added", who,
                       count_text(static_cast<std::int64_t>(sum.requests)),
                       sum.requests == 1 ? "request" : "requests",
                       value_text(Metric::cost, (sum.after - sum.before).pico()));
  };
  EngineMessage message;
  message.kind = "reprice";
  message.subject = std::to_string(to_ms(as_event_time(setup_.clock.wall())));
  message.text =
      words(result.models.size() == 1 ? result.models.begin()->first
                                      : count_text(std::ssize(result.models)) + " models",
            result.all) +
      levels(now);
  for (const auto& [model, sum] : result.models) {
    if (message.details.size() == kModelsTold) break;
    if (result.models.size() > 1) message.details.push_back(words(model, sum));
  }
  message.details.push_back(
      "They are in every budget that is still open, as if they had had this "
      "price when they came.");
  setup_.tell(std::move(message));
}

// "; production-daily now 81%": of rules with one total.
std::string Repricer::levels(const RepricingStatus& of) const {
  const auto now = setup_.in_force.get();
  std::string text;
  std::size_t told = 0;
  const auto snapshot = setup_.store.snapshot();
  for (std::size_t i = 0; i < of.result.rules.size() && told < kRulesTold; ++i) {
    if (of.result.rules[i].requests == 0 || i >= now->loaded.rules.size()) continue;
    const Rule& rule = now->loaded.rules[i];
    if (!rule.group_by.empty() || rule.name != of.rules[i]) continue;
    [[maybe_unused]] const auto read =
        StateView(*snapshot, now->loaded.rules).cells_of(rule, [&](const CellView& cell) {
          const auto percent = cell.budget ? whole_percent(cell.total, *cell.budget) : std::nullopt;
          if (!percent) return false;
          text += fmt::format("; {} now {}%", rule.name, static_cast<std::int64_t>(*percent));
          ++told;
          return false;
        });
  }
  return text;
}

namespace {

void write_sum(JsonWriter& json, const RepricingResult::Sum& sum) {
  json.number("requests", static_cast<std::int64_t>(sum.requests))
      .number("priced", static_cast<std::int64_t>(sum.priced))
      .text("before_usd", sum.before.text())
      .text("after_usd", sum.after.text())
      .text("difference_usd", (sum.after - sum.before).text());
}

std::string_view name(RepricingStatus::Phase phase) {
  switch (phase) {
    case RepricingStatus::Phase::none: return "none";
    case RepricingStatus::Phase::running: return "running";
    case RepricingStatus::Phase::done: return "done";
    case RepricingStatus::Phase::failed: return "failed";
  }
  return "";
}

}  // namespace

std::string repricing_json(const RepricingStatus& status) {
  using Phase = RepricingStatus::Phase;
  std::string out;
  JsonWriter json(out);
  json.begin_object().text("state", name(status.phase));
  if (status.phase != Phase::none) {
    json.number("since_ms", to_ms(status.order.request.since))
        .boolean("unpriced_only", status.order.request.unpriced_only)
        .boolean("dry_run", status.order.dry_run)
        .number("records", static_cast<std::int64_t>(status.records))
        .number("of", static_cast<std::int64_t>(status.of));
    if (status.read_from) json.number("read_from_ms", to_ms(*status.read_from));
  }
  if (status.phase == Phase::failed) json.text("error", status.error);
  if (status.phase == Phase::done) {
    const RepricingResult& result = status.result;
    write_sum(json, result.all);
    json.number("totals", static_cast<std::int64_t>(result.cells))
        .number("unknown", static_cast<std::int64_t>(result.unknown))
        .number("ids_forgotten", static_cast<std::int64_t>(result.ids_forgotten))
        .key("models")
        .begin_array();
    for (const auto& [model, sum] : result.models) {
      json.begin_object().text("model", model);
      write_sum(json, sum);
      json.end_object();
    }
    json.end_array().key("rules").begin_array();
    for (std::size_t i = 0; i < status.rules.size(); ++i) {
      if (result.rules[i].requests == 0) continue;
      json.begin_object().text("rule", status.rules[i]);
      write_sum(json, result.rules[i]);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return out;
}

Api::Answer reprice_answer(Repricer& repricer, const Api::Query& query, bool begin) {
  if (!begin) return {200, repricing_json(repricer.status())};
  const auto error = [](int status, std::string_view text) {
    std::string body;
    JsonWriter(body).begin_object().text("error", text).end_object();
    return Api::Answer{status, std::move(body)};
  };
  const auto since = query.find("since_ms");
  const auto ms =
      since == query.end() ? std::nullopt : parse_decimal(since->second, 0, Rounding::exact);
  if (!ms || *ms < 0 || *ms > to_ms(event_time_ms(253'402'300'799'000))) {
    return error(400, "since_ms is needed: milliseconds since 1970");
  }
  const auto dry = query.find("dry_run");
  const RepricingOrder order{.request = {.since = event_time_ms(static_cast<std::int64_t>(*ms))},
                             .dry_run = dry != query.end() && dry->second == "1"};
  if (auto taken = repricer.order(order); !taken) return error(409, taken.error().message);
  return {202, repricing_json(repricer.status())};
}

}  // namespace tocsin
