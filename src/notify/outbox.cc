// SPDX-License-Identifier: Apache-2.0
#include "notify/outbox.h"

#include "alert/alert_codec.h"
#include "hash/digest.h"
#include "notify/silences.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kParkedVersion = 1;
constexpr std::uint8_t kKeepsakeVersion = 1;
constexpr std::uint8_t kDeliveryVersion = 3;  // 1 had no destination, 2 no first line

std::string parked_value(std::string_view reason, std::string_view notice) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kParkedVersion);
  out.text(reason);
  out.text(notice);
  return bytes;
}

std::string key_after(char prefix) { return std::string(1, static_cast<char>(prefix + 1)); }

Result<void> scan_kind(const Snapshot& store, char prefix, const OutboxReader& reader,
                       const std::function<void(const ChannelKey&, std::string_view key,
                                                std::string_view value)>& row) {
  return store.scan(
      std::string(1, prefix), key_after(prefix), [&](std::string_view key, std::string_view value) {
        if (const auto parts = parse_channel_key(key)) {
          row(*parts, key, value);
        } else {
          reader.unreadable(
              {std::string(key), std::string(value), "a row of the outbox has a damaged key"});
        }
        return true;
      });
}

void put_mark(WriteBatch& batch, const Notice& notice, const Delivery& delivery) {
  batch.erase(notification_key(delivery.to, notice.id));
  batch.put(delivery_key(notice.composed_at, notice.id, delivery.to), encode_delivery(delivery));
}

}  // namespace

void put_outbox_row(WriteBatch& commit, std::string_view channel, std::uint64_t seq,
                    const Alert& alert) {
  commit.put(outbox_key(channel, seq), encode_alert(alert));
}

void put_engine_row(WriteBatch& commit, EngineMessage& message) {
  std::string bytes = encode_engine_message(message);
  message.row = kEnginePrefix + hex(sha256(bytes), 16);
  commit.put(message.row, std::move(bytes));
}

void OutboxLog::note(Alert& alert, WallTime now) {
  if (silences_ != nullptr) alert.silence = silences_->covering(alert, now);
}

void OutboxLog::append(const Recorded& recorded, WriteBatch& commit) {
  if (!is_told(recorded.alert)) return;
  for (const std::string& channel : recorded.channels) {
    put_outbox_row(commit, channel, recorded.number, recorded.alert);
  }
}

void OutboxLog::append(const Resolved& resolved, WriteBatch& commit) {
  const Resolution& ended = resolved.resolution;
  for (const std::string& channel : resolved.channels) {
    commit.put(resolution_key(channel, ended.alert.id, ended.until), encode_resolution(ended));
  }
}

void put_composed(WriteBatch& batch, const Addressees& to, const Notice& notice,
                  const std::vector<std::uint64_t>& seqs) {
  for (const std::uint64_t seq : seqs) batch.erase(outbox_key(to.channel, seq));
  for (const Resolution& ended : notice.resolved) {
    batch.erase(resolution_key(to.channel, ended.alert.id, ended.until));
  }
  const std::string bytes = encode_notice(notice);
  for (const std::string& destination : to.destinations) {
    batch.put(notification_key({to.channel, destination}, notice.id), bytes);
  }
}

std::string encode_delivery(const Delivery& delivery) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kDeliveryVersion);
  out.text(delivery.id);
  out.text(delivery.to.channel);
  out.text(delivery.to.destination);
  out.byte(delivery.delivered ? 1 : 0);
  out.signed_number(delivery.when.time_since_epoch().count());
  out.number(delivery.attempts);
  out.number(delivery.alert_ids.size());
  for (const std::string& id : delivery.alert_ids) out.text(id);
  out.text(delivery.reason);
  out.text(delivery.first_line);
  return bytes;
}

Result<Delivery> decode_delivery(std::string_view bytes) {
  RowReader in(bytes);
  Delivery delivery;
  const std::uint8_t version = in.byte();
  delivery.id = in.text();
  delivery.to.channel = in.text();
  if (version >= 2) delivery.to.destination = in.text();
  const std::uint8_t delivered = in.byte();
  delivery.delivered = delivered == 1;
  delivery.when = WallTime{Millis{in.signed_number()}};
  delivery.attempts = static_cast<std::uint32_t>(in.number());
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    delivery.alert_ids.emplace_back(in.text());
  }
  delivery.reason = in.text();
  if (version >= 3) delivery.first_line = in.text();
  if (version < 1 || version > kDeliveryVersion || delivered > 1 || !in.ok() || !in.done()) {
    return reject("a mark of delivery in the state is damaged or of another version");
  }
  return delivery;
}

void put_delivered(WriteBatch& batch, const Notice& notice, const Delivery& delivery) {
  put_mark(batch, notice, delivery);
}

void put_parked(WriteBatch& batch, const Notice& notice, const Delivery& delivery) {
  put_mark(batch, notice, delivery);
  batch.put(parked_key(delivery.to, notice.id),
            parked_value(delivery.reason, encode_notice(notice)));
}

void put_unreadable(WriteBatch& batch, const Unreadable& row) {
  const auto parts = parse_channel_key(row.key);
  // Its id may be what is damaged; the bytes name it well enough.
  const std::string id = hex(sha256(row.key + row.value), 16);
  batch.erase(row.key);
  batch.put(parked_key({std::string(parts ? parts->channel : std::string_view{}), ""}, id),
            parked_value(row.reason, row.value));
}

Result<Parked> decode_parked(std::string_view bytes) {
  RowReader in(bytes);
  Parked parked;
  const std::uint8_t version = in.byte();
  parked.reason = in.text();
  parked.notice = in.text();
  if (version != kParkedVersion || !in.ok() || !in.done()) {
    return reject("a parked message in the state is damaged or of another version");
  }
  return parked;
}

std::string encode_keepsake(const Keepsake& keepsake) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kKeepsakeVersion);
  out.signed_number(keepsake.until.time_since_epoch().count());
  out.text(keepsake.value);
  return bytes;
}

Result<Keepsake> decode_keepsake(std::string_view bytes) {
  RowReader in(bytes);
  Keepsake keepsake;
  const std::uint8_t version = in.byte();
  keepsake.until = WallTime{Millis{in.signed_number()}};
  keepsake.value = in.text();
  if (version != kKeepsakeVersion || !in.ok() || !in.done()) {
    return reject("what a channel remembers is damaged in the state, or of another version");
  }
  return keepsake;
}

Result<void> read_outbox(const Snapshot& store, const OutboxReader& reader) {
  const auto notices = scan_kind(
      store, kNotificationPrefix, reader,
      [&](const ChannelKey& parts, std::string_view key, std::string_view value) {
        auto notice = decode_notice(value);
        if (notice) {
          reader.notice({std::string(parts.channel), std::string(parse_destination(parts.rest))},
                        std::move(*notice));
        } else {
          reader.unreadable({std::string(key), std::string(value), notice.error().message});
        }
      });
  if (!notices) return notices;
  const auto engine = store.scan(
      std::string(1, kEnginePrefix), key_after(kEnginePrefix), [&](auto key, auto value) {
        auto message = decode_engine_message(value);
        if (message) {
          message->row = key;
          reader.engine(std::move(*message));
        } else {
          reader.unreadable({std::string(key), std::string(value), message.error().message});
        }
        return true;
      });
  if (!engine) return engine;
  const auto alerts =
      scan_kind(store, kOutboxPrefix, reader,
                [&](const ChannelKey& parts, std::string_view key, std::string_view value) {
                  const auto seq = parse_seq(parts.rest);
                  auto alert = decode_alert(value);
                  if (seq && alert) {
                    reader.alert(parts.channel, *seq, std::move(*alert));
                    return;
                  }
                  reader.unreadable(
                      {std::string(key), std::string(value),
                       alert ? "a row of the outbox has a damaged key" : alert.error().message});
                });
  if (!alerts) return alerts;
  return scan_kind(
      store, kResolutionPrefix, reader,
      [&](const ChannelKey& parts, std::string_view key, std::string_view value) {
        auto resolution = decode_resolution(value);
        if (resolution) {
          reader.resolution(parts.channel, std::move(*resolution));
        } else {
          reader.unreadable({std::string(key), std::string(value), resolution.error().message});
        }
      });
}

}  // namespace tocsin
