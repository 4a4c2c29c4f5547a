// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "event/reader.h"

namespace tocsin::wire {

// Reads Helicone's internal topic message, webhook body, request export, or row of the request
// table (docs/events.md), at the reader's tokens, into reader.event. False if the bytes are no
// JSON.
bool read_helicone(Reader& reader);

// Whether a top-level name is Helicone's own: proof enough, if the native event has it not.
bool is_helicone_name(const Name& name);

}  // namespace tocsin::wire
