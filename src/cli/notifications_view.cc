// SPDX-License-Identifier: Apache-2.0
#include "cli/notifications_view.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "notify/gathering.h"
#include "notify/message.h"
#include "notify/outbox.h"
#include "state/view.h"

namespace tocsin {
namespace {

using State = NotificationView::State;

constexpr std::size_t kMarksMax = 200'000;
constexpr std::size_t kAlertsMax = 1'000'000;

std::string after(char prefix) { return std::string(1, static_cast<char>(prefix + 1)); }

class NotificationReader {
 public:
  NotificationReader(const Snapshot& snapshot, const NotificationFilter& filter)
      : snapshot_(snapshot), filter_(filter) {}

  Result<std::vector<NotificationView>> read() {
    if (wants(State::waiting)) {
      if (auto done = waiting(); !done) return tl::unexpected(done.error());
    }
    if (wants(State::parked)) {
      if (auto done = parked(); !done) return tl::unexpected(done.error());
    }
    if (wants(State::delivered)) {
      if (auto done = delivered(); !done) return tl::unexpected(done.error());
    }
    std::stable_sort(found_.begin(), found_.end(),
                     [](const auto& a, const auto& b) { return a.composed > b.composed; });
    if (found_.size() > filter_.limit) found_.resize(filter_.limit);
    return std::move(found_);
  }

 private:
  bool wants(State state) const { return !filter_.state || *filter_.state == state; }
  bool matches(std::string_view id, std::string_view channel) const {
    return id.starts_with(filter_.id) && (filter_.channel.empty() || channel == filter_.channel);
  }
  static std::string_view id_of(std::string_view rest) { return rest.substr(0, rest.find('\0')); }

  Result<void> each(char prefix,
                    const std::function<void(const ChannelKey&, std::string_view)>& row) {
    return snapshot_.scan(std::string(1, prefix), after(prefix), [&](auto key, auto value) {
      const auto parts = parse_channel_key(key);
      if (parts && matches(id_of(parts->rest), parts->channel)) row(*parts, value);
      return true;
    });
  }

  NotificationView view_of(const ChannelKey& parts, State state, Result<Notice> notice) {
    NotificationView view;
    view.id = id_of(parts.rest);
    view.to = {std::string(parts.channel), std::string(parse_destination(parts.rest))};
    view.state = state;
    if (!notice) {
      view.first_line = "(" + notice.error().message + ")";
      return view;
    }
    view.composed = notice->composed_at;
    view.first_line = render(*notice).first_line;
    view.alert_ids = alert_ids(*notice);
    view.notice = std::move(*notice);
    return view;
  }

  Result<void> waiting() {
    return each(kNotificationPrefix, [&](const ChannelKey& parts, std::string_view value) {
      found_.push_back(view_of(parts, State::waiting, decode_notice(value)));
    });
  }

  Result<void> parked() {
    Result<void> read{};
    const auto scanned = each(kParkedPrefix, [&](const ChannelKey& parts, std::string_view value) {
      auto row = decode_parked(value);
      auto view =
          view_of(parts, State::parked,
                  row ? decode_notice(row->notice) : Result<Notice>(tl::unexpected(row.error())));
      if (row) view.last_error = row->reason;
      const auto mark = snapshot_.get(delivery_key(view.composed, view.id, view.to));
      if (!mark) read = tl::unexpected(mark.error());
      if (mark && *mark) {
        if (const auto delivery = decode_delivery(**mark)) {
          view.when = delivery->when;
          view.attempts = delivery->attempts;
        }
      }
      found_.push_back(std::move(view));
    });
    return scanned ? read : scanned;
  }

  Result<void> delivered() {
    std::size_t rows = 0, taken = 0;
    const auto read = snapshot_.scan_back(
        std::string(1, kDeliveryPrefix), after(kDeliveryPrefix), [&](auto key, auto value) {
          auto delivery = decode_delivery(value);
          if (delivery && delivery->delivered && matches(delivery->id, delivery->to.channel)) {
            NotificationView view;
            view.id = std::move(delivery->id);
            view.to = std::move(delivery->to);
            view.state = State::delivered;
            view.composed = delivery_time(key);
            view.when = delivery->when;
            view.attempts = delivery->attempts;
            view.first_line = std::move(delivery->first_line);
            view.alert_ids = std::move(delivery->alert_ids);
            found_.push_back(std::move(view));
            ++taken;
          }
          return ++rows < kMarksMax && taken < filter_.limit;
        });
    return read;
  }

  const Snapshot& snapshot_;
  const NotificationFilter& filter_;
  std::vector<NotificationView> found_;
};

}  // namespace

Result<std::vector<NotificationView>> read_notifications(const Snapshot& snapshot,
                                                         const NotificationFilter& filter) {
  return NotificationReader(snapshot, filter).read();
}

Result<Notice> told_again(const Snapshot& snapshot, const NotificationView& view) {
  const std::set<std::string> wanted(view.alert_ids.begin(), view.alert_ids.end());
  if (wanted.empty()) {
    return reject("it told no alert, so nothing of it is kept that could be sent again");
  }
  Notice notice;
  std::size_t rows = 0;
  const std::vector<Rule> none;
  const auto read = StateView(snapshot, none).alerts([&](const Alert& alert) {
    if (wanted.contains(alert.id)) notice.alerts.push_back(alert);
    return ++rows < kAlertsMax && notice.alerts.size() < wanted.size();
  });
  if (!read) return tl::unexpected(read.error());
  if (notice.alerts.empty()) {
    return reject("its alerts are past state.retention, so it cannot be made anew");
  }
  // In the order in which they were told: the highest first.
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < view.alert_ids.size(); ++i) place.emplace(view.alert_ids[i], i);
  std::stable_sort(notice.alerts.begin(), notice.alerts.end(),
                   [&](const Alert& a, const Alert& b) { return place.at(a.id) < place.at(b.id); });
  const std::string group = group_identity(notice.alerts.front());
  const bool one = std::all_of(notice.alerts.begin(), notice.alerts.end(),
                               [&](const Alert& alert) { return group_identity(alert) == group; });
  notice.kind = one ? Notice::Kind::alert : Notice::Kind::digest;
  notice.from = notice.until = view.composed;
  return notice;
}

}  // namespace tocsin
