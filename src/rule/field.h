// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rule/filter.h"

namespace tocsin {

// The field that a rule means by `name`: one of the closed list, case aside, or else a property;
// always a property for `properties.NAME`.
FieldRef field_ref(std::string_view name);

// One text for one field, however it is written: "environment", "properties.feature".
std::string canonical_name(const FieldRef& field);

// Names of fields that are no properties.
const std::vector<std::string_view>& field_names();

// The wanted fields of one event after the other, each looked up once an event. One thread; no
// allocation once warm.
class FieldReader {
 public:
  using Slot = std::uint32_t;

  // The slot of a field; the same for the same field. Not while an event is being read.
  Slot slot(const FieldRef& field);

  // The event must live while text() is asked.
  void read(const EventContext& context);

  // Empty if missing. Not for tags.
  std::string_view text(Slot slot) const { return values_[slot]; }

 private:
  struct Wanted {
    FieldRef field;
    std::int32_t property = -1;  // the property that is, or stands in for, the field
    std::array<char, 24> digits{};
  };
  struct Property {
    std::string name;  // lower case
    std::string_view value;
  };

  // The name that stood at a place among the last event's properties: most likely it does again.
  struct Remembered {
    std::string name;  // as the producer wrote it
    std::int32_t property = -1;
  };

  std::int32_t property(const std::string& name);
  std::int32_t find_property(std::string_view name) const;
  void find_properties(const Event& event);
  void rebuild_table();

  std::vector<Wanted> wanted_;
  std::vector<std::string_view> values_;
  std::vector<Property> properties_;
  std::vector<Remembered> remembered_;
  std::vector<std::int32_t> table_;  // open addressing by name, a power of two long
};

}  // namespace tocsin
