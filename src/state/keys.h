// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

// Keys of the state: a kind byte, then fixed-width big-endian numbers, so that byte order is the
// order people mean. docs/formats/state.md describes each kind and its value. The kinds o, n, d and
// p are the outbox's (notify/outbox_keys.h).
namespace key {

inline constexpr char kJournal = 'J';       // + commit
inline constexpr char kIds = 'I';           // + commit
inline constexpr char kIdGeneration = 'N';  // + number
inline constexpr char kIdPage = 'D';        // + generation, bucket, run
inline constexpr char kIdFilter = 'B';      // + generation, part
inline constexpr char kPosition = 'P';      // + partition id
inline constexpr char kState = 'S';         // + rule name, 0, fingerprint's hash
inline constexpr char kWindow = 'W';        // + state, start
inline constexpr char kCell = 'C';          // + state, start, group
inline constexpr char kPage = 'G';          // + state, start, first group
inline constexpr char kAlert = 'A';         // + alert's number
inline constexpr char kTick = 'T';          // + commit
inline constexpr char kVersion = 'V';       // + commit
inline constexpr char kPriceList = 'L';     // + hash of the list
inline constexpr char kRepricing = 'R';     // + commit
inline constexpr char kHeight = 'H';        // + state, start, group
inline constexpr char kParts = 'X';         // + state, start, group
inline constexpr char kDrivers = 'K';       // + state, start, group
inline constexpr char kGrowth = 'E';        // + state, start, time
inline constexpr char kShape = 'Y';         // + state, hour
inline constexpr char kMeta = 'M';          // + name
inline constexpr char kDelivery = 'd';      // + time in ms; the outbox's (notify/outbox_keys.h)
inline constexpr char kUnpriced = 'U';      // + day, kind, model, service
inline constexpr char kMatch = 'Q';         // + state
inline constexpr char kText = 'F';          // + hash of a text of the configuration

inline void append_u32(std::string& key, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    key.push_back(static_cast<char>(value >> shift & 0xff));
}
inline void append_u64(std::string& key, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    key.push_back(static_cast<char>(value >> shift & 0xff));
}
// Signed, so that byte order is number order.
inline void append_i64(std::string& key, std::int64_t value) {
  append_u64(key, static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63));
}
inline std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return value;
}
inline std::uint64_t read_u64(std::string_view bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return value;
}
inline std::int64_t read_i64(std::string_view bytes) {
  return static_cast<std::int64_t>(read_u64(bytes) ^ (std::uint64_t{1} << 63));
}

inline std::string numbered(char kind, std::uint64_t number) {
  std::string key(1, kind);
  append_u64(key, number);
  return key;
}
inline std::string meta(std::string_view name) { return std::string(1, kMeta).append(name); }
inline std::string position(std::uint32_t partition) {
  std::string key(1, kPosition);
  append_u32(key, partition);
  return key;
}
// kWindow; and the prefix of the cells and pages of a window.
inline std::string window(char kind, std::uint32_t state, std::int64_t start) {
  std::string key(1, kind);
  append_u32(key, state);
  append_i64(key, start);
  return key;
}
inline std::string cell(char kind, std::uint32_t state, std::int64_t start,
                        std::string_view group) {
  return window(kind, state, start).append(group);
}
// Whether a state that runs may read the row again; the others are there for a new start.
inline bool read_while_running(std::string_view key) {
  return !key.empty() &&
         (key[0] == kWindow || key[0] == kCell || key[0] == kPage || key[0] == kIdPage ||
          key[0] == kVersion || key[0] == kPriceList || key[0] == kRepricing || key[0] == kHeight ||
          key[0] == kParts || key[0] == kDrivers || key[0] == kGrowth || key[0] == kShape);
}
// Where the group begins in a kCell or kPage key.
inline constexpr std::size_t kGroupAt = 1 + 4 + 8;
// The first key after all that begin with `prefix`.
inline std::string after(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace key
}  // namespace tocsin
