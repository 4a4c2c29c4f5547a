// SPDX-License-Identifier: Apache-2.0
#include "event/helicone.h"

#include <cstdint>
#include <optional>

#include "event/detect.h"
#include "event/name_table.h"
#include "event/number.h"

namespace tocsin::wire {
namespace {

enum class HeliconeField : std::uint8_t {
  none,
  // Parts.
  meta,
  log,
  request,
  response,
  metadata,
  // Identity.
  id,
  response_id,
  user,
  other_user,
  properties,
  request_properties,
  api_key,
  proxy_key,
  organization,
  // What was asked.
  provider,
  gateway_provider,
  model,
  gateway_model,
  response_model,
  request_model,
  model_override,
  cache_reference,
  requested_at,
  responded_at,
  // What came of it.
  status,
  latency,
  cost,
  cost_usd,
  prompt,
  completion,
  cache_read,
  cache_write,
  prompt_audio,
  completion_audio,
  reasoning,
  body,
  cache_hits,  // of a table that sums up what the cache answered
  // Proof of the format, and nothing we keep.
  mark,
};

// The webhook, the export and the table: one flat object.
constexpr NameTable<HeliconeField> kTop = {
    {"heliconemeta", HeliconeField::meta},
    {"log", HeliconeField::log},
    {"metadata", HeliconeField::metadata},
    {"request_id", HeliconeField::id},
    {"response_id", HeliconeField::response_id},
    {"request_user_id", HeliconeField::user},
    {"user_id", HeliconeField::user},
    {"helicone_user", HeliconeField::other_user},
    {"properties", HeliconeField::properties},
    {"request_properties", HeliconeField::request_properties},
    {"proxy_key_id", HeliconeField::proxy_key},
    {"organization_id", HeliconeField::organization},
    {"provider", HeliconeField::provider},
    {"model", HeliconeField::model},
    {"response_model", HeliconeField::response_model},
    {"request_model", HeliconeField::request_model},
    {"model_override", HeliconeField::model_override},
    {"cache_reference_id", HeliconeField::cache_reference},
    {"request_created_at", HeliconeField::requested_at},
    {"response_created_at", HeliconeField::responded_at},
    {"status", HeliconeField::status},
    {"response_status", HeliconeField::status},
    {"latency", HeliconeField::latency},
    {"delay_ms", HeliconeField::latency},
    {"cost", HeliconeField::cost},
    {"costusd", HeliconeField::cost_usd},
    {"prompt_tokens", HeliconeField::prompt},
    {"completion_tokens", HeliconeField::completion},
    {"prompt_cache_read_tokens", HeliconeField::cache_read},
    {"prompt_cache_write_tokens", HeliconeField::cache_write},
    {"prompt_audio_tokens", HeliconeField::prompt_audio},
    {"completion_audio_tokens", HeliconeField::completion_audio},
    {"reasoning_tokens", HeliconeField::reasoning},
    {"request_body", HeliconeField::body},
    {"cache_hit_count", HeliconeField::cache_hits},
    {"request_response_url", HeliconeField::mark},
    {"signed_body_url", HeliconeField::mark},
};

constexpr NameTable<HeliconeField> kMeta = {{"gatewayprovider", HeliconeField::gateway_provider},
                                            {"gatewaymodel", HeliconeField::gateway_model},
                                            {"modeloverride", HeliconeField::model_override}};

constexpr NameTable<HeliconeField> kRequest = {
    {"id", HeliconeField::id},
    {"userid", HeliconeField::user},
    {"properties", HeliconeField::properties},
    {"heliconeapikeyid", HeliconeField::api_key},
    {"heliconeproxykeyid", HeliconeField::proxy_key},
    {"provider", HeliconeField::provider},
    {"requestcreatedat", HeliconeField::requested_at},
    {"cachereferenceid", HeliconeField::cache_reference}};

// Of the topic's response and, in part, of the webhook's metadata.
constexpr NameTable<HeliconeField> kResponse = {
    {"status", HeliconeField::status},
    {"delayms", HeliconeField::latency},
    {"latencyms", HeliconeField::latency},
    {"responsecreatedat", HeliconeField::responded_at},
    {"cost", HeliconeField::cost},
    {"prompttokens", HeliconeField::prompt},
    {"completiontokens", HeliconeField::completion},
    {"promptcachereadtokens", HeliconeField::cache_read},
    {"promptcachewritetokens", HeliconeField::cache_write},
    {"promptaudiotokens", HeliconeField::prompt_audio},
    {"completionaudiotokens", HeliconeField::completion_audio},
    {"reasoningtokens", HeliconeField::reasoning},
    {"model", HeliconeField::response_model}};

constexpr NameTable<HeliconeField> kLog = {{"request", HeliconeField::request},
                                           {"response", HeliconeField::response}};

constexpr std::uint64_t bit(HeliconeField field) {
  return std::uint64_t{1} << static_cast<unsigned>(field);
}
static_assert(static_cast<unsigned>(HeliconeField::mark) < 64);

constexpr std::uint64_t kFreeToRepeat =
    bit(HeliconeField::none) | bit(HeliconeField::mark) | bit(HeliconeField::body) |
    bit(HeliconeField::properties) | bit(HeliconeField::request_properties) |
    bit(HeliconeField::metadata) | bit(HeliconeField::latency) | bit(HeliconeField::organization) |
    bit(HeliconeField::other_user) | bit(HeliconeField::api_key) | bit(HeliconeField::proxy_key);

std::string_view first_of(std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) {
    if (!text.empty()) return text;
  }
  return {};
}

// Helicone names one thing in several places; they are gathered here and then judged.
class Record {
 public:
  explicit Record(Reader& reader) : reader_(reader), event_(reader.event) {}

  bool read() {
    std::uint64_t seen = 0;
    return reader_.each_field([&](const Name& name) {
      const HeliconeField which = kTop.find(name);
      if (which != HeliconeField::none) return field(which, name.text, seen);
      const Name apart = name;  // so that other names need no place in memory
      if (reader_.guessing && is_foreign_to_helicone(apart, reader_.tokens.first() == '{')) {
        reader_.foreign = Foreign::some;
      }
      return reader_.foreign == Foreign::no && reader_.skip();
    });
  }
  void finish();

 private:
  bool part(const NameTable<HeliconeField>& names) {
    if (reader_.tokens.first() != '{') return reader_.skip();
    std::uint64_t seen = 0;
    return reader_.each_field(
        [&](const Name& name) { return field(names.find(name), name.text, seen); });
  }
  bool field(HeliconeField which, std::string_view name, std::uint64_t& seen);
  bool text_field(HeliconeField which, std::string_view name);
  bool usage_field(HeliconeField which, std::string_view name);
  void finish_cost();

  Reader& reader_;
  Event& event_;
  bool any_ = false;
  bool table_row_ = false;
  std::string_view user_, other_user_, api_key_, proxy_key_, ignored_;
  std::string_view provider_, gateway_provider_;
  std::string_view model_, gateway_model_, response_model_, request_model_, model_override_;
  std::string_view cache_reference_;
  std::optional<EventTime> requested_at_, responded_at_;
  std::optional<Money> cost_usd_;
  Scalar cost_;
};

bool Record::field(HeliconeField which, std::string_view name, std::uint64_t& seen) {
  if (which == HeliconeField::none) return reader_.skip();
  any_ = any_ || which != HeliconeField::body;
  if ((seen & bit(which)) != 0) {
    if ((bit(which) & kFreeToRepeat) == 0) {
      reader_.refuse(QuarantineReason::duplicate_key, name, "twice");
    }
    return reader_.skip();
  }
  seen |= bit(which);
  if (which == HeliconeField::meta) return part(kMeta);
  if (which == HeliconeField::log) return part(kLog);
  if (which == HeliconeField::request) return part(kRequest);
  if (which == HeliconeField::response || which == HeliconeField::metadata) return part(kResponse);
  if (which == HeliconeField::properties || which == HeliconeField::request_properties) {
    return reader_.properties();
  }
  if (which == HeliconeField::requested_at) {
    return reader_.time(Zone::utc_if_absent, name, requested_at_);
  }
  if (which == HeliconeField::responded_at) {
    return reader_.time(Zone::utc_if_absent, name, responded_at_);
  }
  if (which == HeliconeField::status) return reader_.status();
  if (which == HeliconeField::latency) return reader_.latency();
  if (which == HeliconeField::cost_usd) return reader_.cost(name, cost_usd_);
  if (which == HeliconeField::cost) return reader_.scalar(cost_);
  if (which == HeliconeField::cache_hits) {
    reader_.refuse(QuarantineReason::unknown_format, name, "sums up cache hits; no request");
    return reader_.skip();
  }
  if (which == HeliconeField::body) return reader_.input(event_.input_hash);
  if (which >= HeliconeField::prompt && which <= HeliconeField::reasoning)
    return usage_field(which, name);
  return text_field(which, name);
}

bool Record::text_field(HeliconeField which, std::string_view name) {
  if (which == HeliconeField::organization) table_row_ = true;
  if (which == HeliconeField::mark || which == HeliconeField::organization ||
      which == HeliconeField::response_id) {
    return reader_.skip();
  }
  std::string_view* out = &ignored_;
  if (which == HeliconeField::id) out = &event_.id;
  if (which == HeliconeField::user) out = &user_;
  if (which == HeliconeField::other_user) out = &other_user_;
  if (which == HeliconeField::api_key) out = &api_key_;
  if (which == HeliconeField::proxy_key) out = &proxy_key_;
  if (which == HeliconeField::gateway_model) out = &gateway_model_;
  if (which == HeliconeField::model) out = &model_;
  if (which == HeliconeField::response_model) out = &response_model_;
  if (which == HeliconeField::request_model) out = &request_model_;
  if (which == HeliconeField::model_override) out = &model_override_;
  if (which == HeliconeField::cache_reference) out = &cache_reference_;
  if (which == HeliconeField::provider) return reader_.lower_text(name, provider_);
  if (which == HeliconeField::gateway_provider) return reader_.lower_text(name, gateway_provider_);
  return reader_.text(name, *out);
}

bool Record::usage_field(HeliconeField which, std::string_view name) {
  constexpr Unit kUnitOf[] = {Unit::input,       Unit::output,      Unit::cache_read,
                              Unit::cache_write, Unit::input_audio, Unit::output_audio,
                              Unit::reasoning};
  std::int64_t amount = -1;
  if (!reader_.count(name, amount)) return false;
  if (amount < 0) return true;
  event_.has_usage = true;
  event_.usage[kUnitOf[static_cast<std::size_t>(which) -
                       static_cast<std::size_t>(HeliconeField::prompt)]] = amount;
  return true;
}

void Record::finish_cost() {
  if (cost_usd_) {
    event_.reported_cost = cost_usd_;
  } else if (cost_.kind == Kind::boolean || cost_.kind == Kind::container) {
    reader_.refuse(QuarantineReason::wrong_type, "cost", cost_.text);
  } else if (cost_.kind != Kind::null) {
    const auto cost = table_row_ ? read_nano_cost(cost_.text) : read_cost(cost_.text);
    if (cost.ok) {
      event_.reported_cost = cost.value;
    } else {
      reader_.refuse(cost.reason, "cost", cost_.text);
    }
  }
  // Helicone writes 0 for a model it has no price for.
  if (event_.reported_cost == Money{}) event_.reported_cost.reset();
}

void Record::finish() {
  if (!any_) {
    reader_.refuse(QuarantineReason::unknown_format, "an object", "no field of Helicone's in it");
  }
  event_.producer = "helicone";
  event_.user = first_of({user_, other_user_});
  event_.key = first_of({api_key_, proxy_key_});
  event_.provider = first_of({gateway_provider_, provider_});
  event_.model =
      first_of({gateway_model_, response_model_, model_, model_override_, request_model_});
  event_.time = responded_at_ ? responded_at_ : requested_at_;
  event_.cached =
      !cache_reference_.empty() && cache_reference_ != "00000000-0000-0000-0000-000000000000";
  event_.session = reader_.property("Helicone-Session-Id");
  event_.session_path = reader_.property("Helicone-Session-Path");
  event_.session_name = reader_.property("Helicone-Session-Name");
  finish_cost();
  reader_.fill_from_properties();
}

}  // namespace

bool is_helicone_name(const Name& name) {
  constexpr std::uint64_t kOthersHaveIt =
      bit(HeliconeField::none) | bit(HeliconeField::provider) | bit(HeliconeField::model) |
      bit(HeliconeField::properties) | bit(HeliconeField::status) | bit(HeliconeField::metadata) |
      bit(HeliconeField::cost) | bit(HeliconeField::latency) | bit(HeliconeField::body);
  return (bit(kTop.find(name)) & kOthersHaveIt) == 0;
}

bool read_helicone(Reader& reader) {
  Record record(reader);
  if (!record.read()) return false;
  record.finish();
  return true;
}

}  // namespace tocsin::wire
