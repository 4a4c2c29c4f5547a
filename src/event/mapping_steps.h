// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/mapping.h"

namespace tocsin::wire {

// The names of a JSON Pointer (RFC 6901), or nothing if it is none: "/a~1b/0" is "a/b", "0". The
// whole document ("") is none here.
std::optional<std::vector<std::string>> pointer_names(std::string_view text);

// Grows a mapping's tree of steps.
class MappingSteps {
 public:
  explicit MappingSteps(Mapping& mapping) : mapping_(mapping) { mapping_.steps.resize(2); }

  // Of which tree: the record's, or an item's of `each`.
  enum class Root : std::uint16_t { record = 0, item = 1 };
  // The step a pointer ends at, made if need be; null: there are too many, or it is too deep.
  // `once` is noted on all of its way. Valid until the next call.
  Mapping::Step* step(Root root, const std::vector<std::string>& names, bool once);
  // The slot of its value; kNone: there are too many.
  std::uint16_t slot(Root root, const std::vector<std::string>& names, bool once);
  // The same of a header, or with an empty name of the key.
  std::uint16_t outside_slot(std::string_view header);

 private:
  std::uint16_t next(std::uint16_t step, const std::string& name);
  std::uint16_t new_slot();

  Mapping& mapping_;
  std::uint16_t slots_ = 0;
};

}  // namespace tocsin::wire
