// SPDX-License-Identifier: Apache-2.0
#include "pipeline/repricing.h"

#include <algorithm>
#include <utility>

#include "state/codec.h"
#include "state/keys.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

constexpr std::size_t kModelsMax = 1'000;
constexpr std::size_t kRecordsTogether = 10'000;

bool has(const std::vector<std::uint32_t>& sorted, std::uint32_t state) {
  return std::binary_search(sorted.begin(), sorted.end(), state);
}

std::string model_of(const Event& event) {
  return std::string(event.provider.empty() ? "unknown" : event.provider) + "/" +
         std::string(event.model);
}

}  // namespace

std::string tariff_choice(CostChoice choice) {
  return choice == CostChoice::computed ? "computed" : "reported";
}

std::optional<CostChoice> parse_tariff_choice(std::string_view text) {
  if (text == "computed") return CostChoice::computed;
  if (text == "reported") return CostChoice::reported;
  return std::nullopt;
}

Result<std::optional<TariffInForce>> restore_tariff(const Snapshot& store, const Tariff& tariff) {
  const auto choice = parse_tariff_choice(tariff.choice);
  auto bytes = store.get(key::kPriceList + tariff.list);
  if (!bytes) return tl::unexpected(bytes.error());
  if (!choice || !*bytes) return std::nullopt;
  auto list = PriceList::restored(std::move(**bytes));
  if (!list) return std::nullopt;
  return TariffInForce{std::make_shared<const PriceList>(std::move(*list)), *choice};
}

void RepricingResult::Sum::add(const Sum& other) {
  requests += other.requests;
  priced += other.priced;
  before += other.before;
  after += other.after;
}

struct Repricing::Lists {
  struct Entry {
    TariffInForce tariff;
    Pricer pricer;
  };
  // By list and choice; absent: not known.
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Entry>> known;
  Cost cost;
};

Repricing::Repricing(Setup setup)
    : setup_(std::move(setup)),
      ids_(setup_.scratch, setup_.ids),
      batch_(std::make_unique<Batch>(setup_.stage.seed)),
      lists_(std::make_unique<Lists>()),
      windows_(setup_.stage.rules.size()),
      unpriced_(setup_.stage.zone),
      pricer_(setup_.stage.prices) {
  AggregatorSetup stage = setup_.stage;
  stage.ids = ids_.set();
  stage.watch = nullptr;
  stage.correction = this;
  aggregator_ = std::make_unique<Aggregator>(stage);
  for (const Rule& rule : setup_.stage.rules) {
    auto& calendar = calendars_.emplace_back();
    // The rules were accepted, so their zones exist.
    if (rule.by_calendar()) calendar.emplace(std::move(*Calendar::create(rule.window)));
  }
  result_.rules.resize(setup_.stage.rules.size());
}
Repricing::~Repricing() = default;

void Repricing::add_lane(std::uint32_t partition, std::string source, const RecordFormat& format) {
  aggregator_->add_lane({partition, std::move(source), format, StreamTime{}});
}

Result<void> Repricing::take(const Record& record, std::uint32_t partition) {
  read_from_.try_emplace(partition, record.offset);
  aggregator_->begin_records();
  aggregator_->take(record, partition, *batch_);
  ++result_.records;
  if (++unflushed_ < kRecordsTogether) return {};
  return flush();
}

// Ids go where the engine's go, and the fold goes on.
Result<void> Repricing::flush() {
  unflushed_ = 0;
  if (auto stored = ids_.store(*batch_); !stored) return stored;
  result_.ids_forgotten += ids_.take_forgotten();
  if (batch_->fold.deltas().size() <= setup_.cells_max) return {};
  return reject("more than " + std::to_string(setup_.cells_max) +
                " totals would change at once: nothing is changed; choose a later --since");
}

Result<RepricingResult> Repricing::finish() {
  if (auto flushed = flush(); !flushed) return tl::unexpected(flushed.error());
  for (const Delta& delta : batch_->fold.deltas()) {
    if (delta.amount == 0) continue;
    deltas_.push_back(delta);
    deltas_.back().requests = 0;
  }
  result_.cells = deltas_.size();
  for (std::uint32_t i = 0; i < setup_.start.until.size(); ++i) {
    const auto from = from_.find(i);
    if (from != from_.end()) result_.ranges.push_back({i, from->second, setup_.start.until[i]});
  }
  return result_;
}

Corrections Repricing::corrections(const RepricingResult& result) const {
  Corrections made{.version = setup_.start.version, .deltas = deltas_, .row = {}};
  made.turns = &turns_;
  made.row.request = setup_.request;
  made.row.tariff = setup_.start.tariff;
  made.row.ranges = result.ranges;
  made.row.time = setup_.start.time;
  made.row.requests = result.all.requests;
  made.row.before = result.all.before;
  made.row.after = result.all.after;
  for (const auto& [name, entry] : lists_->known) {
    if (!entry) made.row.unknown.push_back({name.first, name.second, nullptr});
  }
  return made;
}

const Version* Repricing::version_of(std::uint32_t partition, std::int64_t offset) const {
  const auto& all = setup_.versions;
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Version& version) {
    return version.holds(partition, offset);
  });
  return found == all.rend() ? nullptr : &*found;
}

// What is counted at another model's prices has none of its own.
Repricing::Priced Repricing::priced(const Cost& cost) {
  const bool unpriced = !cost.unpriced.empty() || cost.basis == CostBasis::estimated;
  return {cost.amount, unpriced, unpriced};
}

std::optional<Repricing::Priced> Repricing::price(const Tariff& tariff, const Counted& counted) {
  const std::pair name{tariff.list, tariff.choice};
  auto known = lists_->known.find(name);
  if (known == lists_->known.end()) {
    known = lists_->known.emplace(name, nullptr).first;
    if (auto list = setup_.tariff(tariff)) {
      Pricer pricer(*list->list);
      known->second.reset(new Lists::Entry{std::move(*list), std::move(pricer)});
    }
  }
  if (!known->second) return std::nullopt;
  Cost& cost = lists_->cost;
  known->second->pricer.price(counted.event, counted.time, known->second->tariff.choice, cost);
  return priced(cost);
}

// A partition that is read from its midst on has no stream time until some stamps are trusted, and
// when its records came it had one, no later than the newest of all. Until then stamps stand for
// it: what was too old, or late, must not be put right, for it never counted. Unset: it is known.
EventTime Repricing::presumed(const Counted& counted) const {
  const std::int64_t first = setup_.start.first[counted.partition];
  const bool midst = first < 0 || read_from_.find(counted.partition)->second > first;
  if (counted.trusted || !midst) return StreamTime::kUnset;
  return std::min(counted.record_time, setup_.start.time);
}

bool Repricing::differs(const Counted& counted) {
  presumed_ = presumed(counted);
  const Millis retention = setup_.stage.retention;
  if (presumed_ != StreamTime::kUnset && counted.time < presumed_ - retention) return false;
  if (setup_.request.unpriced_only || counted.record_time >= setup_.request.since) {
    from_.try_emplace(counted.partition, counted.offset);
  }
  if (!from_.contains(counted.partition)) return false;
  if (setup_.request.unpriced_only && counted.time < setup_.request.since) return false;
  if (!former_costs(counted)) {
    ++result_.unknown;
    return false;
  }
  now_ = priced(counted.cost);
  const Priced before = counted_with(nullptr);
  if (concerns(before) && (before.amount != now_.amount || before.unpriced != now_.unpriced)) {
    note(counted, before);
  }
  return base_.amount != now_.amount || !again_.empty();
}

// By which list it was counted, and those that were done since and did not leave it as it was.
// False: by prices that nobody knows any more.
bool Repricing::former_costs(const Counted& counted) {
  version_ = version_of(counted.partition, counted.offset);
  const auto base = version_ != nullptr && version_->tariff ? price(*version_->tariff, counted)
                                                            : std::optional<Priced>();
  if (!base) return false;
  base_ = *base;
  again_.clear();
  for (const auto& row : setup_.done) {
    if (!row.holds(counted.partition, counted.offset)) continue;
    if (row.request.unpriced_only && counted.time < row.request.since) continue;
    if (!reached(row)) continue;
    const auto cost = price(row.tariff, counted);
    if (!cost) return false;
    again_.push_back({&row, *cost});
  }
  return true;
}

// It knew all that the event had cost by until then: a list that was not known may be again.
bool Repricing::reached(const RepricingRow& row) const {
  return row.unknown.empty() || (row.knew(*version_->tariff) &&
                                 std::all_of(again_.begin(), again_.end(), [&](const Again& again) {
                                   return row.knew(again.row->tariff);
                                 }));
}

void Repricing::note(const Counted& counted, const Priced& before) {
  const bool priced = before.unpriced && !now_.unpriced;
  const RepricingResult::Sum sum{1, priced ? 1U : 0U, before.amount, now_.amount};
  result_.all.add(sum);
  auto model = result_.models.find(model_of(counted.event));
  if (model == result_.models.end()) {
    const bool room = result_.models.size() < kModelsMax;
    model = result_.models.try_emplace(room ? model_of(counted.event) : std::string(kOther)).first;
  }
  model->second.add(sum);
  if (before.unpriced != now_.unpriced) note_turn(counted, before);
}

void Repricing::note_turn(const Counted& counted, const Priced& before) {
  if (!before.ever) {
    unpriced_.count(counted.event, counted.time, counted.cost, pricer_, turns_.gone);
    return;
  }
  // As it was counted under.
  Cost& cost = lists_->cost;
  cost.basis = CostBasis::unpriced;
  cost.unpriced.assign(1, counted.event.model);
  unpriced_.count(counted.event, counted.time, cost, pricer_,
                  before.unpriced ? turns_.came : turns_.again);
}

// What it counts with by now: in the cells of a state, or where all that was done concerned it.
Repricing::Priced Repricing::counted_with(const std::uint32_t* state) const {
  Priced cost = base_;
  for (const Again& again : again_) {
    if (state != nullptr && !has(again.row->in_force, *state)) continue;
    if (again.row->request.unpriced_only && !cost.unpriced) continue;
    const bool ever = cost.ever;
    cost = again.cost;
    cost.ever = cost.ever || ever;
  }
  return cost;
}

bool Repricing::concerns(const Priced& before) const {
  return !setup_.request.unpriced_only || before.unpriced;
}

std::optional<int128> Repricing::difference(std::uint32_t rule, std::int64_t at) {
  const Rule& of = setup_.stage.rules[rule];
  const std::uint32_t state = setup_.start.states[rule];
  if (of.metric != Metric::cost || of.judged() || of.by_session()) return std::nullopt;
  if (!has(version_->in_force, state) || !open(rule, at) || late(rule, at)) return std::nullopt;
  const Priced before = counted_with(&state);
  if (!concerns(before) || before.amount == now_.amount) return std::nullopt;
  result_.rules[rule].add({1, 0, before.amount, now_.amount});
  return (now_.amount - before.amount).pico();
}

// Windows that end after the newest stream time; all that came for them was admitted. Of rolling
// ones the panes that the present window covers, and later ones.
bool Repricing::open(std::uint32_t rule, std::int64_t at) {
  Window& window = windows_[rule];
  if (window.at == at) return window.open;
  window.at = at;
  const EventTime now = setup_.start.time;
  if (auto& calendar = calendars_[rule]) {
    const EventTime end = calendar->window_at(event_time_ms(at)).end;
    window.open = end == kNever || end > now;
  } else {
    const Panes panes = Panes::of(setup_.stage.rules[rule].window.length);
    window.open = at >= panes.first_covered(panes.at(now));
  }
  return window.open;
}

// For a calendar window that is still open nothing was.
bool Repricing::late(std::uint32_t rule, std::int64_t at) const {
  if (presumed_ == StreamTime::kUnset || calendars_[rule]) return false;
  const Panes panes = Panes::of(setup_.stage.rules[rule].window.length);
  const Millis lateness =
      setup_.stage.lateness.value_or(default_lateness(setup_.stage.rules[rule].window));
  return panes.slot_window(panes.slot(at)).end + lateness <= presumed_;
}

}  // namespace tocsin
