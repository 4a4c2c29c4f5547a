// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/decoder.h"

namespace tocsin {

// What a decoder told, in order. Texts of events live as long as the batch.
struct Collect : Decoder::Sink {
  void event(const Event& e) override { events.push_back(e); }
  void quarantined(const Quarantined& q) override { bad.push_back(q); }

  std::vector<Event> events;
  std::vector<Quarantined> bad;
};

// One record through a decoder of its own. The record is copied to memory of exactly its size, so
// that a read beyond its end is found.
class Decoded : public Collect {
 public:
  explicit Decoded(std::string_view record, const RecordFormat& format = Format::automatic,
                   const RecordEnvelope* envelope = nullptr)
      : size_(record.size()), bytes_(new char[record.size()]) {
    record.copy(bytes_.get(), size_);
    decoder.begin_batch();
    Record whole;
    whole.value = {bytes_.get(), size_};
    whole.envelope = envelope;
    decoder.decode(whole, format, *this);
  }
  const Event& only() const {
    REQUIRE(bad.empty());
    REQUIRE(events.size() == 1);
    return events[0];
  }
  const Quarantined& only_bad() const {
    REQUIRE(events.empty());
    REQUIRE(bad.size() == 1);
    return bad[0];
  }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;

 public:
  Decoder decoder;
};

}  // namespace tocsin
