// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tocsin/alert.h"
#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

// An alert that is told again while it stands, and when it was told last, as bytes of the state.
struct StandingRow {
  Alert alert;
  WallTime told{};
};
std::string encode_standing(const StandingRow& row);
// reject: these bytes are no such row that this version wrote.
Result<StandingRow> decode_standing(std::string_view bytes);

}  // namespace tocsin
