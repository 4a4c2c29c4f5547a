// SPDX-License-Identifier: Apache-2.0
#include "rule/lookup.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tocsin/ascii.h"

namespace tocsin {
namespace {

constexpr std::size_t kPropertiesMax = 64;  // as the decoder has it

constexpr std::array<std::pair<std::string_view, std::string_view Event::*>, 13> kLookedUp = {
    {{"user", &Event::user},
     {"service", &Event::service},
     {"team", &Event::team},
     {"key", &Event::key},
     {"environment", &Event::environment},
     {"agent", &Event::agent},
     {"session", &Event::session},
     {"session_name", &Event::session_name},
     {"session_path", &Event::session_path},
     {"provider", &Event::provider},
     {"model", &Event::model},
     {"operation", &Event::operation},
     {"service_tier", &Event::service_tier}}};

std::string_view value_of(const LookupField& of, const Event& event) {
  if (of.field != nullptr) return event.*of.field;
  for (const Property& property : event.properties) {
    if (same_name(property.name, of.name)) return property.value;
  }
  return {};
}

void set(const LookupField& of, std::string_view value, Event& event) {
  if (of.field != nullptr) {
    event.*of.field = value;
    return;
  }
  for (Property& property : event.properties) {
    if (same_name(property.name, of.name)) {
      property.value = value;
      return;
    }
  }
  if (event.properties.size() < kPropertiesMax) event.properties.push_back({of.name, value});
}

}  // namespace

LookupField lookup_field(std::string_view name) {
  for (const auto& [known, field] : kLookedUp) {
    if (same_name(known, name)) return {std::string(known), field};
  }
  constexpr std::string_view kPrefix = "properties.";
  const bool prefixed =
      name.size() > kPrefix.size() && same_name(name.substr(0, kPrefix.size()), kPrefix);
  return {std::string(prefixed ? name.substr(kPrefix.size()) : name), nullptr};
}

const Event& Lookups::fill(const Event& event, Event& room) const {
  const Event* filled = &event;
  for (const LookupTable& table : tables_) {
    const std::string_view key = value_of(table.by, *filled);
    if (key.empty()) continue;
    const auto row = table.rows.find(key);
    if (row == table.rows.end()) continue;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const std::string& value = row->second[i];
      if (value.empty() || !value_of(table.columns[i], *filled).empty()) continue;
      if (filled != &room) {
        room = event;
        filled = &room;
      }
      set(table.columns[i], value, room);
    }
  }
  return *filled;
}

}  // namespace tocsin
