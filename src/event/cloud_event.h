// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event/format.h"
#include "event/reader.h"

namespace tocsin::wire {

// Reads a CloudEvent 1.0 in JSON into reader.event: what its `data` holds, by `read_as`, in
// whatever format it is, with the id and the id space of the envelope. False if the bytes are no
// JSON.
bool read_cloud_event(Reader& reader, bool (*read_as)(Format, Reader&));

}  // namespace tocsin::wire
