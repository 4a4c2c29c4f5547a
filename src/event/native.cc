// SPDX-License-Identifier: Apache-2.0
#include "event/native.h"

#include <array>
#include <cstdint>

#include "event/name_table.h"

namespace tocsin::wire {
namespace {

enum class Field : std::uint8_t {
  none,
  // Texts, in the order of kTexts.
  id,
  provider,
  model,
  user,
  operation,
  service_tier,
  service,
  team,
  key,
  environment,
  agent,
  input_hash,
  // Others.
  timestamp,
  usage,
  cost_usd,
  cached,
  status,
  byok,
  latency_ms,
  tags,
  session,
  properties,
};

constexpr NameTable<Field> kFields = {
    {"id", Field::id},
    {"provider", Field::provider},
    {"model", Field::model},
    {"user", Field::user},
    {"operation", Field::operation},
    {"service_tier", Field::service_tier},
    {"service", Field::service},
    {"team", Field::team},
    {"key", Field::key},
    {"environment", Field::environment},
    {"agent", Field::agent},
    {"input_hash", Field::input_hash},
    {"timestamp", Field::timestamp},
    {"usage", Field::usage},
    {"cost_usd", Field::cost_usd},
    {"cached", Field::cached},
    {"status", Field::status},
    {"byok", Field::byok},
    {"latency_ms", Field::latency_ms},
    {"tags", Field::tags},
    {"session", Field::session},
    {"properties", Field::properties},
};

constexpr std::array<std::string_view Event::*, 12> kTexts = {
    &Event::id,        &Event::provider,     &Event::model,   &Event::user,
    &Event::operation, &Event::service_tier, &Event::service, &Event::team,
    &Event::key,       &Event::environment,  &Event::agent,   &Event::input_hash};

constexpr std::uint32_t bit(Field field) { return 1U << static_cast<unsigned>(field); }

// Twice with two values, these would let one record say two things to two readers.
constexpr std::uint32_t kOnce = bit(Field::id) | bit(Field::timestamp) | bit(Field::provider) |
                                bit(Field::model) | bit(Field::usage) | bit(Field::cost_usd) |
                                bit(Field::cached) | bit(Field::status) | bit(Field::user);

enum class SessionField : std::uint8_t { none, id, name, path };
constexpr NameTable<SessionField> kSessionFields = {
    {"id", SessionField::id}, {"name", SessionField::name}, {"path", SessionField::path}};

bool read_session(Reader& reader) {
  Event& event = reader.event;
  if (reader.tokens.first() != '{') return reader.text("session", event.session);
  std::uint32_t seen = 0;
  return reader.each_field([&](const Name& name) {
    const SessionField field = kSessionFields.find(name);
    const std::uint32_t seen_bit = 1U << static_cast<unsigned>(field);
    if (field == SessionField::none || (seen & seen_bit) != 0) return reader.skip();
    seen |= seen_bit;
    std::string_view& out = field == SessionField::id     ? event.session
                            : field == SessionField::name ? event.session_name
                                                          : event.session_path;
    return reader.text("session", out);
  });
}

bool read_field(Reader& reader, Field field, std::string_view name) {
  const auto index = static_cast<std::size_t>(field) - 1;
  if (index < kTexts.size()) return reader.text(name, reader.event.*kTexts[index]);
  if (field == Field::timestamp) return reader.time(Zone::required, name, reader.event.time);
  if (field == Field::usage) return reader.usage();
  if (field == Field::cost_usd) return reader.cost(name, reader.event.reported_cost);
  if (field == Field::cached) return reader.flag(name, reader.event.cached);
  if (field == Field::status) return reader.status();
  if (field == Field::byok) return reader.flag(name, reader.event.byok);
  if (field == Field::latency_ms) return reader.latency();
  if (field == Field::tags) return reader.tags();
  if (field == Field::session) return read_session(reader);
  return reader.properties();
}

}  // namespace

NativeHint native_hint(const Name& name) {
  const Field field = kFields.find(name);
  if (field == Field::none) return NativeHint::none;
  const bool proof = (bit(field) & (bit(Field::id) | bit(Field::timestamp) | bit(Field::usage) |
                                    bit(Field::cost_usd))) != 0;
  return proof ? NativeHint::proof : NativeHint::name;
}

bool read_native(Reader& reader) {
  std::uint32_t seen = 0;
  const bool read = reader.each_field([&](const Name& name) {
    const Field field = kFields.find(name);
    if (field == Field::none) return reader.skip();
    if ((seen & bit(field)) != 0) {
      if ((bit(field) & kOnce) != 0)
        reader.refuse(QuarantineReason::duplicate_key, name.text, "twice");
      return reader.skip();
    }
    seen |= bit(field);
    return read_field(reader, field, name.text);
  });
  if (!read) return false;
  if (seen == 0) {
    reader.refuse(QuarantineReason::unknown_format, "an object", "no field of an event in it");
  }
  reader.fill_from_properties();
  return true;
}

}  // namespace tocsin::wire
