// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <random>
#include <thread>

#include "cli/answers.h"
#include "cli/backfiller.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/crash_guard.h"
#include "cli/engine_parts.h"
#include "cli/exit_code.h"
#include "cli/explain_api.h"
#include "cli/first_configuration.h"
#include "cli/heartbeat.h"
#include "cli/ingest_parts.h"
#include "cli/notifications_api.h"
#include "cli/plural.h"
#include "cli/quarantine_file.h"
#include "cli/real_clock.h"
#include "cli/reloader.h"
#include "cli/repricer.h"
#include "cli/service_manager.h"
#include "cli/silences_api.h"
#include "cli/standing.h"
#include "cli/stderr_log.h"
#include "cli/unpriced_json.h"
#include "http/http_server.h"
#include "net/curl_transport.h"
#include "notify/notifier.h"
#include "notify/outbox.h"
#include "pipeline/notifier_teller.h"
#include "rocks/rocks_store.h"

namespace tocsin {
namespace {

std::atomic<bool> stop_asked{false};

// A second signal ends at once: the state is safe at any instant.
void on_signal(int) {
  if (stop_asked.exchange(true)) _exit(kExitFound);
}

// The reloader's, while there is one; before, a hang-up has nothing to read anew.
std::atomic<Reloader*> reloader_to_ask{nullptr};

void on_hangup(int) {
  const int interrupted = errno;
  if (Reloader* reloader = reloader_to_ask) reloader->ask();
  errno = interrupted;
}

void install_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  action.sa_handler = on_hangup;
  action.sa_flags = SA_RESTART;  // it comes while all goes on
  sigaction(SIGHUP, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

// Reloads are asked for by signals as long as it lives.
class ReloaderThread {
 public:
  explicit ReloaderThread(Reloader& reloader) : reloader_(reloader) {
    reloader_.start();
    reloader_to_ask = &reloader_;
  }
  ~ReloaderThread() { finish(); }
  ReloaderThread(const ReloaderThread&) = delete;
  ReloaderThread& operator=(const ReloaderThread&) = delete;

  // From here on nobody reloads, nor uses what a reload uses.
  void finish() {
    reloader_to_ask = nullptr;
    reloader_.finish();
  }

 private:
  Reloader& reloader_;
};

// The notifier's thread; a failure of it ends the engine.
class NotifierThread {
 public:
  NotifierThread(Notifier& notifier, Log& log)
      : thread_([&](std::stop_token stop) {
          if (auto ran = notifier.run(stop); !ran) {
            log.error(ran.error().message);
            failed_ = true;
            stop_asked = true;
          }
        }) {}
  bool failed() const { return failed_; }
  void finish() {
    thread_.request_stop();
    thread_.join();
  }

 private:
  std::atomic<bool> failed_{false};
  std::jthread thread_;
};

int refused(const Error& error) {
  std::fprintf(stderr, "tocsin: %s\n", error.message.c_str());
  return error.reaction == Reaction::stop ? kExitFound : kExitConfig;
}

// What the API answers from; all outlive it.
struct Answering {
  Store& store;
  const InForce& in_force;
  const Engine& engine;
  Notifier& notifier;
  Reloader& reloader;
  Repricer& repricer;
  SilenceBook& silences;
  IngestParts* ingest;  // null: nothing is taken
};

Result<std::unique_ptr<HttpServer>> serve(const Config& config, const Answering& from) {
  if (!config.http) return nullptr;
  Api api;
  api.healthz = [from] {
    const std::string held = from.engine.status().held;
    return Api::Health{true, held.empty() ? "alive" : "alive, but counting nothing: " + held};
  };
  api.readyz = [from] { return from.engine.status().not_ready; };
  api.remarks = [from] {
    const std::string refused = from.reloader.status().refused_because;
    return refused.empty() ? std::vector<std::string>{} : std::vector<std::string>{refused};
  };
  api.metrics = [from] {
    return metric_samples(from.engine.status(), from.notifier.status(), from.reloader.status());
  };
  api.alerts_json = [from](std::size_t limit) {
    return alerts_json(from.store, from.in_force.get()->loaded.rules, limit);
  };
  api.unpriced_json = [from](std::size_t limit) { return unpriced_json(from.store, limit); };
  api.budgets_json = [from](std::size_t limit) {
    return budgets_json(from.store, from.in_force.get()->loaded.rules, limit);
  };
  api.explain = [from](const Api::Query& query) {
    const auto now = from.in_force.get();
    const EngineStatus engine_now = from.engine.status();
    const auto channels = from.notifier.status();
    return explain_answer({from.store, now->loaded.rules, now->loaded.config.notify, engine_now,
                           channels, RealClock().wall()},
                          query);
  };
  api.reload = [from] { return reload_answer(from.reloader.reload_now()); };
  api.reprice = [from](const Api::Query& query, bool begin) {
    return reprice_answer(from.repricer, query, begin);
  };
  api.acknowledge = [from](const Api::Query& query) {
    return acknowledge_answer(from.store, query, RealClock().wall());
  };
  api.silences = [from](std::string_view method, const Api::Query& query) {
    const auto now = from.in_force.get();
    return silences_answer({from.silences, now->loaded.rules, now->loaded.config.time_zone,
                            RealClock().wall(), [from] { from.notifier.wake(); }},
                           method, query);
  };
  api.notifications = [from](const Api::Query& query, bool resend) {
    return resend ? resend_answer(from.store, from.notifier, query)
                  : notifications_answer(from.store, from.notifier, query);
  };
  if (from.ingest != nullptr) api.ingest = from.ingest->ingest();
  return HttpServer::start({.listen = fmt::format("{}:{}", config.http->host, config.http->port),
                            .token = config.http->token.reveal()},
                           std::move(api));
}

// Every thread that an alert passes through.
std::vector<Pulse> pulses(const Engine& engine, Notifier& notifier) {
  static_assert(Worker::kEnded == Pulse::kEnded);
  std::vector<Pulse> all;
  all.push_back({"state thread", [&engine] { return engine.turns(); }, {}});
  all.push_back(
      {"notifier", [&notifier] { return notifier.rounds(); }, [&notifier] { notifier.wake(); }});
  for (std::size_t i = 0; i < engine.workers(); ++i) {
    all.push_back({fmt::format("decode worker {}", i),
                   [&engine, i] { return engine.turns_of_worker(i); },
                   {}});
  }
  return all;
}

// "9 rules, 5 channels: ready"
std::string status_line(const InForce& in_force, const Engine& engine) {
  const auto now = in_force.get();
  std::string line = plural(written_rules(now->loaded.rules), "rule") + ", " +
                     plural(now->loaded.config.channels.size(), "channel") + ": ";
  const auto not_ready = engine.status().not_ready;
  if (not_ready.empty()) return line + "ready";
  for (const auto& reason : not_ready) line += (&reason == &not_ready[0] ? "" : "; ") + reason;
  return line;
}

// Runs the engine, and tells the service manager meanwhile how it is.
Result<void> run_watched(Engine& engine, Notifier& notifier, const ServiceManager& manager,
                         std::function<std::string()> status, Log& log) {
  Heartbeat heartbeat({.manager = manager,
                       .pulses = pulses(engine, notifier),
                       .status = std::move(status),
                       .log = log});
  auto ran = engine.run(stop_asked);
  heartbeat.finish();
  manager.stopping("stopping: what was read is stored");
  return ran;
}

// RocksDB 7.8.3 can stop writes for good after a stall (facebook/rocksdb#10257): whoever writes
// hangs then. A start goes on where the last write ended.
class StallWatch {
 public:
  StallWatch(const RocksStore& store, const Clock& clock, Log& log)
      : thread_([&store, &clock, &log](const std::stop_token& stop) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any asked;
          auto wrote_at = clock.monotonic();
          while (!stop.stop_requested()) {
            asked.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
            const auto now = clock.monotonic();
            if (!store.write_stopped()) wrote_at = now;
            if (now - wrote_at < kStallMax) continue;
            log.error(
                "The state could not be written for a minute, for its disk does not keep "
                "pace; the process ends, and a start goes on where it stopped");
            _exit(kExitFound);
          }
        }) {}

 private:
  static constexpr std::chrono::seconds kStallMax{60};
  std::jthread thread_;
};

// The configuration is kept for a start that finds its files broken.
void keep(const Configuration& configuration, WallTime now, Store& store, State& state) {
  const auto kept = to_keep(configuration, now);
  // A store that fails here fails the first commit too, which tells.
  if (!kept || !store.write(kept_texts(*kept), Sync::no)) return;
  WriteBatch rows;
  put_kept(rows, *kept);
  state.add_rows(rows);
}

// An engine that can run; main's thread owns its parts.
struct EngineParts {
  Store& store;
  State& state;
  Engine& engine;
  Notifier& notifier;
  InForce& in_force;
  SilenceBook& silences;
  IngestParts* ingest;
  const Clock& clock;
  Log& log;
};

// What a reload brings to those who ask and those who send.
void set_secrets(const Config& config, HttpServer* server, IngestParts* ingest) {
  if (server != nullptr && config.http) server->set_token(config.http->token.reveal());
  const HttpSourceConfig* senders = senders_of(config);
  if (senders == nullptr || ingest == nullptr) return;
  if (server != nullptr) server->set_sender_token(senders->token.reveal());
  ingest->reload(config);
}

// The silences of the configuration are those of the state from now on.
void keep_written(const EngineParts& parts, const Config& config) {
  const auto kept = parts.silences.set_written(written_silences(config), parts.clock.wall());
  if (!kept) parts.log.error("Silences cannot be stored: " + kept.error().message);
  parts.notifier.wake();
}

// Serves the API and reloads while it runs.
int run_parts(const EngineParts& parts, FirstConfiguration first) {
  const Config& config = first.configuration->loaded.config;
  InForce& in_force = parts.in_force;
  const ServiceManager manager = ServiceManager::from_environment();
  const auto status = [&] { return status_line(in_force, parts.engine); };
  Result<std::unique_ptr<HttpServer>> server = nullptr;
  const auto tell = [&](EngineMessage message) { parts.notifier.engine(std::move(message)); };
  Backfiller backfiller({.store = parts.store,
                         .state = parts.state,
                         .engine = parts.engine,
                         .in_force = in_force,
                         .clock = parts.clock,
                         .log = parts.log,
                         .tell = tell});
  Repricer repricer({.store = parts.store,
                     .state = parts.state,
                     .engine = parts.engine,
                     .in_force = in_force,
                     .clock = parts.clock,
                     .log = parts.log,
                     .tell = tell,
                     .backfill = [&](const std::stop_token& stop) { backfiller.work(stop); }});
  Reloader reloader(
      {.config_path = config.path,
       .store = parts.store,
       .state = parts.state,
       .engine = parts.engine,
       .notifier = parts.notifier,
       .in_force = in_force,
       .clock = parts.clock,
       .log = parts.log,
       .manager = manager,
       .status_line = status,
       .set_secrets = [&](const Config& next) { set_secrets(next, server->get(), parts.ingest); },
       .applied =
           [&] {
             repricer.look_for_backfills();
             repricer.look_for_unpriced();
             keep_written(parts, in_force.get()->loaded.config);
           }},
      std::move(first.first));
  server = serve(config, {parts.store, in_force, parts.engine, parts.notifier, reloader, repricer,
                          parts.silences, parts.ingest});
  if (!server) return refused(server.error());
  keep_written(parts, config);
  if (*server) parts.log.info("listening on http://" + (*server)->address());

  NotifierThread notifier_thread(parts.notifier, parts.log);
  ReloaderThread reloading(reloader);
  repricer.start();
  const auto ran = run_watched(parts.engine, parts.notifier, manager, status, parts.log);
  const int code = !ran || notifier_thread.failed() ? kExitFound : kExitOk;
  if (!ran) parts.log.error(ran.error().message);
  // What matters is stored by now; when the state has failed nothing more can be.
  leave_in_any_case(code, std::chrono::seconds(code == kExitOk ? 15 : 4));
  reloading.finish();
  repricer.finish();
  notifier_thread.finish();
  server->reset();
  return code;
}

// What a source turned out to be is what it was before.
Result<void> identify(State& state, const std::vector<OpenSource>& sources, const Source& of) {
  for (const auto& source : sources) {
    if (source.source.get() != &of || of.identity().empty()) continue;
    return state.identify(source.name, of.identity());
  }
  return {};
}

NotifierConfig telling(const Config& config, const Store& store, const InForce& in_force,
                       const Clock& clock) {
  NotifierConfig telling;
  telling.engine_channels = config.engine;
  telling.fallbacks = fallbacks_of(config);
  telling.gathering.group_interval = config.group_interval;
  telling.manners = channel_manners(config);
  telling.repeats = repeats_of(in_force.get()->loaded.rules);
  telling.jitter_seed = std::random_device{}();
  telling.levels = [&](const std::vector<Alert>& alerts) {
    return standing_levels(store, in_force.get()->loaded.rules, alerts,
                           as_event_time(clock.wall()));
  };
  return telling;
}

Result<std::unique_ptr<State>> open_state(Store& store,
                                          const std::shared_ptr<const Configuration>& of,
                                          AlertLog& alert_log) {
  const Config& config = of->loaded.config;
  return State::open({.store = store,
                      .rules = of->loaded.rules,
                      .fallback = config.notify,
                      .alert_log = alert_log,
                      .limits = state_limits(config),
                      .keeps = of,
                      .tariff = tariff_of(config, of->prices),
                      .backfills = true});
}

int run_engine(FirstConfiguration first, const Clock& clock, Log& log) {
  const auto configuration = first.configuration;
  const Config& config = configuration->loaded.config;
  auto store =
      RocksStore::open(config.state.path, static_cast<std::size_t>(config.state.memory) / 2);
  if (!store) return refused(store.error());
  SilenceBook silences(**store);
  if (auto loaded = silences.load(clock.wall()); !loaded) return refused(loaded.error());
  OutboxLog alert_log(&silences);
  auto state = open_state(**store, configuration, alert_log);
  if (!state) return refused(state.error());
  if (!first.first.refused) keep(*configuration, clock.wall(), **store, **state);
  auto transport = CurlTransport::create();
  if (!transport) return refused(transport.error());

  InForce in_force(configuration);
  Notifier notifier({**store, **transport, clock, log, &silences}, make_channels(config),
                    telling(config, **store, in_force, clock));
  if (auto loaded = notifier.load(); !loaded) return refused(loaded.error());
  NotifierTeller teller(notifier);
  auto reading = ReadingFile::open(config.state.path + "/" + ReadingFile::kName);
  if (!reading) return refused(reading.error());
  const Death death = begin_life(reading->life());
  CrashGuard guard(std::move(*reading), death);
  auto ingest = IngestParts::open({config, **state, (*store)->room().reserve, clock, log});
  if (!ingest) return refused(ingest.error());
  LocalLog* const local_log = *ingest ? (*ingest)->local_log() : nullptr;
  auto sources =
      open_sources(config, configuration->loaded.rules, **state, {clock, log, guard, local_log});
  if (!sources) return refused(sources.error());
  auto quarantine =
      QuarantineFile::open(config.quarantine_file.empty() ? config.state.path + "/quarantine.jsonl"
                                                          : config.quarantine_file);
  if (!quarantine) return refused(quarantine.error());

  EngineSetup setup{.sources = {},
                    .aggregator = aggregator_setup(config, configuration->loaded.rules,
                                                   configuration->prices, **state),
                    .state = **state,
                    .teller = teller,
                    .clock = clock,
                    .log = log,
                    .quarantine =
                        [&](const auto& set_aside, const auto& partitions) {
                          return quarantine->write(set_aside, partitions);
                        },
                    .batch = {},
                    .live = true,
                    .replay_tick = {},
                    .identify = {},
                    .room = [&] { return (*store)->room(); },
                    .guard = &guard,
                    .unpriced = unpriced_words(config)};
  for (const auto& source : *sources) {
    setup.sources.push_back({source.source.get(), source.format, source.workers});
  }
  setup.identify = [&](const Source& of) { return identify(**state, *sources, of); };
  Engine engine(std::move(setup));
  const StallWatch stalls(**store, clock, log);
  const int code =
      run_parts({**store, **state, engine, notifier, in_force, silences, ingest->get(), clock, log},
                std::move(first));
  guard.ended();
  return code;
}

int run(const std::string& given) {
  install_signals();
  RealClock clock;
  auto first = first_configuration(config_path(given), clock);
  if (!first) return kExitConfig;
  const auto log = stderr_log();
  const Loaded& loaded = first->configuration->loaded;
  log->info(fmt::format("tocsin {}: {}, {}", TOCSIN_VERSION,
                        plural(written_rules(loaded.rules), "rule"),
                        plural(loaded.config.channels.size(), "channel")));
  return run_engine(std::move(*first), clock, *log);
}

}  // namespace

void add_run(CLI::App& app, CommandSlot& slot) {
  auto config = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("run", "Run the engine until it is told to stop");
  command->add_option("--config", *config, "tocsin.yaml");
  command->callback([config, &slot] { slot.run = [config] { return run(*config); }; });
}

}  // namespace tocsin
