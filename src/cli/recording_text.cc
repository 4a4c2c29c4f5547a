// SPDX-License-Identifier: Apache-2.0
#include "cli/recording_text.h"

#include <charconv>

namespace tocsin {
namespace {

template <class T>
bool take_number(std::string_view& text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return line;
}

// "PARTITION TOPIC"
bool take_partition(std::string_view& line, PartitionName& name) {
  if (!take_number(line, name.partition) || !take_word(line, " ")) return false;
  name.topic = line;
  return true;
}

}  // namespace

std::string tick_text(const NamedTick& tick) {
  std::string text;
  if (tick.clock != StreamTime::kUnset) text = "clock " + std::to_string(to_ms(tick.clock));
  for (const auto& name : tick.idle) {
    if (!text.empty()) text.push_back('\n');
    text += "idle " + std::to_string(name.partition) + " " + name.topic;
  }
  return text;
}

std::optional<NamedTick> parse_tick(std::string_view text) {
  NamedTick tick;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (take_word(line, "clock ")) {
      std::int64_t ms = 0;
      if (!take_number(line, ms) || !line.empty()) return std::nullopt;
      tick.clock = event_time_ms(ms);
    } else if (take_word(line, "idle ")) {
      PartitionName name;
      if (!take_partition(line, name)) return std::nullopt;
      tick.idle.push_back(std::move(name));
    } else {
      return std::nullopt;
    }
  }
  return tick;
}

std::string version_text(const RecordedVersion& version) {
  std::string text = "rules " + version.rules;
  if (!version.prices.empty()) text += "\nprices " + version.prices;
  for (const auto& name : version.partitions) {
    text += "\npartition " + std::to_string(name.partition) + " " + name.topic;
  }
  return text;
}

std::optional<RecordedVersion> parse_version(std::string_view text) {
  RecordedVersion version;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (take_word(line, "rules ")) {
      version.rules = line;
    } else if (take_word(line, "prices ")) {
      version.prices = line;
    } else if (take_word(line, "partition ")) {
      if (!take_partition(line, version.partitions.emplace_back())) return std::nullopt;
    }
  }
  return version;
}

}  // namespace tocsin
