// SPDX-License-Identifier: Apache-2.0
#include "cli/until.h"

#include "cli/since.h"
#include "window/calendar.h"

namespace tocsin {

std::optional<EventTime> parse_until(std::string_view text, EventTime now,
                                     const std::string& zone) {
  WindowSpec day;
  day.kind = WindowKind::day;
  day.zone = zone;
  auto calendar = Calendar::create(day);
  if (!calendar) return std::nullopt;
  const EventTime midnight = calendar->window_at(now).end;
  if (text == "midnight") return midnight;
  const auto today = parse_since(text, now, zone);
  const bool is_clock = text.size() == 5 && text[2] == ':';
  return is_clock && today && *today <= now ? parse_since(text, midnight, zone) : today;
}

}  // namespace tocsin
