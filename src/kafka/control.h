// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "kafka/client.h"
#include "kafka/cluster_view.h"
#include "kafka/kafka_config.h"
#include "kafka/registry.h"
#include "kafka/start_plan.h"
#include "kafka/worker.h"
#include "tocsin/clock.h"
#include "tocsin/reading_guard.h"

namespace tocsin::kafka {

inline constexpr Millis kCallMax{2000};  // of one question to the brokers
inline constexpr Millis kRetry{500};
// A leader just elected can answer with an end that is too low; a vanished log stays vanished.
inline constexpr int kVanishedMin = 3;

// What control works with; all of it outlives control.
struct ControlLinks {
  Client& client;
  Registry& registry;
  const std::vector<std::unique_ptr<Worker>>& workers;
  const Clock& clock;
  ReadingGuard* guard = nullptr;
};

struct ControlSettings {
  std::vector<std::string> brokers;
  std::vector<std::string> topics;
  KafkaStart start;
  std::map<PartitionName, Position> positions;
  std::string identity;  // expected; empty: any
};

// The thread that may block: finds partitions, decides where each one starts, tells when the
// brokers cannot be reached, and stops fetchers. Never gives up.
class Control {
 public:
  Control(const ControlLinks& links, ControlSettings settings);
  ~Control();  // waits for a call under way: 2 s
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // Any thread.
  void request_end_offsets() { ends_wanted_.store(true); }

 private:
  using Instant = std::chrono::steady_clock::time_point;
  enum class Origin : std::uint8_t {
    known,  // has a Position
    fresh,  // of a topic the state doesn't know: the start policy
    added,  // new, of a topic it knows: from its beginning
  };
  // A partition that is to start.
  struct Task {
    PartitionName name;
    Origin origin = Origin::known;
    Position position;
    int vanished_seen = 0;
    bool trial = false;  // although the process died there
  };
  // A partition that is halted at what a person may skip.
  struct Blocked {
    Position position;
    std::optional<Instant> trial_due{};  // by itself it is read again then
  };
  struct Given {
    PartitionStart start;
    std::vector<SourceNotice> notices;
  };
  struct Topic {
    TopicSlot slot;
    rd_kafka_topic_t* handle = nullptr;
    std::map<std::int32_t, PartitionIndex> partitions;
    bool known = false;  // by the state, or seen before in this run
    bool discovered = false;
  };
  // What keeps us from reading; `key` tells one trouble from another.
  struct Problem {
    std::string key;
    std::string text;
  };
  using Answers = std::map<PartitionName, std::int64_t>;

  void run();
  void step();

  // Metadata.
  void refresh();
  void failed_refresh(const std::string& reason);
  bool check_identity(const ClusterView& view);
  void discover(const std::string& name, Topic& topic, const TopicView& view);
  void add_partition(const std::string& name, Topic& topic, std::int32_t partition);
  void halt_missing(const std::string& name, Topic& topic, const TopicView& view);
  void publish_leaders(const ClusterView& view);
  std::optional<Problem> find_problem(const ClusterView& view) const;
  void tell(std::optional<Problem> problem);

  // Starts.
  void take_suspended();
  void start_partitions();
  bool start_partition(PartitionIndex index, Task& task, const LogRange& log,
                       const Answers& by_time);
  bool start_known(PartitionIndex index, Task& task, const LogRange& log);
  bool start_new(PartitionIndex index, const Task& task, std::int64_t offset);
  void halt(PartitionIndex index, SourceNotice told);
  void hand_over();

  // Starts at what killed the process (control_guard.cc).
  enum class Leave : std::uint8_t { start, wait, halted };
  Leave ask_guard(PartitionIndex index, const Task& task, const Position& position);
  std::optional<std::int64_t> skipped_until(const PartitionName& name, std::int64_t next,
                                            std::int64_t end) const;
  void begins(PartitionStart start, std::vector<SourceNotice> notices);
  void stands(PartitionIndex index, const Suspended& suspended);
  void resume_blocked();
  void give(PartitionIndex index, std::optional<PartitionStart> start,
            std::vector<SourceNotice> notices);
  rd_kafka_topic_t* handle(const PartitionName& name) { return topics_.at(name.topic).handle; }

  void answer_ends();

  ControlLinks links_;
  ControlSettings settings_;
  std::map<std::string, Topic> topics_;
  std::map<PartitionIndex, Task> tasks_;
  std::vector<PartitionName> names_;  // by index
  std::set<PartitionIndex> halted_;
  std::map<PartitionIndex, Blocked> blocked_;
  std::vector<Given> given_;               // for the workers, once the guard has noted it
  std::optional<PartitionIndex> suspect_;  // being read by itself
  Instant suspect_until_{};
  Instant resume_due_{};
  std::set<PartitionName> led_;
  std::set<PartitionIndex> ends_pending_;
  bool ends_asked_ = false;
  Instant refresh_due_{};
  Instant start_due_{};
  Instant ends_due_{};
  int failures_ = 0;
  bool all_down_ = false;
  bool refused_ = false;  // another cluster: nothing is done any more
  std::string told_;      // key of the problem people know of

  std::atomic<bool> ends_wanted_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: uses all above
};

}  // namespace tocsin::kafka
