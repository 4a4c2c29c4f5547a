// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

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
};

enum class Form { full, plain };

// A place where people or programs are told things. Immutable: any thread.
class Channel {
 public:
  virtual ~Channel() = default;

  virtual const std::string& name() const = 0;
  virtual Pacing pacing() const = 0;
  // The request that tells `message`, the rendering of `notice`. `now` stamps and signs this try.
  virtual HttpRequest request(const Notice& notice, const Message& message, Form form,
                              WallTime now) const = 0;
  virtual Outcome classify(const HttpResponse& response) const = 0;
};

// What a status means wherever nothing else is known of the receiver. Redirects are not followed,
// so they are `broken`: the address has to be changed.
Outcome outcome_by_status(const HttpResponse& response);

}  // namespace tocsin
