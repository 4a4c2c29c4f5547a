// SPDX-License-Identifier: Apache-2.0
#include "event/gen_ai.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "event/provider_name.h"
#include "tocsin/ascii.h"

namespace tocsin::wire {
namespace {

// The newest name first, of each. docs/events.md has the same list.
constexpr AttributeName kAttributeNames[] = {
    {"gen_ai.provider.name", Attribute::provider, 0},
    {"gen_ai.system", Attribute::provider, 1},
    {"llm.provider", Attribute::provider, 2},
    {"llm.system", Attribute::provider, 3},
    {"gen_ai.response.model", Attribute::model, 0},
    {"llm.response.model_name", Attribute::model, 1},
    {"gen_ai.request.model", Attribute::model, 2},
    {"llm.request.model_name", Attribute::model, 3},
    {"llm.model_name", Attribute::model, 4},
    {"embedding.model_name", Attribute::model, 5},
    {"gen_ai.operation.name", Attribute::operation, 0},
    {"openinference.span.kind", Attribute::span_kind, 0},
    {"traceloop.span.kind", Attribute::workflow_kind, 0},
    {"llm.request.type", Attribute::request_type, 0},
    {"gen_ai.usage.input_tokens", Attribute::input, 0},
    {"gen_ai.usage.prompt_tokens", Attribute::input, 1},
    {"llm.token_count.prompt", Attribute::input, 2},
    {"gen_ai.usage.output_tokens", Attribute::output, 0},
    {"gen_ai.usage.completion_tokens", Attribute::output, 1},
    {"llm.token_count.completion", Attribute::output, 2},
    {"gen_ai.usage.cache_read.input_tokens", Attribute::cache_read, 0},
    {"gen_ai.usage.cache_read_input_tokens", Attribute::cache_read, 1},
    {"llm.token_count.prompt_details.cache_read", Attribute::cache_read, 2},
    {"gen_ai.usage.cache_write.input_tokens", Attribute::cache_write, 0},
    {"gen_ai.usage.cache_creation.input_tokens", Attribute::cache_write, 1},
    {"gen_ai.usage.cache_creation_input_tokens", Attribute::cache_write, 2},
    {"gen_ai.usage.cache_write_input_tokens", Attribute::cache_write, 3},
    {"llm.token_count.prompt_details.cache_write", Attribute::cache_write, 4},
    {"gen_ai.usage.reasoning.output_tokens", Attribute::reasoning, 0},
    {"gen_ai.usage.reasoning_tokens", Attribute::reasoning, 1},
    {"gen_ai.usage.output_tokens.reasoning", Attribute::reasoning, 2},
    {"llm.token_count.completion_details.reasoning", Attribute::reasoning, 3},
    {"gen_ai.usage.audio.input_tokens", Attribute::input_audio, 0},
    {"llm.token_count.prompt_details.audio", Attribute::input_audio, 1},
    {"gen_ai.usage.audio.cache_read.input_tokens", Attribute::cached_audio, 0},
    {"gen_ai.usage.audio.output_tokens", Attribute::output_audio, 0},
    {"llm.token_count.completion_details.audio", Attribute::output_audio, 1},
    {"gen_ai.usage.image.input_tokens", Attribute::input_image, 0},
    {"gen_ai.usage.image.cache_read.input_tokens", Attribute::cached_image, 0},
    {"gen_ai.usage.image.output_tokens", Attribute::output_image, 0},
    {"gen_ai.usage.cost", Attribute::cost, 0},
    {"gen_ai.usage.total_cost", Attribute::cost, 1},
    {"llm.cost.total", Attribute::cost, 2},
    {"gen_ai.usage.input_cost", Attribute::input_cost, 0},
    {"llm.cost.prompt", Attribute::input_cost, 1},
    {"gen_ai.usage.output_cost", Attribute::output_cost, 0},
    {"llm.cost.completion", Attribute::output_cost, 1},
    {"openai.response.service_tier", Attribute::service_tier, 0},
    {"gen_ai.openai.response.service_tier", Attribute::service_tier, 1},
    {"openai.request.service_tier", Attribute::service_tier, 2},
    {"gen_ai.openai.request.service_tier", Attribute::service_tier, 3},
    {"user.id", Attribute::user, 0},
    {"enduser.id", Attribute::user, 1},
    {"session.id", Attribute::session, 0},
    {"gen_ai.conversation.id", Attribute::session, 1},
    {"gen_ai.agent.name", Attribute::agent, 0},
    {"agent.name", Attribute::agent, 1},
    {"service.name", Attribute::service, 0},
    {"team.id", Attribute::team, 0},
    {"trace.metadata.openrouter.api_key_name", Attribute::key, 0},
    {"deployment.environment.name", Attribute::environment, 0},
    {"deployment.environment", Attribute::environment, 1},
    {"error.type", Attribute::error_type, 0},
    {"http.response.status_code", Attribute::status, 0},
    {"http.status_code", Attribute::status, 1},
};
constexpr std::size_t kNameCount = std::size(kAttributeNames);

// What people hang on their spans to tell them apart by; the rest of the name is the property's.
constexpr std::string_view kPropertyPrefixes[] = {"traceloop.association.properties.",
                                                  "trace.metadata."};

// In the order of Attribute.
constexpr Part kAttributeParts[] = {Part::prompt,       Part::output,       Part::cache_read,
                                    Part::cache_write,  Part::reasoning,    Part::input_audio,
                                    Part::cached_audio, Part::output_audio, Part::input_image,
                                    Part::cached_image, Part::output_image};

constexpr std::uint64_t word_at(const char* p) {
  std::uint64_t word = 0;
  if (std::is_constant_evaluated()) {
    for (std::size_t i = 0; i < 8; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(p[i])} << (8 * i);
    }
  } else {
    std::memcpy(&word, p, 8);
  }
  return word;
}

// Of texts of 7 bytes and more; the last word overlaps the one before.
constexpr std::size_t kShortest = 7;
constexpr std::size_t kPlaces = 256;
constexpr std::size_t place_of(std::string_view key) {
  constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15ULL;
  std::uint64_t hash = key.size() * kMix;
  if (key.size() < 8) return 0;
  for (std::size_t at = 0; at + 8 < key.size(); at += 8) {
    hash = (hash ^ word_at(key.data() + at)) * kMix;
    hash ^= hash >> 29;
  }
  hash = (hash ^ word_at(key.data() + key.size() - 8)) * kMix;
  return static_cast<std::size_t>(hash >> 56);
}

// By open addressing: 1 + the place in kAttributeNames.
struct Places {
  std::array<std::uint8_t, kPlaces> rows{};

  constexpr Places() {
    for (std::size_t i = 0; i < kNameCount; ++i) {
      std::size_t at = place_of(kAttributeNames[i].name);
      while (rows[at] != 0) at = (at + 1) % kPlaces;
      rows[at] = static_cast<std::uint8_t>(i + 1);
    }
  }
};
constexpr Places kNamePlaces;

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return same_name(text, word); });
}

// Of a resource only who pays is of interest.
constexpr bool is_owner(Attribute attribute) {
  return attribute == Attribute::service || attribute == Attribute::team ||
         attribute == Attribute::environment || attribute == Attribute::agent ||
         attribute == Attribute::key;
}

constexpr bool is_text_attribute(Attribute attribute) {
  return attribute >= Attribute::provider && attribute <= Attribute::error_type;
}

constexpr char kHex[] = "0123456789abcdef";

}  // namespace

AttributeName find_attribute(std::string_view key) {
  static_assert(kNameCount < 128, "so that there are free places");
  if (key.size() < kShortest) return {};
  for (std::size_t at = place_of(key); kNamePlaces.rows[at] != 0; at = (at + 1) % kPlaces) {
    const AttributeName& known = kAttributeNames[kNamePlaces.rows[at] - 1U];
    if (known.name == key) return known;
  }
  for (const std::string_view prefix : kPropertyPrefixes) {
    if (key.size() > prefix.size() && key.starts_with(prefix)) {
      return {key.substr(prefix.size()), Attribute::property, 0};
    }
  }
  return {};
}

void GenAiSpan::resource(const AttributeName& name, const AttributeValue& value) {
  const Kind kind = value.scalar.kind;
  if (!is_owner(name.attribute) || kind == Kind::null || kind == Kind::container) return;
  std::string_view& owner = owners_[static_cast<std::size_t>(name.attribute) - 1];
  if (owner.empty() || name.rank == 0) owner = text_of(value);
}

void GenAiSpan::begin() {
  reader_.begin_event();
  texts_ = {};
  ranks_.fill(kNoRank);
  usage_ = {};
  cost_.reset();
  input_cost_.reset();
  output_cost_.reset();
  status_.reset();
  failed_ = false;
}

// False: a better name has said it.
bool GenAiSpan::counts_as_new(const AttributeName& name) {
  std::uint8_t& rank = ranks_[static_cast<std::size_t>(name.attribute)];
  if (rank == name.rank) reader_.refuse(QuarantineReason::duplicate_key, name.name, "twice");
  if (rank <= name.rank) return false;
  rank = name.rank;
  return true;
}

void GenAiSpan::set(const AttributeName& name, const AttributeValue& value) {
  if (name.attribute == Attribute::none || value.scalar.kind == Kind::null) return;
  if (name.attribute == Attribute::property) {
    Scalar scalar = value.scalar;
    if (scalar.kind != Kind::container) scalar.text = text_of(value);
    return reader_.add_property(Name(reader_.keep(name.name)), scalar);
  }
  if (!counts_as_new(name)) return;
  if (is_text_attribute(name.attribute)) return set_text(name, value);
  if (name.attribute <= Attribute::output_image) return set_count(name, value);
  if (name.attribute == Attribute::status) {
    std::int64_t code = 0;
    reader_.take_count(value.scalar, value.whole, name.name, code);
    status_ = code;
    return;
  }
  set_cost(name, value);
}

void GenAiSpan::set_text(const AttributeName& name, const AttributeValue& value) {
  if (value.scalar.kind == Kind::container) {
    return reader_.refuse(QuarantineReason::wrong_type, name.name, value.scalar.text);
  }
  text(name.attribute) = text_of(value);
}

std::string_view GenAiSpan::text_of(const AttributeValue& value) {
  if (!value.whole) return reader_.keep(value.scalar.text);
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *value.whole);
  return reader_.store({digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
}

void GenAiSpan::set_count(const AttributeName& name, const AttributeValue& value) {
  std::int64_t count = -1;
  reader_.take_count(value.scalar, value.whole, name.name, count);
  const auto index =
      static_cast<std::size_t>(name.attribute) - static_cast<std::size_t>(Attribute::input);
  if (count >= 0) usage_.set(kAttributeParts[index], count);
}

void GenAiSpan::set_cost(const AttributeName& name, const AttributeValue& value) {
  Scalar scalar = value.scalar;
  if (value.whole) scalar.text = text_of(value);  // $0 and $2 are integers to many an SDK
  reader_.take_cost(scalar, name.name,
                    name.attribute == Attribute::cost         ? cost_
                    : name.attribute == Attribute::input_cost ? input_cost_
                                                              : output_cost_);
}

void GenAiSpan::ids(std::string_view trace, std::string_view span, bool are_bytes) {
  if (trace.empty() || span.empty()) return;
  std::array<char, 64> id;
  std::size_t size = 0;
  for (const std::string_view part : {trace, span}) {
    for (const char c : part) {
      if (size + 2 > id.size()) return;
      const auto byte = static_cast<unsigned char>(c);
      if (are_bytes) {
        id[size++] = kHex[byte >> 4];
        id[size++] = kHex[byte & 15];
      } else {
        id[size++] = to_lower(c);
      }
    }
  }
  reader_.event.id = reader_.store({id.data(), size});
}

void GenAiSpan::times(std::uint64_t start_ns, std::uint64_t end_ns) {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  const std::uint64_t at = end_ns != 0 ? end_ns : start_ns;
  if (at != 0) reader_.event.time = event_time_ms(static_cast<std::int64_t>(at / kNsPerMs));
  if (start_ns != 0 && end_ns >= start_ns) {
    reader_.event.latency_ms = static_cast<std::int64_t>((end_ns - start_ns) / kNsPerMs);
  }
}

// Spans of agents, workflows and chains sum up those of the requests within them.
bool GenAiSpan::is_request() const {
  if (const auto operation = text(Attribute::operation); !operation.empty()) {
    return one_of(operation, {"chat", "text_completion", "generate_content", "embeddings"});
  }
  if (const auto kind = text(Attribute::span_kind); !kind.empty()) {
    return one_of(kind, {"llm", "embedding"});
  }
  if (const auto type = text(Attribute::request_type); !type.empty()) {
    return one_of(type, {"chat", "completion", "embedding"});
  }
  if (!text(Attribute::workflow_kind).empty()) return false;
  return !text(Attribute::model).empty() &&
         (usage_.seen != 0 || cost_ || input_cost_ || output_cost_);
}

std::string_view GenAiSpan::operation() const {
  if (const auto told = text(Attribute::operation); !told.empty()) return told;
  const auto kind = text(Attribute::span_kind);
  const auto type = text(Attribute::request_type);
  if (same_name(kind, "embedding") || same_name(type, "embedding")) return "embeddings";
  if (same_name(type, "completion")) return "text_completion";
  return kind.empty() && type.empty() ? std::string_view() : "chat";
}

void GenAiSpan::finish_status() {
  constexpr std::int64_t kLeast = 400, kEnd = 600;
  if (status_ && *status_ >= 100 && *status_ < kEnd) {
    reader_.event.status = static_cast<std::int32_t>(*status_);
  }
  if (!failed_ || reader_.event.is_error()) return;
  std::int64_t code = 0;
  const bool is_code = plain_count(text(Attribute::error_type), code);
  reader_.event.status =
      is_code && code >= kLeast && code < kEnd ? static_cast<std::int32_t>(code) : 500;
}

bool GenAiSpan::finish() {
  if (!is_request()) {
    ++reader_.counts.spans_passed;
    return false;
  }
  Event& event = reader_.event;
  event.producer = "otlp";
  event.provider = provider_name(reader_.lowered(text(Attribute::provider)));
  event.model = text(Attribute::model);
  event.operation = operation();
  event.service_tier = text(Attribute::service_tier);
  event.user = text(Attribute::user);
  event.session = text(Attribute::session);
  const auto owned = [&](Attribute which) {
    const std::string_view own = text(which);
    return own.empty() ? owners_[static_cast<std::size_t>(which) - 1] : own;
  };
  event.agent = owned(Attribute::agent);
  event.service = owned(Attribute::service);
  event.team = owned(Attribute::team);
  event.key = owned(Attribute::key);
  event.environment = owned(Attribute::environment);
  if (cost_) {
    event.reported_cost = cost_;
  } else if (input_cost_ || output_cost_) {
    event.reported_cost = input_cost_.value_or(Money{}) + output_cost_.value_or(Money{});
  }
  finish_status();
  settle(usage_, reader_);
  reader_.fill_from_properties();
  return true;
}

}  // namespace tocsin::wire
