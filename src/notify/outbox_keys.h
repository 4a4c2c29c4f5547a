// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tocsin/time.h"

namespace tocsin {

// The keys of what is to be told and was. A channel's name ends with a zero byte, which no name
// holds; numbers are big-endian, so that rows stand in order.
//   'o' channel 0 seq      an alert not yet part of a message: encode_alert()
//   'r' channel 0 alert's id, until   the end of an episode, likewise: encode_resolution()
//   'n' channel 0 id [0 destination]   a message composed and not yet delivered: encode_notice()
//   'p' channel 0 id [0 destination]   a message not taken: the reason, then encode_notice()
//   'e' id                 a message of the engine not yet composed: encode_engine_message()
//   's' id                 a silence: encode_silence()
//   'k' alert's id         who has acknowledged it
//   'l' channel 0 alert's id   what is told again while it stands: encode_standing()
//   'd' composed id channel [0 destination]   what became of a message: Delivery
//   'm' channel 0 key      what a channel remembers, or tells again while it holds: Keepsake
// A destination is one of several of a channel (a recipient of mail), or empty, and then left out.
inline constexpr char kOutboxPrefix = 'o';
inline constexpr char kResolutionPrefix = 'r';
inline constexpr char kNotificationPrefix = 'n';
inline constexpr char kParkedPrefix = 'p';
inline constexpr char kDeliveryPrefix = 'd';
inline constexpr char kEnginePrefix = 'e';
inline constexpr char kSilencePrefix = 's';
inline constexpr char kAcknowledgementPrefix = 'k';
inline constexpr char kStandingPrefix = 'l';
inline constexpr char kKeepsakePrefix = 'm';

// Where a message goes.
struct Address {
  std::string channel, destination;
};

// A channel, and which of its destinations.
struct Addressees {
  std::string channel;
  std::vector<std::string> destinations;
};

inline void append_big_endian(std::string& key, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(value >> shift));
}

inline std::string channel_key(char prefix, std::string_view channel, std::string_view rest) {
  std::string key(1, prefix);
  key += channel;
  key.push_back('\0');
  key += rest;
  return key;
}

inline std::string outbox_key(std::string_view channel, std::uint64_t seq) {
  std::string rest;
  append_big_endian(rest, seq);
  return channel_key(kOutboxPrefix, channel, rest);
}
inline std::string resolution_key(std::string_view channel, std::string_view alert_id,
                                  EventTime until) {
  std::string rest(alert_id);
  append_big_endian(rest, static_cast<std::uint64_t>(to_ms(until)));
  return channel_key(kResolutionPrefix, channel, rest);
}
inline std::string standing_key(std::string_view channel, std::string_view alert_id) {
  return channel_key(kStandingPrefix, channel, alert_id);
}
inline std::string acknowledgement_key(std::string_view alert_id) {
  return std::string(1, kAcknowledgementPrefix).append(alert_id);
}
inline std::string with_destination(std::string key, std::string_view destination) {
  if (destination.empty()) return key;
  key.push_back('\0');
  key += destination;
  return key;
}
inline std::string notification_key(const Address& to, std::string_view id) {
  return with_destination(channel_key(kNotificationPrefix, to.channel, id), to.destination);
}
inline std::string parked_key(const Address& to, std::string_view id) {
  return with_destination(channel_key(kParkedPrefix, to.channel, id), to.destination);
}
inline std::string delivery_key(WallTime composed, std::string_view id, const Address& to) {
  std::string key(1, kDeliveryPrefix);
  append_big_endian(key, static_cast<std::uint64_t>(composed.time_since_epoch().count()));
  key += id;
  key += to.channel;
  return with_destination(std::move(key), to.destination);
}

// When the message of a key of delivery_key() was composed.
inline WallTime delivery_time(std::string_view key) {
  std::uint64_t ms = 0;
  for (const char byte : key.substr(1, 8)) ms = ms << 8 | static_cast<unsigned char>(byte);
  return WallTime{Millis{static_cast<std::int64_t>(ms)}};
}

// What a key of channel_key() is made of.
struct ChannelKey {
  std::string_view channel, rest;
};
inline std::optional<ChannelKey> parse_channel_key(std::string_view key) {
  const auto zero = key.find('\0');
  if (key.empty() || zero == std::string_view::npos) return std::nullopt;
  return ChannelKey{key.substr(1, zero - 1), key.substr(zero + 1)};
}
// The destination in a key of notification_key() or parked_key(), from ChannelKey::rest.
inline std::string_view parse_destination(std::string_view rest) {
  const auto zero = rest.find('\0');
  return zero == std::string_view::npos ? std::string_view{} : rest.substr(zero + 1);
}
inline std::optional<std::uint64_t> parse_seq(std::string_view rest) {
  if (rest.size() != 8) return std::nullopt;
  std::uint64_t seq = 0;
  for (const char byte : rest) seq = seq << 8 | static_cast<unsigned char>(byte);
  return seq;
}

}  // namespace tocsin
