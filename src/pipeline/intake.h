// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "event/decoder.h"
#include "tocsin/clock.h"
#include "tocsin/ingest.h"

namespace tocsin {

// Takes bodies of requests into an IngestLog, from where the engine reads them like any records.
// Any thread, several at once.
class Intake {
 public:
  static constexpr std::size_t kProblemsMax = 10;

  struct Answer {
    enum class Kind {
      taken,        // durable, and nothing that could be read is missing
      unreadable,   // no event of it can be read, and nothing was kept
      too_large,    // a part of it cannot be made small enough; nothing was kept
      unavailable,  // not now; some of it may be kept all the same
    };
    Kind kind = Kind::taken;
    std::size_t events = 0;     // that can be read
    std::size_t set_aside = 0;  // that cannot; of a body that is taken they go to quarantine
    std::vector<Quarantined> problems;  // the first of these
    std::string text;                   // unless taken: why, for people
    std::chrono::microseconds durable_in{0};
  };

  // Of what the log is read by later: it, `format` and all outlive us.
  Intake(IngestLog& log, RecordFormat format, const Clock& clock)
      : log_(log), clock_(clock), format_(std::move(format)) {}

  // Bodies that come from now on.
  void read_as(RecordFormat format);

  // Waits until what is kept is durable.
  Answer take(std::string_view body);

 private:
  std::unique_ptr<Decoder> borrow(RecordFormat& format);
  void give_back(std::unique_ptr<Decoder> decoder);

  IngestLog& log_;
  const Clock& clock_;
  std::mutex mutex_;  // guards all below
  RecordFormat format_;
  std::vector<std::unique_ptr<Decoder>> idle_;
};

}  // namespace tocsin
