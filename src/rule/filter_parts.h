// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rule/condition.h"

namespace tocsin {

// One of the parts of a filter that must all hold, to say which one an event fails, and with what.
// Points into the filter.
struct FilterPart {
  std::string text;                      // as people read it: "UserTier = free"
  const Clause* clause = nullptr;        // never null
  const Condition* condition = nullptr;  // what it asks for; null: no value of one field, simply

  bool holds(const EventContext& context) const { return tocsin::holds(*clause, context); }
  // The field of `condition` as the rule writes it, else empty.
  std::string field() const { return condition == nullptr ? std::string() : condition->field_name; }
  // What the event has in that field; tags joined by commas, empty if missing.
  std::string value(const EventContext& context) const;
};

// The parts of `filter` in the order in which they are written; none: it matches every event, or is
// of a make that cannot be taken apart.
std::vector<FilterPart> filter_parts(const Filter& filter);

// The first part that the event fails; nothing: it satisfies all.
const FilterPart* first_failed(const std::vector<FilterPart>& parts, const EventContext& context);

}  // namespace tocsin
