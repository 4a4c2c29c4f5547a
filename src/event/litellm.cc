// SPDX-License-Identifier: Apache-2.0
#include "event/litellm.h"

#include <array>
#include <cstdint>
#include <optional>

#include "event/name_table.h"
#include "event/number.h"
#include "event/provider_name.h"
#include "event/provider_usage.h"
#include "tocsin/ascii.h"

namespace tocsin::wire {
namespace {

enum class LiteField : std::uint8_t {
  none,
  // Texts, in the order of Payload::texts_.
  id,
  call_id,
  trace,
  session,
  model,
  group,
  map_key,
  end_user,
  metadata_user,
  operation,
  status,
  error_code,
  cache_hit,
  project,
  team_alias,
  team_id,
  key_alias,
  key_hash,
  agent,
  service_tier,
  // Others.
  provider,
  upstream,
  cost,
  prompt,
  completion,
  total,
  started,
  ended,
  tags,
  messages,
  labels,
  usage,
  // What is in an object of its own.
  metadata,
  response,
  error,
  breakdown,
  model_map,
  hidden,
};
static_assert(static_cast<unsigned>(LiteField::hidden) < 64);
constexpr std::uint64_t bit(LiteField field) {
  return std::uint64_t{1} << static_cast<unsigned>(field);
}

constexpr NameTable<LiteField> kLiteTop = {{"id", LiteField::id},
                                           {"litellm_call_id", LiteField::call_id},
                                           {"trace_id", LiteField::trace},
                                           {"session_id", LiteField::session},
                                           {"custom_llm_provider", LiteField::provider},
                                           {"model", LiteField::model},
                                           {"model_group", LiteField::group},
                                           {"end_user", LiteField::end_user},
                                           {"call_type", LiteField::operation},
                                           {"status", LiteField::status},
                                           {"response_cost", LiteField::cost},
                                           {"prompt_tokens", LiteField::prompt},
                                           {"completion_tokens", LiteField::completion},
                                           {"total_tokens", LiteField::total},
                                           {"starttime", LiteField::started},
                                           {"endtime", LiteField::ended},
                                           {"cache_hit", LiteField::cache_hit},
                                           {"request_tags", LiteField::tags},
                                           {"messages", LiteField::messages},
                                           {"metadata", LiteField::metadata},
                                           {"response", LiteField::response},
                                           {"error_information", LiteField::error},
                                           {"cost_breakdown", LiteField::breakdown},
                                           {"model_map_information", LiteField::model_map},
                                           {"hidden_params", LiteField::hidden}};

constexpr NameTable<LiteField> kLiteMetadata = {
    {"user_api_key_project_alias", LiteField::project},
    {"user_api_key_team_alias", LiteField::team_alias},
    {"user_api_key_team_id", LiteField::team_id},
    {"user_api_key_alias", LiteField::key_alias},
    {"user_api_key_hash", LiteField::key_hash},
    {"user_api_key_end_user_id", LiteField::metadata_user},
    {"agent_id", LiteField::agent},
    {"usage_object", LiteField::usage},
    {"requester_metadata", LiteField::labels},
    {"spend_logs_metadata", LiteField::labels}};
constexpr NameTable<LiteField> kLiteResponse = {{"usage", LiteField::usage},
                                                {"service_tier", LiteField::service_tier}};
constexpr NameTable<LiteField> kLiteError = {{"error_code", LiteField::error_code}};
constexpr NameTable<LiteField> kLiteBreakdown = {{"service_tier", LiteField::service_tier}};
constexpr NameTable<LiteField> kLiteModelMap = {{"model_map_key", LiteField::map_key}};
constexpr NameTable<LiteField> kLiteHidden = {{"upstream_provider", LiteField::upstream}};

constexpr std::uint64_t kLiteOnce =
    bit(LiteField::id) | bit(LiteField::provider) | bit(LiteField::model) |
    bit(LiteField::end_user) | bit(LiteField::status) | bit(LiteField::cost) |
    bit(LiteField::prompt) | bit(LiteField::completion) | bit(LiteField::started) |
    bit(LiteField::ended) | bit(LiteField::cache_hit) | bit(LiteField::metadata) |
    bit(LiteField::team_alias) | bit(LiteField::key_alias) | bit(LiteField::key_hash) |
    bit(LiteField::usage) | bit(LiteField::metadata_user);

// What LiteLLM calls its functions, as OpenTelemetry names what they do.
enum class Call : std::uint8_t { none, chat, text, embeddings };
constexpr std::string_view kOperations[] = {{}, "chat", "text_completion", "embeddings"};
constexpr NameTable<Call> kCalls = {
    {"completion", Call::chat},         {"acompletion", Call::chat},
    {"responses", Call::chat},          {"aresponses", Call::chat},
    {"anthropic_messages", Call::chat}, {"generate_content", Call::chat},
    {"agenerate_content", Call::chat},  {"text_completion", Call::text},
    {"atext_completion", Call::text},   {"embedding", Call::embeddings},
    {"aembedding", Call::embeddings}};

// The usage is told up to three times over, the details once or twice, and the owner in several
// ways; they are gathered here and then judged.
class Payload {
 public:
  explicit Payload(Reader& reader) : reader_(reader), event_(reader.event) {}

  bool read() { return part(kLiteTop); }
  void finish();

 private:
  bool part(const NameTable<LiteField>& names) {
    std::uint64_t seen = 0;
    return reader_.each_field_if_object([&](const Name& name) {
      const LiteField which = names.find(name);
      if (which == LiteField::none) return reader_.skip();
      if (which != LiteField::labels && (seen & bit(which)) != 0) {
        if ((bit(which) & kLiteOnce) != 0) {
          reader_.refuse(QuarantineReason::duplicate_key, name.text, "twice");
        }
        return reader_.skip();
      }
      seen |= bit(which);
      return field(which, name.text);
    });
  }
  bool field(LiteField which, std::string_view name);
  bool labels();
  void finish_status();
  void finish_usage();

  Reader& reader_;
  Event& event_;
  ProviderUsage flat_;   // of the top
  ProviderUsage usage_;  // of metadata.usage_object and response.usage, which say the same
  std::optional<EventTime> started_, ended_;
  std::string_view provider_, upstream_, call_id_, trace_, group_, map_key_, metadata_user_,
      operation_;
  std::string_view status_, error_code_, cache_hit_, team_id_, key_hash_, service_tier_;
  const std::array<std::string_view*, 20> texts_{
      &event_.id, &call_id_,    &trace_,      &event_.session, &event_.model,
      &group_,    &map_key_,    &event_.user, &metadata_user_, &operation_,
      &status_,   &error_code_, &cache_hit_,  &event_.service, &event_.team,
      &team_id_,  &event_.key,  &key_hash_,   &event_.agent,   &service_tier_};
};

bool Payload::field(LiteField which, std::string_view name) {
  const auto index = static_cast<std::size_t>(which) - 1;
  if (index < texts_.size()) return reader_.text(name, *texts_[index]);
  if (which == LiteField::provider) return reader_.lower_text(name, provider_);
  if (which == LiteField::upstream) return reader_.lower_text(name, upstream_);
  if (which == LiteField::cost) return reader_.cost(name, event_.reported_cost);
  if (which == LiteField::prompt) return read_part(reader_, name, Part::prompt, flat_);
  if (which == LiteField::completion) return read_part(reader_, name, Part::output, flat_);
  if (which == LiteField::total) return read_part(reader_, name, Part::total, flat_);
  if (which == LiteField::started) return reader_.time(Zone::utc_if_absent, name, started_);
  if (which == LiteField::ended) return reader_.time(Zone::utc_if_absent, name, ended_);
  if (which == LiteField::tags) return reader_.tags();
  if (which == LiteField::messages) return reader_.input(event_.input_hash);
  if (which == LiteField::labels) return labels();
  if (which == LiteField::usage) return read_provider_usage(reader_, usage_);
  if (which == LiteField::metadata) return part(kLiteMetadata);
  // A text, in which no usage can be looked for, or a provider's object.
  if (which == LiteField::response) return part(kLiteResponse);
  if (which == LiteField::error) return part(kLiteError);
  if (which == LiteField::hidden) return part(kLiteHidden);
  return part(which == LiteField::breakdown ? kLiteBreakdown : kLiteModelMap);
}

// What the requester sent along to tell requests apart by.
bool Payload::labels() {
  return reader_.tokens.first() == '{' ? reader_.properties() : reader_.skip();
}

void Payload::finish_status() {
  if (status_.empty()) return;
  if (same_name(status_, "success")) {
    event_.status = 200;
    return;
  }
  std::int64_t code = 0;
  const bool is_code = plain_count(error_code_, code) && code >= 400 && code < 600;
  event_.status = is_code ? static_cast<std::int32_t>(code) : 500;
}

void Payload::finish_usage() {
  for (const Part part : {Part::prompt, Part::output, Part::total}) {
    // LiteLLM's own sums are what it charged by.
    if (flat_.has(part)) usage_.set(part, flat_[part]);
  }
  settle(usage_, reader_);
}

void Payload::finish() {
  event_.producer = "litellm";
  if (event_.id.empty()) event_.id = call_id_;
  event_.provider = provider_name(provider_.empty() ? upstream_ : provider_);
  if (event_.model.empty()) event_.model = map_key_.empty() ? group_ : map_key_;
  const Call call = kCalls.find(Name(operation_));
  event_.operation = call == Call::none ? operation_ : kOperations[static_cast<std::size_t>(call)];
  if (event_.user.empty()) event_.user = metadata_user_;
  if (event_.team.empty()) event_.team = team_id_;
  if (event_.key.empty()) event_.key = key_hash_;
  if (event_.session.empty()) event_.session = trace_;
  event_.service_tier = service_tier_.empty() ? usage_.service_tier : service_tier_;
  event_.cached = same_name(cache_hit_, "true");
  event_.time = ended_ ? ended_ : started_;
  if (started_ && ended_ && *ended_ >= *started_) {
    event_.latency_ms = (*ended_ - *started_).count();
  }
  finish_status();
  finish_usage();
  // 0 is what LiteLLM writes for a model it has no price for, for failures and for cached answers.
  if (event_.reported_cost == Money{}) event_.reported_cost.reset();
  reader_.fill_from_properties();
}

}  // namespace

bool read_litellm(Reader& reader) {
  Payload payload(reader);
  if (!payload.read()) return false;
  payload.finish();
  return true;
}

}  // namespace tocsin::wire
