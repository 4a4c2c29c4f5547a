// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tocsin {

// Letters to insert, delete, replace or swap with a neighbour to make `b` of `a`, case aside.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The word that was probably meant: the nearest, if it is near (a third of its letters, at least
// one).
std::optional<std::string_view> nearest(std::string_view text,
                                        std::span<const std::string_view> words);

// `did you mean "warning"? Allowed: info, warning, critical`; without the first half when nothing
// is near.
std::string hint_for(std::string_view text, std::span<const std::string_view> words);

}  // namespace tocsin
