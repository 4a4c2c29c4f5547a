// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "event/decoder.h"
#include "event/reader.h"

namespace tocsin::wire {

// Hands on what a record holds, one after another, each with its place in it.
class Teller {
 public:
  Teller(Decoder::Sink& sink, std::size_t first) : sink_(sink), element_(first) {}

  // The reader's event, or why there is none; nothing of what was passed over.
  void tell(const Reader& reader) {
    if (reader.refused()) {
      sink_.quarantined({reader.reason(), element_, reader.detail()});
    } else if (!reader.passed) {
      sink_.event(reader.event);
    }
    ++element_;
  }
  // What is there and is no event.
  void pass() { ++element_; }

 private:
  Decoder::Sink& sink_;
  std::size_t element_;
};

}  // namespace tocsin::wire
