// SPDX-License-Identifier: Apache-2.0
#include "rule/manner_reader.h"

#include <array>
#include <optional>
#include <utility>

#include "document/scalars.h"
#include "document/utf8.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr int kMinutesOfDay = 24 * 60;

std::string_view without_blanks(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<std::size_t> day_named(std::string_view text) {
  for (std::size_t i = 0; i < kDays.size(); ++i) {
    if (same_name(kDays[i], text)) return i;
  }
  return std::nullopt;
}

// "08:00", up to "24:00".
std::optional<int> minute_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  int digits[4];
  for (int i = 0; const std::size_t at : {0U, 1U, 3U, 4U}) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    digits[i++] = text[at] - '0';
  }
  const int hour = digits[0] * 10 + digits[1], minute = digits[2] * 10 + digits[3];
  const int whole = hour * 60 + minute;
  return minute > 59 || whole > kMinutesOfDay ? std::nullopt : std::optional(whole);
}

// "Mon-Fri", "Sat"; over the end of a week too.
bool add_days(std::string_view text, Hours::Range& range) {
  const std::size_t dash = text.find('-');
  const auto first = day_named(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : day_named(text.substr(dash + 1));
  if (!first || !last) return false;
  for (std::size_t day = *first;; day = (day + 1) % kDays.size()) {
    range.days.set(day);
    if (day == *last) return true;
  }
}

// "Mon-Fri 08:00-19:00", "22:00-06:00".
std::optional<Hours::Range> range_of(std::string_view text) {
  Hours::Range range;
  const std::size_t blank = text.rfind(' ');
  if (blank == std::string_view::npos) {
    range.days.set();
  } else if (!add_days(without_blanks(text.substr(0, blank)), range)) {
    return std::nullopt;
  }
  const std::string_view times = blank == std::string_view::npos ? text : text.substr(blank + 1);
  const std::size_t dash = times.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = minute_of(times.substr(0, dash)), until = minute_of(times.substr(dash + 1));
  if (!from || !until || *from == *until || *from == kMinutesOfDay) return std::nullopt;
  range.from = *from;
  range.until = *until;
  return range;
}

bool read_hours(const Reader& reader, const Node& node, ChannelConfig& channel) {
  const std::string* text = reader.text(node, "hours such as \"Mon-Fri 08:00-19:00\"");
  if (text == nullptr) return false;
  Hours hours;
  hours.text = *text;
  for (std::string_view left = *text; !left.empty();) {
    const std::size_t comma = left.find(',');
    const std::string_view one = without_blanks(left.substr(0, comma));
    const auto range = range_of(one);
    if (!range) {
      reader.error(node, tocsin::quoted(one) + " are no hours",
                   "write \"Mon-Fri 08:00-19:00\", \"22:00-06:00\", or several with commas");
      return false;
    }
    hours.ranges.push_back(*range);
    left = comma == std::string_view::npos ? std::string_view{} : left.substr(comma + 1);
  }
  if (hours.ranges.empty()) {
    reader.error(node, "no hours are written here", "write \"Mon-Fri 08:00-19:00\"");
    return false;
  }
  channel.hours = std::move(hours);
  return true;
}

bool read_fallback(const Reader& reader, const Node& node, ChannelConfig& channel) {
  const std::string* name = reader.text(node, "the name of a channel");
  if (name == nullptr) return false;
  if (name->empty() || *name == channel.name) {
    reader.error(node, "a fallback is another channel");
    return false;
  }
  channel.fallback = *name;
  return true;
}

}  // namespace

bool is_manner(std::string_view key) {
  return key == "hours" || key == "outside" || key == "max_per_hour" || key == "fallback";
}

bool read_manner(const Reader& reader, const Entry& entry, ChannelConfig& channel) {
  const std::string& name = entry.key.text;
  if (name == "hours") return read_hours(reader, entry.value, channel);
  if (name == "outside") {
    const std::string* word = reader.word(entry.value, words::kOutside, "choice");
    channel.drops = word != nullptr && *word == "drop";
    return word != nullptr;
  }
  if (name == "fallback") return read_fallback(reader, entry.value, channel);
  const auto most = reader.count(entry.value, 1);
  if (most) channel.max_per_hour = static_cast<std::size_t>(*most);
  return most.has_value();
}

}  // namespace tocsin
