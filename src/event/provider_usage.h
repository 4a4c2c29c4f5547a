// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "event/reader.h"

namespace tocsin::wire {

// Counts as providers and gateways give them, of which some hold others. Which do, is told by the
// names alone and so known only when all are read.
enum class Part : std::uint8_t {
  none,
  prompt,       // all input, cached or not (OpenAI's chat, Gemini, LiteLLM)
  input,        // of Anthropic without what is cached, of OpenAI's responses with it
  plain_input,  // without what is cached (Bedrock)
  tool_input,   // beside all input (Gemini)
  output,
  thoughts,   // beside the output (Gemini)
  reasoning,  // within the output
  cache_read,
  cache_write,  // of any length of life
  cache_write_5m,
  cache_write_1h,
  input_audio,   // within the input, cached or not; so are images and video
  cached_audio,  // within what was read from a cache
  output_audio,  // within the output
  input_image,
  cached_image,
  output_image,
  input_video,
  cached_video,
  output_video,
  web_search,
  total,
};
inline constexpr std::size_t kParts = 23;

// How tokens that are no text are told, and what they are called.
struct Modality {
  Part input, cached, output;
  std::string_view input_unit, cached_unit, output_unit;
};
inline constexpr Modality kModalities[] = {
    {Part::input_audio, Part::cached_audio, Part::output_audio, "input_audio", "cache_audio_read",
     "output_audio"},
    {Part::input_image, Part::cached_image, Part::output_image, "input_image", "cache_image_read",
     "output_image"},
    {Part::input_video, Part::cached_video, Part::output_video, "input_video", "cache_video_read",
     "output_video"}};

struct ProviderUsage {
  std::array<std::int64_t, kParts> counts{};
  std::uint32_t seen = 0;          // a bit a part
  bool has_input_details = false;  // as OpenAI's responses, and never Anthropic's
  std::string_view service_tier;
  std::string_view inference_geo;  // Anthropic's
  std::optional<Money> cost;       // OpenRouter's
  bool byok = false;

  bool has(Part part) const { return (seen >> static_cast<unsigned>(part) & 1) != 0; }
  std::int64_t operator[](Part part) const { return counts[static_cast<std::size_t>(part)]; }
  void set(Part part, std::int64_t count) {
    counts[static_cast<std::size_t>(part)] = count;
    seen |= 1U << static_cast<unsigned>(part);
  }
};

// Reads a usage object of a provider's (`usage`, `usageMetadata`, LiteLLM's `usage_object`). A
// count twice, under one name or two, is the greater one.
bool read_provider_usage(Reader& reader, ProviderUsage& out);
// One count at the tokens.
bool read_part(Reader& reader, std::string_view name, Part part, ProviderUsage& out);

// Writes the disjoint counts of `all` to the reader's event. Nothing is counted twice and nothing
// below zero, whatever the parts say: a part larger than what holds it is cut to that and counted
// (DecodeCounts::counts_mended).
void settle(const ProviderUsage& all, Reader& reader);

// Whether a name of a `usage` is how a provider names a count.
bool is_provider_part(const Name& name);

}  // namespace tocsin::wire
