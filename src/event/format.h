// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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
};
inline constexpr std::size_t kFormats = 8;

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
     {"cloudevents", "CloudEvents"}}};

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

}  // namespace tocsin
