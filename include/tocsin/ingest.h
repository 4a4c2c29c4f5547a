// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "tocsin/result.h"

namespace tocsin {

// Where what senders bring is put before they are answered: a topic, or the local log. What is in
// it comes out of a Source, each record once. Any thread, several at once.
class IngestLog {
 public:
  // A record is at most so large, whatever it is put into: brokers take a million bytes by default.
  static constexpr std::size_t kRecordMax = 900'000;

  virtual ~IngestLog() = default;

  // Returns when every record survives the loss of power. Any error: some may be there all the
  // same, for whether they are can not always be known; who sends again sends the same ids.
  // retry: not now (the disk is full, no broker takes them); the message says why, for people.
  // reject: one of them is too large or empty, and none was written.
  virtual Result<void> append(std::span<const std::string_view> records) = 0;
};

}  // namespace tocsin
