// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <random>
#include <thread>

#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/engine_parts.h"
#include "cli/exit_code.h"
#include "cli/explain_api.h"
#include "cli/heartbeat.h"
#include "cli/plural.h"
#include "cli/quarantine_file.h"
#include "cli/real_clock.h"
#include "cli/service_manager.h"
#include "cli/stderr_log.h"
#include "http/http_server.h"
#include "net/curl_transport.h"
#include "notify/notifier.h"
#include "notify/outbox.h"
#include "rocks/rocks_store.h"

namespace tocsin {
namespace {

std::atomic<bool> stop_asked{false};

// A second signal ends at once: the state is safe at any instant.
void on_signal(int) {
  if (stop_asked.exchange(true)) _exit(kExitFound);
}

void install_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

// Hands what the state thread commits to the notifier.
class NotifierTeller final : public Teller {
 public:
  explicit NotifierTeller(Notifier& notifier) : notifier_(notifier) {}

  void committed(Committed committed) override {
    std::vector<Outgoing> outgoing;
    outgoing.reserve(committed.alerts.size());
    for (auto& recorded : committed.alerts) {
      if (recorded.channels.empty()) continue;
      outgoing.push_back(
          {recorded.number, std::move(recorded.alert), std::move(recorded.channels)});
    }
    if (!outgoing.empty()) notifier_.offer(std::move(outgoing));
    for (auto& resolved : committed.resolved) {
      notifier_.resolve(std::move(resolved.resolution), std::move(resolved.channels));
    }
  }
  void catch_up_ended() override { notifier_.catch_up_ended(); }
  void trouble(const EngineMessage& message) override { notifier_.engine(message); }

 private:
  Notifier& notifier_;
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

Result<std::unique_ptr<HttpServer>> serve(const Config& config, const Store& store,
                                          const std::vector<Rule>& rules, const Engine& engine,
                                          const Notifier& notifier) {
  if (!config.http) return nullptr;
  Api api;
  api.healthz = [] { return Api::Health{true, "alive"}; };
  api.readyz = [&engine] { return engine.status().not_ready; };
  api.metrics = [&] { return metric_samples(engine.status(), notifier.status()); };
  api.alerts_json = [&](std::size_t limit) { return alerts_json(store, rules, limit); };
  api.budgets_json = [&](std::size_t limit) { return budgets_json(store, rules, limit); };
  api.explain = [&](const Api::Query& query) {
    const EngineStatus engine_now = engine.status();
    const auto channels = notifier.status();
    return explain_answer({store, rules, config.notify, engine_now, channels, RealClock().wall()},
                          query);
  };
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
std::string status_line(const Config& config, const std::vector<Rule>& rules,
                        const Engine& engine) {
  std::string line =
      plural(rules.size(), "rule") + ", " + plural(config.channels.size(), "channel") + ": ";
  const auto not_ready = engine.status().not_ready;
  if (not_ready.empty()) return line + "ready";
  for (const auto& reason : not_ready) line += (&reason == &not_ready[0] ? "" : "; ") + reason;
  return line;
}

// Runs the engine, and tells the service manager meanwhile how it is.
Result<void> run_watched(Engine& engine, Notifier& notifier, const Loaded& loaded, Log& log) {
  const ServiceManager manager = ServiceManager::from_environment();
  Heartbeat heartbeat({.manager = manager,
                       .pulses = pulses(engine, notifier),
                       .status = [&] { return status_line(loaded.config, loaded.rules, engine); },
                       .log = log});
  auto ran = engine.run(stop_asked);
  heartbeat.finish();
  manager.stopping("stopping: what was read is stored");
  return ran;
}

// librdkafka 2.0.2 can hang for ever when it is closed (#4362): what matters is stored by then.
void leave_in_any_case(int code) {
  std::thread([code] {
    std::this_thread::sleep_for(std::chrono::seconds(15));
    _exit(code);
  }).detach();
}

int run_engine(const Configuration& configuration, Log& log) {
  const Config& config = configuration.loaded.config;
  const std::vector<Rule>& rules = configuration.loaded.rules;
  RealClock clock;
  auto store =
      RocksStore::open(config.state.path, static_cast<std::size_t>(config.state.memory) / 2);
  if (!store) return refused({Reaction::reject, store.error().message});
  OutboxLog alert_log;
  auto state = State::open({.store = **store,
                            .rules = rules,
                            .fallback = config.notify,
                            .alert_log = alert_log,
                            .limits = state_limits(config)});
  if (!state) return refused(state.error());
  auto transport = CurlTransport::create();
  if (!transport) return refused(transport.error());

  NotifierConfig telling;
  telling.engine_channels = config.engine;
  telling.gathering.group_interval = config.group_interval;
  telling.jitter_seed = std::random_device{}();
  Notifier notifier({**store, **transport, clock, log}, make_channels(config), telling);
  if (auto loaded = notifier.load(); !loaded) return refused(loaded.error());
  NotifierTeller teller(notifier);

  auto sources = open_sources(config, rules, **state, clock, log);
  if (!sources) return refused(sources.error());
  auto quarantine =
      QuarantineFile::open(config.quarantine_file.empty() ? config.state.path + "/quarantine.jsonl"
                                                          : config.quarantine_file);
  if (!quarantine) return refused(quarantine.error());

  EngineSetup setup{.sources = {},
                    .aggregator = aggregator_setup(config, rules, configuration.prices, **state),
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
                    .identify = {}};
  for (const auto& source : *sources) {
    setup.sources.push_back({source.source.get(), source.format, source.workers});
  }
  setup.identify = [&](const Source& of) -> Result<void> {
    for (const auto& source : *sources) {
      if (source.source.get() != &of || of.identity().empty()) continue;
      return (*state)->identify(source.name, of.identity());
    }
    return {};
  };
  Engine engine(std::move(setup));
  auto server = serve(config, **store, rules, engine, notifier);
  if (!server) return refused(server.error());
  if (*server) log.info("listening on http://" + (*server)->address());

  NotifierThread notifier_thread(notifier, log);
  const auto ran = run_watched(engine, notifier, configuration.loaded, log);
  const int code = !ran || notifier_thread.failed() ? kExitFound : kExitOk;
  if (!ran) log.error(ran.error().message);
  leave_in_any_case(code);
  notifier_thread.finish();
  server->reset();
  return code;
}

int run(const std::string& given) {
  install_signals();
  const auto configuration = load_configuration(given, Purpose::run);
  if (!configuration) return kExitConfig;
  const auto log = stderr_log();
  log->info(fmt::format("tocsin {}: {}, {}", TOCSIN_VERSION,
                        plural(configuration->loaded.rules.size(), "rule"),
                        plural(configuration->loaded.config.channels.size(), "channel")));
  return run_engine(*configuration, *log);
}

}  // namespace

void add_run(CLI::App& app, CommandSlot& slot) {
  auto config = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("run", "Run the engine until it is told to stop");
  command->add_option("--config", *config, "tocsin.yaml");
  command->callback([config, &slot] { slot.run = [config] { return run(*config); }; });
}

}  // namespace tocsin
