// SPDX-License-Identifier: Apache-2.0
#include "event/helicone.h"

#include <cstdint>
#include <optional>

#include "event/name_table.h"
#include "event/number.h"

namespace tocsin::wire {
namespace {

enum class Field : std::uint8_t {
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
  // Proof of the format, and nothing we keep.
  mark,
};

// The webhook, the export and the table: one flat object.
constexpr NameTable<Field> kTop = {
    {"heliconemeta", Field::meta},
    {"log", Field::log},
    {"metadata", Field::metadata},
    {"request_id", Field::id},
    {"response_id", Field::response_id},
    {"request_user_id", Field::user},
    {"user_id", Field::user},
    {"helicone_user", Field::other_user},
    {"properties", Field::properties},
    {"request_properties", Field::request_properties},
    {"proxy_key_id", Field::proxy_key},
    {"organization_id", Field::organization},
    {"provider", Field::provider},
    {"model", Field::model},
    {"response_model", Field::response_model},
    {"request_model", Field::request_model},
    {"model_override", Field::model_override},
    {"cache_reference_id", Field::cache_reference},
    {"request_created_at", Field::requested_at},
    {"response_created_at", Field::responded_at},
    {"status", Field::status},
    {"response_status", Field::status},
    {"latency", Field::latency},
    {"delay_ms", Field::latency},
    {"cost", Field::cost},
    {"costusd", Field::cost_usd},
    {"prompt_tokens", Field::prompt},
    {"completion_tokens", Field::completion},
    {"prompt_cache_read_tokens", Field::cache_read},
    {"prompt_cache_write_tokens", Field::cache_write},
    {"prompt_audio_tokens", Field::prompt_audio},
    {"completion_audio_tokens", Field::completion_audio},
    {"reasoning_tokens", Field::reasoning},
    {"request_response_url", Field::mark},
    {"signed_body_url", Field::mark},
};

constexpr NameTable<Field> kMeta = {{"gatewayprovider", Field::gateway_provider},
                                    {"gatewaymodel", Field::gateway_model},
                                    {"modeloverride", Field::model_override}};

constexpr NameTable<Field> kRequest = {{"id", Field::id},
                                       {"userid", Field::user},
                                       {"properties", Field::properties},
                                       {"heliconeapikeyid", Field::api_key},
                                       {"heliconeproxykeyid", Field::proxy_key},
                                       {"provider", Field::provider},
                                       {"requestcreatedat", Field::requested_at},
                                       {"cachereferenceid", Field::cache_reference}};

// Of the topic's response and, in part, of the webhook's metadata.
constexpr NameTable<Field> kResponse = {{"status", Field::status},
                                        {"delayms", Field::latency},
                                        {"latencyms", Field::latency},
                                        {"responsecreatedat", Field::responded_at},
                                        {"cost", Field::cost},
                                        {"prompttokens", Field::prompt},
                                        {"completiontokens", Field::completion},
                                        {"promptcachereadtokens", Field::cache_read},
                                        {"promptcachewritetokens", Field::cache_write},
                                        {"promptaudiotokens", Field::prompt_audio},
                                        {"completionaudiotokens", Field::completion_audio},
                                        {"reasoningtokens", Field::reasoning},
                                        {"model", Field::response_model}};

constexpr NameTable<Field> kLog = {{"request", Field::request}, {"response", Field::response}};

constexpr std::uint64_t bit(Field field) {
  return std::uint64_t{1} << static_cast<unsigned>(field);
}
static_assert(static_cast<unsigned>(Field::mark) < 64);

constexpr std::uint64_t kFreeToRepeat =
    bit(Field::none) | bit(Field::mark) | bit(Field::properties) | bit(Field::request_properties) |
    bit(Field::metadata) | bit(Field::latency) | bit(Field::organization) | bit(Field::other_user) |
    bit(Field::api_key) | bit(Field::proxy_key);

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
    return reader_.each_field(
        [&](const Name& name) { return field(kTop.find(name), name.text, seen); });
  }
  void finish();

 private:
  bool part(const NameTable<Field>& names) {
    if (reader_.tokens.first() != '{') return reader_.skip();
    std::uint64_t seen = 0;
    return reader_.each_field(
        [&](const Name& name) { return field(names.find(name), name.text, seen); });
  }
  bool field(Field which, std::string_view name, std::uint64_t& seen);
  bool text_field(Field which, std::string_view name);
  bool usage_field(Field which, std::string_view name);
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

bool Record::field(Field which, std::string_view name, std::uint64_t& seen) {
  if (which == Field::none) return reader_.skip();
  any_ = true;
  if ((seen & bit(which)) != 0) {
    if ((bit(which) & kFreeToRepeat) == 0) {
      reader_.refuse(QuarantineReason::duplicate_key, name, "twice");
    }
    return reader_.skip();
  }
  seen |= bit(which);
  if (which == Field::meta) return part(kMeta);
  if (which == Field::log) return part(kLog);
  if (which == Field::request) return part(kRequest);
  if (which == Field::response || which == Field::metadata) return part(kResponse);
  if (which == Field::properties || which == Field::request_properties) {
    return reader_.properties();
  }
  if (which == Field::requested_at) {
    return reader_.time(Zone::utc_if_absent, name, requested_at_);
  }
  if (which == Field::responded_at) {
    return reader_.time(Zone::utc_if_absent, name, responded_at_);
  }
  if (which == Field::status) return reader_.status();
  if (which == Field::latency) return reader_.latency();
  if (which == Field::cost_usd) return reader_.cost(name, cost_usd_);
  if (which == Field::cost) return reader_.scalar(cost_);
  if (which >= Field::prompt && which <= Field::reasoning) return usage_field(which, name);
  return text_field(which, name);
}

bool Record::text_field(Field which, std::string_view name) {
  if (which == Field::organization) table_row_ = true;
  if (which == Field::mark || which == Field::organization || which == Field::response_id) {
    return reader_.skip();
  }
  std::string_view* out = &ignored_;
  if (which == Field::id) out = &event_.id;
  if (which == Field::user) out = &user_;
  if (which == Field::other_user) out = &other_user_;
  if (which == Field::api_key) out = &api_key_;
  if (which == Field::proxy_key) out = &proxy_key_;
  if (which == Field::gateway_model) out = &gateway_model_;
  if (which == Field::model) out = &model_;
  if (which == Field::response_model) out = &response_model_;
  if (which == Field::request_model) out = &request_model_;
  if (which == Field::model_override) out = &model_override_;
  if (which == Field::cache_reference) out = &cache_reference_;
  if (which == Field::provider) return reader_.lower_text(name, provider_);
  if (which == Field::gateway_provider) return reader_.lower_text(name, gateway_provider_);
  return reader_.text(name, *out);
}

bool Record::usage_field(Field which, std::string_view name) {
  constexpr Unit kUnitOf[] = {Unit::input,       Unit::output,      Unit::cache_read,
                              Unit::cache_write, Unit::input_audio, Unit::output_audio,
                              Unit::reasoning};
  std::int64_t amount = -1;
  if (!reader_.count(name, amount)) return false;
  if (amount < 0) return true;
  event_.has_usage = true;
  event_.usage[kUnitOf[static_cast<std::size_t>(which) - static_cast<std::size_t>(Field::prompt)]] =
      amount;
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
      bit(Field::none) | bit(Field::provider) | bit(Field::model) | bit(Field::properties) |
      bit(Field::status) | bit(Field::metadata) | bit(Field::cost) | bit(Field::latency);
  return (bit(kTop.find(name)) & kOthersHaveIt) == 0;
}

bool read_helicone(Reader& reader) {
  Record record(reader);
  if (!record.read()) return false;
  record.finish();
  return true;
}

}  // namespace tocsin::wire
