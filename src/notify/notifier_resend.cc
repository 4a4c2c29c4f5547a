// SPDX-License-Identifier: Apache-2.0
// What a person wants sent again.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "notify/notifier.h"
#include "notify/outbox_keys.h"

namespace tocsin {

struct Notifier::ResendAnswer {
  std::mutex mutex;
  std::condition_variable said;
  std::optional<Result<std::string>> answer;  // guarded by mutex
};

Result<std::string> Notifier::resend(Resending what, Millis patience) {
  const auto waiting = std::make_shared<ResendAnswer>();
  put(Resend{std::move(what), waiting});
  std::unique_lock lock(waiting->mutex);
  if (!waiting->said.wait_for(lock, patience, [&] { return waiting->answer.has_value(); })) {
    return retry("the notifier is busy: look with tocsin notifications whether it was sent");
  }
  return *waiting->answer;
}

void Notifier::take(Resend resend) {
  Result<std::string> answer = send_again(std::move(resend.what));
  const std::lock_guard lock(resend.answer->mutex);
  resend.answer->answer = std::move(answer);
  resend.answer->said.notify_all();
}

Result<std::string> Notifier::send_again(Resending what) {
  Destination* const to = find(what.to);
  if (to == nullptr) {
    const std::string& name = what.to.destination;
    return reject("channel " + what.to.channel + (name.empty() ? "" : " (" + name + ")") +
                  " is not configured any more: bring it back first");
  }
  WriteBatch rows;
  if (what.parked) {
    rows.erase(parked_key(what.to, what.notice.id));
    rows.erase(delivery_key(what.notice.composed_at, what.notice.id, what.to));
  }
  // It is read now: "today" is another day than it was.
  what.notice.composed_at = parts_.clock.wall();
  if (!what.parked) {
    what.notice.id = id_for(what.notice);
    what.notice.id = id_once_more(what.notice);
  }
  const std::string id = what.notice.id;
  if (to->lane.holds(id)) return reject("it waits already and is tried anyway");
  rows.put(notification_key(what.to, id), encode_notice(what.notice));
  if (auto written = parts_.store.write(rows, Sync::yes); !written) {
    failure_ = written.error();
    return tl::unexpected<Error>(written.error());
  }
  to->lane.try_now();
  to->lane.push(std::make_shared<const Notice>(std::move(what.notice)));
  to->lane.entries().back().passed_on = true;  // a fallback has told it, or need not
  parts_.log.info("Message " + id + " is sent again to channel " + to->label);
  return id;
}

}  // namespace tocsin
