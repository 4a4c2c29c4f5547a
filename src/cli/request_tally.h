// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "cli/explanation.h"
#include "cli/request_scan.h"
#include "rule/filter_parts.h"
#include "rule/rule.h"

namespace tocsin {

// Values and how many requests have each; at most 1,000, the rest together.
struct ValueCounts {
  std::map<std::string, std::uint64_t, std::less<>> of;
  std::uint64_t others = 0;

  void add(std::string_view value, std::uint64_t n = 1);
  void add(const ValueCounts& more);
};

// What the requests of a window say about a rule, or about a group of it.
struct RequestTally {
  struct Part {
    std::uint64_t passed = 0;  // of all requests
    ValueCounts failed;        // by value, "" for none: of all that fail this part
    ValueCounts first_failed;  // of those that pass the parts before it
  };
  struct Last {
    EventTime time{};
    std::string id, model, user;
    Money cost;
    bool priced = true;
  };

  std::uint64_t requests = 0;  // in the window, of the group; duplicates left out
  std::uint64_t matched = 0;
  std::uint64_t elsewhere = 0;  // in the window, of other groups
  std::uint64_t unpriced = 0;   // matched, no price for the model or a unit
  std::uint64_t estimated = 0;  // matched, at another model's prices (unknown_model)
  std::uint64_t unmetered = 0;  // matched, neither usage nor cost
  std::uint64_t cached = 0;     // matched, from the gateway's cache
  std::uint64_t duplicates = 0;
  std::uint64_t quarantined = 0;  // of all records read
  std::vector<Part> parts;
  ValueCounts names;         // of properties
  ValueCounts near;          // group values that differ from the asked ones by case alone
  std::optional<Last> last;  // matched
  std::map<std::int64_t, int128> minutes;  // cost of what matched, in picodollars

  void add(const RequestTally& older);
  Money cost() const;  // of what matched
  // The cost of the hour up to `now`.
  Money last_hour(EventTime now) const;
};

// Tallies what a scan reads.
class TallyVisitor final : public RequestVisitor {
 public:
  // `rule` outlives us. An empty `group`: all of them.
  TallyVisitor(const Rule& rule, GroupValues group, Window window);

  void begin_part() override;
  void request(const ScannedRequest& request) override;
  void quarantined(const Quarantined&, const PartitionName&, const Record&) override {
    ++part_.quarantined;
  }
  bool end_part(bool whole) override;

  const std::vector<FilterPart>& parts() const { return parts_; }
  const RequestTally& tally() const { return tally_; }

 private:
  bool is_of_group(const EventContext& context);
  void take_matched(const ScannedRequest& request);

  const Rule& rule_;
  GroupValues group_;
  Window window_;
  std::vector<FilterPart> parts_;
  std::vector<FieldRef> fields_;  // of group_
  std::unordered_set<std::size_t> ids_;
  RequestTally tally_, part_;
  bool any_ = false;  // some part is in tally_
  std::string scratch_;
};

}  // namespace tocsin
