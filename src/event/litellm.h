// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event/reader.h"

namespace tocsin::wire {

// Reads LiteLLM's StandardLoggingPayload (docs/events.md) into reader.event. False if the bytes are
// no JSON.
bool read_litellm(Reader& reader);

}  // namespace tocsin::wire
