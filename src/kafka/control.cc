// SPDX-License-Identifier: Apache-2.0
#include "kafka/control.h"

#include <algorithm>
#include <utility>

#include "kafka/notices.h"
#include "kafka/offsets.h"

namespace tocsin::kafka {
namespace {

using Kind = SourceNotice::Kind;

constexpr Millis kTick{20};
// A new partition is found within this, and the broker's word of it.
constexpr Millis kRefresh{5000};
constexpr Millis kRefreshInTrouble{1000};

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

}  // namespace

Control::Control(const ControlLinks& links, ControlSettings settings)
    : links_(links), settings_(std::move(settings)) {
  std::size_t ordinal = 0;
  for (const std::string& name : settings_.topics) {
    Topic& topic = topics_[name];
    topic.slot.ordinal = ordinal++;
    topic.handle = links_.client.topic(name, &topic.slot);
    for (const auto& [partition, position] : settings_.positions) {
      if (partition.topic == name) topic.known = true;
    }
  }
  thread_ = std::thread([this] { run(); });
}

Control::~Control() {
  stopping_.store(true);
  thread_.join();
}

void Control::run() {
  while (!stopping_.load()) step();
}

void Control::step() {
  links_.client.serve(kTick);
  if (refused_) return;
  take_suspended();
  const Instant now = links_.clock.monotonic();
  if (!blocked_.empty() && now >= resume_due_) resume_blocked();
  if (links_.client.take_all_down()) {
    all_down_ = true;
    refresh_due_ = std::min(refresh_due_, now);
  }
  if (now >= refresh_due_) refresh();
  if (!tasks_.empty() && now >= start_due_) start_partitions();
  if (ends_wanted_.exchange(false)) {
    ends_asked_ = true;
    for (PartitionIndex i = 0; i < names_.size(); ++i) ends_pending_.insert(i);
  }
  if (!ends_pending_.empty() && now >= ends_due_) answer_ends();
}

void Control::refresh() {
  auto view = view_cluster(links_.client.get(), kCallMax);
  if (!view) return failed_refresh(view.error().message);
  failures_ = 0;
  all_down_ = false;
  if (!check_identity(*view)) return;
  for (auto& [name, topic] : topics_) {
    const auto found = view->topics.find(name);
    if (found == view->topics.end() || found->second.error != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    discover(name, topic, found->second);
  }
  publish_leaders(*view);
  auto problem = find_problem(*view);
  refresh_due_ = links_.clock.monotonic() + (problem ? kRefreshInTrouble : kRefresh);
  tell(std::move(problem));
}

void Control::failed_refresh(const std::string& reason) {
  ++failures_;
  refresh_due_ = links_.clock.monotonic() + kRefreshInTrouble;
  // One failure alone can be a slow broker.
  if (failures_ < 2 && !all_down_) return;
  const std::string trouble = links_.client.last_trouble();
  tell(Problem{"brokers", "Kafka at " + joined(settings_.brokers) + " cannot be reached (" +
                              (trouble.empty() ? reason : trouble) +
                              "); Tocsin retries by itself: check the brokers, and `brokers`, "
                              "`tls` and `sasl` of the source"});
}

// False: another cluster answers; the source is broken for good.
bool Control::check_identity(const ClusterView& view) {
  const std::string identity = "kafka:" + view.cluster_id;
  if (settings_.identity.empty()) settings_.identity = identity;
  if (identity == settings_.identity) {
    links_.registry.set_identity(identity);
    return true;
  }
  refused_ = true;
  const Error error = stop("Kafka at " + joined(settings_.brokers) + " is the cluster " + identity +
                           ", but the state was counted from " + settings_.identity +
                           ": correct `brokers`, or start with a new state.path")
                          .value();
  for (const auto& worker : links_.workers) worker->fail(error);
  return false;
}

void Control::discover(const std::string& name, Topic& topic, const TopicView& view) {
  const auto count = static_cast<std::int32_t>(view.led.size());
  for (std::int32_t partition = 0; partition < count; ++partition) {
    if (!topic.partitions.contains(partition)) add_partition(name, topic, partition);
  }
  topic.known = true;
  topic.discovered = true;
  halt_missing(name, topic, view);
}

void Control::add_partition(const std::string& name, Topic& topic, std::int32_t partition) {
  Task task;
  task.name = {name, partition};
  const auto found = settings_.positions.find(task.name);
  if (found != settings_.positions.end()) {
    task.position = found->second;
  } else {
    task.origin = topic.known ? Origin::added : Origin::fresh;
  }
  const PartitionIndex index = links_.registry.add(task.name);
  names_.push_back(task.name);
  topic.partitions.emplace(partition, index);
  tasks_.emplace(index, std::move(task));
  if (ends_asked_) ends_pending_.insert(index);
}

// Topics never lose partitions, so one that has was made anew.
void Control::halt_missing(const std::string& name, Topic& topic, const TopicView& view) {
  const auto count = static_cast<std::int32_t>(view.led.size());
  for (const auto& [partition, position] : settings_.positions) {
    const bool missing = partition.topic == name && partition.partition >= count &&
                         !topic.partitions.contains(partition.partition);
    if (missing) add_partition(name, topic, partition.partition);
  }
  for (const auto& [partition, index] : topic.partitions) {
    if (partition < count || !tasks_.contains(index)) continue;
    if (++tasks_.at(index).vanished_seen < kVanishedMin) continue;
    tasks_.erase(index);
    halt(index, halted_notice(index, 0, missing_text(names_[index])));
  }
}

void Control::publish_leaders(const ClusterView& view) {
  led_.clear();
  bool complete = true;
  for (const auto& [name, topic] : topics_) {
    complete = complete && topic.discovered;
    const auto found = view.topics.find(name);
    for (const auto& [partition, index] : topic.partitions) {
      const auto i = static_cast<std::size_t>(partition);
      const bool led =
          found != view.topics.end() && i < found->second.led.size() && found->second.led[i];
      complete = complete && (led || halted_.contains(index));
      if (led) led_.insert(names_[index]);
    }
  }
  links_.registry.set_led({led_.begin(), led_.end()}, complete);
}

std::optional<Control::Problem> Control::find_problem(const ClusterView& view) const {
  for (const auto& [name, topic] : topics_) {
    const auto found = view.topics.find(name);
    if (found == view.topics.end() ||
        found->second.error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      return Problem{"missing " + name,
                     "topic " + name + " does not exist at " + joined(settings_.brokers) +
                         "; Tocsin looks for it again and again: create it, or correct `topics`"};
    }
    if (found->second.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Problem{"refused " + name, "topic " + name + " cannot be read (" +
                                            rd_kafka_err2str(found->second.error) +
                                            "); Tocsin retries by itself: look at the broker, "
                                            "and at what the user of `sasl` may do"};
    }
    for (const auto& [partition, index] : topic.partitions) {
      if (halted_.contains(index) || led_.contains(names_[index])) continue;
      return Problem{"leader " + partition_text(names_[index]),
                     partition_text(names_[index]) +
                         " has no leader; Tocsin retries by itself: look at its brokers"};
    }
  }
  return std::nullopt;
}

void Control::tell(std::optional<Problem> problem) {
  const std::string key = problem ? problem->key : std::string();
  if (key == told_) return;
  told_ = key;
  auto told = problem ? source_notice(Kind::unreachable, std::nullopt, 0, std::move(problem->text))
                      : source_notice(Kind::reachable, std::nullopt, 0,
                                      "Kafka at " + joined(settings_.brokers) + " is read again");
  links_.workers.front()->give(std::nullopt, {std::move(told)});
}

void Control::answer_ends() {
  std::vector<PartitionName> asked;
  for (auto i = ends_pending_.begin(); i != ends_pending_.end();) {
    if (halted_.contains(*i)) {
      i = ends_pending_.erase(i);
      continue;
    }
    // Of one that has not begun its end says nothing: what comes before it begins may not count.
    if (led_.contains(names_[*i]) && !tasks_.contains(*i)) asked.push_back(names_[*i]);
    ++i;
  }
  if (asked.empty()) return;
  ends_due_ = links_.clock.monotonic() + kRetry;
  const auto ends = look_up(links_.client.get(), asked, kLogEnd, kCallMax);
  if (!ends) return;
  for (const auto& [name, offset] : *ends) {
    const PartitionIndex index = topics_.at(name.topic).partitions.at(name.partition);
    give(index, std::nullopt, {source_notice(Kind::end_offset, index, offset, {})});
    ends_pending_.erase(index);
  }
}

}  // namespace tocsin::kafka
