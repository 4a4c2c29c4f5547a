// SPDX-License-Identifier: Apache-2.0
// Other channels while messages are on their way.
#include <algorithm>

#include "alert/alert_codec.h"
#include "notify/notifier.h"
#include "notify/outbox_keys.h"

namespace tocsin {

void Notifier::take(ChannelChange change) {
  // Composed in this round, for channels that may be others now.
  std::vector<std::pair<std::string, Composed>> composed;
  for (Composed& one : std::exchange(composed_, {})) {
    composed.emplace_back(one.post->channel->name(), std::move(one));
  }
  config_.engine_channels = std::move(change.engine_channels);
  config_.gathering = change.gathering;
  config_.manners = std::move(change.manners);
  config_.repeats = std::move(change.repeats);
  config_.fallbacks = std::move(change.fallbacks);
  std::vector<std::unique_ptr<Post>> old = std::move(posts_);
  posts_.clear();
  by_name_.clear();
  for (std::unique_ptr<Channel>& channel : change.channels) {
    posts_.push_back(make_post(std::move(channel)));
    by_name_[posts_.back()->channel->name()] = posts_.back().get();
  }
  for (std::unique_ptr<Post>& post : old) {
    const std::string& name = post->channel->name();
    const bool kept = std::find(change.kept.begin(), change.kept.end(), name) != change.kept.end();
    if (kept && find(name) == nullptr) {
      post->gathering.set_limits(config_.gathering);
      const auto manners = config_.manners.find(name);
      post->manners = manners == config_.manners.end() ? Manners{} : manners->second;
      by_name_[name] = post.get();
      posts_.push_back(std::move(post));
    } else {
      replace(std::move(post));
    }
  }
  for (auto& [name, one] : composed) {
    one.post = find(name);
    if (one.post != nullptr) {
      composed_.push_back(std::move(one));
    } else {
      park_unconfigured({name, ""}, std::move(one.notice));
    }
  }
}

// What waits goes to the channel that has the name now, or is parked.
void Notifier::replace(std::unique_ptr<Post> old) {
  if (Post* post = find(old->channel->name())) {
    inherit(*post, *old);
    post->gathering = std::move(old->gathering);
    post->muting = std::move(old->muting);
    post->reminding = std::move(old->reminding);
    post->behind = old->behind;
    post->hour = old->hour;
    post->in_hour = old->in_hour;
    post->gathering.set_limits(config_.gathering);
  } else {
    park_waiting(*old);
  }
  for (Destination& from : old->destinations) {
    hand_on(*old, from);
    Destination* to = find(from.address);
    if (to == nullptr) continue;
    std::swap(to->status.delivered, from.status.delivered);
    std::swap(to->status.retried, from.status.retried);
    std::swap(to->status.parked, from.status.parked);
  }
  if (old->under_way()) leaving_.push_back(std::move(old));
}

// The same destination; or, where a channel had one and has one, the one in its place: somebody
// mended a recipient's address.
Notifier::Destination* Notifier::heir(const Post& old, const Address& from) {
  if (Destination* same = find(from)) return same;
  Post* post = find(from.channel);
  const bool one_each =
      post != nullptr && old.destinations.size() == 1 && post->destinations.size() == 1;
  return one_each ? &post->destinations.front() : nullptr;
}

// What `old`, which left, did not deliver to `from`, and has not under way.
void Notifier::hand_on(const Post& old, Destination& from) {
  for (auto& notice : from.lane.take_waiting()) hand_on(old, from.address, std::move(notice));
}

// One such message.
void Notifier::hand_on(const Post& old, const Address& from, std::shared_ptr<const Notice> notice) {
  Destination* to = heir(old, from);
  if (to == nullptr) return park_unconfigured(from, *notice);
  if (to->address.destination != from.destination) {
    marks_.erase(notification_key(from, notice->id));
    marks_.put(notification_key(to->address, notice->id), encode_notice(*notice));
  }
  to->lane.push(std::move(notice));
}

// Alerts and ends that no message tells yet.
void Notifier::park_waiting(Post& post) {
  const std::string& name = post.channel->name();
  Composition all = post.gathering.take_all();
  for (const std::uint64_t seq : post.muting.take_all()) all.seqs.push_back(seq);
  for (const std::string& id : post.reminding.take_all()) marks_.erase(standing_key(name, id));
  for (const std::uint64_t seq : all.seqs) {
    const auto row = parts_.store.get(outbox_key(name, seq));
    if (!row) failure_ = row.error();
    if (!row || !*row) continue;
    auto alert = decode_alert(**row);
    if (!alert) continue;  // a start finds the row, and parks it as one that cannot be read
    Notice notice;
    notice.alerts.push_back(std::move(*alert));
    marks_.erase(outbox_key(name, seq));
    park_unconfigured({name, ""}, std::move(notice));
  }
  for (const Resolution& resolution : all.resolved) {
    Notice notice;
    notice.kind = Notice::Kind::resolved;
    notice.resolved.push_back(resolution);
    marks_.erase(resolution_key(name, resolution.alert.id, resolution.until));
    park_unconfigured({name, ""}, std::move(notice));
  }
}

// Channels that left go when their last request is answered; what came of it counts.
void Notifier::see_off() {
  std::erase_if(leaving_, [this](const std::unique_ptr<Post>& post) {
    if (post->under_way()) return false;
    for (const Destination& from : post->destinations) {
      Destination* to = find(from.address);
      if (to == nullptr) continue;
      to->status.delivered += from.status.delivered;
      to->status.retried += from.status.retried;
      to->status.parked += from.status.parked;
    }
    return true;
  });
}

}  // namespace tocsin
