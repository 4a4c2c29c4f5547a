// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "event/decoder.h"
#include "expected_event.h"
#include "fuzz_target.h"

namespace tocsin::fuzz {

// What a decoder told of a record, as text; and what holds for all of it, whatever the record was.
struct Told final : Decoder::Sink {
  void event(const Event& event) override {
    all += text_of(event) + ".\n";
    ++events;
    for (const std::int64_t count : event.usage.counts) {
      expect(count >= 0 && count <= kCountMax, "a count is within its bounds");
    }
    if (event.producer == "litellm" || event.producer == "otlp") {
      expect(event.usage[Unit::reasoning] <= event.usage[Unit::output],
             "reasoning is in the output");
    }
    expect(!event.reported_cost || *event.reported_cost >= Money{}, "no cost is below zero");
    expect(!event.time || to_ms(*event.time) >= 0, "no time is before 1970");
    for (const std::string_view text :
         {event.id, event.producer, event.provider, event.model, event.operation, event.user,
          event.service, event.team, event.key, event.environment, event.agent, event.session,
          event.service_tier}) {
      expect(text.size() <= 256, "a text is cut");
      expect(is_utf8(text), "a text is UTF-8");
    }
  }
  void quarantined(const Quarantined& bad) override {
    all += "refused\n.\n";
    expect(bad.detail.size() <= 120, "what people are told of a bad record is short");
    expect(std::all_of(bad.detail.begin(), bad.detail.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }),
           "what people are told of a bad record is printable");
    expect(is_utf8(bad.detail), "what people are told of a bad record is UTF-8: " + bad.detail);
  }

  std::string all;
  std::size_t events = 0;
};

// A decoder that is reused, as in the engine: nothing may be left of what came before.
inline Told told_of(std::string_view record, const RecordFormat& format) {
  static Decoder decoder;
  Told told;
  decoder.begin_batch();
  decoder.decode(record, format, told);
  return told;
}

}  // namespace tocsin::fuzz
