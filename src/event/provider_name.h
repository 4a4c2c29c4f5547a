// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tocsin::wire {

// One name for one provider, whichever gateway or instrumentation names it: OpenTelemetry's
// "aws.bedrock" and LiteLLM's "bedrock" are "aws". A name that is not known is its own.
std::string_view provider_name(std::string_view lower);

// Who makes a model that nobody said the provider of, by how its name begins; empty: not known.
std::string_view maker_of(std::string_view model);

}  // namespace tocsin::wire
