// SPDX-License-Identifier: Apache-2.0
#include "cli/test_notice.h"

#include "hash/digest.h"
#include "tocsin/money.h"
#include "window/calendar.h"

namespace tocsin {
namespace {

constexpr std::int64_t kRequests = 312;

Window day_of(const std::string& zone, EventTime now) {
  WindowSpec spec;
  spec.kind = WindowKind::day;
  spec.zone = zone;
  auto calendar = Calendar::create(spec);
  return calendar ? calendar->window_at(now) : Window{now, now};
}

}  // namespace

Notice test_notice(const std::string& channel, const std::string& zone, WallTime now) {
  Alert alert;
  alert.id = hex(
      sha256("send-test " + channel + " " + std::to_string(now.time_since_epoch().count())), 16);
  alert.rule = "send-test";
  alert.summary = "Only a test";
  alert.description = "This is a test by tocsin send-test of the channel " + channel +
                      ". Nobody has spent anything, and nothing is to be done. An alert looks so.";
  alert.labels = {{"test", "true"}};
  alert.origin = "tocsin send-test";
  alert.zone = zone;
  alert.at = as_event_time(now);
  alert.window = day_of(zone, alert.at);
  alert.rung = "80%";
  alert.budget = Money::parse("100").value().pico();
  alert.amount = Money::parse("80").value().pico();
  alert.value = Money::parse("80.02").value().pico();
  alert.requests = kRequests;
  Notice notice;
  notice.composed_at = now;
  notice.alerts.push_back(std::move(alert));
  notice.id = id_for(notice);
  return notice;
}

Message test_message(const Notice& notice) {
  Message message = render(notice);
  std::erase_if(message.context, [&](const std::vector<Text>& line) {
    return !line.empty() && line.back().text == message.explain;
  });
  message.explain.clear();
  message.silence.clear();  // there is nothing to silence either
  return message;
}

}  // namespace tocsin
