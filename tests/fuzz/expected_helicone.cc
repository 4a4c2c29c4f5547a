// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <set>

#include "event/number.h"
#include "expected_event.h"

namespace tocsin::fuzz {
namespace {

// Names in small letters, and which of our fields each means.
using Names = std::map<std::string, std::string>;

const Names kTop = {{"heliconemeta", "meta"},
                    {"log", "log"},
                    {"metadata", "response"},
                    {"request_id", "id"},
                    {"response_id", "nothing"},
                    {"request_user_id", "user"},
                    {"user_id", "user"},
                    {"helicone_user", "other_user"},
                    {"properties", "properties"},
                    {"request_properties", "request_properties"},
                    {"proxy_key_id", "proxy_key"},
                    {"organization_id", "organization"},
                    {"provider", "provider"},
                    {"model", "model"},
                    {"response_model", "response_model"},
                    {"request_model", "request_model"},
                    {"model_override", "model_override"},
                    {"cache_reference_id", "cache_reference"},
                    {"request_created_at", "requested"},
                    {"response_created_at", "responded"},
                    {"status", "status"},
                    {"response_status", "status"},
                    {"latency", "latency"},
                    {"delay_ms", "latency"},
                    {"cost", "cost"},
                    {"costusd", "cost_usd"},
                    {"prompt_tokens", "usage.input"},
                    {"completion_tokens", "usage.output"},
                    {"prompt_cache_read_tokens", "usage.cache_read"},
                    {"prompt_cache_write_tokens", "usage.cache_write"},
                    {"prompt_audio_tokens", "usage.input_audio"},
                    {"completion_audio_tokens", "usage.output_audio"},
                    {"reasoning_tokens", "usage.reasoning"},
                    {"request_body", "body"},
                    {"cache_hit_count", "cache_hits"},
                    {"request_response_url", "mark"},
                    {"signed_body_url", "mark"}};
const Names kMeta = {{"gatewayprovider", "gateway_provider"},
                     {"gatewaymodel", "gateway_model"},
                     {"modeloverride", "model_override"}};
const Names kLog = {{"request", "request"}, {"response", "response"}};
const Names kRequest = {{"id", "id"},
                        {"userid", "user"},
                        {"properties", "properties"},
                        {"heliconeapikeyid", "api_key"},
                        {"heliconeproxykeyid", "proxy_key"},
                        {"provider", "provider"},
                        {"requestcreatedat", "requested"},
                        {"cachereferenceid", "cache_reference"}};
const Names kResponse = {{"status", "status"},
                         {"delayms", "latency"},
                         {"latencyms", "latency"},
                         {"responsecreatedat", "responded"},
                         {"cost", "cost"},
                         {"prompttokens", "usage.input"},
                         {"completiontokens", "usage.output"},
                         {"promptcachereadtokens", "usage.cache_read"},
                         {"promptcachewritetokens", "usage.cache_write"},
                         {"promptaudiotokens", "usage.input_audio"},
                         {"completionaudiotokens", "usage.output_audio"},
                         {"reasoningtokens", "usage.reasoning"},
                         {"model", "response_model"}};
const std::map<std::string, const Names*> kParts = {
    {"meta", &kMeta}, {"log", &kLog}, {"request", &kRequest}, {"response", &kResponse}};

// What may stand twice in one object: the first counts.
const std::set<std::string> kFreeToRepeat = {
    "mark",         "body",       "properties", "request_properties", "response", "latency",
    "organization", "other_user", "api_key",    "proxy_key"};

class Record {
 public:
  void read(const Json& object, const Names& names, bool top) {
    std::set<std::string> seen;
    for (const auto& [name, value] : object.entries) {
      const auto known = names.find(lowered(name.text));
      if (known == names.end()) continue;
      const std::string& field = known->second;
      any_ = any_ || field != "body";
      // The log's response is identity; the webhook's metadata is not.
      const bool free = kFreeToRepeat.contains(field) && (field != "response" || top);
      if (seen.insert(field).second) {
        this->field(field, value);
      } else if (!free) {
        expecting_.refuse();
      }
    }
  }

  ExpectedEvent finish() {
    if (!any_) expecting_.refuse();
    ExpectedEvent& event = expecting_.event;
    event.fields["producer"] = "helicone";
    expecting_.set("id", first({"id"}));
    expecting_.set("user", first({"user", "other_user"}));
    expecting_.set("key", first({"api_key", "proxy_key"}));
    expecting_.set("provider", lowered(first({"gateway_provider", "provider"})));
    expecting_.set("model", first({"gateway_model", "response_model", "model", "model_override",
                                   "request_model"}));
    if (const auto at = responded_ ? responded_ : requested_) {
      event.fields["time"] = std::to_string(*at);
    }
    const std::string cache = first({"cache_reference"});
    if (!cache.empty() && cache != "00000000-0000-0000-0000-000000000000") {
      event.fields["cached"] = "true";
    }
    expecting_.set("session", expecting_.property("Helicone-Session-Id"));
    expecting_.set("session_path", expecting_.property("Helicone-Session-Path"));
    expecting_.set("session_name", expecting_.property("Helicone-Session-Name"));
    cost();
    expecting_.fill_owners();
    return event;
  }

 private:
  void field(const std::string& field, const Json& value) {
    if (const auto part = kParts.find(field); part != kParts.end()) {
      if (value.is(Json::Kind::object)) read(value, *part->second, false);
    } else if (field == "organization" || field == "nothing" || field == "mark" ||
               field == "body") {
      table_row_ = table_row_ || field == "organization";
    } else if (field == "properties" || field == "request_properties") {
      expecting_.read_properties(value);
    } else if (field == "cache_hits") {
      expecting_.refuse();
    } else if (field == "requested") {
      if (const auto at = expecting_.time(value, false)) requested_ = at;
    } else if (field == "responded") {
      if (const auto at = expecting_.time(value, false)) responded_ = at;
    } else if (field == "status") {
      expecting_.status(value);
    } else if (field == "latency") {
      expecting_.latency(value);
    } else if (field == "cost_usd") {
      if (const auto text = expecting_.scalar(value)) cost_usd_ = wire::read_cost(*text);
    } else if (field == "cost") {
      cost_ = value;
    } else if (field.starts_with("usage.")) {
      count(field, value);
    } else if (const auto text = expecting_.scalar(value)) {
      texts_[field] = *text;
    }
  }

  // A later count takes the place of an earlier one, also where it is nothing.
  void count(const std::string& field, const Json& value) {
    if (!value.is(Json::Kind::null)) expecting_.event.fields.erase(field);
    expecting_.count(field, value);
  }

  void cost() {
    wire::Parsed<Money> cost;
    if (cost_usd_) {
      cost = *cost_usd_;
    } else if (cost_.is(Json::Kind::null)) {
      return;
    } else if (cost_.is(Json::Kind::boolean)) {
      return expecting_.refuse();
    } else if (const auto text = expecting_.scalar(cost_)) {
      cost = table_row_ ? wire::read_nano_cost(*text) : wire::read_cost(*text);
    }
    if (!cost.ok) return expecting_.refuse();
    // 0 is how Helicone writes that it knows no price.
    if (cost.value != Money{}) expecting_.event.fields["cost"] = cost.value.text();
  }

  std::string first(std::initializer_list<const char*> fields) {
    for (const char* field : fields) {
      if (!texts_[field].empty()) return texts_[field];
    }
    return "";
  }

  Expecting expecting_;
  bool any_ = false;
  bool table_row_ = false;
  std::map<std::string, std::string> texts_;
  std::optional<std::int64_t> requested_, responded_;
  std::optional<wire::Parsed<Money>> cost_usd_;
  Json cost_;
};

}  // namespace

ExpectedEvent expected_helicone(const Json& object) {
  Record record;
  record.read(object, kTop, true);
  ExpectedEvent event = record.finish();
  event.refused = event.refused || has_bad_name(object);
  return event;
}

}  // namespace tocsin::fuzz
