// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "event/reader.h"

namespace tocsin::wire {

// Reads the native event (docs/events.md) at the reader's tokens into reader.event. False if the
// bytes are no JSON.
bool read_native(Reader& reader);

// What a top-level name says about the format of its object.
enum class NativeHint { none, name, proof };
NativeHint native_hint(const Name& name);

}  // namespace tocsin::wire
