// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/ingest.h"
#include "http/router.h"

namespace tocsin {

// How a sender is answered: OTLP has bodies of its own (opentelemetry-proto, "OTLP/HTTP Response"),
// in the encoding of the request.
enum class IngestDialect : std::uint8_t { events, otlp_json, otlp_proto };

// `text` for people; retry_after in s, 0: none.
HttpAnswer ingest_refusal(IngestDialect dialect, int status, std::string_view text,
                          int retry_after = 0);
// Of what was taken.
HttpAnswer ingest_acceptance(IngestDialect dialect, const Ingest::Answer& taken);

}  // namespace tocsin
