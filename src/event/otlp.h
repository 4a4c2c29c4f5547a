// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "event/reader.h"
#include "event/teller.h"

namespace tocsin::wire {

// An ExportTraceServiceRequest as JSON at the reader's tokens: tells an event a span that is a
// request to a model, when the whole is known to be JSON. False if it is none: nothing was told.
bool read_otlp_json(Reader& reader, Teller& teller);

// The same in protobuf: where the lengths of the messages down to the spans are wrong, or nothing.
// An empty one is right.
std::optional<std::size_t> otlp_proto_break(std::string_view record);
// Of a record whose lengths are right. What is wrong within a span refuses that one alone.
void read_otlp_proto(std::string_view record, Reader& reader, Teller& teller);

}  // namespace tocsin::wire
