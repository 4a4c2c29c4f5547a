// SPDX-License-Identifier: Apache-2.0
#include "event/detect.h"

#include <cstdint>

#include "event/helicone.h"
#include "event/native.h"
#include "event/provider_usage.h"
#include "event/reader.h"
#include "tocsin/ascii.h"

namespace tocsin::wire {
namespace {

// What a name at the top of an object speaks for.
enum class Sign : std::uint8_t {
  none,
  native,    // a name that makes an object native unless a format's own name is in it
  metered,   // `cost_usd`, or a `usage` with a unit of ours
  provider,  // a `usage` with a provider's names, and none of ours
  envelope,  // a `response` that is an object
  named,     // `provider`
  helicone,
  litellm,
  spans,
  cloud,
  apisix,
  higress,
  portkey,
  langfuse,
  envoy,
  ai,  // Kong's, with `started`
  started,
  spend,  // LiteLLM's spend log, with `call`
  call,
};
constexpr std::uint32_t bit(Sign sign) { return 1U << static_cast<unsigned>(sign); }

// Names that no other format has: one is enough to look at all others.
constexpr NameTable<Sign> kOwn = {{"resourcespans", Sign::spans},
                                  {"specversion", Sign::cloud},
                                  {"response_cost", Sign::litellm},
                                  {"hidden_params", Sign::litellm},
                                  {"model_map_information", Sign::litellm},
                                  {"saved_cache_cost", Sign::litellm},
                                  {"usagemetadata", Sign::provider},
                                  {"llm_summary", Sign::apisix},
                                  {"ai_log", Sign::higress},
                                  {"ai_model", Sign::portkey},
                                  {"usagedetails", Sign::langfuse},
                                  {"gen_ai.request.model", Sign::envoy},
                                  {"gen_ai.usage.input_tokens", Sign::envoy},
                                  {"spend", Sign::spend}};

// Names that mean something by what else is there.
constexpr NameTable<Sign> kOthers = {{"cost_usd", Sign::metered},   {"response", Sign::envelope},
                                     {"provider", Sign::named},     {"ai", Sign::ai},
                                     {"started_at", Sign::started}, {"call_type", Sign::call}};

// The first all of whose signs are there, and none of those it must not have, is meant.
// OpenRouter's answers are a provider's; a user's own mapping is never found out: its source names
// it.
struct Case {
  Format format;
  std::uint32_t has, has_not;
};
constexpr Case kCases[] = {
    {Format::otlp_json, bit(Sign::spans), 0},
    {Format::cloudevents, bit(Sign::cloud), 0},
    {Format::litellm, bit(Sign::litellm), 0},
    {Format::litellm_spendlogs, bit(Sign::spend) | bit(Sign::call), bit(Sign::metered)},
    {Format::apisix, bit(Sign::apisix), 0},
    {Format::higress, bit(Sign::higress), 0},
    {Format::envoy_ai_gateway, bit(Sign::envoy), 0},
    {Format::portkey, bit(Sign::portkey), bit(Sign::metered)},
    {Format::langfuse, bit(Sign::langfuse), 0},
    {Format::kong, bit(Sign::ai) | bit(Sign::started), bit(Sign::metered)},
    {Format::response, bit(Sign::provider), bit(Sign::metered)},
    {Format::response, bit(Sign::envelope) | bit(Sign::named), bit(Sign::metered)},
    {Format::helicone, bit(Sign::helicone), bit(Sign::native) | bit(Sign::metered)}};

// Looks into a usage, and passes it.
bool usage_signs(Reader& reader, std::uint32_t& signs) {
  return reader.each_field_if_object([&](const Name& name) {
    if (is_unit(name)) {
      signs |= bit(Sign::metered);
    } else if (is_provider_part(name)) {
      signs |= bit(Sign::provider);
    }
    return reader.skip();
  });
}

bool note_signs(Reader& reader, const Name& name, std::uint32_t& signs) {
  if (is_native_proof(name)) signs |= bit(Sign::native);
  if (is_helicone_name(name)) signs |= bit(Sign::helicone);
  if (same_name(name.text, "usage")) return usage_signs(reader, signs);
  const Sign other = kOthers.find(name);
  const bool is_object = reader.tokens.first() == '{';
  if ((other != Sign::envelope && other != Sign::ai) || is_object) signs |= bit(other);
  signs |= bit(kOwn.find(name));
  return reader.skip();
}

// Names whose objects are what a format holds.
bool holds_foreign(const Name& name) {
  return same_name(name.text, "response") || same_name(name.text, "ai");
}

}  // namespace

Format detect(Reader& reader) {
  const Reader::Mark start = reader.mark();
  std::uint32_t signs = 0;
  reader.each_field([&](const Name& name) { return note_signs(reader, name, signs); });
  reader.go_to(start);
  for (const Case& one : kCases) {
    if ((signs & one.has) == one.has && (signs & one.has_not) == 0) return one.format;
  }
  return Format::native;
}

Foreign foreign_by(const Name& name, Proof proof, bool has_object) {
  if (kOwn.find(name) != Sign::none) return Foreign::some;
  if (proof == Proof::none && is_helicone_name(name)) return Foreign::helicone;
  const bool holds = proof != Proof::metered && has_object && holds_foreign(name);
  return holds ? Foreign::some : Foreign::no;
}

bool is_foreign_to_helicone(const Name& name, bool has_object) {
  return is_native_proof(name) || kOwn.find(name) != Sign::none ||
         (has_object && holds_foreign(name));
}

}  // namespace tocsin::wire
