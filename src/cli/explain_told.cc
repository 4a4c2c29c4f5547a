// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_told.h"

#include <algorithm>
#include <map>

#include "notify/message_parts.h"
#include "notify/outbox.h"
#include "notify/outbox_keys.h"
#include "notify/silences.h"
#include "state/counts.h"
#include "state/keys.h"
#include "state/view.h"

namespace tocsin {
namespace {

constexpr std::size_t kScanMax = 200'000;
constexpr std::size_t kToldMax = 10;
// Beyond the window's own alerts come those of earlier ones; a late one may stand among them.
constexpr std::size_t kOlderMax = 1'000;

bool is_of(const Explanation& of, const Alert& alert) {
  if (alert.rule != of.rule) return false;
  if (!of.group.empty()) {
    for (const auto& pair : of.group) {
      if (std::find(alert.group.begin(), alert.group.end(), pair) == alert.group.end())
        return false;
    }
  }
  return of.window_kind == WindowKind::rolling || alert.window == of.level.window;
}

// By whom, and until when.
ToldAlert::Silenced silenced_by(const Snapshot& snapshot, const std::string& id) {
  const auto bytes = snapshot.get(std::string(1, kSilencePrefix) + id);
  const auto silence = bytes && *bytes ? decode_silence(**bytes) : reject("it is not known");
  if (!silence) return {id, "", "", {}};
  return {id, silence->author, silence->comment, silence->until};
}

ToldAlert told_of(const Snapshot& snapshot, const Alert& alert) {
  ToldAlert told;
  told.id = alert.id;
  told.rung = alert.rung;
  told.severity = alert.severity;
  told.at = alert.at;
  told.group = alert.group;
  told.old_news = alert.old_news;
  told.stale = alert.stale;
  told.continues = alert.continues;
  if (is_forecast(alert)) told.forecast = alert.beside;
  if (alert.shape) told.forecast_weeks = static_cast<std::uint32_t>(alert.shape->weeks);
  told.acknowledged = acknowledgement_of(snapshot, alert.id);
  if (!alert.silence.empty()) told.silenced = silenced_by(snapshot, alert.silence);
  return told;
}

Result<void> read_alerts(const Snapshot& snapshot, Explanation& out) {
  std::size_t rows = 0;
  std::size_t older = 0;
  const std::vector<Rule> none;
  auto read = StateView(snapshot, none).alerts([&](const Alert& alert) {
    if (is_of(out, alert)) {
      if (out.told.size() < kToldMax) {
        out.told.push_back(told_of(snapshot, alert));
      } else {
        ++out.told_before;
      }
      older = 0;
    } else if (alert.at < out.level.window.start) {
      ++older;
    }
    return ++rows < kScanMax && older < kOlderMax;
  });
  std::reverse(out.told.begin(), out.told.end());
  return read;
}

std::string text_of(const Address& to) {
  return to.destination.empty() ? to.channel : to.channel + " (" + to.destination + ")";
}

class Fates {
 public:
  explicit Fates(Explanation& out) {
    for (auto& alert : out.told) by_id_[alert.id] = &alert;
    for (const auto& alert : out.told) earliest_ = std::min(earliest_, alert.at);
  }

  Result<void> read(const Snapshot& snapshot) {
    if (by_id_.empty()) return {};
    if (auto done = read_deliveries(snapshot); !done) return done;
    OutboxReader reader;
    reader.alert = [&](std::string_view channel, std::uint64_t, Alert alert) {
      put(alert.id, {std::string(channel), ToldOn::Fate::waiting, {}, 0, {}});
    };
    reader.notice = [&](const Address& to, const Notice& notice) {
      for (const auto& id : alert_ids(notice)) {
        put(id, {text_of(to), ToldOn::Fate::waiting, {}, 0, {}});
      }
    };
    reader.resolution = [](std::string_view, const Resolution&) {};
    reader.unreadable = [](const Unreadable&) {};
    return read_outbox(snapshot, reader);
  }

 private:
  // Newest first, until they were composed well before the first of our alerts rang.
  Result<void> read_deliveries(const Snapshot& snapshot) {
    std::size_t rows = 0;
    const std::string from(1, kDeliveryPrefix);
    const std::string until(1, static_cast<char>(kDeliveryPrefix + 1));
    return snapshot.scan_back(from, until, [&](auto, auto value) {
      const auto delivery = decode_delivery(value);
      if (!delivery) return ++rows < kScanMax;
      for (const auto& id : delivery->alert_ids) {
        put(id, {text_of(delivery->to),
                 delivery->delivered ? ToldOn::Fate::delivered : ToldOn::Fate::parked,
                 delivery->when, delivery->attempts, delivery->reason});
      }
      const bool later = as_event_time(delivery->when) + std::chrono::hours{25} > earliest_;
      return ++rows < kScanMax && later;
    });
  }

  void put(const std::string& id, ToldOn telling) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    auto& tellings = found->second->tellings;
    const auto same = std::find_if(tellings.begin(), tellings.end(), [&](const auto& known) {
      return known.channel == telling.channel;
    });
    if (same == tellings.end()) {
      tellings.push_back(std::move(telling));
    } else if (telling.fate != ToldOn::Fate::waiting) {
      *same = std::move(telling);  // the older: a later one told its end, or told it again
    }
  }

  std::map<std::string, ToldAlert*> by_id_;
  EventTime earliest_ = kNever;
};

}  // namespace

Result<void> read_told(const Snapshot& snapshot, Explanation& explanation) {
  if (auto read = read_alerts(snapshot, explanation); !read) return read;
  return Fates(explanation).read(snapshot);
}

Result<void> read_trust(const Snapshot& snapshot, Trust& trust) {
  const auto bytes = snapshot.get(key::meta("counts"));
  if (!bytes) return tl::unexpected(bytes.error());
  if (!*bytes) return {};
  Counts counts;
  if (!counts.decode(**bytes)) return stop("the state is damaged: its counts cannot be read");
  trust.late = counts[Count::late];
  trust.unpriced = counts[Count::unpriced];
  trust.duplicates = counts[Count::duplicates];
  trust.other_cost = counts[Count::other_cost];
  trust.too_old = counts[Count::too_old];
  trust.overflow_groups = counts[Count::overflow_groups] + counts[Count::crowded_groups];
  trust.ids_forgotten = counts[Count::ids_forgotten];
  for (const auto n : counts.quarantined) trust.quarantined += n;
  return {};
}

}  // namespace tocsin
