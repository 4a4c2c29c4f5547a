// SPDX-License-Identifier: Apache-2.0
#include "notify/notice.h"

#include <algorithm>
#include <utility>

#include "alert/alert_codec.h"
#include "hash/digest.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

// 1: no reports of what has no price; 2: no reasons, and told in no channel's place
constexpr std::uint8_t kNoticeVersion = 3;
constexpr std::uint8_t kResolutionVersion = 2;  // 1 had no reasons

WallTime read_wall(RowReader& in) { return WallTime{Millis{in.signed_number()}}; }

void write_wall(RowWriter& out, WallTime t) { out.signed_number(t.time_since_epoch().count()); }

// The alert that comes next in the row; `error` keeps the first that couldn't be read.
Alert read_alert(RowReader& in, std::optional<Error>& error) {
  auto alert = decode_alert(in.text());
  if (alert) return std::move(*alert);
  if (!error) error = alert.error();
  return {};
}

void write_resolution(RowWriter& out, const Resolution& resolution) {
  out.text(encode_alert(resolution.alert));
  out.amount(resolution.highest);
  out.signed_number(to_ms(resolution.since));
  out.signed_number(to_ms(resolution.until));
  out.byte(static_cast<std::uint8_t>(resolution.reason));
  out.byte(resolution.limit_before ? 1 : 0);
  if (resolution.limit_before) out.amount(*resolution.limit_before);
}

Resolution read_resolution(RowReader& in, bool with_reason, std::optional<Error>& error) {
  Resolution resolution;
  resolution.alert = read_alert(in, error);
  resolution.highest = in.amount();
  resolution.since = event_time_ms(in.signed_number());
  resolution.until = event_time_ms(in.signed_number());
  if (!with_reason) return resolution;
  const std::uint8_t reason = in.byte();
  if (reason > static_cast<std::uint8_t>(Resolution::Reason::rule_removed)) {
    if (!error) error = Error{Reaction::reject, "the end of an alert in the state is damaged"};
  }
  resolution.reason = static_cast<Resolution::Reason>(reason);
  if (in.byte() == 1) resolution.limit_before = in.amount();
  return resolution;
}

void write_engine(RowWriter& out, const EngineMessage& message) {
  out.text(message.kind);
  out.text(message.subject);
  out.text(message.text);
  out.number(message.details.size());
  for (const std::string& detail : message.details) out.text(detail);
  out.byte(message.unpriced ? 1 : 0);
  if (message.unpriced) write_unpriced(out, *message.unpriced);
}

EngineMessage read_engine(RowReader& in, std::uint8_t version) {
  EngineMessage message;
  message.kind = in.text();
  message.subject = in.text();
  message.text = in.text();
  for (auto left = in.number(); left > 0 && in.ok(); --left)
    message.details.emplace_back(in.text());
  if (version >= 2 && in.byte() == 1) message.unpriced = read_unpriced(in);
  return message;
}

}  // namespace

const std::string& rule_of(const Notice& notice) {
  static const std::string kNoRule;
  if (!notice.alerts.empty()) return notice.alerts.front().rule;
  return notice.resolved.empty() ? kNoRule : notice.resolved.front().alert.rule;
}

std::string encode_notice(const Notice& notice) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kNoticeVersion);
  out.byte(static_cast<std::uint8_t>(notice.kind));
  out.text(notice.id);
  for (const WallTime t : {notice.composed_at, notice.from, notice.until}) write_wall(out, t);
  out.number(notice.alerts.size());
  for (const Alert& alert : notice.alerts) out.text(encode_alert(alert));
  out.number(notice.resolved.size());
  for (const Resolution& resolution : notice.resolved) write_resolution(out, resolution);
  out.byte(notice.engine ? 1 : 0);
  if (notice.engine) write_engine(out, *notice.engine);
  out.text(notice.in_place_of);
  return bytes;
}

Result<Notice> decode_notice(std::string_view bytes) {
  RowReader in(bytes);
  const std::uint8_t version = in.byte();
  if (in.ok() && (version < 1 || version > kNoticeVersion)) {
    return reject("a notification in the state has version " + std::to_string(version) +
                  ", this program knows up to version " + std::to_string(kNoticeVersion) +
                  ": start the program that wrote it, or a newer one");
  }
  Notice notice;
  std::optional<Error> error;
  const std::uint8_t kind = in.byte();
  notice.kind = static_cast<Notice::Kind>(kind);
  notice.id = in.text();
  for (WallTime* t : {&notice.composed_at, &notice.from, &notice.until}) *t = read_wall(in);
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    notice.alerts.push_back(read_alert(in, error));
  }
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    notice.resolved.push_back(read_resolution(in, version >= 3, error));
  }
  const std::uint8_t has_engine = in.byte();
  if (has_engine == 1) notice.engine = read_engine(in, version);
  if (version >= 3) notice.in_place_of = in.text();
  if (error && in.ok()) return tl::unexpected<Error>(*error);
  const bool known = kind <= static_cast<std::uint8_t>(Notice::Kind::capped) && has_engine <= 1;
  const bool engine_fits = notice.engine.has_value() == (notice.kind == Notice::Kind::engine);
  const bool any = is_of_any_rules(notice);
  const bool resolved_fits =
      any || notice.resolved.empty() == (notice.kind != Notice::Kind::resolved);
  const bool about_alerts =
      any ? notice.resolved.empty()
          : notice.kind != Notice::Kind::resolved && notice.kind != Notice::Kind::engine;
  if (!in.ok() || !in.done() || !known || !engine_fits || !resolved_fits ||
      (about_alerts ? notice.alerts.empty() : !any && !notice.alerts.empty())) {
    return reject("a notification in the state is damaged: its bytes are not what was written");
  }
  return notice;
}

std::string encode_engine_message(const EngineMessage& message) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kNoticeVersion);
  write_engine(out, message);
  return bytes;
}

Result<EngineMessage> decode_engine_message(std::string_view bytes) {
  RowReader in(bytes);
  const std::uint8_t version = in.byte();
  EngineMessage message = read_engine(in, version);
  if (version < 2 || version > kNoticeVersion || !in.ok() || !in.done()) {
    return reject("a message of Tocsin itself in the state is damaged or of another version");
  }
  return message;
}

std::string encode_resolution(const Resolution& resolution) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kResolutionVersion);
  write_resolution(out, resolution);
  return bytes;
}

Result<Resolution> decode_resolution(std::string_view bytes) {
  RowReader in(bytes);
  const std::uint8_t version = in.byte();
  std::optional<Error> error;
  Resolution resolution = read_resolution(in, version >= 2, error);
  if (error && in.ok()) return tl::unexpected<Error>(*error);
  if (version < 1 || version > kResolutionVersion || !in.ok() || !in.done()) {
    return reject("the end of an alert in the state is damaged or of another version");
  }
  return resolution;
}

std::vector<std::string> alert_ids(const Notice& notice) {
  std::vector<std::string> ids;
  for (const Alert& alert : notice.alerts) ids.push_back(alert.id);
  return ids;
}

std::string id_for(const Notice& notice) {
  if (notice.kind == Notice::Kind::alert) return notice.alerts.front().id;
  if (notice.engine) {
    const EngineMessage& engine = *notice.engine;
    return digest_id({engine.kind, engine.subject, engine.text,
                      std::to_string(notice.composed_at.time_since_epoch().count())});
  }
  std::vector<std::string> ids = alert_ids(notice);
  if (notice.kind == Notice::Kind::reminder) {
    ids.push_back("again " + std::to_string(notice.composed_at.time_since_epoch().count()));
  }
  if (ids.size() == 1 && notice.resolved.empty())
    return ids.front();  // nothing else has told it yet
  for (const Resolution& resolution : notice.resolved) {
    ids.push_back("resolved " + resolution.alert.id + " " +
                  std::to_string(to_ms(resolution.until)));
  }
  return digest_id(std::move(ids));
}

std::string id_once_more(const Notice& notice) {
  return digest_id({notice.id, std::to_string(notice.composed_at.time_since_epoch().count())});
}

std::string digest_id(std::vector<std::string> alert_ids) {
  std::sort(alert_ids.begin(), alert_ids.end());
  std::string bytes;
  for (const std::string& id : alert_ids) {
    bytes += id;
    bytes.push_back('\n');
  }
  return hex(sha256(bytes), 16);
}

}  // namespace tocsin
