// SPDX-License-Identifier: Apache-2.0
#include "event/provider_usage.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "event/name_table.h"
#include "tocsin/ascii.h"

namespace tocsin::wire {
namespace {

enum class Inside : std::uint8_t {
  none,
  input_details,
  output_details,
  input_kinds,
  cached_kinds,
  output_kinds,
  cache_creation,
  cache_lives,
  server_tools,
  service_tier,
  speed,
  inference_geo,
  traffic,
  cost,
  byok,
};

constexpr NameTable<Part> kUsageParts = {{"prompt_tokens", Part::prompt},
                                         {"prompttokencount", Part::prompt},
                                         {"input_tokens", Part::input},
                                         {"inputtokens", Part::plain_input},
                                         {"tooluseprompttokencount", Part::tool_input},
                                         {"completion_tokens", Part::output},
                                         {"output_tokens", Part::output},
                                         {"outputtokens", Part::output},
                                         {"candidatestokencount", Part::output},
                                         {"thoughtstokencount", Part::thoughts},
                                         {"reasoning_tokens", Part::reasoning},
                                         {"cache_read_input_tokens", Part::cache_read},
                                         {"cachereadinputtokens", Part::cache_read},
                                         {"cachedcontenttokencount", Part::cache_read},
                                         {"prompt_cache_hit_tokens", Part::cache_read},
                                         {"cache_creation_input_tokens", Part::cache_write},
                                         {"cachewriteinputtokens", Part::cache_write},
                                         {"total_tokens", Part::total},
                                         {"totaltokens", Part::total},
                                         {"totaltokencount", Part::total}};

constexpr NameTable<Inside> kUsageInsides = {{"prompt_tokens_details", Inside::input_details},
                                             {"input_tokens_details", Inside::input_details},
                                             {"input_token_details", Inside::input_details},
                                             {"completion_tokens_details", Inside::output_details},
                                             {"output_tokens_details", Inside::output_details},
                                             {"output_token_details", Inside::output_details},
                                             {"prompttokensdetails", Inside::input_kinds},
                                             {"cachetokensdetails", Inside::cached_kinds},
                                             {"candidatestokensdetails", Inside::output_kinds},
                                             {"cache_creation", Inside::cache_creation},
                                             {"cachedetails", Inside::cache_lives},
                                             {"server_tool_use", Inside::server_tools},
                                             {"service_tier", Inside::service_tier},
                                             {"speed", Inside::speed},
                                             {"inference_geo", Inside::inference_geo},
                                             {"traffictype", Inside::traffic},
                                             {"cost", Inside::cost},
                                             {"is_byok", Inside::byok}};

constexpr NameTable<Part> kInputDetails = {
    {"cached_tokens", Part::cache_read},          {"cache_write_tokens", Part::cache_write},
    {"cache_creation_tokens", Part::cache_write}, {"audio_tokens", Part::input_audio},
    {"image_tokens", Part::input_image},          {"video_tokens", Part::input_video},
    {"web_search_requests", Part::web_search}};
constexpr NameTable<Inside> kInputDetailInsides = {
    {"cached_tokens_details", Inside::cached_kinds},
    {"cache_creation_token_details", Inside::cache_creation}};
constexpr NameTable<Part> kOutputDetails = {{"reasoning_tokens", Part::reasoning},
                                            {"thinking_tokens", Part::reasoning},
                                            {"audio_tokens", Part::output_audio},
                                            {"image_tokens", Part::output_image},
                                            {"video_tokens", Part::output_video}};
constexpr NameTable<Part> kCachedDetails = {{"audio_tokens", Part::cached_audio},
                                            {"image_tokens", Part::cached_image},
                                            {"video_tokens", Part::cached_video}};
constexpr NameTable<Part> kServerTools = {{"web_search_requests", Part::web_search}};

bool read_counts(Reader& reader, const NameTable<Part>& names, ProviderUsage& out) {
  return reader.each_field_if_object([&](const Name& name) {
    const Part part = names.find(name);
    return part == Part::none ? reader.skip() : read_part(reader, name.text, part, out);
  });
}

// Both names begin and end alike, which no NameTable can tell apart.
bool read_cache_creation(Reader& reader, ProviderUsage& out) {
  return reader.each_field_if_object([&](const Name& name) {
    if (same_name(name.text, "ephemeral_5m_input_tokens")) {
      return read_part(reader, name.text, Part::cache_write_5m, out);
    }
    if (same_name(name.text, "ephemeral_1h_input_tokens")) {
      return read_part(reader, name.text, Part::cache_write_1h, out);
    }
    return reader.skip();
  });
}

bool read_input_details(Reader& reader, ProviderUsage& out) {
  return reader.each_field_if_object([&](const Name& name) {
    if (const Part part = kInputDetails.find(name); part != Part::none) {
      return read_part(reader, name.text, part, out);
    }
    const Inside inside = kInputDetailInsides.find(name);
    if (inside == Inside::cached_kinds) return read_counts(reader, kCachedDetails, out);
    if (inside == Inside::cache_creation) return read_cache_creation(reader, out);
    return reader.skip();
  });
}

// [{"modality": "AUDIO", "tokenCount": 7}], and Bedrock's [{"ttl": "1h", "inputTokens": 7}]: the
// counts of each of these kinds, summed.
struct KindPart {
  std::string_view kind;
  Part part = Part::none;
};
struct Kinds {
  std::string_view kind, count;
  std::array<KindPart, 3> parts;
};
constexpr Kinds kInputKinds{
    "modality",
    "tokencount",
    {{{"audio", Part::input_audio}, {"image", Part::input_image}, {"video", Part::input_video}}}};
constexpr Kinds kCachedKinds{"modality",
                             "tokencount",
                             {{{"audio", Part::cached_audio},
                               {"image", Part::cached_image},
                               {"video", Part::cached_video}}}};
constexpr Kinds kOutputKinds{"modality",
                             "tokencount",
                             {{{"audio", Part::output_audio},
                               {"image", Part::output_image},
                               {"video", Part::output_video}}}};
constexpr Kinds kLives{
    "ttl", "inputtokens", {{{"5m", Part::cache_write_5m}, {"1h", Part::cache_write_1h}, {}}}};

bool read_kinds(Reader& reader, const Kinds& kinds, ProviderUsage& out) {
  std::array<std::int64_t, std::tuple_size_v<decltype(Kinds::parts)>> sums{};
  const bool read = reader.each_item_if_array([&] {
    std::string_view kind;
    std::int64_t count = 0;
    const bool whole = reader.each_field_if_object([&](const Name& name) {
      if (same_name(name.text, kinds.kind)) return reader.text(name.text, kind);
      if (same_name(name.text, kinds.count)) return reader.count(name.text, count);
      return reader.skip();
    });
    for (std::size_t i = 0; whole && i < sums.size(); ++i) {
      if (same_name(kind, kinds.parts[i].kind)) sums[i] = std::min(sums[i] + count, kCountMax);
    }
    return whole;
  });
  for (std::size_t i = 0; read && i < sums.size(); ++i) {
    const Part part = kinds.parts[i].part;
    if (sums[i] > 0 && part != Part::none) out.set(part, std::max(sums[i], out[part]));
  }
  return read;
}

// Anthropic's fast mode has prices of its own, as a tier has.
bool read_speed(Reader& reader, ProviderUsage& out) {
  std::string_view speed;
  if (!reader.text("speed", speed)) return false;
  if (speed == "fast") out.service_tier = speed;
  return true;
}

// Vertex: PROVISIONED_THROUGHPUT, ON_DEMAND, ON_DEMAND_PRIORITY, ON_DEMAND_FLEX.
bool read_traffic(Reader& reader, ProviderUsage& out) {
  std::string_view type;
  if (!reader.text("trafficType", type)) return false;
  if (type == "ON_DEMAND_PRIORITY") out.service_tier = "priority";
  if (type == "ON_DEMAND_FLEX") out.service_tier = "flex";
  return true;
}

bool read_inside(Reader& reader, Inside inside, ProviderUsage& out) {
  if (inside == Inside::input_details) {
    out.has_input_details = true;
    return read_input_details(reader, out);
  }
  if (inside == Inside::output_details) return read_counts(reader, kOutputDetails, out);
  if (inside == Inside::input_kinds) return read_kinds(reader, kInputKinds, out);
  if (inside == Inside::cached_kinds) return read_kinds(reader, kCachedKinds, out);
  if (inside == Inside::output_kinds) return read_kinds(reader, kOutputKinds, out);
  if (inside == Inside::cache_creation) return read_cache_creation(reader, out);
  if (inside == Inside::cache_lives) return read_kinds(reader, kLives, out);
  if (inside == Inside::server_tools) return read_counts(reader, kServerTools, out);
  if (inside == Inside::service_tier) {
    return out.service_tier == "fast" ? reader.skip()
                                      : reader.text("service_tier", out.service_tier);
  }
  if (inside == Inside::speed) return read_speed(reader, out);
  if (inside == Inside::inference_geo) return reader.text("inference_geo", out.inference_geo);
  if (inside == Inside::traffic) return read_traffic(reader, out);
  if (inside == Inside::cost) return reader.cost("cost", out.cost);
  if (inside == Inside::byok) return reader.flag("is_byok", out.byok);
  return reader.skip();
}

// At most `most` of `count`; more is mended.
std::int64_t within(std::int64_t count, std::int64_t most, Reader& reader) {
  if (count <= most) return count;
  ++reader.counts.counts_mended;
  return most;
}

// Which of the three the input is. Some proxies write two, and 0 for the one they don't know.
Part input_part(const ProviderUsage& all) {
  if (all[Part::prompt] > 0) return Part::prompt;
  if (all[Part::input] > 0) return Part::input;
  if (all[Part::plain_input] > 0) return Part::plain_input;
  return all.has(Part::prompt) ? Part::prompt : Part::input;
}

bool includes_cached(const ProviderUsage& all, std::int64_t cached, Reader& reader) {
  const Part part = input_part(all);
  const bool says_so = part == Part::prompt || (part == Part::input && all.has_input_details);
  // More cached than there is: whoever wrote it meant the other.
  if (!says_so || cached <= all[part]) return says_so;
  ++reader.counts.counts_mended;
  return false;
}

void put(Usage& usage, std::string_view unit, std::int64_t count) {
  if (count == 0) return;
  const auto* const known = std::find(kUnitNames.begin(), kUnitNames.end(), unit);
  if (known == kUnitNames.end()) {
    usage.others.emplace_back(unit, count);
  } else {
    usage.counts[static_cast<std::size_t>(known - kUnitNames.begin())] = count;
  }
}

void settle_input(const ProviderUsage& all, Reader& reader) {
  Usage& usage = reader.event.usage;
  std::int64_t read = all[Part::cache_read];
  const std::int64_t hour = all[Part::cache_write_1h];
  // Where the lives don't add up to all that was written, the rest is of the usual five minutes.
  const std::int64_t written = std::max(all[Part::cache_write], hour + all[Part::cache_write_5m]);
  std::int64_t input = all[input_part(all)];
  if (includes_cached(all, read + written, reader)) input -= read + written;
  for (const Modality& of : kModalities) {
    const std::int64_t cached = within(all[of.cached], read, reader);
    const std::int64_t fresh =
        within(std::max<std::int64_t>(all[of.input] - cached, 0), input, reader);
    read -= cached;
    input -= fresh;
    put(usage, of.cached_unit, cached);
    put(usage, of.input_unit, fresh);
  }
  usage[Unit::input] = std::min(input + all[Part::tool_input], kCountMax);
  usage[Unit::cache_read] = read;
  usage[Unit::cache_write] = std::min(written - hour, kCountMax);
  usage[Unit::cache_write_1h] = hour;
}

void settle_output(const ProviderUsage& all, Reader& reader) {
  Usage& usage = reader.event.usage;
  const std::int64_t input = all[input_part(all)];
  std::int64_t output = all[Part::output];
  std::int64_t reasoning = all[Part::reasoning];
  // Some who speak OpenAI's language (xAI) leave the reasoning out of the completion, which the
  // total gives away.
  if (reasoning > 0 && all[Part::total] == input + output + reasoning) output += reasoning;
  output += all[Part::thoughts];
  reasoning = within(reasoning + all[Part::thoughts], output, reader);
  for (const Modality& of : kModalities) {
    const std::int64_t count = within(all[of.output], output, reader);
    output -= count;
    put(usage, of.output_unit, count);
  }
  usage[Unit::output] = std::min(output, kCountMax);
  usage[Unit::reasoning] = std::min(reasoning, usage[Unit::output]);
}

}  // namespace

bool read_part(Reader& reader, std::string_view name, Part part, ProviderUsage& out) {
  std::int64_t count = -1;
  if (!reader.count(name, count)) return false;
  if (count >= 0) out.set(part, std::max(count, out[part]));
  return true;
}

bool read_provider_usage(Reader& reader, ProviderUsage& out) {
  std::uint64_t seen = 0;
  return reader.each_field_if_object([&](const Name& name) {
    const std::size_t row = kUsageParts.row(name);
    if (row == 0) return read_inside(reader, kUsageInsides.find(name), out);
    if ((seen >> row & 1) != 0) {
      reader.refuse(QuarantineReason::duplicate_key, name.text, "twice");
      return reader.skip();
    }
    seen |= std::uint64_t{1} << row;
    return read_part(reader, name.text, kUsageParts.find(name), out);
  });
}

void settle(const ProviderUsage& all, Reader& reader) {
  constexpr auto kNoUsage = 1U << static_cast<unsigned>(Part::total);
  if ((all.seen & ~kNoUsage) == 0) return;
  reader.event.has_usage = true;
  settle_input(all, reader);
  settle_output(all, reader);
  // Anthropic's words for anywhere, which costs what it costs.
  if (!all.inference_geo.empty() && all.inference_geo != "global" &&
      all.inference_geo != "not_available") {
    reader.add_property(Name("inference_geo"), {Kind::text, all.inference_geo});
  }
  reader.event.usage[Unit::web_search] = all[Part::web_search];
}

bool is_provider_part(const Name& name) { return kUsageParts.find(name) != Part::none; }

}  // namespace tocsin::wire
