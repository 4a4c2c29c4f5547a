// SPDX-License-Identifier: Apache-2.0
#include "state/group_parts.h"

#include <algorithm>

#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kPartsVersion = 1;

}  // namespace

void GroupParts::divide(const std::vector<EventTime>& ends, const Part& before) {
  const bool same = std::equal(ends.begin(), ends.end(), parts_.begin(), parts_.end(),
                               [](EventTime end, const Part& part) { return end == part.end; });
  if (same) return;
  std::vector<Part> parts;
  for (const EventTime end : ends) {
    const auto old = std::find_if(parts_.begin(), parts_.end(),
                                  [&](const Part& part) { return part.end >= end; });
    Part part = old != parts_.end() ? *old : before;
    part.end = end;
    parts.push_back(part);
  }
  parts_ = std::move(parts);
}

void GroupParts::add(EventTime at, int128 amount, std::int64_t requests) {
  for (Part& part : parts_) {
    if (at >= part.end) continue;
    part.total += amount;
    part.requests += requests;
  }
}

bool GroupParts::was_told(unsigned bit, int128 amount) const {
  return std::find(told_.begin(), told_.end(), Told{bit, amount}) != told_.end();
}

bool GroupParts::tell(unsigned bit, int128 amount) {
  if (was_told(bit, amount)) return false;
  told_.push_back({bit, amount});
  return true;
}

std::string GroupParts::encode() const {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kPartsVersion);
  out.number(parts_.size());
  for (const Part& part : parts_) {
    out.signed_number(to_ms(part.end));
    out.amount(part.total);
    out.signed_number(part.requests);
  }
  out.number(told_.size());
  for (const Told& told : told_) {
    out.number(told.bit);
    out.amount(told.amount);
  }
  return bytes;
}

bool GroupParts::decode(std::string_view bytes, GroupParts& parts) {
  RowReader in(bytes);
  if (in.byte() != kPartsVersion) return false;
  for (std::uint64_t left = in.number(); left > 0 && in.ok(); --left) {
    Part part;
    part.end = event_time_ms(in.signed_number());
    part.total = in.amount();
    part.requests = in.signed_number();
    parts.parts_.push_back(part);
  }
  for (std::uint64_t left = in.number(); left > 0 && in.ok(); --left) {
    Told told;
    told.bit = static_cast<unsigned>(in.number());
    told.amount = in.amount();
    parts.told_.push_back(told);
  }
  return in.ok() && in.done();
}

}  // namespace tocsin
