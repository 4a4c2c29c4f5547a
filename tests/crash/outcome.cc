// SPDX-License-Identifier: Apache-2.0
// What the lives of an engine have come to.
#include <algorithm>
#include <iterator>
#include <map>

#include "crash/life.h"
#include "notify/outbox.h"
#include "notify/outbox_keys.h"
#include "state/counts.h"
#include "state/keys.h"
#include "state/view.h"
#include "tocsin/decimal.h"

namespace tocsin::crash {
namespace {

constexpr std::size_t kShown = 10;
constexpr std::string_view kTemporary = "temporary";

std::string cell_line(const CellView& cell) {
  std::string line = "total " + cell.name;
  for (const auto& [field, value] : cell.group) line += " " + field + "=" + value;
  line += " " + std::to_string(to_ms(cell.window.start)) + ": " + decimal_text(cell.total, 12) +
          " of " + std::to_string(cell.requests);
  for (const std::size_t rung : cell.reached) line += " " + cell.rule->ladder[rung].text;
  return line;
}

// Of the slots of a rolling window one at least is told: which of them only continues another
// depends on what a commit holds.
std::string what_is_told(const Alert& alert) {
  if (alert.window_kind != WindowKind::rolling) return alert.id;
  std::string what = alert.rule + " " + alert.rung;
  for (const auto& [field, value] : alert.group) what += " " + field + "=" + value;
  return what;
}

std::string counts_line(const Counts& counts) {
  std::string line = "counts: cost " + counts.cost.text();
  for (const Count count :
       {Count::records, Count::events, Count::duplicates, Count::unpriced, Count::too_old}) {
    line += " " + std::to_string(counts[count]);
  }
  std::uint64_t set_aside = 0;
  for (const std::uint64_t one : counts.quarantined) set_aside += one;
  return line + " " + std::to_string(set_aside);
}

Result<void> each_delivery(const Snapshot& store, const std::function<void(const Delivery&)>& row) {
  std::optional<Error> failed;
  const std::string from(1, kDeliveryPrefix), until(1, kDeliveryPrefix + 1);
  auto scanned = store.scan(from, until, [&](auto, auto value) {
    const auto delivery = decode_delivery(value);
    if (delivery) row(*delivery);
    if (!delivery) failed = delivery.error();
    return !failed;
  });
  if (scanned && failed) return tl::unexpected(*failed);
  return scanned;
}

}  // namespace

Result<std::vector<std::string>> outcome(const Scenario& scenario, const Store& store) {
  std::set<std::string> lines;
  std::map<std::string, std::string> told;  // what is told of an alert, by its id
  const std::vector<Rule>& rules = *scenario.versions[1];
  const StateView view(store, rules);
  auto read = view.cells([&](const CellView& cell) {
    // What rolling and judged rules still hold of their past depends on when they last looked.
    if (cell.rule != nullptr && !cell.rule->rolling()) lines.insert(cell_line(cell));
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  std::size_t alerts = 0;
  read = view.alerts([&](const Alert& alert) {
    if (alert.rule.starts_with(kTemporary)) return true;
    ++alerts;
    std::string line = "alert " + alert.id + " " + alert.rule + " " + alert.rung;
    for (const auto& [field, value] : alert.group) line += " " + field + "=" + value;
    lines.insert(line);
    told.emplace(alert.id, what_is_told(alert));
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  lines.insert("alerts: " + std::to_string(alerts));
  read = each_delivery(store, [&](const Delivery& delivery) {
    for (const std::string& id : delivery.alert_ids) {
      const auto alert = told.find(id);
      if (alert != told.end()) lines.insert("told " + delivery.to.channel + " " + alert->second);
    }
  });
  if (!read) return tl::unexpected(read.error());
  const auto stored = store.get(key::meta("counts"));
  if (!stored) return tl::unexpected(stored.error());
  Counts counts;
  if (!*stored || !counts.decode(**stored)) return stop("no counts");
  lines.insert(counts_line(counts));
  return std::vector<std::string>(lines.begin(), lines.end());
}

Result<std::set<std::string>> delivered(const Snapshot& store) {
  std::set<std::string> messages;
  auto read = each_delivery(store, [&](const Delivery& delivery) {
    if (delivery.delivered) messages.insert(delivery.to.channel + " " + delivery.id);
  });
  if (!read) return tl::unexpected(read.error());
  return messages;
}

Result<std::set<std::string>> known_messages(const Snapshot& store) {
  std::set<std::string> messages;
  auto read = each_delivery(store, [&](const Delivery& delivery) {
    messages.insert(delivery.to.channel + " " + delivery.id);
  });
  if (!read) return tl::unexpected(read.error());
  const std::string from(1, kNotificationPrefix), until(1, kNotificationPrefix + 1);
  read = store.scan(from, until, [&](auto key, auto) {
    if (const auto parts = parse_channel_key(key)) {
      messages.insert(std::string(parts->channel) + " " + std::string(parts->rest));
    }
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return messages;
}

std::string difference(const std::vector<std::string>& wanted,
                       const std::vector<std::string>& got) {
  std::vector<std::string> missing, extra;
  std::set_difference(wanted.begin(), wanted.end(), got.begin(), got.end(),
                      std::back_inserter(missing));
  std::set_difference(got.begin(), got.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(extra));
  std::string text;
  const auto add = [&](const char* what, const std::vector<std::string>& lines) {
    for (std::size_t i = 0; i < lines.size() && i < kShown; ++i) {
      text += "    " + std::string(what) + " " + lines[i] + "\n";
    }
    if (lines.size() > kShown) text += "    … " + std::to_string(lines.size()) + " in all\n";
  };
  add("missing", missing);
  add("instead", extra);
  return text;
}

}  // namespace tocsin::crash
