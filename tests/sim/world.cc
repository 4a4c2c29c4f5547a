// SPDX-License-Identifier: Apache-2.0
#include "sim/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "alert/alert_codec.h"
#include "notify/notice.h"
#include "notify/outbox_keys.h"
#include "notify/webhook/webhook_channel.h"
#include "state/keys.h"
#include "state/rule_state.h"

namespace tocsin::sim {
namespace {

constexpr std::size_t kFaultsMax = 12;
constexpr std::uint64_t kReloadsMax = 8;  // a rule may have 64 rungs in its life
constexpr std::uint64_t kDeathsMax = 60;
constexpr int kTurnsMax = 200'000, kHealsMax = 600;
// After so many turns times without records are passed in larger steps.
constexpr int kPatience = 20'000;
constexpr int kGlance = 509;  // turns between looks at what the API would show
constexpr Millis kQuietStep{30'000};
constexpr std::string_view kEveryEnd{"ralerts\0", 8};  // each severity's alerts go to it

World* current = nullptr;  // whose processes crash_hook kills

std::string level_of(const Alert& alert) {
  std::string text = alert.rule + '\n' + alert.rung;
  for (const auto& [field, value] : alert.group) text += '\n' + field + '=' + value;
  return text;
}

WallTime wall(std::int64_t ms) { return WallTime{Millis{ms}}; }

Route by_severity() {
  Route route;
  route.info = {"alerts"};
  route.warning = {"alerts", "pair"};
  route.critical = {"alerts", "pair", "oncall"};
  return route;
}

std::vector<std::unique_ptr<Channel>> channels() {
  std::vector<std::unique_ptr<Channel>> all;
  for (const char* name : {"alerts", "oncall"}) {
    all.push_back(
        std::make_unique<WebhookChannel>(WebhookConfig{.name = name,
                                                       .url = std::string("sim://") + name + "/",
                                                       .hmac_secret = {},
                                                       .public_url = {}}));
  }
  all.push_back(std::make_unique<PairChannel>("pair"));
  return all;
}

}  // namespace

// One incarnation of the engine, as `run` makes it.
struct World::Process {
  explicit Process(World& of)
      : world(of),
        version(of.file_),
        transport(of.received_, of.transport_, of.random_, of.clock_) {
    transport.sent = [this](const auto& request, const auto& key) { world.sending(request, key); };
  }

  Result<void> start() {
    auto opened = State::open({.store = world.store_,
                               .rules = version->rules,
                               .fallback = by_severity(),
                               .alert_log = outbox,
                               .limits = world.plan_.limits,
                               .keeps = version,
                               .tariff = priced_by(*version)});
    if (!opened) return tl::unexpected(opened.error());
    state = std::move(*opened);
    NotifierConfig config;
    config.engine_channels = {"alerts"};
    config.gathering.group_interval = world.plan_.group_interval;
    config.jitter_seed = static_cast<std::uint32_t>(world.random_.below(1'000'000));
    notifier = std::make_unique<Notifier>(
        NotifierParts{world.store_, transport, world.clock_, world.log_}, channels(), config);
    if (auto loaded = notifier->load(); !loaded) return loaded;
    teller = std::make_unique<NotifierTeller>(*notifier);
    std::vector<std::int64_t> next(world.history_.partitions.size(), -1);
    for (const auto& row : state->partitions()) {
      next[static_cast<std::size_t>(row.name.partition)] = row.position.next_offset;
    }
    source = std::make_unique<SimSource>(world.history_.partitions, std::move(next),
                                         world.plan_.workers, world.random_);
    source->mirrored = [this](const auto& name, auto offset) { world.mirrored(name, offset); };
    engine = std::make_unique<Engine>(engine_setup());
    if (auto started = engine->start(); !started || !world.plan_.reprices) return started;
    repricer = std::make_unique<SimRepricer>(repricer_setup());
    repricer->start();
    return {};
  }

  // Nobody asks what a request cost where prices never change.
  std::optional<Tariff> priced_by(const Version& of) const {
    return world.plan_.reprices ? std::optional(tariff(of.prices)) : std::nullopt;
  }

  SimRepricer::Setup repricer_setup() {
    return {.store = world.store_,
            .engine = *engine,
            .log = world.history_.partitions,
            .random = world.random_,
            .stage = [this] { return aggregator_setup(version); },
            .tariff = [this] { return tariff(version->prices); },
            .now = [this] { return world.clock_.wall(); },
            .offered = [this] { world.meet_step(); }};
  }

  AggregatorSetup aggregator_setup(const std::shared_ptr<const Version>& of) const {
    return {.rules = of->rules,
            .prices = prices(of->prices),
            .cost = CostChoice::computed,
            .ids = state->ids(),
            .seed = state->seed(),
            .max_future = world.plan_.max_future,
            .out_of_order = world.plan_.limits.out_of_order,
            .retention = world.plan_.limits.retention,
            .lateness = world.plan_.limits.lateness,
            .keeps = of,
            .drivers = &state->driver_switches()};
  }

  EngineSetup engine_setup() {
    return {.sources = {{source.get(), Format::automatic, world.plan_.workers, false}},
            .aggregator = aggregator_setup(version),
            .state = *state,
            .teller = *teller,
            .clock = world.clock_,
            .log = world.log_,
            .quarantine = [this](const auto& all, const auto& partitions) -> Result<void> {
              for (const auto& one : all) {
                const auto partition = partitions[one.partition].name.partition;
                world.quarantined_.insert(
                    {static_cast<std::size_t>(partition), one.offset, one.element, one.reason});
              }
              return {};
            },
            .batch = world.plan_.batch,
            .live = true,
            .replay_tick = {},
            .identify =
                [this](const Source& of) { return state->identify("requests", of.identity()); }};
  }

  // As the reloader does, when the files have changed.
  void offer(std::shared_ptr<const Version> next) {
    auto rules = state->prepare({.rules = next->rules,
                                 .keeps = next,
                                 .fallback = by_severity(),
                                 .limits = world.plan_.limits,
                                 .rows = {},
                                 .tariff = priced_by(*next)});
    if (!rules) return world.fault("a reload is refused: " + rules.error().message);
    auto reload = std::make_unique<Reload>();
    reload->rules = std::move(*rules);
    for (std::size_t i = 0; i < engine->workers(); ++i) {
      reload->aggregators.push_back(std::make_unique<Aggregator>(aggregator_setup(next)));
    }
    reload->in_force = [this, next] {
      version = next;
      if (repricer) repricer->look_for_unpriced();
    };
    reloaded = reload->done.get_future();
    engine->offer(std::move(reload));
  }

  bool reloading() const {
    return reloaded.valid() &&
           reloaded.wait_for(std::chrono::seconds{0}) != std::future_status::ready;
  }

  World& world;
  std::shared_ptr<const Version> version;
  OutboxLog outbox;
  SimTransport transport;
  std::unique_ptr<State> state;
  std::unique_ptr<Notifier> notifier;
  std::unique_ptr<NotifierTeller> teller;
  std::unique_ptr<SimSource> source;
  std::unique_ptr<SimRepricer> repricer;  // the engine may hold what it offers
  std::unique_ptr<Engine> engine;
  std::future<Result<std::chrono::microseconds>> reloaded;
};

World::World(const Plan& plan)
    : plan_(plan), transport_(plan.transport), random_(plan.options.seed, 2) {
  current = this;
  crash_hook = &World::on_crash_point;
  Random traffic(plan.options.seed, 3);
  Random rules(plan.options.seed, 4);
  traffic_ = draw_traffic(traffic, plan_.traffic);
  history_.partitions.reserve(plan_.traffic.partitions);  // sources look into it
  history_.partitions.resize(plan_.grows ? 1 : plan_.traffic.partitions);
  history_.max_future = plan_.max_future;
  history_.out_of_order = plan_.limits.out_of_order;
  history_.retention = plan_.limits.retention;
  history_.lateness = plan_.limits.lateness;
  ever_ = draw_rules(rules, plan_.rules);
  file_ = in_force_ = read_version(ever_);
  versions_.push_back(file_);
  clock_.set_wall(
      wall(plan_.traffic.from_ms +
           static_cast<std::int64_t>(plan_.backlog * static_cast<double>(plan_.traffic.span_ms))));
  began_ = clock_.wall();
  store_.written = [this](auto number, const auto& batch) { stored(number, batch); };
  // The seed of its hashes is drawn by a new state: here it must be the same in every run.
  std::string format;
  RowWriter out(format);
  out.number(1);
  out.fixed(plan.options.seed);
  WriteBatch batch;
  batch.put(key::meta("format"), format);
  if (!store_.write(batch, Sync::yes)) throw std::runtime_error("a new store fails");
}

World::~World() {
  crash_hook = nullptr;
  current = nullptr;
}

// Where a step ends may be a destructor, which cannot throw; what follows it begins there.
void World::on_crash_point(CrashStep, CrashEdge edge) {
  if (edge == CrashEdge::after) return;
  if (!current->crash_in_ || --*current->crash_in_ > 0) return;
  current->crash_in_.reset();
  throw Died{};
}

void World::fault(std::string text) {
  if (faults_.size() < kFaultsMax) faults_.push_back(std::move(text));
}

std::vector<std::string> World::run() {
  append();
  for (int turns = 0; !(appended_ == traffic_.size() && all_consumed()); ++turns) {
    if (turns > kTurnsMax) {
      fault("the records are never consumed");
      return faults_;
    }
    maybe_arm();
    turn();
    // A copy in another partition may be passed over before the one that counts is committed.
    const bool settled = !(plan_.traffic.twin > 0);
    if (settled && turns % kGlance == 0 && process_ && !process_->state->has_work() &&
        !history_.commits.empty()) {
      for (auto& text : check_midway(*this)) fault("midway: " + std::move(text));
    }
    if (turns > kPatience && all_consumed()) advance(kQuietStep);
    if (faults_.size() >= kFaultsMax) return faults_;
  }
  heal();
  if (faults_.size() < kFaultsMax) {
    for (auto& text : check(*this)) fault(std::move(text));
    for (auto& text : check_again(*this)) fault(std::move(text));
  }
  return faults_;
}

// Whatever happens here may end the process.
void World::turn() {
  try {
    if (!process_) return started();
    const int all =
        plan_.of_worker + plan_.of_engine + plan_.of_notifier + plan_.of_clock + plan_.of_repricer;
    auto at = static_cast<int>(random_.below(all));
    Result<void> done;
    if ((at -= plan_.of_worker) < 0) {
      const auto worker = static_cast<std::size_t>(random_.below(plan_.workers));
      process_->engine->turn_worker(worker, Millis{0});
    } else if ((at -= plan_.of_engine) < 0) {
      done = process_->engine->turn(Millis{0});
      if (done && !process_->state->has_work() && !history_.commits.empty()) {
        history_.commits.back().settled = true;
      }
    } else if ((at -= plan_.of_notifier) < 0) {
      done = process_->notifier->step(Millis{0});
    } else if ((at -= plan_.of_repricer) < 0) {
      process_->repricer->turn();
      if (process_->repricer->idle() && plan_.reprices && drawn(plan_.orders)) order();
    } else {
      advance(Millis{2 * plan_.traffic.gap_ms});
    }
    if (!done) {
      // Where time runs much faster than records are read, it rightly ends itself.
      const bool still = done.error().message.find(" stands still ") != std::string::npos;
      if (!store_.dead() && !still) fault("it stopped: " + done.error().message);
      return bury(true);
    }
    if (drawn(plan_.restart)) return restart();
    if (reloads_ < kReloadsMax && drawn(plan_.reload)) edit();
  } catch (const Died&) {
    bury(true);
  }
}

void World::started() {
  process_ = std::make_unique<Process>(*this);
  if (auto done = process_->start(); !done) {
    if (!store_.dead()) fault("it does not start: " + done.error().message);
    bury(true);
  }
}

// Somebody asks for what came since then to be priced again.
void World::order() {
  const auto passed = clock_.wall().time_since_epoch().count() - plan_.traffic.from_ms;
  const std::int64_t back = random_.chance(0.3) ? passed + 1'000 : random_.below(passed + 1'000);
  const EventTime since = as_event_time(clock_.wall() - Millis{back});
  process_->repricer->order({.since = std::max(since, EventTime{}), .unpriced_only = false});
}

// Of a re-pricing, which the state thread is about to do.
void World::meet_step() {
  if (!drawn(plan_.deaths_by_step) || deaths_ >= kDeathsMax) return;
  if (random_.chance(0.5)) {
    crash_in_ = random_.between(1, 30);
  } else {
    store_.fail(static_cast<std::size_t>(random_.between(1, 2)), random_.chance(0.5));
  }
}

// Between two steps, at a crash point, or by a write that fails.
void World::maybe_arm() {
  if (!process_ || deaths_ >= kDeathsMax || !drawn(plan_.crash)) return;
  switch (random_.below(3)) {
    case 0: return bury(true);
    case 1: crash_in_ = random_.between(1, 60); return;
    default:
      store_.fail(static_cast<std::size_t>(random_.between(1, 4)), random_.chance(0.5));
      return;
  }
}

void World::bury(bool killed) {
  crash_in_.reset();
  process_.reset();
  // A start takes its time: what the engine says of itself has an id of the millisecond.
  clock_.advance(Millis{random_.between(50, 3'000)});
  if (killed) ++deaths_;
  if (killed && drawn(plan_.power)) {
    store_.lose_power(
        static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(store_.unsynced()) + 1)));
    auto& commits = history_.commits;
    while (!commits.empty() && commits.back().write > store_.writes()) commits.pop_back();
    in_force_ = commits.empty() ? versions_.front() : commits.back().version;
  }
  store_.reopen();
  // Other limits at a start while those before are swept by: what rings depends on how far that is.
  if (!all_swept()) file_ = in_force_;
}

// By what a start would find: it may have lost the end of a sweep that was done.
bool World::all_swept() const {
  const auto& rules = in_force_->rules;
  return std::all_of(rules.begin(), rules.end(), [&](const Rule& rule) {
    const auto stored = store_.get(state_key(rule.name, rule.fingerprint()));
    StateRow row;
    return !*stored || (decode_state(**stored, row) && row.ladder == RuleState::ladder_text(rule));
  });
}

// Told to stop, it syncs and ends; perhaps it is started with other files.
void World::restart() {
  if (process_->reloading()) return;
  const bool settled = !process_->state->has_work();
  auto finished = process_->engine->finish();
  if (!finished) {
    if (!store_.dead()) fault("it does not stop: " + finished.error().message);
    return bury(true);
  }
  std::stop_source stop;
  stop.request_stop();
  if (!process_->notifier->run(stop.get_token()) && !store_.dead()) fault("it does not drain");
  if (store_.dead()) return bury(true);
  bury(false);
  if (settled && plan_.reload > 0 && reloads_ < kReloadsMax && drawn(0.5)) file_ = next_version();
}

void World::edit() {
  if (!process_ || process_->reloading()) return;
  if (file_ != process_->version) return;
  file_ = next_version();
  process_->offer(file_);
}

std::shared_ptr<const Version> World::next_version() {
  Edit edit = Edit::ladder;
  if (plan_.edits_change_rules && random_.chance(0.6)) {
    edit = random_.pick({Edit::add, Edit::remove, Edit::rename, Edit::put_back, Edit::put_back});
  }
  const bool prices_alone = plan_.reprices && random_.chance(plan_.price_edits);
  std::size_t list = file_->prices;
  if (prices_alone || (plan_.reprices && random_.chance(0.2))) {
    list = static_cast<std::size_t>(random_.below(std::ssize(kPriceLists)));
  }
  if (!prices_alone) ++rule_edits_;
  auto next = read_version(
      prices_alone ? file_->specs : edited(random_, plan_.rules, file_->specs, ever_, edit), list);
  for (const auto& spec : next->specs) {
    const auto same = std::find_if(ever_.begin(), ever_.end(),
                                   [&](const auto& rule) { return rule.name == spec.name; });
    if (same == ever_.end()) ever_.push_back(spec);
  }
  versions_.push_back(next);
  ++reloads_;
  return next;
}

void World::append() {
  const std::int64_t now = clock_.wall().time_since_epoch().count();
  for (; appended_ < traffic_.size() && traffic_[appended_].arrival <= now; ++appended_) {
    const RecordSpec& record = traffic_[appended_];
    auto& partitions = history_.partitions;
    if (partitions.size() <= record.partition) partitions.resize(record.partition + 1);
    partitions[record.partition].push_back(record);
  }
}

void World::advance(Millis most) {
  std::int64_t by = random_.between(1, most.count());
  if (random_.chance(0.5)) by = random_.between(1, 200);
  clock_.advance(Millis{by});
  append();
}

bool World::all_consumed() const {
  if (!process_ || process_->reloading()) return false;
  if (process_->repricer && !process_->repricer->idle()) return false;
  const auto& rows = process_->state->partitions();
  if (rows.size() < history_.partitions.size()) return false;
  return std::all_of(rows.begin(), rows.end(), [&](const auto& row) {
    const auto& log = history_.partitions[static_cast<std::size_t>(row.name.partition)];
    return row.position.next_offset == static_cast<std::int64_t>(log.size());
  });
}

void World::stored(std::uint64_t number, const WriteBatch& batch) {
  CommitNote note;
  note.write = number;
  bool commit = false;
  std::optional<Tick> tick;
  for (const auto& [key, value] : batch.changes()) {
    if (!value) continue;
    if (key == key::meta("progress")) commit = true;
    if (key.front() == key::kVersion) note.version_noted = true;
    if (key.front() == key::kRepricing) {
      note.repriced.emplace();
      if (!decode_repricing(*value, *note.repriced)) fault("a re-pricing cannot be read");
      for (std::size_t list = 0; list < std::size(kPriceLists); ++list) {
        const auto kept = store_.get(key::kPriceList + tariff(list).list);
        if (kept && *kept) note.lists.insert(list);
      }
    }
    if (key == key::meta("repricing")) {
      const auto begun = pending_repricing(store_);
      if (begun) note.begins = *begun;
    }
    if (key.front() == key::kAlert) {
      const auto alert = decode_alert(*value);
      if (alert) note.recorded.push_back({alert->id, level_of(*alert)});
    }
    if (key.starts_with(kEveryEnd)) {
      const auto end = decode_resolution(*value);
      if (!end) return fault("an end cannot be read");
      note.ended.push_back({{end->alert.id, level_of(end->alert)}, end->reason});
    }
    if (key.front() == key::kTick) {
      tick.emplace();
      if (!decode_tick(*value, *tick)) fault("a tick cannot be read");
    }
    if (key.front() != key::kPosition) continue;
    PartitionRow row;
    if (!decode_partition(*value, row)) fault("a position cannot be read");
    const auto partition = static_cast<std::size_t>(row.name.partition);
    partition_of_[key::read_u32(std::string_view(key).substr(1))] = partition;
    note.next[partition] = row.position.next_offset;
    note.known.insert(partition);
  }
  if (!commit) return;
  if (tick) {
    for (const auto id : tick->idle) note.idle.push_back(partition_of_.at(id));
    if (tick->clock != StreamTime::kUnset) note.clock_ms = to_ms(tick->clock);
  }
  if (note.version_noted) in_force_ = file_;
  note.version = in_force_;
  history_.commits.push_back(std::move(note));
}

// Nothing is sent whose message is not on the disk.
void World::sending(const HttpRequest& request, const std::string& key) {
  const std::string path = request.url.substr(6);
  const auto slash = path.find('/');
  const Address to{path.substr(0, slash), path.substr(slash + 1)};
  if (!store_.synced(notification_key(to, key))) {
    fault("message " + key + " is sent to " + path + " before it is synced");
  }
}

void World::mirrored(const PartitionName& name, std::int64_t offset) {
  for (const auto& [id, partition] : partition_of_) {
    if (partition != static_cast<std::size_t>(name.partition)) continue;
    const auto row = store_.synced(key::position(id));
    PartitionRow known;
    if (row && decode_partition(*row, known) && known.name == name &&
        known.position.next_offset >= offset) {
      return;
    }
  }
  if (offset > 0) fault("an offset is mirrored that is not synced");
}

bool World::at_rest() const {
  if (!process_ || !process_->transport.idle() || process_->state->has_work()) return false;
  if (process_->repricer && !process_->repricer->idle()) return false;
  bool empty = true;
  for (const char kind : {kOutboxPrefix, kResolutionPrefix, kNotificationPrefix}) {
    const std::string from(1, kind);
    const auto scanned =
        store_.scan(from, key::after(from), [&](auto, auto) { return empty = false; });
    if (!scanned) return false;
  }
  return empty;
}

// All faults end, time goes on, and everything must come to rest.
void World::heal() {
  faults_on_ = false;
  transport_ = {};
  crash_in_.reset();
  store_.reopen();
  int quiet = 0;
  for (int rounds = 0; quiet < 12; ++rounds) {
    if (rounds > kHealsMax) return fault("it never comes to rest");
    for (int turns = 0; turns < 30; ++turns) turn();
    quiet = at_rest() ? quiet + 1 : 0;
    clock_.advance(Millis{31'000});
  }
  restart();
}

}  // namespace tocsin::sim
