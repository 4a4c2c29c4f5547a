// SPDX-License-Identifier: Apache-2.0
#include "state/backfill_row.h"

#include "state/keys.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kBackfillVersion = 1;

}  // namespace

std::string encode_backfills(const std::vector<Backfill>& backfills) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kBackfillVersion);
  out.number(backfills.size());
  for (const Backfill& one : backfills) {
    out.number(one.states.size());
    for (const auto state : one.states) out.number(state);
    out.number(one.until.size());
    for (const auto offset : one.until) out.signed_number(offset);
    out.signed_number(to_ms(one.time));
    out.text(one.cursor);
    out.number(one.lives);
  }
  return bytes;
}

bool decode_backfills(std::string_view bytes, std::vector<Backfill>& backfills) {
  RowReader in(bytes);
  if (in.byte() != kBackfillVersion) return false;
  backfills.clear();
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    Backfill& one = backfills.emplace_back();
    for (auto states = in.number(); states > 0 && in.ok(); --states) {
      one.states.push_back(static_cast<std::uint32_t>(in.number()));
    }
    for (auto offsets = in.number(); offsets > 0 && in.ok(); --offsets) {
      one.until.push_back(in.signed_number());
    }
    one.time = event_time_ms(in.signed_number());
    one.cursor = in.text();
    one.lives = in.number();
  }
  return in.ok() && in.done();
}

Result<std::vector<Backfill>> read_backfills(const Snapshot& store) {
  std::vector<Backfill> backfills;
  const auto row = store.get(key::meta("backfill"));
  if (!row) return tl::unexpected(row.error());
  if (*row && !decode_backfills(**row, backfills)) {
    return stop("the state is damaged: a backfill cannot be read");
  }
  return backfills;
}

}  // namespace tocsin
