// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/decoder.h"
#include "event/name_table.h"
#include "event/texts.h"
#include "event/timestamp.h"
#include "tocsin/event.h"

namespace tocsin::wire {

inline constexpr int kDepthMax = 32;
inline constexpr std::size_t kPropertiesMax = 64;
inline constexpr std::size_t kTagsMax = 64;
inline constexpr std::size_t kUnitsMax = 64;  // in one event, beyond those of Unit

enum class Kind : std::uint8_t { null, boolean, number, text, container };

struct Scalar {
  Kind kind = Kind::null;
  std::string_view text;  // of a number and a boolean as written; of a text its content
};

// Reads one event's values into `event`. A value that cannot stand is noted (the first one counts)
// and reading goes on, so that what follows is still known to be JSON. Every function that reads
// returns false only when the bytes are no JSON, or too deep: nothing more can be read then.
class Reader {
 public:
  using Value = simdjson::ondemand::value;
  using Object = simdjson::ondemand::object;
  using Array = simdjson::ondemand::array;

  Event event;

  // Texts point into `record`, of which the parser reads the copy at `buffer`.
  void begin_document(std::string_view record, const char* buffer);
  void begin_event();
  void begin_batch() { texts_.clear(); }

  template <class F>  // bool(std::string_view name, Value& value)
  bool each_field(Object& object, F&& field);
  template <class F>
  bool each_field(Value& value, F&& field);
  template <class F>  // bool(Value& value)
  bool each_item(Array& array, F&& item);
  template <class F>
  bool each_item(Value& value, F&& item);

  // A name as it is meant. It lives until the next document is begun.
  Name name_of(simdjson::ondemand::raw_json_string key);

  // Reads what nobody keeps. Escapes within its texts are not checked.
  bool skip(Value& value);

  // A null leaves `out` as it is, here and below.
  bool scalar(Value& value, Scalar& out);
  // Any scalar as text; containers are a wrong type.
  bool text(Value& value, std::string_view field, std::string_view& out);
  bool lower_text(Value& value, std::string_view field, std::string_view& out);
  bool count(Value& value, std::string_view field, std::int64_t& out);
  bool flag(Value& value, std::string_view field, bool& out);
  bool status(Value& value);
  bool latency(Value& value);
  bool time(Value& value, Zone zone, std::string_view field, std::optional<EventTime>& out);
  bool cost(Value& value, std::string_view field, std::optional<Money>& out);
  bool usage(Value& value);
  bool tags(Value& value);
  bool properties(Value& value);
  bool container(Value& value, char open) const;

  // The value of a property, by name in any case; empty if there is none.
  std::string_view property(std::string_view name) const;
  // Fills service, team, key, environment and agent from the properties of those names.
  void fill_from_properties();

  void refuse(QuarantineReason reason, std::string_view field, std::string_view token);
  bool refused() const { return refused_; }
  QuarantineReason reason() const { return reason_; }
  const std::string& detail() const { return detail_; }
  std::size_t record_size() const { return record_.size(); }
  bool too_deep() const { return too_deep_; }

  DecodeCounts counts;

 private:
  std::string_view content(std::string_view raw);
  std::string_view in_record(std::string_view in_buffer) const {
    return {record_.data() + (in_buffer.data() - buffer_), in_buffer.size()};
  }
  std::string_view cut(std::string_view text);
  std::string_view kept(const Name& name);
  bool unit(const Name& name, Value& value);
  bool note_unit(std::string_view name, std::uint8_t known);
  bool property_value(const Name& name, Value& value);

  Texts texts_;
  std::string_view record_;
  const char* buffer_ = nullptr;
  int depth_ = 0;
  bool too_deep_ = false;

  bool refused_ = false;
  QuarantineReason reason_ = QuarantineReason::broken_json;
  std::string detail_;
  std::string_view parent_;  // what stands before a field's name in `detail_`

  std::uint32_t units_seen_ = 0;
  std::vector<std::string_view> other_units_seen_;
  std::array<std::string_view, 5> owners_{};  // by Owner in reader.cc
  std::string scratch_;
};

template <class F>
bool Reader::each_field(Object& object, F&& on_field) {
  if (++depth_ > kDepthMax) {
    too_deep_ = true;
    return false;
  }
  for (auto result : object) {
    if (result.error() != simdjson::SUCCESS) return false;
    simdjson::ondemand::field&& field = std::move(result).value_unsafe();
    if (!on_field(name_of(field.key()), field.value())) return false;
  }
  --depth_;
  return true;
}

template <class F>
bool Reader::each_field(Value& value, F&& on_field) {
  Object object;
  return value.get_object().get(object) == simdjson::SUCCESS &&
         each_field(object, std::forward<F>(on_field));
}

template <class F>
bool Reader::each_item(Array& array, F&& on_item) {
  if (++depth_ > kDepthMax) {
    too_deep_ = true;
    return false;
  }
  for (auto result : array) {
    Value item;
    if (std::move(result).get(item) != simdjson::SUCCESS || !on_item(item)) return false;
  }
  --depth_;
  return true;
}

template <class F>
bool Reader::each_item(Value& value, F&& on_item) {
  Array array;
  return value.get_array().get(array) == simdjson::SUCCESS &&
         each_item(array, std::forward<F>(on_item));
}

}  // namespace tocsin::wire
