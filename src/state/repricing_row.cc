// SPDX-License-Identifier: Apache-2.0
#include "state/repricing_row.h"

#include <algorithm>

#include "state/keys.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kLayout = 1;

void write_request(RowWriter& out, const RepricingRequest& request) {
  out.byte(kLayout);
  out.signed_number(to_ms(request.since));
  out.byte(request.unpriced_only ? 1 : 0);
  out.number(request.lives);
}

// False: of another layout.
bool read_request(RowReader& in, RepricingRequest& request) {
  const bool known = in.byte() == kLayout;
  request.since = event_time_ms(in.signed_number());
  request.unpriced_only = in.byte() != 0;
  request.lives = in.number();
  return known;
}

}  // namespace

bool RepricingRow::holds(std::uint32_t partition, std::int64_t offset) const {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    return range.partition == partition && range.from <= offset && offset < range.until;
  });
}

bool RepricingRow::knew(const Tariff& of) const {
  return std::none_of(unknown.begin(), unknown.end(),
                      [&](const Tariff& one) { return one.is(of); });
}

std::string encode_request(const RepricingRequest& request) {
  std::string bytes;
  RowWriter out(bytes);
  write_request(out, request);
  return bytes;
}

std::string encode_repricing(const RepricingRow& row) {
  std::string bytes;
  RowWriter out(bytes);
  write_request(out, row.request);
  out.text(row.tariff.list);
  out.text(row.tariff.choice);
  out.number(row.ranges.size());
  for (const auto& range : row.ranges) {
    out.number(range.partition);
    out.signed_number(range.from);
    out.signed_number(range.until);
  }
  out.number(row.in_force.size());
  for (const auto state : row.in_force) out.number(state);
  out.signed_number(to_ms(row.time));
  out.number(row.requests);
  out.amount(row.before.pico());
  out.amount(row.after.pico());
  if (row.unknown.empty()) return bytes;
  out.number(row.unknown.size());
  for (const Tariff& tariff : row.unknown) {
    out.text(tariff.list);
    out.text(tariff.choice);
  }
  return bytes;
}

bool decode_repricing(std::string_view bytes, RepricingRow& row) {
  RowReader in(bytes);
  const bool known = read_request(in, row.request);
  row.tariff.list = in.text();
  row.tariff.choice = in.text();
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    RepricingRow::Range& range = row.ranges.emplace_back();
    range.partition = static_cast<std::uint32_t>(in.number());
    range.from = in.signed_number();
    range.until = in.signed_number();
  }
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    row.in_force.push_back(static_cast<std::uint32_t>(in.number()));
  }
  row.time = event_time_ms(in.signed_number());
  row.requests = in.number();
  row.before = Money::pico(in.amount());
  row.after = Money::pico(in.amount());
  if (in.ok() && in.done()) return known;
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    Tariff& tariff = row.unknown.emplace_back();
    tariff.list = in.text();
    tariff.choice = in.text();
  }
  return known && in.ok() && in.done();
}

Result<std::vector<RepricingRow>> read_repricings(const Snapshot& store) {
  std::vector<RepricingRow> rows;
  bool good = true;
  const std::string from(1, key::kRepricing);
  auto scanned = store.scan(from, key::after(from), [&](auto key, auto value) {
    RepricingRow& row = rows.emplace_back();
    row.commit = key::read_u64(key.substr(1));
    good = decode_repricing(value, row);
    return good;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  if (!good) return stop("the state is damaged: what was priced again cannot be read");
  return rows;
}

Result<std::optional<RepricingRequest>> pending_repricing(const Snapshot& store) {
  const auto stored = store.get(key::meta("repricing"));
  if (!stored) return tl::unexpected(stored.error());
  if (!*stored) return std::nullopt;
  RowReader in(**stored);
  RepricingRequest request;
  if (!read_request(in, request) || !in.ok() || !in.done()) {
    return stop("the state is damaged: what is to be priced again cannot be read");
  }
  return request;
}

}  // namespace tocsin
