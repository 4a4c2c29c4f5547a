// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/event.h"

namespace tocsin {

// A field of an event that rules can name: one of the closed list of rules.md, or a property.
struct FieldRef {
  enum class Kind : std::uint8_t {
    provider,
    model,
    operation,
    service_tier,
    status,
    cached,
    byok,
    user,
    session,
    session_name,
    session_path,
    service,
    team,
    key,
    environment,
    agent,
    tags,
    source,
    unit,
    latency_ms,
    property
  };
  Kind kind = Kind::property;
  Unit unit = Unit::input;  // of kind unit
  std::string name;  // lower case: the property's, or for service … agent the property that
                     // stands in when the field is absent
};

// An event with the place it came from, as filters and groups read it.
struct EventContext {
  const Event& event;
  std::string_view source;  // topic, path or "http"
};

// The field's value as text; empty if missing. Numbers and booleans are written into `scratch`,
// which the view may point to. Not for tags.
std::string_view field_text(const FieldRef& field, const EventContext& context,
                            std::string& scratch);

// A rule's `where`, compiled. Immutable; any thread. Linear in the event's size.
class Filter {
 public:
  virtual ~Filter() = default;
  virtual bool matches(const EventContext& context) const = 0;
  // The filter in a form that two filters share if they say the same: part of a rule's fingerprint.
  virtual std::string canonical() const { return {}; }
};

}  // namespace tocsin
