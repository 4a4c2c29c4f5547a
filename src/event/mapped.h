// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event/mapping.h"
#include "event/reader.h"
#include "event/teller.h"

namespace tocsin::wire {

// Reads the object at the tokens into the reader's event by a mapping without `each`. False: it is
// no JSON.
bool read_mapped(Reader& reader, const Mapping& mapping);

// The same by one with `each`: tells what its items are, when the whole is known to be JSON.
// `alone`: nothing may be behind the object.
bool tell_mapped_items(Reader& reader, const Mapping& mapping, bool alone, Teller& teller);

}  // namespace tocsin::wire
