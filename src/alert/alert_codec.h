// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tocsin/alert.h"
#include "tocsin/result.h"

namespace tocsin {

// An Alert, whole, as bytes of the state (a row of the outbox): a version byte, then the fields in
// the order of alert.h.
std::string encode_alert(const Alert& alert);

// reject: these bytes are no alert that this version wrote.
Result<Alert> decode_alert(std::string_view bytes);

}  // namespace tocsin
