// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/configuration.h"
#include "cli/demo_screen.h"
#include "cli/real_clock.h"
#include "demo/engine_api.h"
#include "demo/engine_process.h"
#include "demo/ledger.h"
#include "demo/stand_ins.h"
#include "demo/temporary_folder.h"
#include "demo/traffic_feed.h"
#include "kafka/embedded_broker.h"

namespace tocsin {

inline constexpr std::size_t kAlertsAsked = 300;  // of the newest

struct DemoOptions {
  bool once = false;  // ends when the story is told, on a terminal too
  bool keep = false;  // leaves the folder
  std::uint64_t seed = 1;
  std::uint64_t rate = 1'200;   // requests a second
  std::uint16_t port = 18'080;  // of the page; the next free one if it is taken
};

// The demo, from beginning to end: a broker, traffic, stand-ins for receivers and a real engine as
// a child; what the engine and the stand-ins say is shown, and compared with what was sent. What
// did not happen as claimed is said, and is a failure. Main thread.
class DemoShow {
 public:
  DemoShow(const DemoOptions& options, DemoScreen& screen);

  // An error without a message: somebody asked it to end. Then serve() is not called.
  Result<void> play();
  // Shows what still arrives until somebody asks it to end, or the engine does.
  Result<void> serve();
  // Ends the engine, then removes the folder. Quick, whatever the rest of us waits for.
  void close();
  // The address of the page that shows what Slack and mail got.
  std::string page() const;
  // The last lines of the engine's log; empty if there are none.
  std::string log_tail() const;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Budgets = std::vector<demo::EngineApi::Budget>;

  // The parts of play(), in their order.
  Result<void> set_up();
  Result<void> write_files();
  Result<void> start_engine();
  Result<void> start_traffic();
  Result<void> until_nearly_full();
  Result<void> kill_and_return();
  Result<void> until_full();
  Result<void> check_claims();

  // One turn of every wait: takes what arrived, and now and then what the engine says of itself.
  Result<void> turn();
  Result<void> turn_until(const std::function<bool()>& done, const std::string& what);
  void take_deliveries();
  bool tell(const demo::Delivery& delivery, const std::vector<demo::EngineApi::Alert>& alerts);
  void show(DemoMessage message);
  void update_progress();

  struct Sent {
    std::uint64_t requests = 0;
    Money production;
  };
  Sent sent() const;
  Result<void> wait_for_count(std::uint64_t requests);
  Result<Money> production_told() const;
  Result<void> compare(const Sent& sent, const demo::EngineApi::Counts& counts, Money production);
  SteadyTime now() const { return clock_.monotonic(); }

  DemoOptions options_;
  DemoScreen& screen_;
  RealClock clock_;
  std::optional<Configuration> configuration_;
  std::optional<demo::TemporaryFolder> folder_;
  demo::StandIns stand_ins_;
  std::unique_ptr<LoopbackServer> server_;
  std::unique_ptr<Log> broker_log_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::optional<demo::Ledger> ledger_;
  demo::Traffic traffic_;
  std::unique_ptr<Producer> producer_;
  std::optional<demo::EngineApi> api_;
  int api_port_ = 0;

  bool holding_ = false;  // messages wait in held_ until the figures after the kill stand there
  std::vector<DemoMessage> held_;
  std::vector<demo::Delivery> pending_;                        // not yet known whose they are
  std::set<std::pair<std::string, std::string>> told_;         // channel and alert id
  std::set<std::pair<std::string, std::string>> groups_told_;  // channel and rule
  std::uint64_t told_twice_ = 0;
  Money rung_told_, rung_mailed_;  // of production's, the highest by Slack and by mail
  SteadyTime last_delivery_{}, last_look_{}, give_up_{};
  std::vector<std::pair<SteadyTime, Money>> paces_;  // production's totals of the last second
  std::optional<demo::TrafficFeed> feed_;            // after what it uses
  std::optional<demo::EngineProcess> engine_;        // last: it ends before what it talks to
};

}  // namespace tocsin
