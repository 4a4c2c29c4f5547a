// SPDX-License-Identifier: Apache-2.0
#include "cli/notifications_api.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "alert/alert_json.h"
#include "cli/notifications_view.h"
#include "document/json_writer.h"
#include "notify/email/email_text.h"

namespace tocsin {
namespace {

using Fate = NotificationView::State;

constexpr std::size_t kLimitMax = 10'000;
constexpr std::size_t kIdMin = 4;  // less could be many by chance
constexpr Millis kResendPatience{10'000};

Api::Answer problem(int status, std::string_view text) {
  Api::Answer answer{status, {}};
  JsonWriter(answer.body).begin_object().text("error", text).end_object();
  return answer;
}
Api::Answer problem(const Error& error, int status) {
  return problem(error.reaction == Reaction::stop ? 500 : status, error.message);
}

std::string parameter(const Api::Query& query, std::string_view name) {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

std::optional<std::size_t> count_of(const std::string& text) {
  std::size_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || rest != end || count < 1 || count > kLimitMax) return std::nullopt;
  return count;
}

// What is wrong with the parameters; nothing: `filter` is what they say.
std::optional<Api::Answer> read_filter(const Api::Query& query, NotificationFilter& filter) {
  if (const std::string limit = parameter(query, "limit"); !limit.empty()) {
    const auto count = count_of(limit);
    if (!count) return problem(400, "limit is a number from 1 to 10000");
    filter.limit = *count;
  }
  filter.id = parameter(query, "id");
  if (!filter.id.empty() && filter.id.size() < kIdMin) {
    return problem(400, "id needs four digits at least");
  }
  filter.channel = parameter(query, "channel");
  const std::string state = parameter(query, "state");
  if (state.empty()) return std::nullopt;
  for (const Fate one : {Fate::waiting, Fate::delivered, Fate::parked}) {
    if (name(one) == state) filter.state = one;
  }
  if (!filter.state) return problem(400, "state is waiting, delivered or parked");
  return std::nullopt;
}

std::string text_of(const Snapshot& snapshot, const NotificationView& view) {
  std::optional<Notice> notice = view.notice;
  if (!notice) {
    auto again = told_again(snapshot, view);
    if (!again) return "";
    again->composed_at = view.composed;
    notice = std::move(*again);
  }
  return email_text(*notice, render(*notice));
}

void write_view(JsonWriter& json, const NotificationView& view) {
  json.begin_object().text("id", view.id).text("channel", view.to.channel);
  if (!view.to.destination.empty()) json.text("destination", view.to.destination);
  json.text("state", name(view.state)).text("composed", rfc3339_text(as_event_time(view.composed)));
  json.key("when");
  if (view.when) {
    json.text(rfc3339_text(as_event_time(*view.when)));
  } else {
    json.null();
  }
  json.number("attempts", static_cast<std::int64_t>(view.attempts));
  json.text("last_error", view.last_error).text("first_line", view.first_line);
  json.key("alerts").begin_array();
  for (const std::string& id : view.alert_ids) json.text(id);
  json.end_array();
}

// Those that the notifier still tries have their figures there.
void add_tries(std::vector<NotificationView>& views, const Notifier& notifier) {
  for (const TryStatus& tried : notifier.tries()) {
    for (NotificationView& view : views) {
      const bool same = view.state == Fate::waiting && view.id == tried.id &&
                        view.to.channel == tried.to.channel &&
                        view.to.destination == tried.to.destination;
      if (!same) continue;
      view.attempts = tried.attempts;
      view.last_error = tried.last_error;
    }
  }
}

// One message to several destinations is sent again to each; several messages are too many.
std::optional<Api::Answer> not_one(const std::vector<NotificationView>& found) {
  if (found.empty()) return problem(404, "there is no such message: see tocsin notifications");
  std::set<std::string> ids, channels;
  for (const NotificationView& view : found) {
    ids.insert(view.id);
    channels.insert(view.to.channel);
  }
  if (ids.size() > 1) return problem(409, "several messages begin so: write more of the id");
  if (channels.size() > 1) {
    std::string names;
    for (const std::string& channel : channels) names += (names.empty() ? "" : ", ") + channel;
    return problem(409, "this message has several channels: name one of " + names);
  }
  return std::nullopt;
}

Result<Notice> notice_of(const Snapshot& snapshot, const NotificationView& view) {
  if (view.state == Fate::waiting) return reject("it is not delivered yet and is tried anyway");
  if (view.state == Fate::delivered) return told_again(snapshot, view);
  if (!view.notice) return reject("what is kept of it cannot be read");
  return *view.notice;
}

}  // namespace

Api::Answer notifications_answer(const Store& store, const Notifier& notifier,
                                 const Api::Query& query) {
  NotificationFilter filter;
  if (auto wrong = read_filter(query, filter)) return *wrong;
  const auto snapshot = store.snapshot();
  auto found = read_notifications(*snapshot, filter);
  if (!found) return problem(found.error(), 500);
  add_tries(*found, notifier);
  const bool with_text = parameter(query, "text") == "1";
  Api::Answer answer;
  JsonWriter json(answer.body);
  json.begin_object().key("notifications").begin_array();
  for (const NotificationView& view : *found) {
    write_view(json, view);
    if (with_text) json.text("text", text_of(*snapshot, view));
    json.end_object();
  }
  json.end_array().end_object();
  return answer;
}

Api::Answer resend_answer(const Store& store, Notifier& notifier, const Api::Query& query) {
  NotificationFilter filter;
  if (auto wrong = read_filter(query, filter)) return *wrong;
  if (filter.id.empty()) return problem(400, "id is missing");
  const auto snapshot = store.snapshot();
  auto found = read_notifications(*snapshot, filter);
  if (!found) return problem(found.error(), 500);
  if (auto wrong = not_one(*found)) return *wrong;
  // What is parked is meant, if anything of it is.
  const bool any_parked = std::any_of(found->begin(), found->end(),
                                      [](const auto& view) { return view.state == Fate::parked; });
  Api::Answer answer;
  JsonWriter json(answer.body);
  json.begin_object().key("sent").begin_array();
  for (const NotificationView& view : *found) {
    if (any_parked && view.state != Fate::parked) continue;
    auto notice = notice_of(*snapshot, view);
    if (!notice) return problem(notice.error(), 409);
    const auto sent = notifier.resend(
        {.to = view.to, .notice = std::move(*notice), .parked = view.state == Fate::parked},
        kResendPatience);
    if (!sent) return problem(sent.error(), sent.error().reaction == Reaction::retry ? 503 : 409);
    json.begin_object().text("id", *sent).text("channel", view.to.channel);
    if (!view.to.destination.empty()) json.text("destination", view.to.destination);
    json.text("first_line", view.first_line).end_object();
  }
  json.end_array().end_object();
  return answer;
}

}  // namespace tocsin
