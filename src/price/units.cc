// SPDX-License-Identifier: Apache-2.0
#include "price/units.h"

#include <algorithm>
#include <array>
#include <initializer_list>
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
    {"cache_audio_read", Tokens::cached, kReadAudio},
    {"cache_audio_write", Tokens::input, kWriteAudio},
    {"cache_image_read", Tokens::cached, kReadImage},
    {"cache_image_write", Tokens::input, kWriteImage},
    {"cache_text_read", Tokens::cached, kReadText},
    {"cache_text_write", Tokens::input, kWriteText},
    {"cache_video_read", Tokens::cached, kReadVideo},
    {"cache_video_write", Tokens::input, kWriteVideo},
    {"cache_write_5m", Tokens::input, kCacheWrite},
    {"citation", Tokens::output, kOutput},
    {"input_annotated_document_pages", Tokens::none, kPages},
    {"input_audio_seconds", Tokens::none, kAudioSeconds},
    {"input_image", Tokens::input, kInput},
    {"input_text", Tokens::input, kInput},
    {"input_tool", Tokens::input, kInput},
    {"input_video", Tokens::input, kInput},
    {"output_audio_seconds", Tokens::none, kAudioSeconds},
    {"output_image", Tokens::output, kOutput},
    {"output_text", Tokens::output, kOutput},
    {"output_video", Tokens::output, kOutput},
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

namespace {

std::int64_t others(const Usage& usage, std::initializer_list<Tokens> wanted) {
  std::int64_t total = 0;
  for (const auto& [name, count] : usage.others) {
    const KnownUnit* const known = known_unit(name);
    if (known == nullptr) continue;
    if (std::find(wanted.begin(), wanted.end(), known->tokens) != wanted.end()) total += count;
  }
  return total;
}

}  // namespace

std::int64_t input_tokens(const Usage& usage) {
  return usage.input_tokens() + others(usage, {Tokens::input, Tokens::cached});
}

std::int64_t cached_tokens(const Usage& usage) {
  return usage[Unit::cache_read] + others(usage, {Tokens::cached});
}

std::int64_t output_tokens(const Usage& usage) {
  return usage.output_tokens() + others(usage, {Tokens::output});
}

}  // namespace tocsin::prices
