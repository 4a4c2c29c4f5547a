// SPDX-License-Identifier: Apache-2.0
#include "expected_event.h"

#include <algorithm>
#include <set>

#include "event/number.h"
#include "event/timestamp.h"
#include "hash/digest.h"

namespace tocsin::fuzz {
namespace {

constexpr std::size_t kTextMax = 256;
constexpr std::size_t kTextKept = 240;
constexpr std::size_t kListMax = 64;

const std::set<std::string> kHeliconeNames = {"heliconemeta",
                                              "log",
                                              "request_id",
                                              "response_id",
                                              "request_user_id",
                                              "user_id",
                                              "helicone_user",
                                              "request_properties",
                                              "proxy_key_id",
                                              "organization_id",
                                              "response_model",
                                              "request_model",
                                              "model_override",
                                              "cache_reference_id",
                                              "request_created_at",
                                              "response_created_at",
                                              "costusd",
                                              "prompt_tokens",
                                              "completion_tokens",
                                              "prompt_cache_read_tokens",
                                              "prompt_cache_write_tokens",
                                              "prompt_audio_tokens",
                                              "completion_audio_tokens",
                                              "reasoning_tokens",
                                              "request_response_url",
                                              "signed_body_url"};

const std::set<std::string> kTexts = {"id",        "provider",     "model",   "user",
                                      "operation", "service_tier", "service", "team",
                                      "key",       "environment",  "agent",   "input_hash"};
const std::set<std::string> kOnce = {"id",       "timestamp", "provider", "model", "usage",
                                     "cost_usd", "cached",    "status",   "user"};
const std::set<std::string> kOthers = {"timestamp", "usage",     "cost_usd",   "cached",
                                       "status",    "byok",      "latency_ms", "tags",
                                       "session",   "properties"};

void read_flag(Expecting& expecting, const std::string& field, const Json& value) {
  const auto text = expecting.scalar(value);
  if (!text) return;
  const std::string word = lowered(*text);
  if (word == "true" || word == "1") {
    expecting.set(field, "true");
  } else if (word != "false" && word != "0") {
    expecting.refuse();
  }
}

void read_usage(Expecting& expecting, const Json& value) {
  if (value.is(Json::Kind::null)) return;
  if (!value.is(Json::Kind::object)) return expecting.refuse();
  std::set<std::string> seen;
  std::size_t others = 0;
  for (const auto& [name, amount] : value.entries) {
    const std::string unit = lowered(cut(name.text));
    const bool known = std::find(kUnitNames.begin(), kUnitNames.end(), unit) != kUnitNames.end();
    if (!known && others >= kListMax) return expecting.refuse();
    if (!seen.insert(unit).second) return expecting.refuse();
    if (!known) ++others;
    expecting.count("usage." + unit, amount);
  }
}

void read_tags(Expecting& expecting, const Json& value) {
  std::size_t tags = 0;
  const auto add = [&](const Json& tag) {
    if (tag.is(Json::Kind::null) || tag.is_container()) return;
    const auto text = expecting.scalar(tag);
    if (text && tags < kListMax) {
      expecting.event.fields["tags[" + std::to_string(tags++) + "]"] = *text;
    }
  };
  if (!value.is(Json::Kind::array)) return add(value);
  for (const Json& tag : value.items) add(tag);
}

void read_session(Expecting& expecting, const Json& value) {
  if (!value.is(Json::Kind::object)) {
    if (const auto id = expecting.scalar(value)) expecting.set("session", *id);
    return;
  }
  std::set<std::string> seen;
  for (const auto& [name, part] : value.entries) {
    const std::string field = lowered(name.text);
    if (field != "id" && field != "name" && field != "path") continue;
    if (!seen.insert(field).second) continue;
    const auto text = expecting.scalar(part);
    if (text) expecting.set(field == "id" ? "session" : "session_" + field, *text);
  }
}

void read_native_field(Expecting& expecting, const std::string& field, const Json& value) {
  if (kTexts.contains(field)) {
    if (const auto text = expecting.scalar(value)) expecting.set(field, *text);
  } else if (field == "timestamp") {
    const auto at = expecting.time(value, true);
    if (at) expecting.event.fields["time"] = std::to_string(*at);
  } else if (field == "usage") {
    read_usage(expecting, value);
  } else if (field == "cost_usd") {
    const auto text = expecting.scalar(value);
    if (!text) return;
    const auto cost = wire::read_cost(*text);
    if (!cost.ok) return expecting.refuse();
    expecting.event.fields["cost"] = cost.value.text();
  } else if (field == "cached" || field == "byok") {
    read_flag(expecting, field, value);
  } else if (field == "status") {
    expecting.status(value);
  } else if (field == "latency_ms") {
    expecting.latency(value);
  } else if (field == "tags") {
    read_tags(expecting, value);
  } else if (field == "session") {
    read_session(expecting, value);
  } else {
    expecting.read_properties(value);
  }
}

}  // namespace

std::string lowered(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string cut(const std::string& text) {
  if (text.size() <= kTextMax) return text;
  std::size_t kept = kTextKept;
  while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xC0) == 0x80) --kept;
  return text.substr(0, kept) + hex(sha256(text), 8);
}

bool has_bad_name(const Json& value) {
  return std::any_of(value.items.begin(), value.items.end(), has_bad_name) ||
         std::any_of(value.entries.begin(), value.entries.end(), [](const auto& entry) {
           return entry.name.bad_escape || has_bad_name(entry.value);
         });
}

std::string ExpectedEvent::text() const {
  if (refused) return "refused\n";
  std::string all;
  for (const auto& [field, value] : fields) all += field + "=" + value + "\n";
  return all;
}

std::optional<std::string> Expecting::scalar(const Json& value) {
  if (value.is(Json::Kind::null)) return std::nullopt;
  if (value.is_container() || value.bad_escape) {
    refuse();
    return std::nullopt;
  }
  return cut(value.text);
}

void Expecting::count(const std::string& field, const Json& value) {
  if (value.is(Json::Kind::boolean)) return refuse();
  const auto text = scalar(value);
  if (!text) return;
  const auto amount = wire::read_count(*text);
  if (!amount.ok) return refuse();
  event.fields["has_usage"] = "true";
  if (amount.value > 0) event.fields[field] = std::to_string(amount.value);
}

std::optional<std::int64_t> Expecting::time(const Json& value, bool zone_required) {
  if (value.is(Json::Kind::boolean)) {
    refuse();
    return std::nullopt;
  }
  const auto text = scalar(value);
  if (!text) return std::nullopt;
  const auto at =
      wire::read_timestamp(*text, zone_required ? wire::Zone::required : wire::Zone::utc_if_absent);
  if (!at) {
    refuse();
    return std::nullopt;
  }
  return to_ms(*at);
}

void Expecting::status(const Json& value) {
  const auto text = scalar(value);
  if (!text) return;
  const bool negative = text->starts_with('-');
  const auto code = wire::read_count(std::string_view(*text).substr(negative ? 1 : 0));
  if (!code.ok || code.value > 2'147'483'647) return refuse();
  event.fields["status"] = std::to_string(negative ? -code.value : code.value);
}

// One that cannot be read is as good as none.
void Expecting::latency(const Json& value) {
  if (value.is(Json::Kind::null) || value.is_container()) return;
  const auto text = scalar(value);
  if (!text) return;
  const auto ms = parse_decimal(*text, 0, Rounding::half_even);
  if (ms && *ms >= 0 && *ms <= kCountMax) {
    event.fields["latency"] = std::to_string(static_cast<std::int64_t>(*ms));
  }
}

void Expecting::read_properties(const Json& value) {
  if (value.is(Json::Kind::null)) return;
  if (!value.is(Json::Kind::object)) return refuse();
  for (const auto& [key, inner] : value.entries) {
    if (inner.is(Json::Kind::null)) continue;
    const std::string name = cut(key.text);
    const bool again = std::any_of(properties.begin(), properties.end(), [&](const auto& one) {
      return lowered(one.first) == lowered(name);
    });
    if (inner.bad_escape) return refuse();
    if (again || inner.is_container() || properties.size() >= kListMax) continue;
    properties.emplace_back(name, cut(inner.text));
    event.fields["properties." + name] = properties.back().second;
  }
}

std::string Expecting::property(std::string_view name) const {
  for (const auto& [known, value] : properties) {
    if (lowered(known) == lowered(std::string(name))) return value;
  }
  return "";
}

void Expecting::fill_owners() {
  for (const char* owner : {"service", "team", "key", "environment", "agent"}) {
    if (!event.fields.contains(owner)) set(owner, property(owner));
  }
}

ExpectedEvent expected_native(const Json& object) {
  Expecting expecting;
  std::set<std::string> seen;
  for (const auto& [name, value] : object.entries) {
    const std::string field = lowered(name.text);
    if (!kTexts.contains(field) && !kOthers.contains(field)) continue;
    if (seen.insert(field).second) {
      read_native_field(expecting, field, value);
    } else if (kOnce.contains(field)) {
      expecting.refuse();
    }
  }
  if (seen.empty() || has_bad_name(object)) expecting.refuse();
  expecting.fill_owners();
  return expecting.event;
}

ExpectedEvent expected_event(const Json& object, Format format) {
  if (format == Format::native) return expected_native(object);
  if (format == Format::helicone) return expected_helicone(object);
  bool helicone = false;
  for (const auto& [name, value] : object.entries) {
    const std::string field = lowered(name.text);
    if (field == "id" || field == "timestamp" || field == "usage" || field == "cost_usd") {
      return expected_native(object);
    }
    helicone = helicone || kHeliconeNames.contains(field);
  }
  return helicone ? expected_helicone(object) : expected_native(object);
}

bool is_of_others(const Json& object) {
  static const std::set<std::string> kOwn = {"resourcespans",         "specversion",
                                             "response_cost",         "hidden_params",
                                             "model_map_information", "saved_cache_cost"};
  static const std::set<std::string> kParts = {"prompt_tokens",
                                               "prompttokencount",
                                               "input_tokens",
                                               "inputtokens",
                                               "tooluseprompttokencount",
                                               "completion_tokens",
                                               "output_tokens",
                                               "outputtokens",
                                               "candidatestokencount",
                                               "thoughtstokencount",
                                               "reasoning_tokens",
                                               "cache_read_input_tokens",
                                               "cachereadinputtokens",
                                               "cachedcontenttokencount",
                                               "prompt_cache_hit_tokens",
                                               "cachewriteinputtokens",
                                               "cache_creation_input_tokens",
                                               "total_tokens",
                                               "totaltokens",
                                               "totaltokencount"};
  bool provider = false, response = false, metered = false, parts = false;
  for (const auto& [name, value] : object.entries) {
    const std::string field = lowered(name.text);
    if (kOwn.contains(field)) return true;
    provider = provider || field == "provider";
    response = response || (field == "response" && value.is(Json::Kind::object));
    metered = metered || field == "cost_usd";
    parts = parts || field == "usagemetadata";
    if (field != "usage") continue;
    for (const auto& [unit, count] : value.entries) {
      const std::string known = lowered(unit.text);
      parts = parts || kParts.contains(known);
      metered =
          metered || std::find(kUnitNames.begin(), kUnitNames.end(), known) != kUnitNames.end();
    }
  }
  return !metered && (parts || (provider && response));
}

std::string text_of(const Event& event) {
  ExpectedEvent same;
  const auto set = [&](const char* field, std::string_view value) {
    if (!value.empty()) same.fields[field] = value;
  };
  set("id", event.id), set("producer", event.producer), set("provider", event.provider);
  set("model", event.model), set("operation", event.operation), set("user", event.user);
  set("service_tier", event.service_tier), set("service", event.service), set("team", event.team);
  set("key", event.key), set("environment", event.environment), set("agent", event.agent);
  set("session", event.session), set("session_name", event.session_name);
  set("session_path", event.session_path), set("input_hash", event.input_hash);
  set("cached", event.cached ? "true" : ""), set("byok", event.byok ? "true" : "");
  set("has_usage", event.has_usage ? "true" : "");
  if (event.time) set("time", std::to_string(to_ms(*event.time)));
  if (event.status) set("status", std::to_string(*event.status));
  if (event.latency_ms) set("latency", std::to_string(*event.latency_ms));
  if (event.reported_cost) set("cost", event.reported_cost->text());
  for (std::size_t i = 0; i < kUnits; ++i) {
    const std::int64_t count = event.usage.counts[i];
    if (count != 0) same.fields["usage." + std::string(kUnitNames[i])] = std::to_string(count);
  }
  for (const auto& [unit, count] : event.usage.others) {
    same.fields["usage." + std::string(unit)] = std::to_string(count);
  }
  for (const auto& [name, value] : event.properties) {
    same.fields["properties." + std::string(name)] = value;
  }
  for (std::size_t i = 0; i < event.tags.size(); ++i) {
    same.fields["tags[" + std::to_string(i) + "]"] = event.tags[i];
  }
  return same.text();
}

}  // namespace tocsin::fuzz
