// SPDX-License-Identifier: Apache-2.0
#include "event/reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <limits>

#include "event/name_table.h"
#include "event/number.h"

namespace tocsin::wire {
namespace {

// 1 + its place in Reader::owners_.
enum class Owner : std::uint8_t { none, service, team, key, environment, agent };
constexpr NameTable<Owner> kOwners = {{"service", Owner::service},
                                      {"team", Owner::team},
                                      {"key", Owner::key},
                                      {"environment", Owner::environment},
                                      {"agent", Owner::agent}};

// 1 + the Unit.
constexpr NameTable<std::uint8_t> kUnitTable = {
    {kUnitNames[0], 1}, {kUnitNames[1], 2}, {kUnitNames[2], 3},
    {kUnitNames[3], 4}, {kUnitNames[4], 5}, {kUnitNames[5], 6},
    {kUnitNames[6], 7}, {kUnitNames[7], 8}, {kUnitNames[8], 9}};
static_assert(kUnits == 9, "kUnitTable lists them all");

// With the three that are no JSON, but that some libraries write: nothing can be done with their
// value, and the rest of the record is well worth reading.
bool is_number(std::string_view token) {
  return is_json_number(token) || token == "NaN" || token == "Infinity" || token == "-Infinity";
}

std::string_view token_of(Reader::Value& value) {
  const std::string_view raw = value.raw_json_token();
  const char* end = raw.data() + raw.size();  // blanks up to the next token belong to this one
  while (end != raw.data() && (end[-1] == ' ' || (end[-1] <= '\r' && end[-1] >= '\t'))) --end;
  return {raw.data(), static_cast<std::size_t>(end - raw.data())};
}

// Marks the bytes of `word` that equal `c` by their highest bit; right up to the first of them.
std::uint64_t marks(std::uint64_t word, char c) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  const std::uint64_t zeros = word ^ (kOnes * static_cast<unsigned char>(c));
  return (zeros - kOnes) & ~zeros & (kOnes * 0x80);
}

// Which of eight bytes is the first quote or backslash; 8: none.
int first_special(const char* p) {
  std::uint64_t word = 0;
  std::memcpy(&word, p, 8);
  return std::countr_zero(marks(word, '"') | marks(word, '\\')) / 8;
}

// memchr's call alone costs more than most texts are long.
bool has_escape(std::string_view raw) {
  const char* p = raw.data();
  const char* const end = p + raw.size();
  for (; end - p >= 8; p += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    if (marks(word, '\\') != 0) return true;
  }
  for (; p != end; ++p) {
    if (*p == '\\') return true;
  }
  return false;
}

// Safe to print and short; nothing longer than this of what producers wrote reaches people.
void append_printable(std::string& out, std::string_view text) {
  constexpr std::size_t kShown = 40;
  for (const char c : prefix(text, kShown)) {
    out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
  }
  if (text.size() > kShown) out += "...";
}

}  // namespace

void Reader::begin_document(std::string_view record, const char* buffer) {
  record_ = record;
  buffer_ = buffer;
  depth_ = 0;
  too_deep_ = false;
}

void Reader::begin_event() {
  event.clear();
  refused_ = false;
  parent_ = {};
  units_seen_ = 0;
  other_units_seen_.clear();
  owners_.fill({});
}

void Reader::refuse(QuarantineReason reason, std::string_view field, std::string_view token) {
  if (refused_) return;
  refused_ = true;
  reason_ = reason;
  detail_.assign(parent_);
  append_printable(detail_, field);
  detail_ += ": ";
  append_printable(detail_, token);
}

Name Reader::name_of(simdjson::ondemand::raw_json_string key) {
  const char* const begin = key.raw();
  const char* const limit = buffer_ + record_.size();
  const char* end = begin;
  bool escaped = false;
  while (end < limit) {
    const int special = first_special(end);
    end += special;
    if (special == 8) continue;
    if (*end == '"') break;
    escaped = true;
    end += 2;
  }
  const std::string_view raw(begin, static_cast<std::size_t>(std::min(end, limit) - begin));
  if (!escaped) return Name(raw);
  scratch_.clear();
  if (!unescape(raw, scratch_)) {
    refuse(QuarantineReason::broken_json, "a name", "an escape that is no character");
  }
  return Name(texts_.store(prefix(scratch_, kTextMax)));
}

// What is named in the parser's copy must be kept from the record.
std::string_view Reader::kept(const Name& name) {
  if (name.text.size() > kTextMax) return cut(name.text);
  const bool copied = std::less_equal<>()(buffer_, name.text.data()) &&
                      std::less<>()(name.text.data(), buffer_ + record_.size());
  return copied ? in_record(name.text) : name.text;
}

std::string_view Reader::cut(std::string_view text) {
  ++counts.values_cut;
  return texts_.store_cut(text);
}

std::string_view Reader::content(std::string_view raw) {
  if (!has_escape(raw)) {
    return raw.size() <= kTextMax ? in_record(raw) : cut(raw);
  }
  scratch_.clear();
  if (!unescape(raw, scratch_)) {
    refuse(QuarantineReason::broken_json, "a text", "an escape that is no character");
    return {};
  }
  return scratch_.size() <= kTextMax ? texts_.store(scratch_) : cut(scratch_);
}

bool Reader::skip(Value& value) {
  const std::string_view token = token_of(value);
  if (token.empty()) return false;
  switch (token[0]) {
    case '{': return each_field(value, [this](const Name&, Value& v) { return skip(v); });
    case '[': return each_item(value, [this](Value& v) { return skip(v); });
    case '"': return token.size() >= 2 && token.back() == '"';
    case 't': return token == "true";
    case 'f': return token == "false";
    case 'n': return token == "null";
    default: return is_number(token);
  }
}

bool Reader::scalar(Value& value, Scalar& out) {
  const std::string_view token = token_of(value);
  if (token.empty()) return false;
  switch (token[0]) {
    case '{':
    case '[':
      out = {Kind::container, token[0] == '{' ? "an object" : "an array"};
      return skip(value);
    case '"':
      if (token.size() < 2 || token.back() != '"') return false;
      out = {Kind::text, content(token.substr(1, token.size() - 2))};
      return true;
    case 't': out = {Kind::boolean, "true"}; return token == "true";
    case 'f': out = {Kind::boolean, "false"}; return token == "false";
    case 'n': out = {}; return token == "null";
    default:
      out = {Kind::number, token.size() <= kTextMax ? in_record(token) : cut(token)};
      return is_number(token);
  }
}

bool Reader::container(Value& value, char open) const {
  const std::string_view token = token_of(value);
  return !token.empty() && token[0] == open;
}

bool Reader::text(Value& value, std::string_view field, std::string_view& out) {
  Scalar read;
  if (!scalar(value, read)) return false;
  if (read.kind == Kind::container) {
    refuse(QuarantineReason::wrong_type, field, read.text);
  } else if (read.kind != Kind::null) {
    out = read.text;
  }
  return true;
}

bool Reader::lower_text(Value& value, std::string_view field, std::string_view& out) {
  std::string_view read;
  if (!text(value, field, read)) return false;
  if (!read.empty()) out = texts_.store_lower(read);
  return true;
}

bool Reader::count(Value& value, std::string_view field, std::int64_t& out) {
  Scalar read;
  if (!scalar(value, read)) return false;
  if (read.kind == Kind::null) return true;
  if (read.kind == Kind::boolean || read.kind == Kind::container) {
    refuse(QuarantineReason::wrong_type, field, read.text);
    return true;
  }
  const auto parsed = read_count(read.text);
  if (parsed.ok) {
    out = parsed.value;
  } else {
    refuse(parsed.reason, field, read.text);
  }
  return true;
}

bool Reader::flag(Value& value, std::string_view field, bool& out) {
  Scalar read;
  if (!scalar(value, read)) return false;
  if (read.kind == Kind::null) return true;
  if (read.kind != Kind::container && (same_name(read.text, "true") || read.text == "1")) {
    out = true;
  } else if (read.kind != Kind::container && (same_name(read.text, "false") || read.text == "0")) {
    out = false;
  } else {
    refuse(QuarantineReason::wrong_type, field, read.text);
  }
  return true;
}

bool Reader::status(Value& value) {
  Scalar read;
  if (!scalar(value, read)) return false;
  if (read.kind == Kind::null) return true;
  // Helicone's codes of its own are negative.
  const bool negative = read.text.starts_with('-');
  const auto code = read_count(read.text.substr(negative ? 1 : 0));
  if (!code.ok || code.value > std::numeric_limits<std::int32_t>::max()) {
    refuse(QuarantineReason::wrong_type, "status", read.text);
  } else {
    event.status = static_cast<std::int32_t>(negative ? -code.value : code.value);
  }
  return true;
}

bool Reader::latency(Value& value) {
  Scalar read;
  if (!scalar(value, read)) return false;
  // Not worth a quarantine: a latency that cannot be read is as good as none.
  if (const auto whole = read_count(read.text); whole.ok) {
    event.latency_ms = whole.value;
  } else if (const auto ms = parse_decimal(read.text, 0, Rounding::half_even);
             ms && *ms >= 0 && *ms <= kCountMax) {
    event.latency_ms = static_cast<std::int64_t>(*ms);
  }
  return true;
}

bool Reader::time(Value& value, Zone zone, std::string_view field, std::optional<EventTime>& out) {
  Scalar read;
  if (!scalar(value, read)) return false;
  if (read.kind == Kind::null) return true;
  if (read.kind == Kind::boolean || read.kind == Kind::container) {
    refuse(QuarantineReason::wrong_type, field, read.text);
  } else if (const auto at = read_timestamp(read.text, zone)) {
    out = at;
  } else {
    refuse(QuarantineReason::bad_timestamp, field, read.text);
  }
  return true;
}

bool Reader::cost(Value& value, std::string_view field, std::optional<Money>& out) {
  Scalar read;
  if (!scalar(value, read)) return false;
  if (read.kind == Kind::null) return true;
  if (read.kind == Kind::boolean || read.kind == Kind::container) {
    refuse(QuarantineReason::wrong_type, field, read.text);
    return true;
  }
  const auto parsed = read_cost(read.text);
  if (parsed.ok) {
    out = parsed.value;
  } else {
    refuse(parsed.reason, field, read.text);
  }
  return true;
}

bool Reader::note_unit(std::string_view name, std::uint8_t known) {
  if (known != 0) {
    const std::uint32_t bit = 1U << known;
    const bool again = (units_seen_ & bit) != 0;
    units_seen_ |= bit;
    return !again;
  }
  const bool again = std::any_of(other_units_seen_.begin(), other_units_seen_.end(),
                                 [&](std::string_view seen) { return same_name(seen, name); });
  if (!again) other_units_seen_.push_back(name);
  return !again;
}

bool Reader::unit(const Name& name, Value& value) {
  const std::uint8_t known = kUnitTable.find(name);
  if (known == 0 && other_units_seen_.size() >= kUnitsMax) {
    refuse(QuarantineReason::wrong_type, name.text, "more than 64 units of your own");
    return skip(value);
  }
  if (!note_unit(name.text, known)) refuse(QuarantineReason::duplicate_key, name.text, "twice");
  std::int64_t amount = -1;
  if (!count(value, name.text, amount)) return false;
  if (amount < 0) return true;  // null, or refused
  event.has_usage = true;
  if (known != 0) {
    event.usage.counts[known - 1U] = amount;
  } else if (amount > 0) {
    event.usage.others.emplace_back(texts_.store_lower(prefix(name.text, kTextMax)), amount);
  }
  return true;
}

bool Reader::usage(Value& value) {
  if (container(value, '{')) {
    parent_ = "usage.";
    const bool read =
        each_field(value, [this](const Name& name, Value& v) { return unit(name, v); });
    parent_ = {};
    return read;
  }
  Scalar read;
  if (!scalar(value, read)) return false;
  if (read.kind != Kind::null) refuse(QuarantineReason::wrong_type, "usage", read.text);
  return true;
}

bool Reader::tags(Value& value) {
  const auto add = [this](Value& v) {
    Scalar read;
    if (!scalar(v, read)) return false;
    if (read.kind == Kind::null || read.kind == Kind::container) return true;
    if (event.tags.size() < kTagsMax) event.tags.push_back(read.text);
    return true;
  };
  return container(value, '[') ? each_item(value, add) : add(value);
}

bool Reader::property_value(const Name& named, Value& value) {
  Scalar read;
  if (!scalar(value, read)) return false;
  if (read.kind == Kind::null) return true;
  const std::string_view name = kept(named);
  const bool again = std::any_of(event.properties.begin(), event.properties.end(),
                                 [&](const Property& p) { return same_name(p.name, name); });
  if (again) return true;
  if (read.kind == Kind::container || event.properties.size() >= kPropertiesMax) {
    ++counts.properties_dropped;
    return true;
  }
  event.properties.push_back({name, read.text});
  if (const Owner owner = kOwners.find(named); owner != Owner::none) {
    owners_[static_cast<std::size_t>(owner) - 1] = read.text;
  }
  return true;
}

bool Reader::properties(Value& value) {
  if (container(value, '{')) {
    return each_field(value,
                      [this](const Name& name, Value& v) { return property_value(name, v); });
  }
  Scalar read;
  if (!scalar(value, read)) return false;
  if (read.kind != Kind::null) refuse(QuarantineReason::wrong_type, "properties", read.text);
  return true;
}

std::string_view Reader::property(std::string_view name) const {
  for (const Property& p : event.properties) {
    if (same_name(p.name, name)) return p.value;
  }
  return {};
}

void Reader::fill_from_properties() {
  constexpr std::array<std::string_view Event::*, 5> kFields = {
      &Event::service, &Event::team, &Event::key, &Event::environment, &Event::agent};
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if ((event.*kFields[i]).empty()) event.*kFields[i] = owners_[i];
  }
}

}  // namespace tocsin::wire
