// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace tocsin {

// What a record may be written in. `automatic` is none of these: told record by record.
enum class Format : std::uint8_t {
  automatic,
  native,
  helicone,
  litellm,
  otlp_proto,
  otlp_json,
  response,  // a provider's, bare or in an envelope
  cloudevents,
  // By mapping files that are shipped (event/shipped.h).
  apisix,
  kong,
  envoy_ai_gateway,
  higress,
  openrouter,
  portkey,
  langfuse,
  litellm_spendlogs,
  mapping,  // by one of the user's own
};
inline constexpr std::size_t kFormats = 17;
constexpr bool is_shipped(Format format) {
  return format >= Format::apisix && format <= Format::litellm_spendlogs;
}

struct FormatWords {
  std::string_view name;     // as tocsin.yaml has it
  std::string_view records;  // what its records are to people
};
// In the order of Format.
inline constexpr std::array<FormatWords, kFormats> kFormatWords = {
    {{"auto", "events"},
     {"native", "native events"},
     {"helicone", "Helicone's events"},
     {"litellm", "LiteLLM's payloads"},
     {"otlp_proto", "OpenTelemetry's spans"},
     {"otlp_json", "OpenTelemetry's spans"},
     {"response", "providers' responses"},
     {"cloudevents", "CloudEvents"},
     {"apisix", "APISIX's log entries"},
     {"kong", "Kong's log entries"},
     {"envoy-ai-gateway", "Envoy AI Gateway's log entries"},
     {"higress", "Higress's log entries"},
     {"openrouter", "OpenRouter's answers"},
     {"portkey", "Portkey's log entries"},
     {"langfuse", "Langfuse's observations"},
     {"litellm-spendlogs", "rows of LiteLLM's spend log"},
     {"mapping", "records of a mapping"}}};

constexpr std::string_view name(Format format) {
  return kFormatWords[static_cast<std::size_t>(format)].name;
}
constexpr std::string_view records_of(Format format) {
  return kFormatWords[static_cast<std::size_t>(format)].records;
}
// Nothing for a word that names none.
constexpr std::optional<Format> format_named(std::string_view word) {
  for (std::size_t i = 0; i < kFormats; ++i) {
    if (kFormatWords[i].name == word) return static_cast<Format>(i);
  }
  return std::nullopt;
}

struct Mapping;

// What the records of one source are read as.
struct RecordFormat {
  Format format = Format::automatic;
  std::shared_ptr<const Mapping> mapping;  // of Format::mapping

  RecordFormat() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): most formats need no more.
  RecordFormat(Format known) : format(known) {}
  explicit RecordFormat(Mapping&& read);
  // Whatever the mappings were read from, if they say the same in the same order.
  friend bool operator==(const RecordFormat& a, const RecordFormat& b);
};

}  // namespace tocsin
