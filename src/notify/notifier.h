// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "notify/channel.h"
#include "notify/gathering.h"
#include "notify/lane.h"
#include "notify/levels.h"
#include "notify/manners.h"
#include "notify/muting.h"
#include "notify/notice.h"
#include "notify/outbox.h"
#include "notify/reminding.h"
#include "tocsin/clock.h"
#include "tocsin/log.h"
#include "tocsin/result.h"
#include "tocsin/store.h"
#include "tocsin/transport.h"

namespace tocsin {

// An alert whose rows of the outbox (OutboxLog, one a channel) are synced.
struct Outgoing {
  std::uint64_t seq = 0;
  Alert alert;
  std::vector<std::string> channels;
};

// How a destination of a channel stands, for metrics and people. Counts are since the process
// started.
struct ChannelStatus {
  std::string name;
  std::string destination;                               // empty where the channel has only one
  std::uint64_t delivered = 0, retried = 0, parked = 0;  // messages; retried: tries that failed
  std::size_t queued = 0;                                // alerts and messages not yet delivered
  Millis oldest{0};                                      // age of the oldest of them
  bool broken = false;  // refused the last message for a reason that concerns all
  bool paused = false;  // waits, because it asked to or failed
  std::string last_error;
};

// A message that is tried and not taken yet.
struct TryStatus {
  std::string id;
  Address to;
  std::uint32_t attempts = 0;  // since the process started
  std::string last_error;
};

// What a person wants sent again.
struct Resending {
  Address to;
  Notice notice;
  bool parked = false;  // it goes as the same message; else, it was delivered, as another
};

// By the name of a channel that of the one that is told what it cannot be told.
using Fallbacks = std::unordered_map<std::string, std::string>;

struct NotifierConfig {
  std::vector<std::string> engine_channels;  // route of the engine's own messages
  Fallbacks fallbacks{};
  Millis pass_on_after{600'000};  // a message that was tried in vain for so long goes to a fallback
  GatheringLimits gathering;
  RetryLimits retry;
  Millis engine_interval{3'600'000};  // the same kind and subject is told once in it
  Millis drain{2'000};                // how long a stop waits for answers under way
  // For what is told later than it rang. Empty: what rang stands until its window ends.
  LevelReader levels{};
  std::map<std::string, Manners> manners{};  // by channel; others have none
  Repeats repeats{};
  std::uint32_t jitter_seed = 1;
};

// Channels from now on, and how they are told things.
struct ChannelChange {
  std::vector<std::unique_ptr<Channel>> channels;  // new ones, and those that were changed
  std::vector<std::string> kept;                   // those that stay as they are; others leave
  std::vector<std::string> engine_channels;
  GatheringLimits gathering;
  std::map<std::string, Manners> manners{};
  Repeats repeats{};
  Fallbacks fallbacks{};
};

// What the notifier works with; all outlive it, and nobody else uses the transport.
struct NotifierParts {
  Store& store;
  Transport& transport;
  const Clock& clock;
  Log& log;
  const SilenceBook* silences = nullptr;  // whose ids alerts carry; null: they carry none
};

// Tells people: takes alerts whose rows are in the outbox, composes messages, stores them, sends
// them and marks what came of them. Each message is tried until its channel takes it or it is
// parked; a second try, also after a crash, has the same id. A channel that hangs or fails slows
// no other. A channel's messages are composed once; each of its destinations then has a row, tries
// and an outcome of its own.
//
// load(), step() and run() belong to one thread; the others may be called from any.
class Notifier {
 public:
  Notifier(NotifierParts parts, std::vector<std::unique_ptr<Channel>> channels,
           NotifierConfig config);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // Takes up what the last process left. Before anything is offered. stop: the store is unreadable.
  Result<void> load();

  // The alerts of one commit, after it is synced. Those that are never told are passed over.
  void offer(std::vector<Outgoing> alerts);
  // No partition catches up any more: what was crossed meanwhile is told. To be called after load()
  // too, when there was nothing to catch up with.
  void catch_up_ended();
  // The end of an episode, after the commit with its rows is synced.
  void resolve(Resolution resolution, std::vector<std::string> channels);
  void engine(EngineMessage message);
  // What was offered before is told as if it had been offered after: a kept channel goes on as it
  // is, a changed one sends what waits to its new address, and what waits for one that left is
  // parked. A request under way ends as it would have.
  void exchange(ChannelChange change);

  // Its id, when it is stored and synced, to be sent at once. reject: that destination is none any
  // more, or has it waiting; retry: no answer within `patience`. Not on the notifier's thread.
  Result<std::string> resend(Resending what, Millis patience);

  // One round: compose, send, wait up to `wait` for answers and act on them. stop: the store failed
  // and nothing more is sent; the rows are as they were.
  Result<void> step(Millis wait = Millis{0});
  // Rounds until a stop is asked for, then waits a little for answers under way.
  Result<void> run(std::stop_token stop);

  std::vector<ChannelStatus> status() const;
  std::vector<TryStatus> tries() const;

  // Rounds so far, for whoever watches whether they go on; wake() makes one that waits go on.
  std::uint64_t rounds() const { return rounds_.load(std::memory_order_relaxed); }
  void wake() { parts_.transport.wake(); }
  // A silence was ended: what it kept back may be told. Any thread.
  void silences_changed() { wake(); }

 private:
  struct CatchUpEnded {};
  struct Resolving {
    Resolution resolution;
    std::vector<std::string> channels;
  };
  struct Engine {
    EngineMessage message;
    Address except;  // whom it is about: cannot be told this. No destination: all of the channel
  };
  struct ResendAnswer;
  struct Resend {
    Resending what;
    std::shared_ptr<ResendAnswer> answer;
  };
  using Input =
      std::variant<std::vector<Outgoing>, CatchUpEnded, Resolving, Engine, ChannelChange, Resend>;

  struct Destination {
    Address address;
    std::string label;  // for people: the channel, and which of its destinations if it has several
    Lane lane;
    ChannelStatus status;
  };
  struct Reposts;
  struct Post {  // one channel
    std::unique_ptr<Channel> channel;
    Gathering gathering;
    Muting muting{};
    Reminding reminding{};
    Manners manners{};
    // What waits is told as one, for the channel was told nothing: kind held, or capped.
    std::optional<Notice::Kind> behind{};
    WallTime hour{};                          // when the first of these was told
    std::size_t in_hour = 0;                  // messages, but for those of the engine
    std::vector<Destination> destinations{};  // as many from its beginning to its end
    std::shared_ptr<Reposts> reposts{};       // null: what it was told is told once
    bool has_room() const;
    bool under_way() const;
    bool holds(const std::string& notice) const;  // by its id
  };
  struct Answer {
    Post* post;
    Destination* destination;
    Lane::Entry* entry;
    Response response;
  };
  struct Composed {  // of the engine, to be stored and sent
    Post* post;
    std::string except;  // a destination it does not go to, or empty
    Notice notice;
  };

  void put(Input input);
  std::unique_ptr<Post> make_post(std::unique_ptr<Channel> channel);
  Post* find(const std::string& channel);
  Destination* find(const Address& address);

  void take_inputs();
  void take(std::vector<Outgoing> alerts);
  void take(const CatchUpEnded&);
  void take(Resolving resolving);
  void take(Engine engine);
  void take(ChannelChange change);
  void take(Resend resend);
  Result<std::string> send_again(Resending what);
  void replace(std::unique_ptr<Post> old);
  Destination* heir(const Post& old, const Address& from);
  void hand_on(const Post& old, Destination& from);
  void hand_on(const Post& old, const Address& from, std::shared_ptr<const Notice> notice);
  void park_waiting(Post& post);
  void see_off();

  // It is told nothing until then, for its hours or its messages of an hour; nothing: it is.
  std::optional<WallTime> closed_until(const Post& post) const;
  bool closed(Post& post);
  void drop_waiting(Post& post);
  void count(Post& post);
  Result<void> count_hour();
  void compose_behind(Post& post, WriteBatch& batch);
  Result<void> load_standing();
  void note_told(Post& post, const Notice& notice, WriteBatch& batch);
  void remind(Post& post, WriteBatch& batch);
  void remind(Post& post, const std::vector<Reminding::Group>& groups, WriteBatch& batch);
  std::vector<Alert> to_remind_of(Post& post, const Reminding::Group& group, WriteBatch& batch);
  void forget(Post& post, const std::string& alert_id, WriteBatch& batch);
  void unmute();
  void unmute(Post& post, const std::vector<std::uint64_t>& seqs);
  std::vector<std::pair<std::uint64_t, Alert>> alerts_of(const Post& post,
                                                         const std::vector<std::uint64_t>& seqs);
  std::vector<std::optional<Alert>> levels_of(const std::vector<Alert>& alerts) const;
  std::vector<Alert> standing(const std::vector<Alert>& alerts) const;

  Result<void> compose();
  void compose_for(Post& post, WriteBatch& batch);
  void enqueue(Composed composed, const std::vector<std::uint64_t>& seqs, WriteBatch& batch);
  void enqueue_engine(WriteBatch& batch);
  std::optional<Notice> compose(Post& post, Composition composition,
                                std::vector<std::uint64_t>& seqs);
  std::vector<Alert> alerts_of(const Post& post, const Composition& composition);

  void send();
  void send(Post& post, Destination& destination, Lane::Entry& entry);
  Millis time_to_wait(Millis most) const;

  Result<void> settle();
  void settle(const Answer& answer);
  // What channels remember, and what stands.
  Result<void> load_keepsakes();
  std::string memory_of(const Post& post, const Notice& notice);
  void remember(const Post& post, const Notice& notice, const std::optional<std::string>& memory);
  void add_standing(Post& post, const Notice& notice);
  void repeat();
  void repeat(Post& post);
  static void inherit(Post& post, Post& old);
  static std::optional<SteadyTime> next_repeat(const Post& post);

  void expire();
  void pass_on();
  void pass_on(const Destination& from, Lane::Entry& entry, const std::string& why);
  void delivered(Destination& destination, const Lane::Entry& entry);
  void parked(Destination& destination, Lane::Entry& entry, const std::string& reason);
  void park_unconfigured(const Address& address, Notice notice);
  void tell_engine(EngineMessage message, Address except);
  Result<void> drain();
  void update_status();

  NotifierParts parts_;
  NotifierConfig config_;
  std::vector<std::unique_ptr<Post>> posts_;
  std::unordered_map<std::string, Post*> by_name_;
  std::vector<std::unique_ptr<Post>> leaving_;  // as long as their requests are under way

  mutable std::mutex mutex_;
  std::vector<Input> inputs_;          // guarded by mutex_
  std::vector<ChannelStatus> status_;  // guarded by mutex_
  std::vector<TryStatus> tries_;       // guarded by mutex_
  std::atomic<std::uint64_t> rounds_{0};

  // The notifier's thread alone.
  std::vector<Composed> composed_;
  std::vector<std::string> engine_rows_;  // of the outbox, of what composed_ tells
  std::vector<Answer> answers_;
  WriteBatch marks_;  // unsynced: what they say can be found out again
  std::unordered_map<std::string, SteadyTime> engine_told_;
  std::optional<Error> failure_;
};

}  // namespace tocsin
