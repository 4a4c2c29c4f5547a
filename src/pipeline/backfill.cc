// SPDX-License-Identifier: Apache-2.0
#include "pipeline/backfill.h"

#include <algorithm>
#include <utility>

#include "state/codec.h"
#include "state/keys.h"

namespace tocsin {
namespace {

constexpr std::size_t kRecordsPerFlush = 10'000;
constexpr std::size_t kCellsPerChunk = 2'000;

}  // namespace

Backfilling::Backfilling(Setup setup)
    : setup_(std::move(setup)),
      ids_(setup_.scratch, setup_.ids),
      batch_(std::make_unique<Batch>(setup_.stage.seed)) {
  const auto& wanted = setup_.start.order.states;
  for (std::size_t i = 0; i < setup_.stage.rules.size(); ++i) {
    const auto state = std::lower_bound(wanted.begin(), wanted.end(), setup_.start.states[i]);
    if (state == wanted.end() || *state != setup_.start.states[i]) continue;
    rules_.push_back(setup_.stage.rules[i]);
    state_of_.push_back(static_cast<std::uint32_t>(state - wanted.begin()));
    auto& calendar = calendars_.emplace_back();
    // The rules were accepted, so their zones exist.
    if (rules_.back().by_calendar()) {
      calendar.emplace(std::move(*Calendar::create(rules_.back().window)));
    }
  }
  AggregatorSetup stage{.rules = rules_,
                        .prices = setup_.stage.prices,
                        .cost = setup_.stage.cost,
                        .ids = ids_.set(),
                        .seed = setup_.stage.seed,
                        .max_future = setup_.stage.max_future,
                        .out_of_order = setup_.stage.out_of_order,
                        .retention = setup_.stage.retention,
                        .lateness = setup_.stage.lateness,
                        .zone = setup_.stage.zone,
                        .lookups = setup_.stage.lookups,
                        .format_of = setup_.stage.format_of};
  aggregator_ = std::make_unique<Aggregator>(stage);
}
Backfilling::~Backfilling() = default;

std::optional<EventTime> Backfilling::since() {
  const EventTime now = setup_.start.order.time;
  EventTime since = now;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    EventTime start = now - rule.window.length;
    if (calendars_[i]) {
      if (rule.window.kind == WindowKind::lifetime && !rule.window.from) return std::nullopt;
      start = calendars_[i]->window_at(now).start;
    }
    since = std::min(since, start - rule.compare_to.value_or(Millis{0}));
  }
  return since;
}

void Backfilling::add_lane(std::uint32_t partition, std::string source,
                           const RecordFormat& format) {
  aggregator_->add_lane({partition, std::move(source), format, StreamTime{}});
}

Result<void> Backfilling::take(const Record& record, std::uint32_t partition) {
  aggregator_->begin_records();
  aggregator_->take(record, partition, *batch_);
  return ++unflushed_ < kRecordsPerFlush ? Result<void>{} : flush();
}

// Ids go where the engine's go, and the fold goes on.
Result<void> Backfilling::flush() {
  unflushed_ = 0;
  if (auto stored = ids_.store(*batch_); !stored) return stored;
  if (batch_->fold.deltas().size() <= setup_.cells_max) return {};
  return reject("that is more than " + std::to_string(setup_.cells_max) + " totals at once");
}

// Cells that can still be judged: of windows that end after the newest stream time, and panes that
// the present window covers, or the one it is compared with.
bool Backfilling::open(const Delta& delta) {
  const Rule& rule = rules_[delta.rule];
  const EventTime now = setup_.start.order.time;
  const Millis back = rule.compare_to.value_or(Millis{0});
  if (rule.rolling()) {
    const Panes panes = Panes::of(rule.window.length);
    return delta.at >= panes.first_covered(panes.at(now - back));
  }
  Calendar& calendar = *calendars_[delta.rule];
  const EventTime at = rule.judged() ? Panes::minutes().start(delta.at) : event_time_ms(delta.at);
  const Window window = calendar.window_at(at);
  return window.end == kNever || window.end > now - back;
}

std::string Backfilling::cursor_of(const BackfillStart& start, const Delta& delta) {
  std::string cursor;
  key::append_u32(cursor, start.order.states[delta.rule]);
  key::append_i64(cursor, delta.at);
  key::append_u32(cursor, static_cast<std::uint32_t>(delta.element));
  return cursor.append(delta.group);
}

Result<void> Backfilling::finish() {
  if (auto flushed = flush(); !flushed) return flushed;
  std::vector<std::pair<std::string, Delta>> ordered;
  for (Delta delta : batch_->fold.deltas()) {
    if (!open(delta)) continue;
    delta.rule = state_of_[delta.rule];
    std::string cursor = cursor_of(setup_.start, delta);
    if (cursor > setup_.start.order.cursor) ordered.emplace_back(std::move(cursor), delta);
  }
  std::sort(ordered.begin(), ordered.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    deltas_.push_back(ordered[i].second);
    if ((i + 1) % kCellsPerChunk == 0) cursors_.push_back(std::move(ordered[i].first));
  }
  return {};
}

BackfillChunk Backfilling::next() {
  const std::size_t some = std::min(deltas_.size() - at_, kCellsPerChunk);
  BackfillChunk chunk{.states = setup_.start.order.states,
                      .deltas = std::span<const Delta>(deltas_).subspan(at_, some),
                      .cursor = {},
                      .last = at_ + some == deltas_.size()};
  if (!chunk.last) chunk.cursor = cursors_[at_ / kCellsPerChunk];
  at_ += some;
  return chunk;
}

std::vector<std::string> Backfilling::names() const {
  std::vector<std::string> names;
  for (const Rule& rule : rules_) {
    if (!rule.second_part) names.push_back(rule.name);
  }
  return names;
}

}  // namespace tocsin
