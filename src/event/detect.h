// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "event/format.h"
#include "event/name_table.h"

namespace tocsin::wire {

class Reader;
enum class Foreign : std::uint8_t;

// The format of the object at the tokens, by the names in it and not by their order; the tokens
// stay where they are. Of what is no JSON it says native: whoever reads it tells.
Format detect(Reader& reader);

// What the fields of ours that were read so far say about an object.
enum class Proof : std::uint8_t { none, native, metered };

// While an object is read as native: what this name of its top, which is none of ours, shows it to
// be. `has_object`: its value is one.
Foreign foreign_by(const Name& name, Proof proof, bool has_object);

// While an object is read as Helicone's: whether this name of its top, which is none of Helicone's,
// may make it another's.
bool is_foreign_to_helicone(const Name& name, bool has_object);

}  // namespace tocsin::wire
