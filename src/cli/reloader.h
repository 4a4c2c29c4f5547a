// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/configuration.h"
#include "cli/file_watch.h"
#include "cli/service_manager.h"
#include "notify/notifier.h"
#include "pipeline/engine.h"
#include "state/kept.h"
#include "state/state.h"

namespace tocsin {

// What is kept of a configuration that was accepted `now`. Nothing: a secret cannot be left out.
std::optional<Kept> to_keep(const Configuration& configuration, WallTime now);

// What came of a reload.
struct ReloadOutcome {
  enum class Result { applied, unchanged, refused, busy, stopping };
  Result result = Result::refused;
  std::shared_ptr<const Configuration> in_force;
  std::vector<std::string> changes;   // applied
  std::chrono::microseconds pause{};  // applied: how long the stream waited
  std::optional<Loaded> found;        // refused: with what is wrong
};

// How reloads go, for /readyz and metrics; a copy.
struct ReloadStatus {
  std::uint64_t applied = 0, unchanged = 0, refused = 0;
  std::chrono::microseconds pause{};  // of the last applied
  WallTime loaded{};                  // when what is in force was accepted
  std::string refused_because;        // while the files are refused: where, and what
};

// Reloads the configuration while the engine runs, all or nothing: when asked to, and when one of
// its files changes. Reading and compiling happen here; the engine only swaps.
class Reloader {
 public:
  struct Setup {
    std::string config_path;
    Store& store;
    State& state;
    Engine& engine;
    Notifier& notifier;
    InForce& in_force;
    const Clock& clock;
    Log& log;
    const ServiceManager& manager;
    std::function<std::string()> status_line;        // for the manager
    std::function<void(const Config&)> set_secrets;  // of the API and of those who send
    std::function<void()> applied;                   // other rules or prices are in force
  };
  // What the files said when the process started; `accepted`: when what runs was.
  struct First {
    FileSet files;
    WallTime accepted{};
    std::optional<Loaded> refused;  // they had errors: what runs is what the state kept
  };
  Reloader(Setup setup, First first);
  ~Reloader();

  // Begins to watch the files. Once.
  void start();
  // Ends what start() began and a reload under way, which the engine must have ended too; there is
  // none any more then.
  void finish();
  // As SIGHUP does; safe in a signal's handler.
  void ask() noexcept;
  // Reloads now, unless a reload is under way. Any thread.
  ReloadOutcome reload_now();
  ReloadStatus status() const;

 private:
  enum class Trigger { signal, api, file };

  void run(const std::stop_token& stop);
  ReloadOutcome reload(Trigger trigger);
  ReloadOutcome apply(Trigger trigger, Reading reading);
  ReloadOutcome refuse(Trigger trigger, Loaded found);
  ReloadOutcome nothing_new(Trigger trigger);
  ChannelChange channel_change(const Config& before, const Loaded& loaded) const;
  WriteBatch keep(const Configuration& next);
  void drop_unkept();
  void tell_refused(const Loaded& found);
  void tell_mended();
  void tell_teams(const Loaded& loaded);
  void tell_applied(Trigger trigger, const ReloadOutcome& outcome);

  Setup setup_;
  int event_ = -1;  // wakes the thread
  std::mutex reloading_;
  bool over_ = false;  // guarded by reloading_
  FileSet seen_;       // guarded by reloading_: what the last reading looked at
  struct RefusedTeam {
    std::string print;  // of what was told
    std::vector<std::string> channels;
  };
  std::map<std::string, RefusedTeam> refused_teams_;  // as refused_print_
  std::string refused_print_;                    // guarded by reloading_: of what was told last
  std::shared_ptr<const Configuration> before_;  // so that it is not freed by whoever swaps
  mutable std::mutex mutex_;
  ReloadStatus status_;  // guarded by mutex_
  std::atomic<bool> asked_{false};
  std::jthread thread_;  // last: it uses the others
};

}  // namespace tocsin
