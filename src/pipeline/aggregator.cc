// SPDX-License-Identifier: Apache-2.0
#include "pipeline/aggregator.h"

#include <algorithm>

#include "hash/digest.h"
#include "hash/fingerprint.h"
#include "price/units.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

constexpr Millis kIdleAfter{120'000};
constexpr EventTime kFarFuture = event_time_ms(253'402'300'799'000);  // the end of 9999

// What drives a group is taken from every request while a batch is small, then from some.
constexpr std::size_t kEachTells = 64;
constexpr std::int64_t kOneOf = 64;

// Those that a rule does not group by anyway; and of requests that failed, how.
std::array<bool, kDriverFields> fields_beside(const Rule& rule) {
  std::array<bool, kDriverFields> beside{};
  for (std::size_t i = 0; i < kDriverFields; ++i) {
    const std::string name = canonical_name(field_ref(kDriverFieldNames[i]));
    beside[i] = std::none_of(rule.group_by.begin(), rule.group_by.end(), [&](const auto& group) {
      return canonical_name(group.field) == name;
    });
  }
  bool& status = beside[static_cast<std::size_t>(DriverField::status)];
  status = status && driven_metric(rule.metric) == Metric::errors;
  return beside;
}

std::string_view feature_of(const Event& event) {
  for (const Property& property : event.properties) {
    if (same_name(property.name, "feature")) return property.value;
  }
  return {};
}

std::int64_t second_of(EventTime t) { return floor_div(to_ms(t), 1000); }

// A key of its own: hashes of inputs are shown to people, and say nothing of the seed.
std::uint64_t input_key(std::uint64_t seed) {
  const Digest digest = hmac_sha256(std::to_string(seed), "hashes of inputs");
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) key = key << 8 | digest[i];
  return key;
}

}  // namespace

Aggregator::Aggregator(const AggregatorSetup& setup)
    : setup_(setup),
      decoder_(input_key(setup.seed)),
      matcher_(setup.rules, setup.seed),
      cost_mark_(setup.seed),
      pricer_(setup.prices),
      unpriced_(setup.zone) {
  for (const auto& rule : setup.rules) {
    RuleLane lane;
    lane.metric = rule.metric;
    lane.judged = rule.judged();
    lane.keeps_cost = rule.keeps_cost();
    lane.plain = !lane.keeps_cost && !is_latency(rule.metric) && !by_distinct(rule.metric) &&
                 rule.metric != Metric::prompt_cache_rate && rule.metric != Metric::first_seen;
    lane.lateness = setup.lateness.value_or(default_lateness(rule.window));
    if (rule.by_session()) {
      lane.session = rule.window.length;
    } else if (rule.rolling() || rule.judged()) {
      lane.panes = rule.rolling() ? Panes::of(rule.window.length) : Panes::minutes();
      if (rule.window.kind == WindowKind::lifetime && rule.window.from) {
        lane.begins = Calendar::create(rule.window)->window_at(EventTime::min()).end;
      }
    } else {
      if (rule.budgets && !rule.budgets->switches.empty()) lane.dated = &*rule.budgets;
      const auto same = std::find_if(calendars_.begin(), calendars_.end(),
                                     [&](const auto& c) { return c.spec == rule.window; });
      lane.calendar = static_cast<std::size_t>(same - calendars_.begin());
      if (same == calendars_.end()) {
        // The rules were accepted, so their zones exist.
        calendars_.push_back(
            {rule.window, std::move(*Calendar::create(rule.window)), lane.lateness});
      }
    }
    if (setup.drivers != nullptr && setup.correction == nullptr && rule.keeps_drivers()) {
      lane.drives = setup.drivers->of(rule.name);
      lane.driven_by = fields_beside(rule);
    }
    rules_.push_back(std::move(lane));
  }
}

void Aggregator::add_lane(const Lane& lane) {
  const auto added = lanes_.try_emplace(lane.partition, LaneState{lane, {}, false, 0}).first;
  set_format(added->second.lane);
}

void Aggregator::set_format(Lane& lane) const {
  if (!setup_.format_of) return;
  if (auto format = setup_.format_of(lane.source)) lane.format = std::move(*format);
}

void Aggregator::take_over(Aggregator& old) {
  lanes_ = std::move(old.lanes_);
  for (auto& [partition, state] : lanes_) set_format(state.lane);
}

void Aggregator::go_on_at(std::uint32_t partition, std::int64_t offset, Batch& batch) const {
  const StreamTime& stream = lanes_.find(partition)->second.lane.stream_time;
  batch.progress.push_back({partition, {offset, -1, 0}, offset, stream.save()});
}

bool Aggregator::take(const Record& record, std::uint32_t partition, Batch& batch) {
  begin(record, partition, batch);
  const DecodeCounts before = decoder_.counts();
  decoder_.decode(record, lane_->lane.format, *this);
  return finish(partition, decoder_.counts().since(before));
}

bool Aggregator::take(const DecodedChunk& chunk, std::size_t index, std::uint32_t partition,
                      Batch& batch) {
  begin(chunk.records()[index], partition, batch);
  chunk.deliver(index, *this);
  return finish(partition, chunk.counts(index));
}

void Aggregator::begin(const Record& record, std::uint32_t partition, Batch& batch) {
  if (lane_ == nullptr || lane_->lane.partition != partition) {
    lane_ = &lanes_.find(partition)->second;
  }
  record_ = &record;
  batch_ = &batch;
  gap_.reset();
  first_ = true;
}

bool Aggregator::finish(std::uint32_t partition, const DecodeCounts& mended) {
  const Record& record = *record_;
  Batch& batch = *batch_;
  if (gap_) {
    lane_->gap_told = true;
    batch.tick = Tick{{partition}, *gap_, {}};
    return false;
  }
  lane_->gap_told = false;
  auto& progress = batch.progress;
  if (lane_->progress >= progress.size() || progress[lane_->progress].partition != partition) {
    lane_->progress = progress.size();
    progress.push_back({partition, {}, record.offset, {}});
  }
  Progress& now = progress[lane_->progress];
  now.position = {record.offset + 1, record.offset, record.hash};
  now.stream_time = lane_->lane.stream_time.save();
  ++batch.records;
  ++batch.counts[Count::records];
  batch.counts[Count::values_cut] += mended.values_cut;
  batch.counts[Count::properties_dropped] += mended.properties_dropped;
  batch.counts[Count::counts_mended] += mended.counts_mended;
  batch.counts[Count::spans_passed] += mended.spans_passed;
  if (record.has_timestamp) batch.oldest_record = std::min(batch.oldest_record, record.timestamp);
  return true;
}

// Stamps alone tell how time passed in a plain file: a jump of its stream time is a gap, in which a
// clock would have gone on. One stamp of 2099 is no jump (StreamTime).
bool Aggregator::gap_before(const Event& event) {
  if (!setup_.ticks_from_gaps || record_->has_timestamp || !first_ || lane_->gap_told) return false;
  const StreamTime& stream = lane_->lane.stream_time;
  if (stream.now() == StreamTime::kUnset || !event.time) return false;
  StreamTime then = stream;
  then.observe(*event.time, *event.time, false);
  if (then.now() <= stream.now() + kIdleAfter) return false;
  gap_ = then.now() - Millis{1000};
  return true;
}

void Aggregator::quarantined(const Quarantined& bad) {
  if (gap_) return;
  first_ = false;
  ++batch_->counts.quarantined[static_cast<std::size_t>(bad.reason)];
  batch_->set_aside.push_back(
      {bad.reason, lane_->lane.partition, record_->offset, bad.element,
       record_->has_timestamp ? std::optional(record_->timestamp) : std::nullopt, bad.detail});
}

EventTime Aggregator::time_of(const Event& event, EventTime record_time) {
  const EventTime time = event.time.value_or(record_time);
  if (time <= record_time + setup_.max_future) return time;
  ++batch_->counts[Count::future_clamped];
  return record_time;
}

void Aggregator::event(const Event& event) {
  if (gap_ || gap_before(event)) return;
  take_event(setup_.lookups ? setup_.lookups->fill(event, filled_) : event);
}

void Aggregator::take_event(const Event& event) {
  first_ = false;
  // A stamp beyond any calendar is as good as 2099's.
  EventTime record_time = std::clamp(record_->timestamp, EventTime{}, kFarFuture);
  if (!record_->has_timestamp) {
    // A line's record time is its event's own, else that of the line before.
    record_time = event.time.value_or(lane_->last_record_time);
    batch_->oldest_record = std::min(batch_->oldest_record, record_time);
  }
  lane_->last_record_time = record_time;
  const EventTime time = time_of(event, record_time);
  StreamTime& stream = lane_->lane.stream_time;
  stream.observe(time, record_time, record_->log_append_time);
  const bool trusted = stream.now() != StreamTime::kUnset;
  const bool too_old = trusted && time < stream.now() - setup_.retention;
  if (trusted) setup_.ids.get().move(lane_->lane.partition, second_of(stream.now()));
  auto id = id_of(event, std::min(time, record_time));
  if (id) setup_.ids.get().expect(id->print);
  // Of copies in vain, which are few: a claim at once would wait for memory.
  if (!too_old) {
    pricer_.price(event, time, setup_.cost, cost_);
    matcher_.match({event, lane_->lane.source}, matching_);
  }
  if (id && !claim(*id, event)) return;

  ++batch_->counts[Count::events];
  if (event.cached) ++batch_->counts[Count::cached];
  if (too_old) {
    ++batch_->counts[Count::too_old];
    return;
  }
  if (setup_.correction != nullptr) return correct(event, time, record_time);
  count_cost(event, time);
  if (setup_.watch != nullptr && setup_.watch->wants_events()) {
    setup_.watch->counted({event, time, cost_.amount, lane_->lane.source});
  }
  ++event_;
  fold(event, time, cost_.amount);
}

// What is read once more is counted already.
void Aggregator::correct(const Event& event, EventTime time, EventTime record_time) {
  const Correction::Counted counted{.event = event,
                                    .time = time,
                                    .record_time = record_time,
                                    .partition = lane_->lane.partition,
                                    .offset = record_->offset,
                                    .trusted = lane_->lane.stream_time.now() != StreamTime::kUnset,
                                    .cost = cost_};
  if (!setup_.correction->differs(counted)) return;
  unpriced_row_ = nullptr;
  ++event_;
  fold(event, time, cost_.amount);
}

// Nothing: events without an id are told apart by their offset alone.
std::optional<ClaimedId> Aggregator::id_of(const Event& event, EventTime own) {
  if (event.id.empty()) return std::nullopt;
  const std::size_t size = event.producer.size() + 1 + event.id.size();
  if (id_.size() < size) id_.resize(size);
  char* const end = std::copy(event.producer.begin(), event.producer.end(), id_.data());
  *end = '\0';
  std::copy(event.id.begin(), event.id.end(), end + 1);
  // Ahead of the stream time only while the first records, or a leap, are not trusted yet.
  return ClaimedId{.print = fingerprint128({id_.data(), size}, setup_.seed),
                   .partition = lane_->lane.partition,
                   .second = second_of(std::max(lane_->lane.stream_time.now(), own)),
                   .cost = cost_mark_.of(event)};
}

// False: a duplicate.
bool Aggregator::claim(ClaimedId& id, const Event& event) {
  if (!setup_.ids.get().claim(id)) {
    ++batch_->counts[Count::duplicates];
    if (id.other_cost) note_copy(event);
    return false;
  }
  batch_->ids.push_back(id);
  return true;
}

// It told another cost than the one that counted.
void Aggregator::note_copy(const Event& event) {
  ++batch_->counts[Count::other_cost];
  if (batch_->other_cost) return;
  batch_->other_cost = OtherCost{.id = std::string(event.id),
                                 .producer = std::string(event.producer),
                                 .partition = lane_->lane.partition,
                                 .offset = record_->offset,
                                 .input_tokens = prices::input_tokens(event.usage),
                                 .output_tokens = prices::output_tokens(event.usage),
                                 .reported = event.reported_cost};
}

void Aggregator::count_cost(const Event& event, EventTime time) {
  Counts& counts = batch_->counts;
  counts.cost += cost_.amount;
  counts.saved += cost_.saving;
  if (cost_.clamped) ++counts[Count::clamped];
  unpriced_row_ = nullptr;
  if (cost_.basis == CostBasis::unmetered) {
    ++counts[Count::unmetered];
    unpriced_row_ = unpriced_.count(event, time, cost_, pricer_, batch_->unpriced);
  }
  // A known model may lack the price of a unit: then the amount is too little.
  const bool estimated = cost_.basis == CostBasis::estimated;
  if (cost_.unpriced.empty() && !estimated) return;
  unpriced_row_ = unpriced_.count(event, time, cost_, pricer_, batch_->unpriced);
  if (cost_.unpriced.empty()) return;
  ++counts[Count::unpriced];
  model_.assign(event.provider.empty() ? "unknown" : event.provider).push_back('/');
  model_ += event.model;
  auto seen = counts.unpriced_models.find(model_);
  if (seen == counts.unpriced_models.end()) seen = counts.unpriced_models.try_emplace(model_).first;
  ++seen->second.requests;
  seen->second.input_tokens += static_cast<std::uint64_t>(prices::input_tokens(event.usage));
  seen->second.output_tokens += static_cast<std::uint64_t>(prices::output_tokens(event.usage));
}

void Aggregator::fold(const Event& event, EventTime time, Money cost) {
  for (const std::uint32_t rule : matching_) {
    std::int64_t at = 0;
    if (!admitted(rules_[rule], time, at)) {
      ++batch_->counts[Count::late];
      batch_->counts.late_cost += cost;
      continue;
    }
    Delta delta;
    delta.rule = rule;
    delta.at = at;
    delta.requests = 1;
    delta.latest = time;
    if (setup_.correction == nullptr) {
      if (rules_[rule].plain) {
        delta.amount = amount(rules_[rule].metric, event, cost);
      } else if (!measure(rules_[rule].metric, event, cost, delta)) {
        continue;
      }
    } else {
      const auto difference = setup_.correction->difference(rule, at);
      if (!difference) continue;
      delta.amount = *difference;
    }
    // Each budget judges what came while it was in force.
    if (const Budgets* const dated = rules_[rule].dated) {
      delta.at = std::max(at, to_ms(dated->last_switch(time)));
    }
    const std::size_t size = matcher_.group_size(rule);
    if (group_.size() < size) group_.resize(size);
    matcher_.write_group(rule, group_.data());
    const std::string_view group{group_.data(), size};
    delta.group = group;
    if (unpriced_row_ != nullptr && rules_[rule].metric == Metric::cost) {
      unpriced_row_->add_group(setup_.rules[rule].name, group, 1);
    }
    const std::uint32_t cell =
        rules_[rule].plain ? batch_->fold.add(delta) : add(rules_[rule], event, cost, delta);
    if (rules_[rule].drives) note_drivers(rules_[rule], cell, event, delta.amount);
  }
}

// Of the event under way, if it tells what drives groups. In a backlog one of 64 stands for all of
// them, chosen by no order that records could have; those that failed are few, and all tell.
void Aggregator::note_values(const Event& event) {
  drivers_of_ = event_;
  driver_weight_ = 1;
  if (batch_->records >= kEachTells && !event.is_error()) {
    driver_weight_ = (event_ * 0x9e3779b97f4a7c15U >> 58) == 0 ? kOneOf : 0;
  }
  if (driver_weight_ == 0) return;
  DriverNotes& notes = batch_->drivers;
  const std::string status = event.is_error() ? std::to_string(*event.status) : "";
  driving_ = {notes.value(feature_of(event)), notes.value(event.service), notes.value(event.model),
              notes.value(event.user), notes.value(status)};
}

void Aggregator::note_drivers(const RuleLane& rule, std::uint32_t cell, const Event& event,
                              int128 amount) {
  if (!rule.drives->load(std::memory_order_relaxed) || amount <= 0) return;
  if (drivers_of_ != event_) note_values(event);
  if (driver_weight_ == 0) return;
  DriverNotes::Note note;
  note.cell = cell;
  note.sampled = driver_weight_ > 1;
  note.amount = amount * driver_weight_;
  for (std::size_t i = 0; i < kDriverFields; ++i)
    note.values[i] = rule.driven_by[i] ? driving_[i] : 0;
  batch_->drivers.add(note);
}

// Decided by the event's own partition, in offset order (architecture.md, Time).
bool Aggregator::admitted(const RuleLane& rule, EventTime time, std::int64_t& at) {
  if (rule.calendar) {
    const SpecCalendar& spec = admission(*rule.calendar, time);
    at = spec.at;
    return spec.admitted;
  }
  const EventTime now = lane_->lane.stream_time.now();
  if (rule.session) {
    at = to_ms(time);
    return now == StreamTime::kUnset || time + *rule.session + rule.lateness > now;
  }
  at = rule.panes.at(time);
  if (time < rule.begins) return false;
  if (now == StreamTime::kUnset) return true;
  if (rule.judged) return time >= now - setup_.out_of_order;
  return rule.panes.slot_window(rule.panes.slot(at)).end + rule.lateness > now;
}

// Rules of one window are asked once an event.
const Aggregator::SpecCalendar& Aggregator::admission(std::size_t calendar, EventTime time) {
  SpecCalendar& of = calendars_[calendar];
  if (of.event == event_) return of;
  of.event = event_;
  const EventTime now = lane_->lane.stream_time.now();
  const Window in = of.calendar.window_at(time);
  of.at = to_ms(in.start);
  of.admitted = in.start != in.end &&
                (now == StreamTime::kUnset || in.end == kNever || in.end + of.lateness > now);
  return of;
}

// False: the event says nothing about it.
bool Aggregator::measure(Metric metric, const Event& event, Money cost, Delta& delta) const {
  if (is_latency(metric)) {
    if (!event.latency_ms) return false;
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    delta.element = latency_element(std::clamp<std::int64_t>(*event.latency_ms, 0, kMost) * 1'000);
  } else if (metric == Metric::first_seen) {
    // When it came, for a late request says nothing of what was known by then.
    delta.element = kFirstElement;
    const EventTime now = lane_->lane.stream_time.now();
    if (now != StreamTime::kUnset) delta.latest = now;
  } else if (metric == Metric::prompt_cache_rate) {
    delta.requests = event.cached ? 0 : prices::input_tokens(event.usage);
    if (delta.requests == 0) return false;
  }
  delta.amount = amount(metric, event, cost);
  return true;
}

std::uint32_t Aggregator::add(const RuleLane& rule, const Event& event, Money cost, Delta delta) {
  const std::uint32_t cell = batch_->fold.add(delta);
  if (by_distinct(rule.metric)) {
    const std::string_view who = rule.metric == Metric::cost_per_user ? event.user : event.session;
    if (!who.empty()) {
      Delta one = delta;
      one.element = distinct_element(who);
      one.amount = 0;
      batch_->fold.add(one);
    }
  }
  if (rule.keeps_cost) {
    delta.element = kCostElement;
    delta.amount = cost.pico();
    delta.requests = 0;
    batch_->fold.add(delta);
  }
  return cell;
}

int128 Aggregator::amount(Metric metric, const Event& event, Money cost) const {
  const Usage& usage = event.usage;
  const bool counted = !event.cached;  // a cached answer is a request with no tokens
  switch (metric) {
    case Metric::cost:
    case Metric::cost_per_request:
    case Metric::cost_per_session:
    case Metric::cost_per_user: return cost.pico();
    case Metric::requests:
    case Metric::first_seen: return 1;
    case Metric::input_tokens: return counted ? prices::input_tokens(usage) : 0;
    case Metric::output_tokens: return counted ? prices::output_tokens(usage) : 0;
    case Metric::prompt_cache_rate:
    case Metric::cached_tokens: return counted ? prices::cached_tokens(usage) : 0;
    case Metric::tokens:
      return counted ? prices::input_tokens(usage) + prices::output_tokens(usage) : 0;
    case Metric::errors:
    case Metric::error_rate: return event.is_error() ? 1 : 0;
    case Metric::cache_hit_rate: return event.cached ? 1 : 0;
    case Metric::unpriced_requests: return cost_.unpriced.empty() ? 0 : 1;
    case Metric::latency_p50:
    case Metric::latency_p90:
    case Metric::latency_p95:
    case Metric::latency_p99: return 0;
  }
  return 0;
}

}  // namespace tocsin
