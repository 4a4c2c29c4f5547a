// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "alert/alert_log.h"
#include "notify/notice.h"
#include "notify/outbox_keys.h"
#include "tocsin/store.h"

namespace tocsin {

// The rows of what is to be told (outbox_keys.h). An alert's row is written in the commit that
// recorded it; here it becomes part of a message, and the message a mark of what came of it. Each
// step is one WriteBatch, so that a crash leaves either the row before or the row after it.

// In the commit that records `alert`: it is to be told on `channel`. `seq` is unique in the channel
// and rises.
void put_outbox_row(WriteBatch& commit, std::string_view channel, std::uint64_t seq,
                    const Alert& alert);

// In the commit after which `message` is never asked for again: it is to be told whatever happens.
// `row` becomes its key, which is composed of what it says.
void put_engine_row(WriteBatch& commit, EngineMessage& message);

// Whether an alert is ever told. A new slot at the level of the slot before isn't, but in the
// digest at the end of a catch-up, where it is the group's present level.
inline bool is_told(const Alert& alert) {
  return !alert.continues || (alert.old_news && !alert.stale);
}

class SilenceBook;

// Writes these rows for what a commit records.
class OutboxLog final : public AlertLog {
 public:
  // What `silences`, which outlive it, hold is noted on alerts as they ring; null: there are none.
  explicit OutboxLog(const SilenceBook* silences = nullptr) : silences_(silences) {}

  void note(Alert& alert, WallTime now) override;
  void append(const Recorded& recorded, WriteBatch& commit) override;
  void append(const Resolved& resolved, WriteBatch& commit) override;

 private:
  const SilenceBook* silences_;
};

// The message, once for each addressee, takes the place of the alerts and ends it tells. To be
// synced before anything is sent.
void put_composed(WriteBatch& batch, const Addressees& to, const Notice& notice,
                  const std::vector<std::uint64_t>& seqs);

// What became of a message.
struct Delivery {
  std::string id;  // of the notification
  Address to;
  bool delivered = false;  // else parked
  WallTime when{};
  std::uint32_t attempts = 0;  // since the process started
  std::vector<std::string> alert_ids;
  std::string reason;      // why it was parked
  std::string first_line;  // of the message; empty in marks of an older version
};
// Why an alert was never told on a channel, where that was wanted.
inline constexpr const char* kOutsideHours = "outside the channel's hours, which drop it";
std::string encode_delivery(const Delivery& delivery);
Result<Delivery> decode_delivery(std::string_view bytes);

// The mark takes the place of the message; a parked one is kept with the reason.
void put_delivered(WriteBatch& batch, const Notice& notice, const Delivery& delivery);
void put_parked(WriteBatch& batch, const Notice& notice, const Delivery& delivery);

// A row that cannot be read is parked as it is: under the channel its key names and `id`.
struct Unreadable {
  std::string key, value, reason;
};
void put_unreadable(WriteBatch& batch, const Unreadable& row);

struct Parked {
  std::string reason;
  std::string notice;  // encode_notice(), or what could not be read
};
Result<Parked> decode_parked(std::string_view bytes);

// What a channel remembers, or tells again while it holds.
struct Keepsake {
  WallTime until{};  // it may be forgotten from then on
  std::string value;
};
std::string encode_keepsake(const Keepsake& keepsake);
Result<Keepsake> decode_keepsake(std::string_view bytes);

// What a start finds, in the order of channels and seqs.
struct OutboxReader {
  std::function<void(std::string_view channel, std::uint64_t seq, Alert alert)> alert;
  std::function<void(std::string_view channel, Resolution resolution)> resolution;
  std::function<void(const Address& to, Notice notice)> notice;
  std::function<void(EngineMessage message)> engine;
  std::function<void(Unreadable row)> unreadable;
};
// stop: the store cannot be read.
Result<void> read_outbox(const Snapshot& store, const OutboxReader& reader);

}  // namespace tocsin
