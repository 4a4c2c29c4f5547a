// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "event/format.h"
#include "tocsin/event.h"
#include "tocsin/source.h"

namespace tocsin {

// Why a record, or one event of it, is set aside.
enum class QuarantineReason : std::uint8_t {
  empty,      // 0 bytes: a tombstone or nothing at all
  too_large,  // over 1 MiB
  invalid_utf8,
  broken_json,     // not JSON, or deeper than 32
  unknown_format,  // JSON, but no format we read
  wrong_type,      // a field of money, identity or time has a type it cannot have
  duplicate_key,   // a money or identity key twice
  negative_count,
  absurd_count,  // over kCountMax, or not a whole number
  negative_cost,
  absurd_cost,    // over kReportedCostMaxUsd, or not a number ("nan", 1e400)
  bad_timestamp,  // unreadable
  broken_protobuf,
};
inline constexpr std::size_t kQuarantineReasons = 13;
std::string_view name(QuarantineReason reason);

struct Quarantined {
  QuarantineReason reason;
  std::size_t element = 0;  // of an array; 0 for a single event
  std::string detail;       // for people: "usage.input: -5"
};

// Counts of what was mended while decoding.
struct DecodeCounts {
  std::uint64_t values_cut = 0;          // over 256 bytes: first 240 and a 16-digit hash
  std::uint64_t properties_dropped = 0;  // beyond 64 of an event, or neither text nor number
  // Of providers' counts, those that were more than what holds them: cut to that. Cached tokens
  // beyond all input were taken as not within it.
  std::uint64_t counts_mended = 0;
  // Of OpenTelemetry's spans, those that are no request to a model, or sum up others; of what a
  // mapping reads, that which is none.
  std::uint64_t spans_passed = 0;

  DecodeCounts since(const DecodeCounts& before) const {
    return {values_cut - before.values_cut, properties_dropped - before.properties_dropped,
            counts_mended - before.counts_mended, spans_passed - before.spans_passed};
  }
};

// Bytes of one record to events. One thread; reused for ever, no allocation once warm.
class Decoder {
 public:
  // With a key the input of a request, where a foreign format has it, leaves its keyed hash in
  // Event::input_hash; without one it leaves nothing. Equal for equal inputs of the same key.
  explicit Decoder(std::optional<std::uint64_t> input_key = std::nullopt);
  ~Decoder();

  // Called for each good event and each bad one, in the record's order. The event may be changed by
  // nobody and its views live until the next begin_batch().
  struct Sink {
    virtual ~Sink() = default;
    virtual void event(const Event& event) = 0;
    virtual void quarantined(const Quarantined& bad) = 0;
  };

  // Frees the texts of all events decoded since the last call.
  void begin_batch();
  // `record` must live until the next begin_batch(). Views of events point into it or our arena.
  // With Format::mapping by `mapping`, which lives as long.
  void decode(std::string_view record, const RecordFormat& format, Sink& sink);
  // The same of a record with what is beside its value, which a mapping may name.
  void decode(const Record& record, const RecordFormat& format, Sink& sink);

  const DecodeCounts& counts() const;
  // What the event just told, good or bad, was read as; `automatic` if that was not found out.
  Format format() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin
