// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "event/format.h"
#include "event/name_table.h"

namespace tocsin::wire {

class Reader;

// The format of the object at the tokens, by the names in it and not by their order; the tokens
// stay where they are. Of what is no JSON it says native: whoever reads it tells.
Format detect(Reader& reader);

// What the fields of ours that were read so far say about an object.
enum class Proof : std::uint8_t { none, native, metered };

// While an object is read as native: whether this name of its top, which is none of ours, calls for
// detect(). `has_object`: its value is one.
bool is_foreign(const Name& name, Proof proof, bool has_object);

}  // namespace tocsin::wire
