// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tocsin/event.h"

namespace tocsin {

// A field that a table looks up by, or fills: one of ours, or a property.
struct LookupField {
  std::string name;
  std::string_view Event::*field = nullptr;  // null: the property of that name
};
// In any case of letters; always a property for `properties.NAME`.
LookupField lookup_field(std::string_view name);

// What producers do not send, by what they send: key to team, user to tier.
struct LookupTable {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  LookupField by;
  std::vector<LookupField> columns;
  // A value a column; empty: none.
  std::unordered_map<std::string, std::vector<std::string>, Hash, std::equal_to<>> rows;
};

// The tables of a configuration; each sees what those before it filled. Immutable: any thread.
class Lookups {
 public:
  explicit Lookups(std::vector<LookupTable> tables) : tables_(std::move(tables)) {}

  // The event with what it lacks and a table has; what it has stays. Either `event` itself, or
  // `room`, filled. Its texts are the event's and ours.
  const Event& fill(const Event& event, Event& room) const;

  const std::vector<LookupTable>& tables() const { return tables_; }

 private:
  std::vector<LookupTable> tables_;
};

}  // namespace tocsin
