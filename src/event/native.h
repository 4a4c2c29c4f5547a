// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "event/name_table.h"
#include "event/reader.h"

namespace tocsin::wire {

// Reads the native event (docs/events.md) at the reader's tokens into reader.event. False if the
// bytes are no JSON, or if the reader was guessing and the object is of another format.
bool read_native(Reader& reader);

// The fields of the native event in an object that is more than one: reads one at the tokens, or
// skips what is none of ours.
class NativeFields {
 public:
  explicit NativeFields(Reader& reader) : reader_(reader) {}
  bool read(const Name& name);

 private:
  Reader& reader_;
  std::uint32_t seen_ = 0;
};

// Is it a name that only events of ours have at their top?
bool is_native_proof(const Name& name);

}  // namespace tocsin::wire
