// SPDX-License-Identifier: Apache-2.0
#include "rule/test_event_reader.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "document/json_writer.h"
#include "document/scalars.h"
#include "document/utf8.h"
#include "rule/field.h"
#include "rule/nearest_word.h"
#include "tocsin/ascii.h"
#include "tocsin/event.h"

namespace tocsin {
namespace {

// Fields of a native event (docs/events.md) that hold one value.
constexpr std::array<std::string_view, 17> kFields = {
    "id",         "provider", "model", "operation",  "service_tier", "status",
    "latency_ms", "cached",   "byok",  "cost_usd",   "user",         "service",
    "team",       "key",      "agent", "input_hash", "environment"};
constexpr std::array<std::string_view, 3> kSession = {"session", "session_name", "session_path"};
constexpr std::array<std::string_view, 3> kSessionKeys = {"id", "name", "path"};

bool among(std::string_view name, auto& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view known) { return same_name(known, name); });
}

class EventReader {
 public:
  EventReader(const Reader& reader, const Node& node) : reader_(reader), node_(node) {}

  std::string json() {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    for (const Entry& entry : node_.entries) {
      if (among(entry.key.text, kFields)) value(json, entry);
      if (same_name(entry.key.text, "tags")) tags(json, entry);
    }
    session(json);
    json.key("usage").begin_object();
    units(json);
    json.end_object().key("properties").begin_object();
    properties(json);
    json.end_object().end_object();
    return out.substr(1, out.size() - 2);
  }

 private:
  // Every field of an event takes its value as text.
  void value(JsonWriter& json, const Entry& entry) {
    if (const auto* text = reader_.text(entry.value, "one value")) {
      json.text(entry.key.text, *text);
    }
  }

  void tags(JsonWriter& json, const Entry& entry) {
    if (entry.value.is_scalar()) return value(json, entry);
    const auto texts = reader_.texts(entry.value, "a list of tags such as [\"job:nightly\"]");
    if (!texts) return;
    json.key("tags").begin_array();
    for (const auto& tag : *texts) json.text(tag);
    json.end_array();
  }

  void session(JsonWriter& json) {
    const Entry* parts[3] = {};
    for (const Entry& entry : node_.entries) {
      if (same_name(entry.key.text, "session") && entry.value.is_map()) {
        for (const Entry& part : entry.value.entries) {
          const auto* known = std::find(kSessionKeys.begin(), kSessionKeys.end(), part.key.text);
          if (known != kSessionKeys.end()) {
            parts[known - kSessionKeys.begin()] = &part;
          } else {
            reader_.error(part.key, "unknown key " + tocsin::quoted(part.key.text),
                          hint_for(part.key.text, kSessionKeys));
          }
        }
        continue;
      }
      for (std::size_t i = 0; i < kSession.size(); ++i) {
        if (same_name(entry.key.text, kSession[i])) parts[i] = &entry;
      }
    }
    json.key("session").begin_object();
    for (std::size_t i = 0; i < kSession.size(); ++i) {
      const auto* text = parts[i] == nullptr ? nullptr : reader_.text(parts[i]->value, "text");
      if (text != nullptr) json.text(kSessionKeys[i], *text);
    }
    json.end_object();
  }

  void units(JsonWriter& json) {
    for (const Entry& entry : node_.entries) {
      if (among(entry.key.text, kUnitNames)) value(json, entry);
      if (!same_name(entry.key.text, "usage")) continue;
      if (const auto* map = reader_.map(entry.value, "units such as {input: 1000}")) {
        for (const Entry& unit : map->entries) value(json, unit);
      }
    }
  }

  void properties(JsonWriter& json) {
    for (const Entry& entry : node_.entries) {
      const std::string& name = entry.key.text;
      if (same_name(name, "properties")) {
        if (const auto* map = reader_.map(entry.value, "properties such as {Feature: chat}")) {
          for (const Entry& property : map->entries) value(json, property);
        }
      } else if (!is_field(name)) {
        warn_of_near_miss(entry.key);
        value(json, entry);
      }
    }
  }

  static bool is_field(std::string_view name) {
    const auto& own = words::kTestEvent;
    return among(name, kFields) || among(name, kSession) || among(name, kUnitNames) ||
           same_name(name, "tags") || same_name(name, "usage") ||
           std::any_of(own.begin(), own.end(), [&](const Word& word) { return word.text == name; });
  }

  // A property may have any name, and yet most such ones are slips.
  void warn_of_near_miss(const Node& key) const {
    std::string_view meant = same_name(key.text, "cost") ? "cost_usd" : "";
    const auto look = [&](std::string_view field) {
      if (meant.empty() && edit_distance(key.text, field) == 1) meant = field;
    };
    for (const Word& word : words::kTestEvent) look(word.text);
    for (const std::string_view field : kFields) look(field);
    if (meant.empty()) return;
    reader_.warn(key,
                 tocsin::quoted(key.text) + " is a property here, not " + tocsin::quoted(meant),
                 "if a property is meant, write properties: {" + key.text + ": …}");
  }

  const Reader& reader_;
  const Node& node_;
};

}  // namespace

std::optional<TestEvent> read_test_event(const Reader& reader, const Node& node) {
  const Node* map = reader.map(node, "an event such as {at: 2026-11-20T09:00Z, cost_usd: 1}");
  if (map == nullptr) return std::nullopt;
  TestEvent event;
  event.origin = reader.origin(node);
  const Entry* at = map->find_entry("at");
  if (at == nullptr) {
    reader.error(node, "this event has no time", "add at: 2026-11-20T09:00Z");
    return std::nullopt;
  }
  const auto time = reader.time(at->value);
  if (!time) return std::nullopt;
  event.at = *time;
  const Entry* every = map->find_entry("every");
  const Entry* times = map->find_entry("times");
  if (every != nullptr && times == nullptr) {
    reader.error(every->key, "every without times", "say how often: times: 90");
    return std::nullopt;
  }
  if (every != nullptr) {
    const auto step = reader.duration(every->value);
    if (!step) return std::nullopt;
    event.every = *step;
  }
  if (times != nullptr) {
    const auto count = reader.count(times->value, 1);
    if (!count) return std::nullopt;
    if (*count > kTestEventsMax) {
      reader.error(times->value, "a test has at most 1,000,000 events");
      return std::nullopt;
    }
    event.times = *count;
  }
  event.json = EventReader(reader, node).json();
  return event;
}

}  // namespace tocsin
