// SPDX-License-Identifier: Apache-2.0
#include "event/native.h"

#include <array>
#include <cstdint>

#include "event/detect.h"
#include "event/name_table.h"

namespace tocsin::wire {
namespace {

enum class NativeField : std::uint8_t {
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

constexpr NameTable<NativeField> kFields = {
    {"id", NativeField::id},
    {"provider", NativeField::provider},
    {"model", NativeField::model},
    {"user", NativeField::user},
    {"operation", NativeField::operation},
    {"service_tier", NativeField::service_tier},
    {"service", NativeField::service},
    {"team", NativeField::team},
    {"key", NativeField::key},
    {"environment", NativeField::environment},
    {"agent", NativeField::agent},
    {"input_hash", NativeField::input_hash},
    {"timestamp", NativeField::timestamp},
    {"usage", NativeField::usage},
    {"cost_usd", NativeField::cost_usd},
    {"cached", NativeField::cached},
    {"status", NativeField::status},
    {"byok", NativeField::byok},
    {"latency_ms", NativeField::latency_ms},
    {"tags", NativeField::tags},
    {"session", NativeField::session},
    {"properties", NativeField::properties},
};

constexpr std::array<std::string_view Event::*, 12> kTexts = {
    &Event::id,        &Event::provider,     &Event::model,   &Event::user,
    &Event::operation, &Event::service_tier, &Event::service, &Event::team,
    &Event::key,       &Event::environment,  &Event::agent,   &Event::input_hash};

constexpr std::uint32_t bit(NativeField field) { return 1U << static_cast<unsigned>(field); }

// Twice with two values, these would let one record say two things to two readers.
constexpr std::uint32_t kOnce =
    bit(NativeField::id) | bit(NativeField::timestamp) | bit(NativeField::provider) |
    bit(NativeField::model) | bit(NativeField::usage) | bit(NativeField::cost_usd) |
    bit(NativeField::cached) | bit(NativeField::status) | bit(NativeField::user);

// Of an object that has one of these some names that others have, too, say nothing.
constexpr std::uint32_t kProof = bit(NativeField::id) | bit(NativeField::timestamp) |
                                 bit(NativeField::usage) | bit(NativeField::cost_usd);

enum class SessionField : std::uint8_t { none, id, name, path };
constexpr NameTable<SessionField> kSessionFields = {
    {"id", SessionField::id}, {"name", SessionField::name}, {"path", SessionField::path}};

[[gnu::always_inline]] inline bool read_session(Reader& reader) {
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

// Inlined where native records come through, though an envelope's fields do, too.
[[gnu::always_inline]] inline bool read_field(Reader& reader, NativeField field,
                                              std::string_view name) {
  const auto index = static_cast<std::size_t>(field) - 1;
  if (index < kTexts.size()) return reader.text(name, reader.event.*kTexts[index]);
  if (field == NativeField::timestamp) return reader.time(Zone::required, name, reader.event.time);
  if (field == NativeField::usage) return reader.usage();
  if (field == NativeField::cost_usd) return reader.cost(name, reader.event.reported_cost);
  if (field == NativeField::cached) return reader.flag(name, reader.event.cached);
  if (field == NativeField::status) return reader.status();
  if (field == NativeField::byok) return reader.flag(name, reader.event.byok);
  if (field == NativeField::latency_ms) return reader.latency();
  if (field == NativeField::tags) return reader.tags();
  if (field == NativeField::session) return read_session(reader);
  return reader.properties();
}

[[gnu::always_inline]] inline bool read_once(Reader& reader, NativeField field,
                                             std::string_view name, std::uint32_t& seen) {
  if ((seen & bit(field)) != 0) {
    if ((bit(field) & kOnce) != 0) reader.refuse(QuarantineReason::duplicate_key, name, "twice");
    return reader.skip();
  }
  seen |= bit(field);
  return read_field(reader, field, name);
}

constexpr Proof proof_of(std::uint32_t seen) {
  if ((seen & (bit(NativeField::usage) | bit(NativeField::cost_usd))) != 0) return Proof::metered;
  return (seen & kProof) != 0 ? Proof::native : Proof::none;
}

}  // namespace

bool is_native_proof(const Name& name) { return (bit(kFields.find(name)) & kProof) != 0; }

bool NativeFields::read(const Name& name) {
  const NativeField field = kFields.find(name);
  return field == NativeField::none ? reader_.skip() : read_once(reader_, field, name.text, seen_);
}

bool read_native(Reader& reader) {
  std::uint32_t seen = 0;
  const bool read = reader.each_field([&](const Name& name) {
    const NativeField field = kFields.find(name);
    if (field != NativeField::none) return read_once(reader, field, name.text, seen);
    if (reader.guessing) {
      const Name apart = name;  // so that names of ours need no place in memory
      reader.foreign = foreign_by(apart, proof_of(seen), reader.tokens.first() == '{');
    }
    return reader.foreign == Foreign::no && reader.skip();
  });
  if (!read) return false;
  if (seen == 0) {
    reader.refuse(QuarantineReason::unknown_format, "an object", "no field of an event in it");
  }
  reader.fill_from_properties();
  return true;
}

}  // namespace tocsin::wire
