// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/source_reader.h"
#include "event/decoder.h"
#include "price/price_list.h"

namespace tocsin {

// A request as it is read once more.
struct ScannedRequest {
  const Event& event;
  const PartitionName& partition;
  std::int64_t offset = 0;
  EventTime time{};  // as the engine takes it
  const Cost& cost;
  const std::vector<CostComponent>& components;
};

// Gets what a scan reads: part by part, the newest part first, each in the order of its offsets.
class RequestVisitor {
 public:
  virtual ~RequestVisitor() = default;
  virtual void begin_part() = 0;
  virtual void request(const ScannedRequest& request) = 0;
  virtual void quarantined(const Quarantined& bad, const PartitionName& partition,
                           const Record& record) = 0;
  // `whole`: nothing of the part was left unread. False: enough was seen.
  virtual bool end_part(bool whole) = 0;
};

// What was looked at.
struct Scanned {
  std::uint64_t records = 0;
  std::optional<EventTime> earliest, latest;  // event times
  bool from_beginning = false;  // back to where the engine began, or what its source still has
  bool newest_missing = false;  // time was up, or it was ended, before the newest were read
  bool interrupted = false;
  std::string trouble;  // why it could not be read (to its end); empty: it could
};

struct ScanSetup {
  const Config& config;
  const PriceList& prices;
  const Clock& clock;
  Log& log;
  const std::atomic<bool>& interrupted;
  std::vector<PartitionRow> partitions;  // as far as the engine has read them
  Millis time{5'000};
  bool before_engine = false;      // also what was there before the engine began
  std::optional<EventTime> since;  // what is older is not wanted
};

// Reads the sources from the engine's position backwards, in parts that grow, while there is time.
Scanned scan_requests(const ScanSetup& setup, RequestVisitor& visitor);

}  // namespace tocsin
