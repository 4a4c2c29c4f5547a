// SPDX-License-Identifier: Apache-2.0
#include "event/reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "event/name_table.h"
#include "event/provider_usage.h"
#include "hash/fingerprint.h"
#include "tocsin/ascii.h"

namespace tocsin::wire {
namespace {

// Its place in Reader::owners_.
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

// Marks the bytes of `word` that equal `c` by their highest bit; right up to the first of them.
std::uint64_t marks(std::uint64_t word, char c) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  const std::uint64_t zeros = word ^ (kOnes * static_cast<unsigned char>(c));
  return (zeros - kOnes) & ~zeros & (kOnes * 0x80);
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

bool is_unit(const Name& name) { return kUnitTable.find(name) != 0; }

void Reader::begin_document() {
  depth_ = 0;
  too_deep_ = false;
}

void Reader::begin_event() {
  event.clear();
  guessing = passed = false;
  foreign = Foreign::no;
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

Name Reader::escaped_name(std::string_view raw) {
  if (!has_escape(raw)) return Name(raw);
  scratch_.clear();
  if (!unescape(raw, scratch_)) {
    refuse(QuarantineReason::broken_json, "a name", "an escape that is no character");
  }
  return Name(scratch_.size() <= kTextMax ? texts_.store(scratch_) : texts_.store_cut(scratch_));
}

std::string_view Reader::cut(std::string_view text) {
  ++counts.values_cut;
  return texts_.store_cut(text);
}

std::string_view Reader::mended(std::string_view raw) {
  if (!tokens.has_escapes() || !has_escape(raw)) return raw.size() <= kTextMax ? raw : cut(raw);
  scratch_.clear();
  if (!unescape(raw, scratch_)) {
    refuse(QuarantineReason::broken_json, "a text", "an escape that is no character");
    return {};
  }
  return scratch_.size() <= kTextMax ? texts_.store(scratch_) : cut(scratch_);
}

// Of any length; nothing: refused.
std::optional<std::string_view> Reader::whole_text(std::string_view raw) {
  if (!tokens.has_escapes() || !has_escape(raw)) return raw;
  if (insides_used_ == insides_.size()) insides_.emplace_back();
  std::string& whole = insides_[insides_used_++];
  whole.clear();
  if (unescape(raw, whole)) return whole;
  refuse(QuarantineReason::broken_json, "a text", "an escape that is no character");
  return std::nullopt;
}

bool Reader::opens(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

bool Reader::begin_inside(std::string_view text) {
  depth_ = 0;
  return tokens.find(text) == Tokens::Found::tokens;
}

// Small ones are kept for their memory.
void Reader::clear_insides() {
  constexpr std::size_t kKept = 1024;
  constexpr std::size_t kKeptBytes = 4096;
  if (insides_used_ == 0) return;
  while (insides_.size() > kKept) insides_.pop_back();
  for (std::string& text : insides_) {
    if (text.capacity() > kKeptBytes) text = std::string();
  }
  insides_used_ = 0;
}

// What is no container and no text.
bool Reader::literal(std::string_view token, Kind& kind) {
  switch (token[0]) {
    case 't':
    case 'f': kind = Kind::boolean; return token == "true" || token == "false";
    case 'n': kind = Kind::null; return token == "null";
    default: kind = Kind::number; return is_number(token);
  }
}

bool Reader::plain(std::string_view token, Scalar& out) {
  if (!literal(token, out.kind)) return false;
  out.text = out.kind == Kind::null ? std::string_view() : token;
  if (token.size() > kTextMax) out.text = cut(token);
  return true;
}

void Reader::pass() {
  int depth = 0;
  do {
    const char c = tokens.first();
    tokens.pass();
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  } while (depth > 0 && !tokens.done());
}

bool Reader::skip() {
  Kind kind{};
  switch (tokens.first()) {
    case '{': return each_field([this](const Name&) { return skip(); });
    case '[': return each_item([this] { return skip(); });
    case '"': return is_text(tokens.take());
    default: return literal(tokens.take(), kind);
  }
}

bool Reader::scalar(Scalar& out) {
  const char first = tokens.first();
  if (first == '"') {
    const std::string_view token = tokens.take();
    if (!is_text(token)) return false;
    out = {Kind::text, content(inner(token))};
    return true;
  }
  if (first != '{' && first != '[') return plain(tokens.take(), out);
  out = {Kind::container, first == '{' ? "an object" : "an array"};
  return skip();
}

bool Reader::other_text(std::string_view field, std::string_view& out) {
  Scalar read;
  if (!scalar(read)) return false;
  take_text(read, field, out);
  return true;
}

bool Reader::lower_text(std::string_view field, std::string_view& out) {
  std::string_view read;
  if (!text(field, read)) return false;
  if (!read.empty()) out = texts_.store_lower(read);
  return true;
}

template <class T, class Out>
void Reader::number(const Scalar& read, std::string_view field,
                    Parsed<T> (*parse)(std::string_view), Out& out) {
  if (read.kind == Kind::null) return;
  if (read.kind == Kind::boolean || read.kind == Kind::container) {
    return refuse(QuarantineReason::wrong_type, field, read.text);
  }
  const Parsed<T> parsed = parse(read.text);
  if (!parsed.ok) return refuse(parsed.reason, field, read.text);
  out = parsed.value;
}

// With its value if it is a plain count.
bool Reader::scalar_or_count(Scalar& out, std::optional<std::int64_t>& count) {
  const char first = tokens.first();
  if (first < '0' || first > '9') return scalar(out);
  const std::string_view token = tokens.take();
  std::int64_t value = 0;
  if (!plain_count(token, value)) return plain(token, out);
  out = {Kind::number, token};
  count = value;
  return true;
}

bool Reader::count(std::string_view field, std::int64_t& out) {
  Scalar read;
  std::optional<std::int64_t> count;
  if (!scalar_or_count(read, count)) return false;
  if (count) {
    out = *count;
  } else {
    number(read, field, read_count, out);
  }
  return true;
}

void Reader::take_count(const Scalar& read, std::optional<std::int64_t> whole,
                        std::string_view field, std::int64_t& out) {
  if (!whole) return number(read, field, read_count, out);
  if (*whole >= 0 && *whole <= kCountMax) {
    out = *whole;
  } else {
    refuse(*whole < 0 ? QuarantineReason::negative_count : QuarantineReason::absurd_count, field,
           std::to_string(*whole));
  }
}

void Reader::take_cost(const Scalar& read, std::string_view field, std::optional<Money>& out,
                       Parsed<Money> (*parse)(std::string_view)) {
  number(read, field, parse, out);
}

void Reader::take_text(const Scalar& read, std::string_view field, std::string_view& out) {
  if (read.kind == Kind::container) {
    refuse(QuarantineReason::wrong_type, field, read.text);
  } else if (read.kind != Kind::null) {
    out = read.text;
  }
}

bool Reader::cost(std::string_view field, std::optional<Money>& out) {
  Scalar read;
  if (!scalar(read)) return false;
  number(read, field, read_cost, out);
  return true;
}

bool Reader::flag(std::string_view field, bool& out) {
  Scalar read;
  if (!scalar(read)) return false;
  take_flag(read, field, out);
  return true;
}

void Reader::take_flag(const Scalar& read, std::string_view field, bool& out) {
  if (read.kind == Kind::null) return;
  if (read.kind == Kind::boolean) {
    out = read.text.front() == 't';
  } else if (read.kind != Kind::container && (same_name(read.text, "true") || read.text == "1")) {
    out = true;
  } else if (read.kind != Kind::container && (same_name(read.text, "false") || read.text == "0")) {
    out = false;
  } else {
    refuse(QuarantineReason::wrong_type, field, read.text);
  }
}

bool Reader::status() {
  Scalar read;
  std::optional<std::int64_t> count;
  if (!scalar_or_count(read, count)) return false;
  take_status(read, count);
  return true;
}

void Reader::take_status(const Scalar& read, std::optional<std::int64_t> count) {
  if (read.kind == Kind::null) return;
  // Helicone's codes of its own are negative.
  const bool negative = read.text.starts_with('-');
  const auto code = count ? Parsed<std::int64_t>{*count} : read_count(read.text.substr(negative));
  if (!code.ok || code.value > std::numeric_limits<std::int32_t>::max()) {
    refuse(QuarantineReason::wrong_type, "status", read.text);
  } else {
    event.status = static_cast<std::int32_t>(negative ? -code.value : code.value);
  }
}

bool Reader::latency() {
  Scalar read;
  std::optional<std::int64_t> count;
  if (!scalar_or_count(read, count)) return false;
  take_latency(read, count);
  return true;
}

// Not worth a quarantine: a latency that cannot be read is as good as none.
void Reader::take_latency(const Scalar& read, std::optional<std::int64_t> count) {
  if (count) {
    event.latency_ms = *count;
  } else if (const auto whole = read_count(read.text); whole.ok) {
    event.latency_ms = whole.value;
  } else if (const auto ms = parse_decimal(read.text, 0, Rounding::half_even);
             ms && *ms >= 0 && *ms <= kCountMax) {
    event.latency_ms = static_cast<std::int64_t>(*ms);
  }
}

bool Reader::time(Zone zone, std::string_view field, std::optional<EventTime>& out) {
  Scalar read;
  if (!scalar(read)) return false;
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

bool Reader::unit(const Name& named) {
  const std::uint8_t known = kUnitTable.find(named);
  if (known == 0 && guessing && !event.has_usage && is_provider_part(named)) {
    foreign = Foreign::some;
    return false;
  }
  const std::string_view name = named.text.size() <= kTextMax ? named.text : cut(named.text);
  if (known == 0 && other_units_seen_.size() >= kUnitsMax) {
    refuse(QuarantineReason::wrong_type, name, "more than 64 units of your own");
    return skip();
  }
  if (!note_unit(name, known)) refuse(QuarantineReason::duplicate_key, name, "twice");
  std::int64_t amount = -1;
  if (!count(name, amount)) return false;
  if (amount < 0) return true;  // null, or refused
  event.has_usage = true;
  if (known != 0) {
    event.usage.counts[known - 1U] = amount;
  } else if (amount > 0) {
    event.usage.others.emplace_back(texts_.store_lower(name), amount);
  }
  return true;
}

bool Reader::usage() {
  if (tokens.first() == '{') {
    parent_ = "usage.";
    const bool read = each_field([this](const Name& name) { return unit(name); });
    parent_ = {};
    return read;
  }
  Scalar read;
  if (!scalar(read)) return false;
  if (read.kind != Kind::null) refuse(QuarantineReason::wrong_type, "usage", read.text);
  return true;
}

bool Reader::tags() {
  const auto add = [this] {
    Scalar read;
    if (!scalar(read)) return false;
    if (read.kind == Kind::null || read.kind == Kind::container) return true;
    if (event.tags.size() < kTagsMax) event.tags.push_back(read.text);
    return true;
  };
  return tokens.first() == '[' ? each_item(add) : add();
}

bool Reader::input(std::string_view& hash) {
  const char* const begin = tokens.here();
  const bool is_null = *begin == 'n';
  if (!skip()) return false;
  if (!input_key || is_null) return true;
  const char* end = tokens.here();
  while (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\t' || end[-1] == '\r') --end;
  std::uint64_t bits = hash64({begin, static_cast<std::size_t>(end - begin)}, *input_key);
  std::array<char, 16> digits;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, bits >>= 4) {
    *digit = "0123456789abcdef"[bits & 15];
  }
  hash = store({digits.data(), digits.size()});
  return true;
}

bool Reader::known_property(const Name& lowered) const {
  const auto end = property_names_.begin() + static_cast<std::ptrdiff_t>(event.properties.size());
  return std::any_of(property_names_.begin(), end,
                     [&](const PropertyName& known) { return known.is_lowered(lowered); });
}

void Reader::name_property(const Name& name, const Name& lowered) {
  property_names_.resize(event.properties.size());
  property_names_.push_back({std::string(name.text), name.head, name.tail, lowered.head,
                             lowered.tail, static_cast<std::uint8_t>(kOwners.find(lowered))});
}

bool Reader::property_value(const Name& name, const Scalar* told) {
  Scalar read;
  if (told != nullptr) {
    read = *told;
  } else if (!scalar(read)) {
    return false;
  }
  if (read.kind == Kind::null) return true;
  const std::size_t place = event.properties.size();
  const bool usual = place < property_names_.size() && property_names_[place].is(name);
  std::string_view text = name.text;
  if (!usual || read.kind == Kind::container) {
    const Name whole = text.size() > kTextMax ? Name(cut(text)) : name;
    const Name lowered = whole.lowered();
    text = whole.text;
    if (known_property(lowered)) return true;
    if (read.kind == Kind::container || place >= kPropertiesMax) {
      ++counts.properties_dropped;
      return true;
    }
    name_property(whole, lowered);
  }
  event.properties.push_back({text, read.text});
  owners_[property_names_[place].owner] = read.text;
  return true;
}

void Reader::add_property(const Name& name, const Scalar& value) { property_value(name, &value); }

bool Reader::properties() {
  if (tokens.first() == '{') {
    return each_field([this](const Name& name) { return property_value(name, nullptr); });
  }
  Scalar read;
  if (!scalar(read)) return false;
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
    if ((event.*kFields[i]).empty()) event.*kFields[i] = owners_[i + 1];
  }
}

}  // namespace tocsin::wire
