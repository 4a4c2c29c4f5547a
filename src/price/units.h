// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tocsin/event.h"

namespace tocsin::prices {

// What is known of a unit that has no place of its own in Usage. Any other unit may have a price,
// too; it is a kind of nothing.
struct KnownUnit {
  std::string_view name;
  bool input_tokens = false;  // they count for the bound of a tier
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

// Tokens of input of all kinds, which the bounds of tiers are about.
std::int64_t input_tokens(const Usage& usage);

}  // namespace tocsin::prices
