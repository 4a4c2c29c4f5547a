// SPDX-License-Identifier: Apache-2.0
#include "notify/notifier.h"

#include <algorithm>

#include "notify/outbox_keys.h"
#include "tocsin/crash_point.h"

namespace tocsin {
namespace {

constexpr std::size_t kEngineToldMax = 10'000;

// The other rungs of a group told in the same message; what the commit named stays named.
void name_crossed(std::vector<Alert>& alerts) {
  std::unordered_map<std::string, std::vector<std::string>> rungs;
  const auto place = [](const Alert& alert) { return alert.rule + '\n' + group_identity(alert); };
  for (const Alert& alert : alerts) rungs[place(alert)].push_back(alert.rung);
  for (Alert& alert : alerts) {
    for (const std::string& rung : rungs[place(alert)]) {
      const bool named =
          std::find(alert.crossed.begin(), alert.crossed.end(), rung) != alert.crossed.end();
      if (rung != alert.rung && !named) alert.crossed.push_back(rung);
    }
  }
}

bool one_group(const std::vector<Alert>& alerts) {
  return std::all_of(alerts.begin(), alerts.end(), [&](const Alert& alert) {
    return !alert.stale && group_identity(alert) == group_identity(alerts.front());
  });
}

// A digest that turned out to be of one group is told as any alert is.
void settle_kind(Notice& notice) {
  if (notice.kind != Notice::Kind::digest || !one_group(notice.alerts)) return;
  notice.kind = Notice::Kind::alert;
  std::stable_sort(notice.alerts.begin(), notice.alerts.end(),
                   [](const Alert& a, const Alert& b) { return a.amount > b.amount; });
}

}  // namespace

Notifier::Notifier(NotifierParts parts, std::vector<std::unique_ptr<Channel>> channels,
                   NotifierConfig config)
    : parts_(parts), config_(std::move(config)) {
  for (std::unique_ptr<Channel>& channel : channels) {
    posts_.push_back(make_post(std::move(channel)));
    by_name_[posts_.back()->channel->name()] = posts_.back().get();
  }
  update_status();
}

Notifier::~Notifier() = default;

std::unique_ptr<Notifier::Post> Notifier::make_post(std::unique_ptr<Channel> channel) {
  auto post = std::make_unique<Post>(Post{std::move(channel), Gathering(config_.gathering)});
  const std::string& name = post->channel->name();
  const auto manners = config_.manners.find(name);
  if (manners != config_.manners.end()) post->manners = manners->second;
  const auto destinations = post->channel->destinations();
  const bool several = destinations.size() > 1;
  for (const std::string& to : destinations) {
    Lane lane(post->channel->pacing(), config_.retry, ++config_.jitter_seed);
    ChannelStatus status;
    status.name = name;
    if (several) status.destination = to;
    post->destinations.push_back({.address = {name, to},
                                  .label = several ? name + " (" + to + ")" : name,
                                  .lane = std::move(lane),
                                  .status = std::move(status)});
  }
  return post;
}

bool Notifier::Post::has_room() const {
  return std::any_of(destinations.begin(), destinations.end(),
                     [](const Destination& to) { return to.lane.has_room(); });
}

bool Notifier::Post::holds(const std::string& notice) const {
  return std::any_of(destinations.begin(), destinations.end(),
                     [&](const Destination& to) { return to.lane.holds(notice); });
}

bool Notifier::Post::under_way() const {
  return std::any_of(destinations.begin(), destinations.end(),
                     [](const Destination& to) { return to.lane.in_flight() > 0; });
}

Notifier::Post* Notifier::find(const std::string& channel) {
  const auto found = by_name_.find(channel);
  return found == by_name_.end() ? nullptr : found->second;
}

Notifier::Destination* Notifier::find(const Address& address) {
  Post* post = find(address.channel);
  if (post == nullptr) return nullptr;
  for (Destination& destination : post->destinations) {
    if (destination.address.destination == address.destination) return &destination;
  }
  return nullptr;
}

void Notifier::put(Input input) {
  {
    const std::lock_guard lock(mutex_);
    inputs_.push_back(std::move(input));
  }
  parts_.transport.wake();
}

void Notifier::offer(std::vector<Outgoing> alerts) {
  if (!alerts.empty()) put(std::move(alerts));
}
void Notifier::catch_up_ended() { put(CatchUpEnded{}); }
void Notifier::resolve(Resolution resolution, std::vector<std::string> channels) {
  put(Resolving{std::move(resolution), std::move(channels)});
}
void Notifier::engine(EngineMessage message) { put(Engine{std::move(message), {}}); }
void Notifier::exchange(ChannelChange change) { put(std::move(change)); }

Result<void> Notifier::load() {
  const CrashSpan span(CrashStep::outbox);
  std::vector<Outgoing> alerts;
  OutboxReader reader;
  reader.alert = [&](std::string_view channel, std::uint64_t seq, Alert alert) {
    if (Post* post = find(std::string(channel));
        post != nullptr && post->manners.hours &&
        !post->manners.hours->open(WallTime{alert.at.time_since_epoch()})) {
      post->behind = Notice::Kind::held;  // the process ended while the channel was closed
    }
    // Alerts that wait for the end of a catch-up can be many, and only their rows are needed.
    alerts.push_back({seq, std::move(alert), {std::string(channel)}});
    if (alerts.size() < 10'000) return;
    take(std::exchange(alerts, {}));
  };
  std::vector<Resolving> ended;
  reader.resolution = [&](std::string_view channel, Resolution resolution) {
    ended.push_back({std::move(resolution), {std::string(channel)}});
  };
  std::vector<std::pair<Address, Notice>> notices;
  reader.notice = [&](const Address& to, Notice notice) {
    notices.emplace_back(to, std::move(notice));
  };
  reader.engine = [&](EngineMessage message) { put(Engine{std::move(message), {}}); };
  reader.unreadable = [&](Unreadable row) {
    parts_.log.error("A message in the state cannot be read and is parked: " + row.reason);
    tell_engine({"parked", "state", "Tocsin parked a message it cannot read", {row.reason}}, {});
    put_unreadable(marks_, row);
  };
  if (auto read = read_outbox(parts_.store, reader); !read) return read;
  std::stable_sort(notices.begin(), notices.end(), [](const auto& a, const auto& b) {
    return a.second.composed_at < b.second.composed_at;
  });
  for (auto& [to, notice] : notices) {
    if (Destination* destination = find(to)) {
      destination->lane.push(std::make_shared<Notice>(std::move(notice)));
    } else {
      park_unconfigured(to, std::move(notice));
    }
  }
  take(std::move(alerts));
  for (Resolving& one : ended) take(std::move(one));
  if (auto counted = count_hour(); !counted) return counted;
  if (auto loaded = load_standing(); !loaded) return loaded;
  update_status();
  return load_keepsakes();
}

void Notifier::take_inputs() {
  std::vector<Input> inputs;
  {
    const std::lock_guard lock(mutex_);
    inputs.swap(inputs_);
  }
  for (Input& input : inputs) {
    std::visit([this](auto& one) { take(std::move(one)); }, input);
  }
}

void Notifier::take(std::vector<Outgoing> alerts) {
  std::unordered_map<Post*, std::vector<Gathering::Item>> by_post;
  for (const Outgoing& outgoing : alerts) {
    if (!is_told(outgoing.alert)) continue;
    for (const std::string& channel : outgoing.channels) {
      Post* post = find(channel);
      if (post != nullptr && parts_.silences != nullptr && !outgoing.alert.silence.empty()) {
        post->muting.hold(outgoing.seq, outgoing.alert);
        continue;
      }
      if (post != nullptr) {
        by_post[post].push_back({outgoing.seq, &outgoing.alert});
        continue;
      }
      Notice notice;
      notice.alerts.push_back(outgoing.alert);
      marks_.erase(outbox_key(channel, outgoing.seq));
      park_unconfigured({channel, ""}, std::move(notice));
    }
  }
  for (auto& [post, items] : by_post) {
    post->gathering.offer(std::move(items), parts_.clock.monotonic(), parts_.clock.wall());
  }
}

void Notifier::take(const CatchUpEnded&) {
  for (const auto& post : posts_) post->gathering.end_catch_up();
}

void Notifier::take(Resolving resolving) {
  for (const std::string& channel : resolving.channels) {
    Post* post = find(channel);
    if (post == nullptr) {
      Notice notice;
      notice.kind = Notice::Kind::resolved;
      notice.resolved.push_back(resolving.resolution);
      marks_.erase(
          resolution_key(channel, resolving.resolution.alert.id, resolving.resolution.until));
      park_unconfigured({channel, ""}, std::move(notice));
      continue;
    }
    if (post->reminding.ended(resolving.resolution.alert.id)) {
      marks_.erase(standing_key(channel, resolving.resolution.alert.id));
    }
    if (const auto muted = post->muting.ended(resolving.resolution.alert.id)) {
      marks_.erase(outbox_key(channel, *muted));
      marks_.erase(
          resolution_key(channel, resolving.resolution.alert.id, resolving.resolution.until));
      continue;
    }
    post->gathering.resolve(resolving.resolution, parts_.clock.monotonic(), parts_.clock.wall());
  }
}

void Notifier::take(Engine engine) {
  const SteadyTime now = parts_.clock.monotonic();
  const auto is_over = [&](const auto& told) {
    return now - told.second >= config_.engine_interval;
  };
  if (engine_told_.size() > kEngineToldMax) std::erase_if(engine_told_, is_over);
  // What has a row is told once, and by whoever put it there.
  if (engine.message.row.empty()) {
    const std::string key = engine.message.kind + '\0' + engine.message.subject;
    const auto told = engine_told_.find(key);
    if (told != engine_told_.end() && !is_over(*told)) return;
    engine_told_[key] = now;
  } else {
    engine_rows_.push_back(engine.message.row);
  }
  bool anybody = false;
  const auto& own = engine.message.channels;
  for (const std::string& channel : own.empty() ? config_.engine_channels : own) {
    const bool is_about = channel == engine.except.channel;
    Post* post = find(channel);
    if (post == nullptr) continue;
    if (is_about && (engine.except.destination.empty() || post->destinations.size() < 2)) continue;
    Notice notice;
    notice.kind = Notice::Kind::engine;
    notice.composed_at = parts_.clock.wall();
    notice.engine = engine.message;
    notice.id = id_for(notice);
    composed_.push_back({post, is_about ? engine.except.destination : "", std::move(notice)});
    anybody = true;
  }
  if (!anybody) parts_.log.error("Nobody else can be told: " + engine.message.text);
}

void Notifier::tell_engine(EngineMessage message, Address except) {
  const std::lock_guard lock(mutex_);
  inputs_.emplace_back(Engine{std::move(message), std::move(except)});
}

std::vector<Alert> Notifier::alerts_of(const Post& post, const Composition& composition) {
  if (!composition.alerts.empty()) return composition.alerts;
  std::vector<Alert> alerts;
  alerts.reserve(composition.seqs.size());
  for (auto& [seq, alert] : alerts_of(post, composition.seqs)) alerts.push_back(std::move(alert));
  return composition.kind == Notice::Kind::unsilenced ? standing(alerts) : alerts;
}

std::optional<Notice> Notifier::compose(Post& post, Composition composition,
                                        std::vector<std::uint64_t>& seqs) {
  Notice notice;
  notice.kind = composition.kind;
  notice.composed_at = parts_.clock.wall();
  notice.from = composition.from;
  notice.until = composition.until;
  notice.alerts = alerts_of(post, composition);
  notice.resolved = std::move(composition.resolved);
  seqs = std::move(composition.seqs);
  if (notice.alerts.empty() && notice.resolved.empty()) return std::nullopt;
  settle_kind(notice);
  name_crossed(notice.alerts);
  notice.id = id_for(notice);
  return notice;
}

void Notifier::compose_for(Post& post, WriteBatch& batch) {
  if (closed(post)) return;
  if (post.behind && post.has_room()) compose_behind(post, batch);
  remind(post, batch);
  while (post.has_room() && !failure_ && !closed(post)) {
    auto next = post.gathering.take(parts_.clock.monotonic());
    if (!next) return;
    std::vector<std::uint64_t> seqs;
    // That nothing of it stands any more is no reason to tell it at the next start.
    const auto over = next->kind == Notice::Kind::unsilenced ? next->seqs : seqs;
    auto notice = compose(post, std::move(*next), seqs);
    if (!notice) {
      for (const std::uint64_t seq : over) batch.erase(outbox_key(post.channel->name(), seq));
      continue;
    }
    enqueue({&post, "", std::move(*notice)}, seqs, batch);
  }
}

void Notifier::enqueue(Composed composed, const std::vector<std::uint64_t>& seqs,
                       WriteBatch& batch) {
  Notice& told = composed.notice;
  if (composed.post->holds(told.id)) told.id = id_once_more(told);
  const auto notice = std::make_shared<const Notice>(std::move(told));
  Addressees to{composed.post->channel->name(), {}};
  for (Destination& destination : composed.post->destinations) {
    const std::string& name = destination.address.destination;
    if (!composed.except.empty() && name == composed.except) continue;
    to.destinations.push_back(name);
    destination.lane.push(notice);
  }
  put_composed(batch, to, *notice, seqs);
  if (notice->kind == Notice::Kind::engine) return;
  count(*composed.post);
  note_told(*composed.post, *notice, batch);
}

void Notifier::enqueue_engine(WriteBatch& batch) {
  for (Composed& composed : std::exchange(composed_, {})) {
    enqueue(std::move(composed), {}, batch);
  }
  for (std::string& row : std::exchange(engine_rows_, {})) batch.erase(std::move(row));
}

// Nothing of what is composed here is sent before the write, which is this thread's next act.
Result<void> Notifier::compose() {
  WriteBatch batch = std::exchange(marks_, {});  // among them what goes to fallbacks
  enqueue_engine(batch);
  for (const auto& post : posts_) compose_for(*post, batch);
  if (failure_) return tl::unexpected<Error>(*failure_);
  if (batch.empty()) return {};
  const CrashSpan span(CrashStep::compose);
  return parts_.store.write(batch, Sync::yes);
}

Result<void> Notifier::step(Millis wait) {
  if (failure_) return tl::unexpected<Error>(*failure_);
  take_inputs();
  expire();
  unmute();
  pass_on();
  if (auto composed = compose(); !composed) {
    failure_ = composed.error();
    return composed;
  }
  send();
  repeat();
  parts_.transport.poll(time_to_wait(wait));
  if (auto settled = settle(); !settled) {
    failure_ = settled.error();
    return settled;
  }
  update_status();
  rounds_.fetch_add(1, std::memory_order_relaxed);
  return {};
}

void Notifier::park_unconfigured(const Address& address, Notice notice) {
  if (notice.id.empty()) {
    notice.composed_at = parts_.clock.wall();
    notice.id = id_for(notice);
  }
  Delivery delivery;
  delivery.id = notice.id;
  delivery.to = address;
  delivery.when = parts_.clock.wall();
  delivery.alert_ids = alert_ids(notice);
  const std::string& to = address.destination;
  const std::string what = "channel " + address.channel + (to.empty() ? "" : " (" + to + ")");
  delivery.reason = to.empty() ? "the channel is not configured any more"
                               : "it does not go to " + to + " any more";
  put_parked(marks_, notice, delivery);
  parts_.log.error("Message " + notice.id + " is for " + what +
                   ", which is not configured any more; it is parked");
  tell_engine({"channel_missing",
               what,
               "Tocsin has messages for " + what + ", which is not configured any more",
               {"They are parked, nothing is lost. Bring it back, or send the rule's alerts "
                "elsewhere."}},
              address);
}

Result<void> Notifier::run(std::stop_token stop) {
  const std::stop_callback waker(stop, [this] { parts_.transport.wake(); });
  while (!stop.stop_requested()) {
    if (auto stepped = step(Millis{60'000}); !stepped) return stepped;
  }
  return drain();
}

std::vector<TryStatus> Notifier::tries() const {
  const std::lock_guard lock(mutex_);
  return tries_;
}

std::vector<ChannelStatus> Notifier::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace tocsin
