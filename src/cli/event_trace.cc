// SPDX-License-Identifier: Apache-2.0
#include "cli/event_trace.h"

#include <algorithm>

#include "rule/field.h"
#include "tocsin/ascii.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

constexpr std::size_t kNearMax = 3;

EventTrace::Place place_of(const PartitionName& partition, std::int64_t offset, EventTime time) {
  return {partition.topic, partition.partition, offset, time, false};
}

}  // namespace

TraceVisitor::TraceVisitor(std::string id, const std::vector<Rule>& rules)
    : id_(std::move(id)), rules_(rules) {}

void TraceVisitor::request(const ScannedRequest& request) {
  ++requests_;
  if (request.event.id == id_) return take(request);
  const bool near = near_.size() < kNearMax && same_name(request.event.id, id_) &&
                    std::find(near_.begin(), near_.end(), request.event.id) == near_.end();
  if (near) near_.emplace_back(request.event.id);
}

void TraceVisitor::quarantined(const Quarantined& bad, const PartitionName& partition,
                               const Record& record) {
  if (record.value.find("\"" + id_ + "\"") == std::string_view::npos) return;
  trace_.quarantine_reason = name(bad.reason);
  trace_.quarantine_detail = bad.detail;
  trace_.places.push_back(place_of(partition, record.offset, record.timestamp));
  trace_.places.back().quarantined = true;
}

void TraceVisitor::take(const ScannedRequest& request) {
  trace_.places.push_back(place_of(request.partition, request.offset, request.time));
  if (trace_.places.size() > 1 && !trace_.places.front().quarantined) return;  // a duplicate
  const Event& event = request.event;
  trace_.model = event.provider.empty() ? std::string() : std::string(event.provider) + "/";
  trace_.model += event.model;
  trace_.user = event.user;
  trace_.basis = request.cost.basis;
  trace_.cost = request.cost.amount;
  trace_.price = request.cost.price;
  if (!request.cost.variant.empty()) trace_.price += ", " + std::string(request.cost.variant);
  trace_.origin = request.cost.origin;
  trace_.updated = request.cost.updated;
  for (const auto& part : request.components) {
    trace_.components.push_back({std::string(part.unit), std::string(part.rate),
                                 std::string(part.per), part.count, part.cost});
  }
  for (const auto unit : request.cost.unpriced) trace_.unpriced.emplace_back(unit);
  trace_.future_clamped = event.time && *event.time != request.time;
  for (const auto& rule : rules_) judge(rule, request);
}

void TraceVisitor::judge(const Rule& rule, const ScannedRequest& request) {
  const EventContext context{request.event, request.partition.topic};
  if (!rule.filter->matches(context)) {
    EventTrace::NotCounted not_counted{rule.name, {}, {}, {}};
    const auto parts = filter_parts(*rule.filter);
    if (const FilterPart* failed = first_failed(parts, context)) {
      not_counted.wanted = failed->text;
      not_counted.field = failed->field();
      not_counted.value = failed->value(context);
    }
    trace_.not_counted.push_back(std::move(not_counted));
    return;
  }
  EventTrace::Counted counted{rule.name, rule.window.kind, rule.window.length, {}};
  std::string scratch;
  for (const auto& field : rule.group_by) {
    const auto value = field_text(field.field, context, scratch);
    counted.group.emplace_back(field.name, value.empty() ? kNone : value);
  }
  trace_.counted.push_back(std::move(counted));
}

}  // namespace tocsin
