// SPDX-License-Identifier: Apache-2.0
#include "notify/acknowledgement.h"

#include "notify/outbox_keys.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kAckVersion = 1;

}  // namespace

Result<Acknowledgement> acknowledge(Store& store, std::string_view alert_id,
                                    Acknowledgement acknowledgement) {
  if (auto first = acknowledgement_of(store, alert_id)) return std::move(*first);
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kAckVersion);
  out.text(acknowledgement.by);
  out.text(acknowledgement.comment);
  out.signed_number(acknowledgement.when.time_since_epoch().count());
  WriteBatch batch;
  batch.put(acknowledgement_key(alert_id), std::move(bytes));
  if (auto written = store.write(batch, Sync::yes); !written) {
    return tl::unexpected(written.error());
  }
  return acknowledgement;
}

std::optional<Acknowledgement> acknowledgement_of(const Snapshot& store,
                                                  std::string_view alert_id) {
  const auto bytes = store.get(acknowledgement_key(alert_id));
  if (!bytes || !*bytes) return std::nullopt;
  RowReader in(**bytes);
  Acknowledgement acknowledgement;
  const std::uint8_t version = in.byte();
  acknowledgement.by = in.text();
  acknowledgement.comment = in.text();
  acknowledgement.when = WallTime{Millis{in.signed_number()}};
  if (version != kAckVersion || !in.ok() || !in.done()) return std::nullopt;
  return acknowledgement;
}

}  // namespace tocsin
