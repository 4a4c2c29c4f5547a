// SPDX-License-Identifier: Apache-2.0
#include "rule/field.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "tocsin/ascii.h"

namespace tocsin {
namespace {

using Kind = FieldRef::Kind;

constexpr std::string_view kPropertyPrefix = "properties.";

struct Named {
  std::string_view name;
  Kind kind;
};
constexpr std::array kFields = {
    Named{"provider", Kind::provider},
    Named{"model", Kind::model},
    Named{"operation", Kind::operation},
    Named{"service_tier", Kind::service_tier},
    Named{"status", Kind::status},
    Named{"cached", Kind::cached},
    Named{"byok", Kind::byok},
    Named{"user", Kind::user},
    Named{"session", Kind::session},
    Named{"session_name", Kind::session_name},
    Named{"session_path", Kind::session_path},
    Named{"service", Kind::service},
    Named{"team", Kind::team},
    Named{"key", Kind::key},
    Named{"environment", Kind::environment},
    Named{"agent", Kind::agent},
    Named{"tags", Kind::tags},
    Named{"source", Kind::source},
    Named{"latency_ms", Kind::latency_ms},
};

// The first and the last word, which may overlap.
template <class Word>
bool ends_equal(std::string_view a, std::string_view b) {
  const auto word = [](const char* p) {
    Word read = 0;
    std::memcpy(&read, p, sizeof read);
    return read;
  };
  const std::size_t last = a.size() - sizeof(Word);
  return word(a.data()) == word(b.data()) && word(a.data() + last) == word(b.data() + last);
}

// Of names, for each event: a call to compare a few bytes would take longer than all of this.
bool equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() < 4 || a.size() > 16) return a == b;
  return a.size() < 8 ? ends_equal<std::uint32_t>(a, b) : ends_equal<std::uint64_t>(a, b);
}

std::size_t name_hash(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(to_lower(c))) * 0x100000001b3;
  }
  return static_cast<std::size_t>(hash ^ (hash >> 32));
}

// Fields that a property of their name stands in for.
bool falls_back(Kind kind) {
  return kind == Kind::service || kind == Kind::team || kind == Kind::key ||
         kind == Kind::environment || kind == Kind::agent;
}

std::string_view number_text(std::int64_t number, std::span<char> digits) {
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), static_cast<std::size_t>(end - digits.data())};
}

std::optional<std::int64_t> number_of(const FieldRef& field, const Event& event) {
  if (field.kind == Kind::status) return event.status;
  if (field.kind == Kind::latency_ms) return event.latency_ms;
  if (field.kind == Kind::unit && event.has_usage) return event.usage[field.unit];
  return std::nullopt;
}

// The field itself, without the property that may stand in for it.
std::string_view own_text(const FieldRef& field, const EventContext& context,
                          std::span<char> digits) {
  const Event& event = context.event;
  switch (field.kind) {
    case Kind::provider: return event.provider;
    case Kind::model: return event.model;
    case Kind::operation: return event.operation;
    case Kind::service_tier: return event.service_tier;
    case Kind::cached: return event.cached ? "true" : "false";
    case Kind::byok: return event.byok ? "true" : "false";
    case Kind::user: return event.user;
    case Kind::session: return event.session;
    case Kind::session_name: return event.session_name;
    case Kind::session_path: return event.session_path;
    case Kind::service: return event.service;
    case Kind::team: return event.team;
    case Kind::key: return event.key;
    case Kind::environment: return event.environment;
    case Kind::agent: return event.agent;
    case Kind::source: return context.source;
    case Kind::status:
    case Kind::unit:
    case Kind::latency_ms: {
      const auto number = number_of(field, event);
      return number ? number_text(*number, digits) : std::string_view{};
    }
    case Kind::tags:
    case Kind::property: return {};
  }
  return {};
}

}  // namespace

FieldRef field_ref(std::string_view name) {
  if (name.size() > kPropertyPrefix.size() &&
      same_name(name.substr(0, kPropertyPrefix.size()), kPropertyPrefix)) {
    return {.name = to_lower(name.substr(kPropertyPrefix.size()))};
  }
  FieldRef field{.name = to_lower(name)};
  for (const auto& [known, kind] : kFields) {
    if (known != field.name) continue;
    field.kind = kind;
    if (!falls_back(kind)) field.name.clear();
    return field;
  }
  for (std::size_t i = 0; i < kUnits; ++i) {
    if (kUnitNames[i] != field.name) continue;
    return {.kind = Kind::unit, .unit = static_cast<Unit>(i), .name = {}};
  }
  return field;
}

std::string canonical_name(const FieldRef& field) {
  if (field.kind == Kind::property) return std::string(kPropertyPrefix) + field.name;
  if (field.kind == Kind::unit)
    return std::string(kUnitNames[static_cast<std::size_t>(field.unit)]);
  for (const auto& [name, kind] : kFields) {
    if (kind == field.kind) return std::string(name);
  }
  return {};
}

const std::vector<std::string_view>& field_names() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const auto& named : kFields) names.push_back(named.name);
    names.insert(names.end(), kUnitNames.begin(), kUnitNames.end());
    return names;
  }();
  return kNames;
}

std::string_view field_text(const FieldRef& field, const EventContext& context,
                            std::string& scratch) {
  scratch.resize(24);
  const auto own = own_text(field, context, scratch);
  if (!own.empty() || (field.kind != Kind::property && !falls_back(field.kind))) return own;
  for (const auto& [name, value] : context.event.properties) {
    if (!value.empty() && same_name(name, field.name)) return value;
  }
  return {};
}

FieldReader::Slot FieldReader::slot(const FieldRef& field) {
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    const FieldRef& known = wanted_[i].field;
    if (known.kind == field.kind && known.unit == field.unit && known.name == field.name) {
      return static_cast<Slot>(i);
    }
  }
  Wanted wanted{.field = field};
  if (field.kind == Kind::property || falls_back(field.kind)) {
    wanted.property = property(field.name);
  }
  wanted_.push_back(std::move(wanted));
  values_.emplace_back();
  return static_cast<Slot>(wanted_.size() - 1);
}

std::int32_t FieldReader::property(const std::string& name) {
  for (std::size_t i = 0; i < properties_.size(); ++i) {
    if (properties_[i].name == name) return static_cast<std::int32_t>(i);
  }
  properties_.push_back({name, {}});
  rebuild_table();
  return static_cast<std::int32_t>(properties_.size() - 1);
}

void FieldReader::rebuild_table() {
  remembered_.clear();
  std::size_t size = 8;
  while (size < properties_.size() * 4) size *= 2;
  table_.assign(size, -1);
  for (std::size_t i = 0; i < properties_.size(); ++i) {
    std::size_t at = name_hash(properties_[i].name) & (size - 1);
    while (table_[at] >= 0) at = (at + 1) & (size - 1);
    table_[at] = static_cast<std::int32_t>(i);
  }
}

std::int32_t FieldReader::find_property(std::string_view name) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = name_hash(name) & mask; table_[at] >= 0; at = (at + 1) & mask) {
    if (same_name(properties_[static_cast<std::size_t>(table_[at])].name, name)) return table_[at];
  }
  return -1;
}

// Of a property written twice the first that has a value counts.
void FieldReader::find_properties(const Event& event) {
  for (Property& property : properties_) property.value = {};
  if (properties_.empty()) return;
  if (remembered_.size() < event.properties.size()) remembered_.resize(event.properties.size());
  for (std::size_t i = 0; i < event.properties.size(); ++i) {
    const auto& [name, value] = event.properties[i];
    Remembered& remembered = remembered_[i];
    if (!equal(remembered.name, name)) {
      remembered.name = name;
      remembered.property = find_property(name);
    }
    if (remembered.property < 0) continue;
    Property& property = properties_[static_cast<std::size_t>(remembered.property)];
    if (property.value.empty()) property.value = value;
  }
}

void FieldReader::read(const EventContext& context) {
  find_properties(context.event);
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    Wanted& wanted = wanted_[i];
    values_[i] = own_text(wanted.field, context, wanted.digits);
    if (values_[i].empty() && wanted.property >= 0) {
      values_[i] = properties_[static_cast<std::size_t>(wanted.property)].value;
    }
  }
}

}  // namespace tocsin
