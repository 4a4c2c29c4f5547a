// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "price/catalogue.h"

namespace tocsin::prices {

// Price files as the binary carries them: reading some thousand models of YAML takes longer than
// all else that a command does. Written by compile_prices when we are built, read by the same code.
// A state keeps them too: whoever changes what is written, or what a price means, raises kLayout,
// and lists kept before are known to be of another one. Discounts are not in it, but what they made
// of prices is, once they are applied.
inline constexpr unsigned char kLayout = 1;
std::string compile(const Catalogue& catalogue);

// The catalogue whose texts are parts of `bytes`, which must outlive it. Nothing: they are not
// what compile() wrote.
std::optional<Catalogue> compiled(std::string_view bytes);

}  // namespace tocsin::prices
