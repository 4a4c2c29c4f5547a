// SPDX-License-Identifier: Apache-2.0
// What channels remember from one message to the next, and what they tell again while it holds.
#include <algorithm>
#include <map>
#include <utility>

#include "hash/digest.h"
#include "notify/notifier.h"
#include "notify/outbox_keys.h"

namespace tocsin {
namespace {

constexpr std::size_t kStandingMax = 10'000;  // of a channel; what is beyond is told once
constexpr std::size_t kRepeatMax = 500;       // in a request
constexpr Millis kRemembered{std::int64_t{400} * 86'400'000};

std::string memory_row(const Channel& channel, const std::string& matter) {
  return channel_key(kKeepsakePrefix, channel.name(), "m" + hex(sha256(matter), 16));
}
std::string standing_row(const std::string& channel, const std::string& key) {
  return channel_key(kKeepsakePrefix, channel, "s" + key);
}

}  // namespace

// Callbacks of requests under way hold it, too: its channel may have left when they are answered.
struct Notifier::Reposts {
  std::map<std::string, Keepsake> standing;  // by Standing::key
  SteadyTime due{};
  int in_flight = 0;
  std::string failed;  // the last answer, unless it was good
};

std::string Notifier::memory_of(const Post& post, const Notice& notice) {
  const std::string matter = post.channel->memory_key(notice);
  if (matter.empty()) return {};
  const auto row = parts_.store.get(memory_row(*post.channel, matter));
  if (!row) failure_ = row.error();
  if (!row || !*row) return {};
  auto keepsake = decode_keepsake(**row);
  return keepsake ? std::move(keepsake->value) : std::string();
}

// An end ends the matter as well: what comes after it is told anew.
void Notifier::remember(const Post& post, const Notice& notice,
                        const std::optional<std::string>& memory) {
  const std::string matter = post.channel->memory_key(notice);
  if (!memory || matter.empty()) return;
  const std::string row = memory_row(*post.channel, matter);
  if (memory->empty()) {
    marks_.erase(row);
  } else {
    marks_.put(row, encode_keepsake({parts_.clock.wall() + kRemembered, *memory}));
  }
}

void Notifier::add_standing(Post& post, const Notice& notice) {
  if (notice.kind == Notice::Kind::resolved) remember(post, notice, std::string());
  if (post.channel->repeat_every() == Millis{0}) return;
  if (post.reposts == nullptr) post.reposts = std::make_shared<Reposts>();
  Reposts& reposts = *post.reposts;
  const SteadyTime next = parts_.clock.monotonic() + post.channel->repeat_every();
  if (reposts.standing.empty()) reposts.due = next;
  for (Standing& one : post.channel->standing_of(notice)) {
    const bool known = reposts.standing.contains(one.key);
    if (!known && reposts.standing.size() >= kStandingMax) continue;
    Keepsake keepsake{one.until, std::move(one.value)};
    marks_.put(standing_row(post.channel->name(), one.key), encode_keepsake(keepsake));
    reposts.standing[one.key] = std::move(keepsake);
  }
}

Result<void> Notifier::load_keepsakes() {
  const WallTime now = parts_.clock.wall();
  return parts_.store.scan(std::string(1, kKeepsakePrefix), std::string(1, kKeepsakePrefix + 1),
                           [&](std::string_view key, std::string_view value) {
                             const auto parts = parse_channel_key(key);
                             auto keepsake = decode_keepsake(value);
                             Post* const post = parts ? find(std::string(parts->channel)) : nullptr;
                             if (post == nullptr || !keepsake || keepsake->until <= now) {
                               marks_.erase(std::string(key));
                               return true;
                             }
                             if (!parts->rest.starts_with('s')) return true;
                             if (post->channel->repeat_every() == Millis{0}) {
                               marks_.erase(std::string(key));
                               return true;
                             }
                             if (post->reposts == nullptr)
                               post->reposts = std::make_shared<Reposts>();
                             post->reposts->standing.emplace(parts->rest.substr(1),
                                                             std::move(*keepsake));
                             return true;
                           });
}

void Notifier::inherit(Post& post, Post& old) {
  if (post.channel->repeat_every() == Millis{0} || old.reposts == nullptr) return;
  post.reposts = std::make_shared<Reposts>();
  post.reposts->standing = std::move(old.reposts->standing);
}

std::optional<SteadyTime> Notifier::next_repeat(const Post& post) {
  if (post.reposts == nullptr || post.reposts->standing.empty() || post.reposts->in_flight > 0) {
    return std::nullopt;
  }
  return post.reposts->due;
}

void Notifier::repeat() {
  const SteadyTime now = parts_.clock.monotonic();
  for (const auto& post : posts_) {
    const auto due = next_repeat(*post);
    if (due && *due <= now) repeat(*post);
  }
}

void Notifier::repeat(Post& post) {
  const WallTime now = parts_.clock.wall();
  Reposts& reposts = *post.reposts;
  reposts.due = parts_.clock.monotonic() + post.channel->repeat_every();
  if (!reposts.failed.empty()) {
    parts_.log.warn("Channel " + post.channel->name() + " " + reposts.failed +
                    " when it was told again what stands; it is tried again");
    for (Destination& to : post.destinations) to.status.last_error = reposts.failed;
    reposts.failed.clear();
  }
  std::erase_if(reposts.standing, [&](const auto& one) {
    const bool over = one.second.until <= now;
    if (over) marks_.erase(standing_row(post.channel->name(), one.first));
    return over;
  });
  std::vector<std::string> values;
  const auto send = [&] {
    if (values.empty()) return;
    ++reposts.in_flight;
    parts_.transport.send(post.channel->repeat(std::exchange(values, {}), now),
                          [kept = post.reposts](const Response& response) {
                            --kept->in_flight;
                            const Outcome outcome = outcome_by_status(response);
                            if (outcome.verdict != Outcome::Verdict::delivered)
                              kept->failed = outcome.reason;
                          });
  };
  for (const auto& [key, keepsake] : reposts.standing) {
    values.push_back(keepsake.value);
    if (values.size() == kRepeatMax) send();
  }
  send();
}

}  // namespace tocsin
