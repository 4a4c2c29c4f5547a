// SPDX-License-Identifier: Apache-2.0
#include "price/load_prices.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "document/scalars.h"
#include "tocsin/ascii.h"

namespace tocsin::prices {
namespace {

constexpr std::string_view kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

// "16:30" as minutes; "24:00" is the end of the day.
std::optional<int> parse_minute(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  int value[2] = {};
  for (std::size_t i = 0; i < 5; ++i) {
    if (i == 2) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    int& part = value[i < 2 ? 0 : 1];
    part = part * 10 + (text[i] - '0');
  }
  const int minute = value[0] * 60 + value[1];
  if (value[1] > 59 || minute > 24 * 60) return std::nullopt;
  return minute;
}

}  // namespace

void PricesReader::rate(const Entry& entry, std::int64_t scale, Tier& tier) {
  const std::string& unit = entry.key.text;
  const std::string& written = entry.value.text;
  const auto atto =
      entry.value.is_scalar() ? parse_decimal(written, kRateScale, Rounding::exact) : std::nullopt;
  if (!atto || *atto < 0 || *atto > kRateMax) {
    reader_.error(entry.value,
                  "a price must be a decimal number from 0 to 1000000 with at most 18 places",
                  "2.50");
    return;
  }
  const auto same = std::find_if(tier.rates.begin(), tier.rates.end(),
                                 [&](const Rate& r) { return r.unit == unit; });
  Rate made;
  made.text = reader_.keep(written);
  made.atto = *atto;
  made.scale = scale;
  if (same == tier.rates.end()) {
    made.unit = reader_.keep(unit);
    tier.rates.push_back(made);
  } else {
    made.unit = same->unit;
    made.least = same->least;
    *same = made;
  }
}

void PricesReader::rates(const Node& map, Tier& tier) {
  std::vector<const Node*> groups;
  for (const RateGroup& group : kRateGroups) {
    const Node* const node = map.find(group.key);
    if (node == nullptr) continue;
    if (!node->is_map() || node->entries.empty()) {
      reader_.error(*node, "`" + std::string(group.key) + "` must be a map from unit to price",
                    "{input: 2.50, output: 10}");
      continue;
    }
    for (const Entry& entry : node->entries) {
      if (std::any_of(groups.begin(), groups.end(),
                      [&](const Node* other) { return other->find(entry.key.text) != nullptr; })) {
        reader_.error(entry.key, "`" + entry.key.text + "` has two prices");
      }
      rate(entry, group.scale, tier);
    }
    groups.push_back(node);
  }
  if (std::none_of(std::begin(kRateGroups), std::end(kRateGroups),
                   [&](const RateGroup& group) { return map.find(group.key) != nullptr; })) {
    reader_.error(map, "a price needs `per_mtok` or `per_1k`",
                  "or per_hour, per_mchars, per_gpixels, each");
  }
  if (tier.rates.size() > 100) {
    reader_.error(map, "more than 100 units");
    return;
  }
  tier.index();
}

Tiers PricesReader::tiers(const Node& map) {
  Tiers result(1);
  rates(map, result.front());
  const Node* const above = reader_.list(map, "tiers", false);
  if (above == nullptr) return result;
  for (const Node& item : above->items) {
    if (!reader_.is_map(item, "a tier",
                        {"above_input_tokens", "per_mtok", "per_1k", "per_hour", "per_mchars",
                         "per_gpixels", "each"})) {
      continue;
    }
    const auto bound = parse_count(reader_.text(item, "above_input_tokens", true));
    if (!bound || *bound <= result.back().above) {
      const Node* const written = item.find("above_input_tokens");
      if (written != nullptr) {
        reader_.error(*written, "must be a whole number of tokens, rising from tier to tier");
      }
      continue;
    }
    Tier tier = result.back();
    tier.above = *bound;
    rates(item, tier);
    result.push_back(std::move(tier));
  }
  return result;
}

void PricesReader::at_least(const Node& map, Tiers& tiers) {
  const Node* const node = map.find("at_least");
  if (node == nullptr) return;
  if (!node->is_map()) return reader_.error(*node, "`at_least` must be a map from unit to count");
  for (const Entry& entry : node->entries) {
    const auto count = entry.value.is_scalar() ? parse_count(entry.value.text) : std::nullopt;
    if (!count || *count > kCountMax) {
      reader_.error(entry.value, "must be a whole number", "10");
      continue;
    }
    for (Tier& tier : tiers) {
      const auto rate = std::find_if(tier.rates.begin(), tier.rates.end(),
                                     [&](const Rate& r) { return r.unit == entry.key.text; });
      if (rate != tier.rates.end()) {
        rate->least = *count;
      } else if (&tier == &tiers.front()) {
        reader_.error(entry.key, "`" + entry.key.text + "` has no price here");
      }
    }
  }
}

void PricesReader::days(const Node& list, Daily& daily) {
  daily.days = 0;
  for (const Node& item : list.items) {
    const auto* const day = std::find(std::begin(kDays), std::end(kDays), item.text);
    if (!item.is_scalar() || day == std::end(kDays)) {
      reader_.error(item, "must be a day of the week", "mon, tue, wed, thu, fri, sat or sun");
      continue;
    }
    daily.days |= 1U << static_cast<unsigned>(day - std::begin(kDays));
  }
}

std::optional<Daily> PricesReader::daily(const Node& map, std::string& label) {
  const Node* const of_week = reader_.list(map, "days", false);
  const std::string hours = reader_.text(map, "daily", false);
  if (hours.empty() && of_week == nullptr) return std::nullopt;
  Daily result{.from = 0, .until = 24 * 60};
  if (!hours.empty()) {
    const std::size_t dash = std::min(hours.find('-'), hours.size() - 1);
    const auto from = parse_minute(std::string_view(hours).substr(0, dash));
    const auto until = parse_minute(std::string_view(hours).substr(dash + 1));
    if (!from || !until || *from == *until || *from == 24 * 60) {
      reader_.error(*map.find("daily"), "`daily` must be two times of the day, in UTC",
                    "16:30-00:30");
      return std::nullopt;
    }
    result = {.from = *from, .until = *until};
    label += " daily " + hours;
  }
  if (of_week != nullptr) {
    days(*of_week, result);
    label += " on";
    for (const Node& item : of_week->items) label += " " + item.text;
  }
  return result;
}

Period PricesReader::period(const Node& node, std::string label) {
  Period result;
  if (!reader_.is_map(node, "a price",
                      {"from", "until", "daily", "days", "per_mtok", "per_1k", "per_hour",
                       "per_mchars", "per_gpixels", "each", "at_least", "tiers"})) {
    return result;
  }
  result.origin = reader_.keep(reader_.place(node));
  result.span = reader_.span(node, label);
  result.daily = daily(node, label);
  result.label = reader_.keep(std::move(label));
  result.tiers = tiers(node);
  at_least(node, result.tiers);
  return result;
}

std::vector<Condition> PricesReader::when(const Node& map, const std::string& what,
                                          std::string example, std::string& label) {
  std::vector<Condition> result;
  const Node* const node = map.find("when");
  if (node == nullptr || !node->is_map() || node->entries.empty()) {
    reader_.error(node == nullptr ? map : *node, what + " needs a map `when`", std::move(example));
    return result;
  }
  for (const Entry& entry : node->entries) {
    Condition condition;
    condition.name = reader_.keep(to_lower(entry.key.text));
    condition.values = reader_.lower_texts(entry.value);
    if (condition.values.empty()) reader_.error(entry.value, "must be a text or a list of texts");
    if (!label.empty()) label += ", ";
    if (condition.name != "service_tier") label += std::string(condition.name) + " ";
    if (!condition.values.empty()) label += condition.values.front();
    result.push_back(std::move(condition));
  }
  return result;
}

Variant PricesReader::variant(const Node& node) {
  Variant result;
  if (!reader_.is_map(node, "a variant",
                      {"when", "from", "until", "per_mtok", "per_1k", "per_hour", "per_mchars",
                       "per_gpixels", "each", "at_least", "tiers"})) {
    return result;
  }
  std::string label;
  result.when = when(node, "a variant", "when: {service_tier: batch}", label);
  result.label = reader_.keep(label);
  result.span = reader_.span(node, label);
  result.tiers = tiers(node);
  at_least(node, result.tiers);
  return result;
}

}  // namespace tocsin::prices
