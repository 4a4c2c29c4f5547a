// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notify/message.h"
#include "notify/notice.h"
#include "tocsin/time.h"
#include "tocsin/transport.h"

namespace tocsin {

// How fast a channel may be told things.
struct Pacing {
  int per_second = 1;
  int burst = 3;
  int in_flight_max = 1;  // requests at a time; 1 keeps them in order
};

// What an answer means for the notification and for the channel.
struct Outcome {
  enum class Verdict {
    delivered,
    retry,    // it may work later; the time between tries grows
    pause,    // the whole channel waits for `after`; this was no attempt
    degrade,  // its form was refused: once more in the plainest, then parked
    park,     // this notification will never be taken
    broken,   // nor will the next ones, until somebody repairs the channel
  };
  Verdict verdict = Verdict::retry;
  std::optional<std::chrono::seconds> after;  // pause, when the answer says how long
  std::string reason;                         // for people, empty when delivered; names no secret
  // What the channel is to be given with the next message of the same matter (memory_key). Empty:
  // it is forgotten, and if this try was given one, it is made again without.
  std::optional<std::string> memory{};
};

// What is told again and again while it holds.
struct Standing {
  std::string key;    // what makes two the same
  std::string value;  // the channel's own
  WallTime until{};   // from then on it is told no more
};

enum class Form { full, plain };

// One try at telling one destination.
struct Telling {
  const Notice& notice;
  const Message& message;  // the rendering of `notice`
  Form form = Form::full;
  WallTime now{};                  // stamps and signs this try
  std::string_view destination{};  // one of the channel's
  std::size_t part = 0;            // which of the notice's requests
  std::string_view memory{};       // what the last answer in this matter left; empty: nothing
  bool known = false;              // something was left before this notice was begun
};

// A place where people or programs are told things. Immutable: any thread.
class Channel {
 public:
  virtual ~Channel() = default;

  virtual const std::string& name() const = 0;
  virtual Pacing pacing() const = 0;
  // Each gets every message of the channel and answers for itself: recipients of mail. At least
  // one, no two the same; a channel that is one place has the nameless one.
  virtual std::vector<std::string> destinations() const { return {""}; }
  // Into how many requests it goes, one after the other, at least one. A try begins with the first
  // that was not taken; after a restart with the first of all, so each must bear to be sent twice.
  virtual std::size_t parts(const Notice&) const { return 1; }
  virtual Request request(const Telling& telling) const = 0;
  virtual Outcome classify(const Response& response) const = 0;

  // What the notice is part of, for a channel that edits what it said before; empty: nothing.
  virtual std::string memory_key(const Notice&) const { return {}; }

  // How often what stands is told again; 0: never. What a notice adds to it once it is taken, and
  // the request that tells some of it.
  virtual Millis repeat_every() const { return Millis{0}; }
  virtual std::vector<Standing> standing_of(const Notice&) const { return {}; }
  virtual Request repeat(const std::vector<std::string>& values, WallTime now) const;
};

// What a status means wherever nothing else is known of the receiver. Redirects are not followed,
// so they are `broken`: the address has to be changed.
Outcome outcome_by_status(const Response& response);

}  // namespace tocsin
