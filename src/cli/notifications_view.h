// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notify/notice.h"
#include "notify/outbox_keys.h"
#include "tocsin/result.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// A message to a destination, as people are shown it.
struct NotificationView {
  enum class State : std::uint8_t { waiting, delivered, parked };
  std::string id;
  Address to;
  State state = State::waiting;
  WallTime composed{};
  std::optional<WallTime> when;  // of the last answer; absent while it waits
  std::uint64_t attempts = 0;    // since the process started that had the last answer
  std::string last_error;
  std::string first_line;  // of marks of an older version empty
  std::vector<std::string> alert_ids;
  std::optional<Notice> notice;  // whole, but for delivered ones
};

constexpr std::string_view name(NotificationView::State state) {
  switch (state) {
    case NotificationView::State::waiting: return "waiting";
    case NotificationView::State::delivered: return "delivered";
    case NotificationView::State::parked: return "parked";
  }
  return "";
}

struct NotificationFilter {
  std::size_t limit = 100;
  std::string id;       // only those whose id begins so
  std::string channel;  // only of this one
  std::optional<NotificationView::State> state;
};

// Newest first. Looks at no more than the latest 200,000 marks. stop: the state cannot be read.
Result<std::vector<NotificationView>> read_notifications(const Snapshot& snapshot,
                                                         const NotificationFilter& filter);

// What a delivered one told, made anew from the alerts that are kept; reject: none of them is, or
// it told something else than alerts.
Result<Notice> told_again(const Snapshot& snapshot, const NotificationView& view);

}  // namespace tocsin
