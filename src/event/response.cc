// SPDX-License-Identifier: Apache-2.0
#include "event/response.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "event/name_table.h"
#include "event/native.h"
#include "event/number.h"
#include "event/provider_name.h"
#include "event/provider_usage.h"
#include "tocsin/ascii.h"

namespace tocsin::wire {
namespace {

enum class BodyField : std::uint8_t {
  none,
  id,
  model,
  service_tier,
  object,
  created,
  usage,
  gemini_usage,
  error,
  output,
  candidates,
  metrics,
};
constexpr NameTable<BodyField> kBodyNames = {{"id", BodyField::id},
                                             {"responseid", BodyField::id},
                                             {"model", BodyField::model},
                                             {"modelversion", BodyField::model},
                                             {"service_tier", BodyField::service_tier},
                                             {"servicetier", BodyField::service_tier},
                                             {"object", BodyField::object},
                                             {"created", BodyField::created},
                                             {"created_at", BodyField::created},
                                             {"createtime", BodyField::created},
                                             {"usage", BodyField::usage},
                                             {"usagemetadata", BodyField::gemini_usage},
                                             {"error", BodyField::error},
                                             {"output", BodyField::output},
                                             {"candidates", BodyField::candidates},
                                             {"metrics", BodyField::metrics}};
constexpr std::uint32_t bit(BodyField field) { return 1U << static_cast<unsigned>(field); }

constexpr std::uint32_t kBodyOnce = bit(BodyField::id) | bit(BodyField::model) |
                                    bit(BodyField::usage) | bit(BodyField::gemini_usage) |
                                    bit(BodyField::created);

class Response {
 public:
  explicit Response(Reader& reader) : reader_(reader), event_(reader.event) {}

  bool read();

 private:
  bool is_envelope(bool& is);
  bool envelope();
  bool body();
  bool body_field(BodyField field, std::string_view name);
  bool tier(std::string_view name);
  bool error();
  bool output_items();
  bool output_item();
  bool candidate();
  bool metrics();
  void finish();
  void finish_searches();

  Reader& reader_;
  Event& event_;
  ProviderUsage usage_;
  std::string_view id_, model_, service_tier_, object_, input_hash_;
  std::optional<EventTime> created_;
  std::optional<std::int32_t> error_;
  std::int64_t searches_ = 0;       // OpenAI's web_search_call
  std::int64_t file_searches_ = 0;  // and file_search_call
  std::int64_t queries_ = 0;        // of Gemini's grounding
  bool gemini_ = false;
};

bool Response::read() {
  bool is = false;
  if (!is_envelope(is)) return false;
  if (!(is ? envelope() : body())) return false;
  finish();
  return true;
}

bool Response::is_envelope(bool& is) {
  const Reader::Mark start = reader_.mark();
  const bool read = reader_.each_field([&](const Name& name) {
    is = is || (same_name(name.text, "response") && reader_.tokens.first() == '{');
    return reader_.skip();
  });
  reader_.go_to(start);
  return read;
}

bool Response::envelope() {
  NativeFields fields(reader_);
  bool seen = false;
  return reader_.each_field([&](const Name& name) {
    if (same_name(name.text, "request")) return reader_.input(input_hash_);
    if (!same_name(name.text, "response")) return fields.read(name);
    if (seen) {
      reader_.refuse(QuarantineReason::duplicate_key, name.text, "twice");
      return reader_.skip();
    }
    seen = true;
    return reader_.tokens.first() == '{' ? body() : reader_.skip();
  });
}

bool Response::body() {
  std::uint32_t seen = 0;
  return reader_.each_field([&](const Name& name) {
    const BodyField field = kBodyNames.find(name);
    if (field == BodyField::none) return reader_.skip();
    if ((seen & bit(field)) != 0) {
      if ((bit(field) & kBodyOnce) != 0) {
        reader_.refuse(QuarantineReason::duplicate_key, name.text, "twice");
      }
      return reader_.skip();
    }
    seen |= bit(field);
    return body_field(field, name.text);
  });
}

bool Response::body_field(BodyField field, std::string_view name) {
  if (field == BodyField::id) return reader_.text(name, id_);
  if (field == BodyField::model) return reader_.text(name, model_);
  if (field == BodyField::service_tier) return tier(name);
  if (field == BodyField::object) return reader_.text(name, object_);
  if (field == BodyField::created) return reader_.time(Zone::utc_if_absent, name, created_);
  if (field == BodyField::error) return error();
  if (field == BodyField::output) return output_items();
  if (field == BodyField::candidates) {
    return reader_.each_item_if_array([this] { return candidate(); });
  }
  if (field == BodyField::metrics) return metrics();
  gemini_ = gemini_ || field == BodyField::gemini_usage;
  return read_provider_usage(reader_, usage_);
}

// A text or, of Bedrock, an object of one.
bool Response::tier(std::string_view name) {
  if (reader_.tokens.first() != '{') return reader_.text(name, service_tier_);
  return reader_.each_field([this](const Name& inner) {
    return same_name(inner.text, "type") ? reader_.text(inner.text, service_tier_) : reader_.skip();
  });
}

// What a provider answers instead. Its code is a status of HTTP, or a word of its own.
bool Response::error() {
  if (reader_.tokens.first() != '{') {
    std::string_view told;
    if (!reader_.text("error", told)) return false;
    if (!told.empty()) error_ = 500;
    return true;
  }
  error_ = 500;
  return reader_.each_field([this](const Name& name) {
    if (!same_name(name.text, "code")) return reader_.skip();
    Scalar code;
    std::int64_t status = 0;
    if (!reader_.scalar(code)) return false;
    if (code.kind != Kind::container && plain_count(code.text, status) && status >= 400 &&
        status < 600) {
      error_ = static_cast<std::int32_t>(status);
    }
    return true;
  });
}

bool Response::output_items() {
  return reader_.each_item_if_array([this] { return output_item(); });
}

// Of what a web search call did, searching costs, opening and looking through a page does not.
bool Response::output_item() {
  std::string_view type;
  std::string_view action;
  const bool read = reader_.each_field_if_object([&](const Name& name) {
    if (same_name(name.text, "type")) return reader_.text(name.text, type);
    if (!same_name(name.text, "action")) return reader_.skip();
    return reader_.each_field_if_object([&](const Name& inner) {
      return same_name(inner.text, "type") ? reader_.text(inner.text, action) : reader_.skip();
    });
  });
  if (type == "web_search_call" && (action.empty() || action == "search")) ++searches_;
  if (type == "file_search_call") ++file_searches_;
  return read;
}

bool Response::candidate() {
  return reader_.each_field_if_object([this](const Name& name) {
    if (!same_name(name.text, "groundingMetadata")) return reader_.skip();
    return reader_.each_field_if_object([this](const Name& inner) {
      if (!same_name(inner.text, "webSearchQueries")) return reader_.skip();
      return reader_.each_item_if_array([this] {
        ++queries_;
        return reader_.skip();
      });
    });
  });
}

bool Response::metrics() {
  return reader_.each_field_if_object([this](const Name& name) {
    return same_name(name.text, "latencyMs") && !event_.latency_ms ? reader_.latency()
                                                                   : reader_.skip();
  });
}

// Until Gemini 2.5 a grounded answer costs once, from 3 on each of its queries.
void Response::finish_searches() {
  const bool each = event_.model.find("gemini-3") != std::string_view::npos;
  std::int64_t& searches = event_.usage[Unit::web_search];
  searches = std::min(
      searches + searches_ + (each ? queries_ : std::min<std::int64_t>(queries_, 1)), kCountMax);
  if (file_searches_ > 0) event_.usage.others.emplace_back("storage_search", file_searches_);
}

void Response::finish() {
  if (event_.model.empty()) event_.model = model_;
  if (event_.service_tier.empty()) {
    event_.service_tier = service_tier_.empty() ? usage_.service_tier : service_tier_;
  }
  if (event_.input_hash.empty()) event_.input_hash = input_hash_;
  if (!event_.time) event_.time = created_;
  if (!event_.status) event_.status = error_;
  event_.provider = provider_name(reader_.lowered(event_.provider));
  if (event_.provider.empty()) {
    event_.provider = gemini_                         ? std::string_view("google")
                      : usage_.has(Part::plain_input) ? std::string_view("aws")
                                                      : maker_of(event_.model);
  }
  // An envelope's own id is of the id space of whoever made it.
  if (event_.id.empty() && !id_.empty()) {
    event_.id = id_;
    event_.producer = event_.provider;
  }
  if (event_.operation.empty()) {
    event_.operation = object_ == "list"              ? "embeddings"
                       : object_ == "text_completion" ? "text_completion"
                                                      : "chat";
  }
  if (!event_.reported_cost) event_.reported_cost = usage_.cost;
  event_.byok = event_.byok || usage_.byok;
  settle(usage_, reader_);
  finish_searches();
  if (usage_.seen == 0 && !error_ && id_.empty() && model_.empty()) {
    reader_.refuse(QuarantineReason::unknown_format, "response", "no provider's that is known");
  }
  reader_.fill_from_properties();
}

}  // namespace

bool read_response(Reader& reader) { return Response(reader).read(); }

}  // namespace tocsin::wire
