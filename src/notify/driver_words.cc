// SPDX-License-Identifier: Apache-2.0
// What drives a value, in words.
#include <algorithm>
#include <map>
#include <utility>

#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kValueMax = 40;   // characters
constexpr std::size_t kInSentence = 2;  // values of a field that has no rows
constexpr std::size_t kFewest = 3;      // groups that can have something in common
constexpr std::size_t kCommonIn = 4, kCommonOf = 5;

struct Part {
  std::string who, amount, share;
};
Part part_of(const Alert& alert, std::size_t i) {
  const Alert::Driver& driver = alert.drivers[i];
  const Metric metric = driven_metric(alert.metric);
  const int128 whole = driven_value(alert);
  Part part;
  part.who = isolated(cut_middle(clean_text(driver.value), kValueMax));
  part.amount = (driver.approximate ? "≈ " : "") + value_text(metric, driver.amount);
  // To the nearest: shares are no limits, and look best where they add up.
  if (whole > 0) part.share = count_text((driver.amount * 200 / whole + 1) / 2) + "%";
  if (const auto before = driven_before(alert, i)) {
    const int128 more = driver.amount - *before;
    part.share += (part.share.empty() ? "" : ", ") + std::string(more < 0 ? "\u2212" : "+") +
                  value_text(metric, more < 0 ? -more : more);
  }
  return part;
}

// "Feature"; of what failed "status".
std::string heading_of(DriverField field) {
  return field == DriverField::status ? "Failed with status"
                                      : "Who, by " + std::string(name(field));
}

std::size_t end_of_field(const Alert& alert, std::size_t from) {
  std::size_t until = from;
  const auto& all = alert.drivers;
  while (until < all.size() && all[until].field == all[from].field) ++until;
  return until;
}

// "Model gpt-4o $51.20 (64%), o3 $20.02 (25%)."
std::string sentence(const Alert& alert, std::size_t from, std::size_t until) {
  std::string text = capitalised(std::string(name(alert.drivers[from].field)));
  for (std::size_t i = from; i < until; ++i) {
    const auto [who, amount, share] = part_of(alert, i);
    text += (i == from ? " " : ", ") + who + " " + amount;
    if (!share.empty()) text += " (" + share + ")";
  }
  return text + ".";
}

}  // namespace

// The first field as rows, each further one as a sentence.
void add_drivers(Message& message, const Alert& alert, EventTime told) {
  const auto& all = alert.drivers;
  std::string rest;
  for (std::size_t from = 0; from < all.size();) {
    const std::size_t until = end_of_field(alert, from);
    if (from == 0) {
      message.list_heading = heading_of(all.front().field);
      for (std::size_t i = 0; i < until; ++i) {
        auto [who, amount, share] = part_of(alert, i);
        message.rows.push_back({std::move(who), std::move(amount), std::move(share)});
      }
      if (driven_before(alert, 0)) {
        message.list_heading += ", against " + period_before(alert, told) + " at the same time";
      }
    } else {
      rest +=
          (rest.empty() ? "" : " ") + sentence(alert, from, std::min(until, from + kInSentence));
    }
    from = until;
  }
  if (!rest.empty()) message.paragraphs.push_back({rest, Text::Born::elsewhere});
}

// "Feature chat $46.41 (58%), search $9.60 (12%). Model gpt-4o $51.20 (64%)."
std::string drivers_text(const Alert& alert) {
  std::string text;
  for (std::size_t from = 0; from < alert.drivers.size();) {
    const std::size_t until = end_of_field(alert, from);
    const std::size_t told = from == 0 ? until : std::min(until, from + kInSentence);
    text += (text.empty() ? "" : " ") + sentence(alert, from, told);
    from = until;
  }
  return text;
}

// "3,210 requests"; of what else an average is made.
std::string divided_by_text(Metric metric, std::int64_t count) {
  if (metric == Metric::prompt_cache_rate) return value_text(Metric::tokens, count) + " tokens";
  std::string_view unit = " request";
  if (metric == Metric::cost_per_user) unit = " user";
  if (metric == Metric::cost_per_session) unit = " session";
  return count_text(count) + std::string(unit) + (count == 1 ? "" : "s");
}

// "Same provider, every other model: 0.4% (3,210 requests). Same model, provider azure: 0.5% (880
// requests)."
std::string elsewhere_text(const Alert& alert) {
  std::string text;
  for (const auto& elsewhere : alert.elsewhere) {
    std::string same;
    for (const auto& [field, value] : alert.group) {
      if (field != elsewhere.field) same += (same.empty() ? "same " : " and ") + clean_text(field);
    }
    const std::string field = clean_text(elsewhere.field);
    std::string where = same.empty() ? "" : same + ", ";
    where += elsewhere.other.empty()
                 ? "every other " + field
                 : field + " " + isolated(cut_middle(clean_text(elsewhere.other), kValueMax));
    text += (text.empty() ? "" : " ") + capitalised(where) + ": " +
            value_text(alert.metric, elsewhere.value) + " (" +
            divided_by_text(alert.metric, elsewhere.requests) + ").";
  }
  return text;
}

// "Common to them: mostly Feature = summarize-beta (9 of 10)." Empty: nothing is.
std::string common_text(const std::vector<const Alert*>& levels) {
  if (levels.size() < kFewest) return "";
  std::map<std::pair<DriverField, std::string>, std::size_t> counts;
  std::vector<DriverField> fields;
  for (const Alert* level : levels) {
    for (const auto& driver : level->drivers) {
      if (driver.amount * 2 < driven_value(*level)) continue;
      ++counts[{driver.field, driver.value}];
      if (std::find(fields.begin(), fields.end(), driver.field) == fields.end()) {
        fields.push_back(driver.field);
      }
    }
  }
  std::string text;
  for (const DriverField field : fields) {
    for (const auto& [value, count] : counts) {
      if (value.first != field || count * kCommonOf < levels.size() * kCommonIn) continue;
      text += (text.empty() ? "Common to them: mostly " : ", ") + std::string(name(field)) + " = " +
              isolated(cut_middle(clean_text(value.second), kValueMax)) + " (" +
              count_text(static_cast<std::int64_t>(count)) + " of " +
              count_text(std::ssize(levels)) + ")";
    }
  }
  return text.empty() ? text : text + ".";
}

}  // namespace tocsin
