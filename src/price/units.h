// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tocsin/event.h"

namespace tocsin::prices {

// Of what a unit's tokens are; cached ones are read from a cache, and input too.
enum class Tokens : std::uint8_t { none, input, cached, output };

// What is known of a unit that has no place of its own in Usage. Any other unit may have a price,
// too; it is a kind of nothing.
struct KnownUnit {
  std::string_view name;
  Tokens tokens = Tokens::none;
  // Whose price it has where it has none itself: the first of these that has one. All that it is a
  // kind of, the nearest first.
  std::span<const std::string_view> kind_of;
};

// Null: not known.
const KnownUnit* known_unit(std::string_view name);

// The same of a unit with a place of its own.
std::span<const Unit> kind_of(Unit unit);

// A request with usage is one of these, whether it says so or not.
inline constexpr std::string_view kRequestUnit = "request";

// Tokens of all kinds, also of units without a place of their own: what the metrics are of, and the
// bounds of tiers.
std::int64_t input_tokens(const Usage& usage);
std::int64_t cached_tokens(const Usage& usage);  // of the input, those read from a cache
std::int64_t output_tokens(const Usage& usage);

}  // namespace tocsin::prices
