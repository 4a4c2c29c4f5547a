// SPDX-License-Identifier: Apache-2.0
#include "notify/standing_row.h"

#include "alert/alert_codec.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kStandingVersion = 1;

}  // namespace

std::string encode_standing(const StandingRow& row) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kStandingVersion);
  out.signed_number(row.told.time_since_epoch().count());
  out.text(encode_alert(row.alert));
  return bytes;
}

Result<StandingRow> decode_standing(std::string_view bytes) {
  RowReader in(bytes);
  const std::uint8_t version = in.byte();
  StandingRow row;
  row.told = WallTime{Millis{in.signed_number()}};
  auto alert = decode_alert(in.text());
  if (version != kStandingVersion || !in.ok() || !in.done() || !alert) {
    return reject("a reminder in the state is damaged or of another version");
  }
  row.alert = std::move(*alert);
  return row;
}

}  // namespace tocsin
