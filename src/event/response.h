// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event/reader.h"

namespace tocsin::wire {

// Reads a provider's response (OpenAI's chat and responses, Anthropic's messages, Gemini's, those
// of Bedrock's Converse, and of all who speak one of these languages) into reader.event: bare, or
// in an envelope, which is an object with a `response` and any fields of the native event beside
// it. False if the bytes are no JSON.
bool read_response(Reader& reader);

}  // namespace tocsin::wire
