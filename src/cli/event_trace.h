// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/explanation.h"
#include "cli/request_scan.h"
#include "cli/terminal.h"
#include "rule/filter_parts.h"
#include "rule/rule.h"

namespace tocsin {

// One request found again: what it cost and why, and what became of it under each rule.
struct EventTrace {
  struct Place {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    EventTime time{};
    bool quarantined = false;
  };
  struct Component {
    std::string unit, rate, per;
    std::int64_t count = 0;
    Money cost;
  };
  struct Counted {
    std::string rule;
    WindowKind window_kind = WindowKind::day;
    Millis window_length{0};
    GroupValues group;
  };
  struct NotCounted {
    std::string rule;
    std::string wanted;  // the first part it fails: "UserTier = free"
    std::string field;   // of it; empty: of several
    std::string value;   // what it has there; empty: nothing
  };

  std::vector<Place>
      places;  // where the id was seen, in offset order; all but the first are dropped
  std::string model, user;
  CostBasis basis = CostBasis::unpriced;
  Money cost;
  std::string price, origin, updated;
  std::vector<Component> components;
  std::vector<std::string> unpriced;  // units without a price
  bool future_clamped = false;
  std::string quarantine_reason, quarantine_detail;  // a record that holds the id and was set aside
  std::vector<Counted> counted;
  std::vector<NotCounted> not_counted;

  bool found() const { return !places.empty(); }
};

// Looks for one id in what a scan reads; ends it with the part that holds it.
class TraceVisitor final : public RequestVisitor {
 public:
  TraceVisitor(std::string id, const std::vector<Rule>& rules);

  void begin_part() override {}
  void request(const ScannedRequest& request) override;
  void quarantined(const Quarantined& bad, const PartitionName& partition,
                   const Record& record) override;
  bool end_part(bool) override { return !trace_.found(); }

  const EventTrace& trace() const { return trace_; }
  std::uint64_t requests() const { return requests_; }
  // Ids like the one that is looked for.
  const std::vector<std::string>& near() const { return near_; }

 private:
  void take(const ScannedRequest& request);
  void judge(const Rule& rule, const ScannedRequest& request);

  std::string id_;
  const std::vector<Rule>& rules_;
  EventTrace trace_;
  std::uint64_t requests_ = 0;
  std::vector<std::string> near_;
};

struct EventPage {
  const std::string& id;
  const EventTrace& trace;
  const Scanned& scanned;
  const std::vector<std::string>& near;
};
std::string event_text(const EventPage& page, const Terminal& terminal);
std::string event_json(const EventPage& page);

}  // namespace tocsin
