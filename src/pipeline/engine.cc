// SPDX-License-Identifier: Apache-2.0
#include "pipeline/engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "notify/amount_text.h"
#include "tocsin/crash_point.h"

namespace tocsin {
namespace {

constexpr Millis kTurn{100};

std::size_t lanes(const std::vector<EngineSource>& sources) {
  std::size_t lanes = 0;
  for (const auto& source : sources) lanes += source.workers;
  return lanes;
}

std::string place(const PartitionName& name) {
  return fmt::format("{}[{}]", name.topic, name.partition);
}

}  // namespace

Engine::Engine(EngineSetup setup)
    : setup_(std::move(setup)),
      directory_(setup_.state.partitions()),
      exchange_(lanes(setup_.sources), setup_.state.seed(),
                // What a replay tells is to be the same however fast its threads are; its batches
                // are small, and it waits for nothing but them.
                setup_.live ? Exchange::Limits{} : Exchange::Limits{.together = 1, .depth = 6}),
      unpriced_(setup_.unpriced),
      unmatched_(samples_) {
  if (setup_.live) setup_.aggregator.watch = &samples_;
  told_[Count::ids_forgotten] = setup_.state.counts()[Count::ids_forgotten];  // by who forgot
  std::size_t lane = 0;
  for (const auto& source : setup_.sources) {
    for (unsigned worker = 0; worker < source.workers; ++worker) {
      workers_.push_back(std::make_unique<Worker>(
          WorkerSetup{source, worker, lane++, setup_.aggregator, directory_, exchange_,
                      setup_.clock, setup_.batch, setup_.replay_tick, setup_.guard}));
    }
  }
}

Engine::~Engine() {
  stop_workers_ = true;
  exchange_.stop();
  for (auto& thread : threads_) thread.join();
}

Result<void> Engine::run(const std::atomic<bool>& stop) {
  auto ran = run_until(stop);
  refuse_reloads();
  return ran;
}

Result<void> Engine::run_until(const std::atomic<bool>& stop) {
  if (auto started = start(); !started) return started;
  for (auto& worker : workers_) {
    threads_.emplace_back([this, &worker] { worker->run(stop_workers_); });
  }
  while (!stop.load(std::memory_order_relaxed) && !over()) {
    if (auto turned = turn(kTurn); !turned) return turned;
  }
  ended_ = exchange_.finished();
  stop_workers_ = true;
  exchange_.stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  return finish();
}

Result<void> Engine::start() {
  synced_at_ = setup_.clock.monotonic();
  if (setup_.live) {
    catch_up_.start(setup_.state.first_start(), setup_.clock.monotonic());
    for (const auto& source : setup_.sources) source.source->request_end_offsets();
    // What the opening found to be stored: rules that are new or edited.
    if (setup_.state.has_work()) {
      auto stored = commit({.now = setup_.clock.wall(), .catching_up = catch_up_.catching_up()});
      if (!stored) return stored;
    }
  }
  publish();
  return {};
}

Result<void> Engine::finish() {
  if (const auto error = exchange_.error()) return tl::unexpected(*error);
  if (!setup_.live) return {};
  if (ended_) {
    if (auto told = tell_unpriced(true); !told) return told;
    if (auto told = tell_unmatched(UnmatchedWatch::How::at_once); !told) return told;
  }
  return commit({.now = setup_.clock.wall(), .sync = Sync::yes});
}

Result<void> Engine::turn(Millis wait) {
  turns_.fetch_add(1, std::memory_order_relaxed);
  if (held()) return hold(wait);
  if (auto reloaded = reload(); !reloaded) return reloaded;
  if (auto repriced = reprice(); !repriced) return repriced;
  if (auto filled = backfill(); !filled) return filled;
  const bool more = setup_.live && setup_.state.has_work();
  auto taken = exchange_.take(more ? Millis{0} : wait);
  if (!taken.empty()) {
    if (auto committed = commit(std::move(taken)); !committed) return committed;
    // Only what is not used for committing is waiting.
    if (reload_) reload_since_ = setup_.clock.monotonic();
  } else if (more) {
    auto swept = commit({.now = setup_.clock.wall(), .catching_up = catch_up_.catching_up()});
    if (!swept) return swept;
  }
  return setup_.live ? housekeeping() : Result<void>{};
}

void Engine::offer(std::unique_ptr<Reload> reload) {
  {
    const std::lock_guard lock(offer_mutex_);
    if (!over_) offered_ = std::move(reload);
  }
  if (reload) {
    reload->done.set_value(retry("the engine is stopping"));
  } else {
    exchange_.wake();
  }
}

void Engine::refuse_reloads() {
  const std::lock_guard lock(offer_mutex_);
  over_ = true;
  for (auto* left : {&offered_, &reload_}) {
    if (*left) (*left)->done.set_value(retry("the engine is stopping"));
    left->reset();
  }
  if (step_) step_->done.set_value(retry("the engine is stopping"));
  step_.reset();
  if (fill_) fill_->done.set_value(retry("the engine is stopping"));
  fill_.reset();
}

// Takes up what is offered, once all groups are judged by the rules before it: batches begun from
// here on are folded by its rules and kept back, and when all before are committed, the state takes
// them too.
Result<void> Engine::reload() {
  if (!reload_ && setup_.state.sweeping()) return {};
  if (!reload_) {
    std::unique_ptr<Reload> next;
    {
      const std::lock_guard lock(offer_mutex_);
      next = std::move(offered_);
    }
    if (!next) return {};
    if (auto accepted = setup_.state.accept(*next->rules); !accepted) {
      next->done.set_value(tl::unexpected(accepted.error()));
      return {};
    }
    // So that the sync for which the stream will stand still has little to write.
    if (unsynced_) {
      if (auto synced = commit({.now = setup_.clock.wall(), .sync = Sync::yes}); !synced) {
        next->done.set_value(tl::unexpected(synced.error()));
        return synced;
      }
    }
    reload_ = std::move(next);
    reload_since_ = setup_.clock.monotonic();
    exchange_.change(std::move(reload_->aggregators));
  }
  return exchange_.all_before_taken() ? exchange() : Result<void>{};
}

Result<void> Engine::exchange() {
  auto committed =
      setup_.state.exchange(*reload_->rules, {.now = setup_.clock.wall(),
                                              .catching_up = setup_.live && catch_up_.catching_up(),
                                              .sync = Sync::yes});
  if (!committed) {
    reload_->done.set_value(tl::unexpected(committed.error()));
    reload_.reset();
    return tl::unexpected(committed.error());
  }
  exchange_.changed();
  unpriced_.set(std::move(reload_->unpriced));
  unmatched_.rules_changed();
  if (reload_->in_force) reload_->in_force();
  reload_->done.set_value(std::chrono::duration_cast<std::chrono::microseconds>(
      setup_.clock.monotonic() - reload_since_));
  reload_.reset();
  return settle(std::move(*committed), Sync::yes);
}

Result<void> Engine::commit(std::vector<Exchange::Taken> taken) {
  take_over_partitions();
  if (!identified_ && setup_.identify) {
    for (const auto& source : setup_.sources) {
      if (auto known = setup_.identify(*source.source); !known) return known;
    }
    identified_ = std::all_of(setup_.sources.begin(), setup_.sources.end(),
                              [](const auto& s) { return !s.source->identity().empty(); });
    if (identified_) leave_behind();
  }
  std::vector<Work> work;
  const Tick* tick = nullptr;
  const auto now = setup_.clock.monotonic();
  for (const auto& [worker, batch] : taken) {
    if (setup_.live && catch_up_.sees(batch->oldest_record, setup_.clock)) {
      for (const auto& source : setup_.sources) source.source->request_end_offsets();
    }
    if (!batch->progress.empty() || batch->records > 0) work.push_back(batch->work());
    if (batch->records > 0) {
      for (const auto& progress : batch->progress) idleness_.record(progress.partition, now);
    }
    if (batch->tick) tick = &*batch->tick;
    if (!batch->set_aside.empty()) tell_set_aside(batch->set_aside);
    if (setup_.quarantine && !batch->set_aside.empty()) {
      const CrashSpan span(CrashStep::quarantine);
      auto written = setup_.quarantine(batch->set_aside, setup_.state.partitions());
      if (!written) return written;
    }
  }
  if (!work.empty() || tick != nullptr) {
    const bool due = setup_.live && now - synced_at_ >= kSyncEvery;
    auto committed = commit({.work = work,
                             .tick = tick,
                             .now = setup_.clock.wall(),
                             .catching_up = setup_.live && catch_up_.catching_up(),
                             .sync = due ? Sync::yes : Sync::no});
    if (!committed) return committed;
  }
  for (const auto& [worker, batch] : taken) {
    if (batch->other_cost) tell_other_cost(*batch->other_cost);
    take_notices(*batch);
  }
  exchange_.give_back(std::move(taken));
  if (setup_.live && catch_up_.over(setup_.state.partitions(), setup_.clock.monotonic())) {
    setup_.teller.catch_up_ended();
    const std::size_t partitions = setup_.state.partitions().size();
    setup_.log.info(partitions == 1 ? "caught up: the partition is read to its end"
                                    : fmt::format("caught up: {} partitions are read to their ends",
                                                  partitions));
    publish();
  }
  return {};
}

Result<void> Engine::commit(const CommitInput& input) {
  auto committed = setup_.state.commit(input);
  if (!committed) return tl::unexpected(committed.error());
  return settle(std::move(*committed), input.sync);
}

// What follows a commit.
Result<void> Engine::settle(Committed committed, Sync sync) {
  unsynced_ = sync == Sync::no;
  if (sync == Sync::yes) {
    synced_at_ = setup_.clock.monotonic();
    mirror();
  }
  alerts_ += committed.alerts.size();
  if (!committed.alerts.empty() || !committed.resolved.empty()) {
    const CrashSpan span(CrashStep::tell);
    setup_.teller.committed(std::move(committed));
  }
  note_positions();
  tell_counts();
  publish();
  return {};
}

// Where the partitions go on now, for those who watch whether they do.
void Engine::note_positions() {
  if (!setup_.live) return;
  const auto& partitions = setup_.state.partitions();
  const bool unproven = setup_.guard != nullptr && setup_.guard->unproven_count() > 0;
  for (std::uint32_t i = 0; i < partitions.size(); ++i) {
    const std::int64_t next = partitions[i].position.next_offset;
    progress_.is_at(i, next);
    if (unproven) setup_.guard->passed(partitions[i].name, next);
  }
}

Result<void> Engine::watch_progress() {
  if (progress_.turn(setup_.clock.monotonic())) {
    for (const auto& source : setup_.sources) source.source->request_end_offsets();
  }
  const auto text = [&](const ProgressWatch::Still& still) {
    const auto& row = setup_.state.partitions()[still.partition];
    return fmt::format("{} stands still at offset {} for {} s, although there is more to read",
                       place(row.name), row.position.next_offset, still.since / Millis{1'000});
  };
  if (const auto still = progress_.beyond_help()) {
    return stop(text(*still) + ": Tocsin ends, to be started anew by its service manager");
  }
  while (const auto still = progress_.to_tell()) {
    setup_.log.error(text(*still));
    setup_.teller.trouble({"still",
                           place(setup_.state.partitions()[still->partition].name),
                           text(*still),
                           {"Nothing is lost: Kafka keeps what is not yet counted. Look at the "
                            "partition's broker.",
                            "Tocsin ends itself after 180 s of this, for its service manager to "
                            "start it anew."}});
  }
  return {};
}

Result<void> Engine::housekeeping() {
  tell_outages();
  if (auto watched = watch_progress(); !watched) return watched;
  if (!catch_up_.catching_up()) {
    if (auto told = tell_unpriced(false); !told) return told;
  }
  const auto how = catch_up_.catching_up() ? UnmatchedWatch::How::look : UnmatchedWatch::How::tell;
  if (auto told = tell_unmatched(how); !told) return told;
  if (const auto tick = idleness_.due(setup_.state, setup_.clock)) {
    auto ticked = commit(
        {.tick = &*tick, .now = setup_.clock.wall(), .catching_up = catch_up_.catching_up()});
    if (!ticked) return ticked;
  }
  if (unsynced_ && setup_.clock.monotonic() - synced_at_ >= kSyncEvery) {
    return commit({.now = setup_.clock.wall(), .sync = Sync::yes});
  }
  return {};
}

// Partitions of an earlier config that no source reads now.
void Engine::leave_behind() {
  std::vector<PartitionName> read;
  for (const auto& source : setup_.sources) {
    const auto names = source.source->partitions();
    read.insert(read.end(), names.begin(), names.end());
  }
  const auto& known = setup_.state.partitions();
  for (std::uint32_t i = 0; i < known.size(); ++i) {
    if (std::find(read.begin(), read.end(), known[i].name) != read.end()) continue;
    catch_up_.gone(i);
    idleness_.gone(i);
  }
}

// Every partition there is holds the watermark back from the first commit on, whether or not its
// records came yet: else what is judged would depend on which partition was read first.
void Engine::take_over_partitions() {
  for (const auto& source : setup_.sources) {
    if (identified_ && setup_.live) break;  // further ones come with a notice
    for (const auto& name : source.source->partitions()) directory_.find_or_add(name);
  }
  const auto names = directory_.names();
  for (std::size_t i = setup_.state.partitions().size(); i < names.size(); ++i) {
    setup_.state.add_partition(names[i]);
  }
}

void Engine::take_notices(const Batch& batch) {
  for (std::size_t i = 0; i < batch.notices.size(); ++i) {
    take_notice(batch.notices[i], batch.notice_partitions[i]);
  }
  if (!batch.notices.empty()) publish();
}

void Engine::take_notice(const SourceNotice& notice, std::uint32_t partition) {
  using Kind = SourceNotice::Kind;
  const std::string where = notice.partition ? place(setup_.state.partitions()[partition].name)
                                             : std::string("the source");
  switch (notice.kind) {
    case Kind::unreachable:
      trouble_["source"] = notice.text;
      progress_.set_reachable(false);
      setup_.log.warn(notice.text);
      outage_.begins(notice.text);
      tell_outages();
      break;
    case Kind::reachable:
      trouble_.erase("source");
      progress_.set_reachable(true);
      setup_.log.info(notice.text);
      if (outage_.ends()) {
        setup_.teller.trouble({"source_back", std::to_string(outage_.number()), notice.text, {}});
      }
      break;
    case Kind::at_end:
      idleness_.at_end(partition, setup_.clock.monotonic());
      catch_up_.at_end(partition, notice.offset);
      progress_.at_end(partition, notice.offset);
      if (setup_.guard != nullptr) setup_.guard->at_end(setup_.state.partitions()[partition].name);
      break;
    case Kind::end_offset:
      catch_up_.end_is(partition, notice.offset);
      progress_.end_is(partition, notice.offset);
      break;
    case Kind::lost:
      lost_offsets_ += static_cast<std::uint64_t>(notice.lost_until - notice.lost_from);
      setup_.log.error(notice.text);
      setup_.teller.trouble(
          {"lost",
           fmt::format("{} {}", where, notice.lost_from),
           notice.text,
           {fmt::format("Offsets {} to {} of {} were never counted: totals of the windows they "
                        "belong to are too low.",
                        notice.lost_from, notice.lost_until - 1, where),
            "If a copy exists, a file source holding only these records counts them."}});
      break;
    case Kind::halted: take_halt(notice, partition, where); break;
    case Kind::resumed:
      trouble_.erase(where);
      progress_.back(partition);
      halted_.erase(partition);
      idleness_.record(partition, setup_.clock.monotonic());
      setup_.log.warn(notice.text);
      setup_.teller.trouble({"resumed", where, notice.text, {}});
      break;
    case Kind::unverified: setup_.log.warn(notice.text); break;
    case Kind::partition_added: setup_.log.info(notice.text); break;
    case Kind::begins:
    case Kind::ended:
    case Kind::tick: break;
  }
}

void Engine::take_halt(const SourceNotice& notice, std::uint32_t partition,
                       const std::string& where) {
  trouble_[where] = notice.text;
  catch_up_.gone(partition);
  idleness_.gone(partition);
  progress_.gone(partition);
  halted_.insert(partition);
  setup_.log.error(notice.text);
  setup_.teller.trouble(
      {"halted",
       where,
       notice.text,
       {"This partition is not read any more; the others go on.",
        notice.advice.empty() ? "Decide by hand: a new state directory counts the topic anew."
                              : notice.advice}});
}

void Engine::tell_outages() {
  const auto text = outage_.due(setup_.clock.monotonic());
  if (!text) return;
  setup_.teller.trouble({"source",
                         std::to_string(outage_.number()),
                         *text,
                         {"Nothing is lost: Kafka keeps what is not yet counted. Totals and alerts "
                          "are late until it answers.",
                          "Tocsin retries by itself and goes on where it stopped."}});
}

void Engine::tell_set_aside(const std::vector<SetAside>& set_aside) {
  const SetAside& first = set_aside.front();
  const auto& name = setup_.state.partitions()[first.partition].name;
  setup_.teller.trouble(
      {"quarantine",
       std::string(tocsin::name(first.reason)),
       fmt::format("Quarantine: unreadable records ({}), first {} at offset {}",
                   tocsin::name(first.reason), place(name), first.offset),
       {"Everything else is counted. Reason and position of each are in the quarantine file."}});
}

void Engine::tell_other_cost(const OtherCost& copy) {
  const PartitionName& name = setup_.state.partitions()[copy.partition].name;
  const std::uint64_t copies = setup_.state.counts()[Count::other_cost];
  std::string said = fmt::format("{} input and {} output tokens",
                                 value_text(Metric::input_tokens, copy.input_tokens),
                                 value_text(Metric::output_tokens, copy.output_tokens));
  if (copy.reported) said += ", $" + copy.reported->text();
  setup_.teller.trouble(
      {"other_cost",
       copy.producer.empty() ? name.topic : copy.producer,
       fmt::format("One id, two costs: {} since the state began, and left out",
                   copies == 1 ? "1 copy was not like its first"
                               : count_text(static_cast<int128>(copies)) +
                                     " copies were not like their first"),
       {fmt::format("For example id {}{} at {} offset {}, where it says {}. The first of an id "
                    "counts, whatever later ones say.",
                    copy.id, copy.producer.empty() ? "" : " of " + copy.producer, place(name),
                    copy.offset, said),
        "If a request writes a record when it begins and one when it ends, send only the last; if "
        "these are several requests, give each an id of its own."}});
}

// That it is told is stored with the message, so that neither is without the other.
Result<void> Engine::tell_unpriced(bool at_once) {
  const auto messages = unpriced_.due(setup_.state, setup_.clock, at_once);
  if (messages.empty()) return {};
  const bool catching_up = catch_up_.catching_up();
  if (auto stored = commit({.now = setup_.clock.wall(), .catching_up = catching_up}); !stored) {
    return stored;
  }
  for (const EngineMessage& message : messages) setup_.teller.trouble(message);
  return {};
}

// The same.
Result<void> Engine::tell_unmatched(UnmatchedWatch::How how) {
  const std::uint64_t before = unmatched_.rules();
  const auto message = unmatched_.due(setup_.state, how);
  if (unmatched_.rules() != before) publish();
  if (!message) return {};
  const bool catching_up = catch_up_.catching_up();
  if (auto stored = commit({.now = setup_.clock.wall(), .catching_up = catching_up}); !stored) {
    return stored;
  }
  setup_.teller.trouble(*message);
  return {};
}

// Tells once what the counts newly say: limits that were met.
void Engine::tell_counts() {
  const Counts& now = setup_.state.counts();
  if (now[Count::overflow_groups] > told_[Count::overflow_groups]) {
    setup_.teller.trouble({"max_groups",
                           "groups",
                           "A rule has more groups than max_groups: new ones share (other)",
                           {"Their money is counted in (other), which rings no alert."}});
  }
  if (now[Count::crowded_groups] > told_[Count::crowded_groups]) {
    setup_.teller.trouble({"memory_groups",
                           "groups",
                           "Rolling and judged rules have more groups than state.memory holds: new "
                           "ones share (other)",
                           {"Their money is counted in (other), which rings no alert. Raise "
                            "state.memory, or group by something else."}});
  }
  if (now[Count::ids_forgotten] > told_[Count::ids_forgotten]) {
    setup_.teller.trouble({"ids",
                           "limit",
                           "More event ids within an hour than are remembered: a late duplicate "
                           "could count twice",
                           {"Raise state.memory: eight bytes of it for each id of an hour."}});
  }
  told_.n = now.n;
}

void Engine::publish() {
  const std::lock_guard lock(status_mutex_);
  status_.not_ready.clear();
  for (const auto& [subject, why] : trouble_) status_.not_ready.push_back(why);
  if (setup_.live && catch_up_.catching_up()) {
    status_.not_ready.push_back("catching up with what was there before");
  }
  status_.counts = setup_.state.counts();
  status_.sizes = setup_.state.sizes();
  status_.commits = setup_.state.commits();
  status_.alerts = alerts_;
  status_.watermark = setup_.state.watermark();
  status_.catching_up = catch_up_.catching_up();
  status_.halted = halted_.size();
  status_.lost_offsets = lost_offsets_;
  status_.unmatched_rules = unmatched_.rules();
  status_.partitions = setup_.state.partitions();
  status_.disk = room_;
  status_.held = held_;
}

void Engine::mirror() {
  const CrashSpan span(CrashStep::mirror);
  std::vector<std::pair<PartitionName, std::int64_t>> offsets;
  for (const auto& row : setup_.state.partitions()) {
    offsets.emplace_back(row.name, row.position.next_offset);
  }
  for (const auto& source : setup_.sources) source.source->mirror(offsets);
}

EngineStatus Engine::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

}  // namespace tocsin
