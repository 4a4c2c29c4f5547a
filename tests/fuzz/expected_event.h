// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/decoder.h"
#include "json_reader.h"

namespace tocsin::fuzz {

// What docs/events.md says of an object, read from a tree instead of a stream. Either refused, or
// its fields by name with values as text; what is absent is not in it.
struct ExpectedEvent {
  bool refused = false;
  std::map<std::string, std::string> fields;  // "user", "usage.input", "tags[0]"

  // One line a field.
  std::string text() const;
};

ExpectedEvent expected_native(const Json& object);
ExpectedEvent expected_helicone(const Json& object);
// By the names in it, as docs/events.md tells formats apart.
ExpectedEvent expected_event(const Json& object, Format format);

// Is it an object that docs/events.md says is neither native nor Helicone's?
bool is_of_others(const Json& object);

// An event of the decoder's in the same form.
std::string text_of(const Event& event);

// What the readers of both formats share. A value that cannot stand refuses the event.
class Expecting {
 public:
  ExpectedEvent event;
  std::vector<std::pair<std::string, std::string>> properties;

  void refuse() { event.refused = true; }
  // As text; nothing for null and, refused, for containers.
  std::optional<std::string> scalar(const Json& value);
  void set(const std::string& field, const std::string& text) {
    if (!text.empty()) event.fields[field] = text;
  }
  void count(const std::string& field, const Json& value);
  std::optional<std::int64_t> time(const Json& value, bool zone_required);
  void status(const Json& value);
  void latency(const Json& value);
  void read_properties(const Json& value);
  std::string property(std::string_view name) const;
  void fill_owners();
};

std::string lowered(std::string text);
// A text over 256 bytes as it is kept: its first 240 and a hash.
std::string cut(const std::string& text);
// Whether an escape that is no character stands in any name of the object or below.
bool has_bad_name(const Json& value);

}  // namespace tocsin::fuzz
