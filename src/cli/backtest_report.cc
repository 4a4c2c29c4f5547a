// SPDX-License-Identifier: Apache-2.0
#include "cli/backtest_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/plural.h"
#include "cli/terminal.h"
#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/plain_text.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

constexpr std::size_t kGroupColumn = 24;
constexpr std::size_t kModelsShown = 5;
constexpr int128 kRoundFrom = 1'000'000;  // requests below are told one by one

// "Fri 20 Nov 2026", "1–31 Oct 2026", "28 Oct – 3 Nov 2026".
std::string dates_text(EventTime first, EventTime last, const std::string& zone) {
  const LocalTime from = local_time(first, zone), to = local_time(last, zone);
  if (from.date() == to.date()) return date_text(from, true);
  if (from.year != to.year) return short_date_text(from, true) + " – " + short_date_text(to, true);
  if (from.month != to.month) return short_date_text(from) + " – " + short_date_text(to, true);
  return fmt::format("{}–{}", from.day, short_date_text(to, true));
}

std::string requests_text(std::uint64_t n) {
  const auto count = static_cast<int128>(n);
  const std::string text =
      count < kRoundFrom ? count_text(count) : value_text(Metric::tokens, count);
  return text + (n == 1 ? " request" : " requests");
}

// "Thu  1 Oct 17:20 user-77"
std::string first_text(const RuleTally& told) {
  if (!told.first) return "-";
  const LocalTime at = local_time(told.first->at, told.first->zone);
  std::string date = date_text(at);
  if (at.day < 10) date.insert(date.find(' '), " ");
  const std::string group = cut_middle(group_text(*told.first), kGroupColumn);
  return date + " " + clock_text(at) + (group.empty() ? "" : " " + group);
}

std::string peak_text(const Rule& rule, const Peaks& peaks) {
  if (peaks.highest().empty()) return "-";
  const auto& peak = peaks.highest().front();
  if (peak.budget) {
    const auto percent = whole_percent(peak.value, *peak.budget);
    return percent ? count_text(*percent) + "%" : value_text(rule.metric, peak.value);
  }
  const auto limit = rule.ladder.empty() ? std::nullopt : std::optional(rule.ladder[0].number);
  return value_text(rule.metric, peak.value, limit);
}

std::string rungs_text(const Rule& rule, const RuleTally& told) {
  std::string text;
  for (const auto& rung : rule.ladder) {
    const auto times = told.by_rung.find(rung.text);
    if (rung.repeated && times == told.by_rung.end()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : " · ", rung_words(rung.text),
                        times == told.by_rung.end() ? 0 : times->second);
  }
  return text;
}

std::string channel_text(const MessageTally::Channel& of, bool first) {
  if (first) {
    return fmt::format(" would have got {} in {} (at most {} in an hour)",
                       plural(of.alerts, "alert"), plural(of.messages, "message"), of.busiest_hour);
  }
  return fmt::format(" {} in {} (at most {})", of.alerts, of.messages, of.busiest_hour);
}

std::uint64_t unpriced_requests(const Counts& counts) {
  std::uint64_t requests = 0;
  for (const auto& [model, of] : counts.unpriced_models) requests += of.requests;
  return requests;
}

}  // namespace

int128 two_digits_down(int128 amount) {
  int128 unit = 1;
  while (amount / unit >= 100) unit *= 10;
  return amount / unit * unit;
}

std::string header_text(const ReportOf& of) {
  const Counts& counts = of.result.counts;
  std::string text = clean_text(of.name) + "  " + requests_text(counts[Count::events]);
  if (of.result.first) text += ", " + dates_text(*of.result.first, *of.result.last, of.zone);
  text += ", " + value_text(Metric::cost, counts.cost.pico());
  if (counts.saved > Money{}) {
    text += fmt::format(" · {} saved by caches", value_text(Metric::cost, counts.saved.pico()));
  }
  if (const auto models = counts.unpriced_models.size(); models > 0) {
    text += fmt::format(" · {} unpriced ({})", plural(models, "model"),
                        requests_text(unpriced_requests(counts)));
  }
  return text;
}

// With the rungs of both parts.
Rule whole_rule(const std::vector<Rule>& rules, std::size_t i) {
  Rule whole = rules[i];
  if (i + 1 < rules.size() && rules[i + 1].second_part) {
    const auto& more = rules[i + 1].ladder;
    whole.ladder.insert(whole.ladder.end(), more.begin(), more.end());
  }
  return whole;
}

std::string table_text(const ReportOf& of) {
  using Row = std::array<std::string, 6>;
  std::vector<Row> rows{{"rule", "rang", "groups", "peak", "first", "by rung"}};
  for (std::size_t i = 0; i < of.rules.size(); ++i) {
    if (of.rules[i].second_part) continue;
    const RuleTally& told = of.result.rules[i];
    rows.push_back({clean_text(of.rules[i].name), count_text(static_cast<int128>(told.alerts)),
                    count_text(std::ssize(told.groups)), peak_text(of.rules[i], of.result.peaks[i]),
                    first_text(told), rungs_text(whole_rule(of.rules, i), told)});
  }
  std::array<std::size_t, 6> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(row[i]));
    }
  }
  std::string text;
  for (const Row& row : rows) {
    text += padded(row[0], widths[0]);
    for (std::size_t i = 1; i <= 3; ++i) text += "  " + padded_left(row[i], widths[i]);
    text += "  " + padded(row[4], widths[4]) + "  " + row[5] + "\n";
  }
  return text;
}

std::string messages_text(const BacktestResult& result,
                          const std::vector<ChannelConfig>& channels) {
  std::string text;
  for (const auto& channel : channels) {
    const auto got = result.channels.find(channel.name);
    if (got == result.channels.end()) continue;
    text += (text.empty() ? "" : ", ") + clean_text(channel.name) +
            channel_text(got->second, text.empty());
  }
  if (text.empty()) return channels.empty() ? "" : "No channel would have got a message.\n";
  return text + ".\n";
}

std::string leftovers_text(const BacktestResult& result) {
  const Counts& counts = result.counts;
  std::string text;
  const auto line = [&](std::uint64_t n, std::string_view noun, std::string_view what) {
    if (n > 0) text += fmt::format("{} {}.\n", plural(n, noun), what);
  };
  line(counts[Count::duplicates], "request", "came again with the same id and counted once");
  if (const auto n = counts[Count::other_cost]; n > 0) {
    text += fmt::format("{} of them told another cost than the first.\n", n);
  }
  for (std::size_t i = 0; i < kQuarantineReasons; ++i) {
    const auto n = counts.quarantined[i];
    if (n == 0) continue;
    text +=
        fmt::format("{} could not be read ({}), first {}\n", plural(n, "record"),
                    name(static_cast<QuarantineReason>(i)), clean_text(result.first_set_aside[i]));
  }
  std::vector<std::pair<std::uint64_t, std::string>> models;
  for (const auto& [model, of] : counts.unpriced_models) models.emplace_back(of.requests, model);
  std::sort(models.begin(), models.end(), std::greater<>());
  for (std::size_t i = 0; i < std::min(models.size(), kModelsShown); ++i) {
    text += fmt::format("No price for {}: {} {} in no budget.\n", clean_text(models[i].second),
                        requests_text(models[i].first), models[i].first == 1 ? "is" : "are");
  }
  if (models.size() > kModelsShown) {
    text += fmt::format("Nor for {}.\n", plural(models.size() - kModelsShown, "further model"));
  }
  line(counts[Count::late], "time", "a request came too late for a rule's window");
  line(counts[Count::future_clamped], "request",
       "had a stamp of the future, and got their record's");
  line(counts[Count::too_old], "request", "were older than state.retention");
  for (const auto& trouble : result.troubles) text += clean_text(trouble) + "\n";
  return text;
}

}  // namespace tocsin
