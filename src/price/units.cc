// SPDX-License-Identifier: Apache-2.0
#include "price/units.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace tocsin::prices {
namespace {

using Names = std::string_view;

constexpr Names kInput[] = {"input"};
constexpr Names kOutput[] = {"output"};
constexpr Names kCacheWrite[] = {"cache_write", "input"};
constexpr Names kReadAudio[] = {"cache_read", "input_audio", "input"};
constexpr Names kReadImage[] = {"cache_read", "input_image", "input"};
constexpr Names kReadVideo[] = {"cache_read", "input_video", "input"};
constexpr Names kReadText[] = {"cache_read", "input_text", "input"};
constexpr Names kWriteAudio[] = {"cache_write", "input_audio", "input"};
constexpr Names kWriteImage[] = {"cache_write", "input_image", "input"};
constexpr Names kWriteVideo[] = {"cache_write", "input_video", "input"};
constexpr Names kWriteText[] = {"cache_write", "input_text", "input"};
constexpr Names kAudioSeconds[] = {"audio_seconds"};
constexpr Names kPages[] = {"input_document_pages"};

// In the order of their names.
constexpr KnownUnit kKnown[] = {
    {"cache_audio_read", true, kReadAudio},
    {"cache_audio_write", true, kWriteAudio},
    {"cache_image_read", true, kReadImage},
    {"cache_image_write", true, kWriteImage},
    {"cache_text_read", true, kReadText},
    {"cache_text_write", true, kWriteText},
    {"cache_video_read", true, kReadVideo},
    {"cache_video_write", true, kWriteVideo},
    {"cache_write_5m", true, kCacheWrite},
    {"citation", false, kOutput},
    {"input_annotated_document_pages", false, kPages},
    {"input_audio_seconds", false, kAudioSeconds},
    {"input_image", true, kInput},
    {"input_text", true, kInput},
    {"input_tool", true, kInput},
    {"input_video", true, kInput},
    {"output_audio_seconds", false, kAudioSeconds},
    {"output_image", false, kOutput},
    {"output_text", false, kOutput},
    {"output_video", false, kOutput},
};
static_assert(std::is_sorted(std::begin(kKnown), std::end(kKnown),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));

constexpr Unit kOfInput[] = {Unit::input};
constexpr Unit kOfWrite[] = {Unit::cache_write, Unit::input};
constexpr Unit kOfOutput[] = {Unit::output};

}  // namespace

const KnownUnit* known_unit(std::string_view name) {
  const auto* const found =
      std::lower_bound(std::begin(kKnown), std::end(kKnown), name,
                       [](const KnownUnit& unit, std::string_view n) { return unit.name < n; });
  return found != std::end(kKnown) && found->name == name ? found : nullptr;
}

std::span<const Unit> kind_of(Unit unit) {
  switch (unit) {
    case Unit::cache_read:
    case Unit::cache_write:
    case Unit::input_audio: return kOfInput;
    case Unit::cache_write_1h: return kOfWrite;
    case Unit::output_audio: return kOfOutput;
    case Unit::input:
    case Unit::output:
    case Unit::reasoning:
    case Unit::web_search: return {};
  }
  return {};
}

std::int64_t input_tokens(const Usage& usage) {
  std::int64_t total = usage.input_tokens();
  for (const auto& [name, count] : usage.others) {
    const KnownUnit* const known = known_unit(name);
    if (known != nullptr && known->input_tokens) total += count;
  }
  return total;
}

}  // namespace tocsin::prices
