// SPDX-License-Identifier: Apache-2.0
#include "price/load.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <utility>

#include "document/scalars.h"
#include "document/yaml.h"
#include "tocsin/ascii.h"

namespace tocsin::prices {
namespace {

constexpr std::int64_t kPerMillion = 1'000'000;
constexpr std::int64_t kPerThousand = 1'000;

// What other price lists know and this one does not, refused by name so that nobody is priced
// wrongly by a line that is passed over.
bool is_planned(std::string_view key) {
  constexpr std::string_view kPlanned[] = {"variants",   "when",     "discount",  "multiplier",
                                           "regex",      "per_hour", "per_chars", "per_page",
                                           "per_mchars", "currency"};
  return std::find(std::begin(kPlanned), std::end(kPlanned), key) != std::end(kPlanned);
}

class Loader {
 public:
  Loader(const Document& document, Diagnostics& diagnostics)
      : document_(document), diagnostics_(diagnostics) {}

  Provider provider(const Node& root);

 private:
  using Keys = std::initializer_list<std::string_view>;

  void error(const Node& node, std::string message, std::string hint = {}) {
    if (!node.bad) {
      diagnostics_.push_back(document_.error(node, std::move(message), std::move(hint)));
    }
  }
  bool is_map(const Node& node, std::string_view what, Keys keys);
  std::string text(const Node& map, std::string_view key, bool required);
  std::vector<std::string> texts(const Node& map, std::string_view key);
  const Node* list(const Node& map, std::string_view key, bool required);
  std::int64_t day(const Node& map, std::string_view key, std::int64_t absent);

  Model model(const Node& node, const std::string& provider);
  Clause clause(const Node& node);
  Period period(const Node& node, const std::string& label);
  void rates(const Node& map, Tier& tier);
  void rate(const Entry& entry, std::int64_t scale, Tier& tier);
  void tiers(const Node& node, Period& period);
  void refuse_same_names(const Provider& provider, const Node& models);

  const Document& document_;
  Diagnostics& diagnostics_;
};

bool Loader::is_map(const Node& node, std::string_view what, Keys keys) {
  if (!node.is_map()) {
    error(node, std::string(what) + " must be a map");
    return false;
  }
  for (const Entry& entry : node.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key.text) != keys.end()) continue;
    std::string known;
    for (const std::string_view key : keys) {
      known += known.empty() ? "" : ", ";
      known += key;
    }
    if (is_planned(entry.key.text)) {
      error(entry.key, "`" + entry.key.text + "` is not supported in price files yet",
            "take it out and give the price you pay");
    } else {
      error(entry.key, "unknown key `" + entry.key.text + "` in " + std::string(what),
            "known: " + known);
    }
  }
  return true;
}

std::string Loader::text(const Node& map, std::string_view key, bool required) {
  const Node* const node = map.find(key);
  if (node == nullptr) {
    if (required) error(map, "`" + std::string(key) + "` is missing");
    return {};
  }
  if (!node->is_scalar() || node->text.empty()) {
    error(*node, "`" + std::string(key) + "` must be a text");
    return {};
  }
  return node->text;
}

std::vector<std::string> Loader::texts(const Node& map, std::string_view key) {
  std::vector<std::string> result;
  const Node* const node = list(map, key, false);
  if (node == nullptr) return result;
  for (const Node& item : node->items) {
    if (item.is_scalar() && !item.text.empty()) {
      result.push_back(to_lower(item.text));
    } else {
      error(item, "must be a text");
    }
  }
  return result;
}

const Node* Loader::list(const Node& map, std::string_view key, bool required) {
  const Node* const node = map.find(key);
  if (node == nullptr) {
    if (required) error(map, "`" + std::string(key) + "` is missing");
    return nullptr;
  }
  if (!node->is_sequence() || (required && node->items.empty())) {
    error(*node,
          "`" + std::string(key) + "` must be a list" + (required ? " with something in it" : ""));
    return nullptr;
  }
  return node;
}

std::int64_t Loader::day(const Node& map, std::string_view key, std::int64_t absent) {
  const std::string written = text(map, key, false);
  if (written.empty()) return absent;
  const auto date = parse_date(written);
  if (!date) {
    error(*map.find(key), "`" + std::string(key) + "` must be a day", "2026-11-20, UTC");
    return absent;
  }
  return std::int64_t{std::chrono::sys_days{*date}.time_since_epoch().count()} * 86'400'000;
}

Clause Loader::clause(const Node& node) {
  Clause result;
  if (!is_map(node, "a match", {"equals", "starts_with", "ends_with", "contains", "without"})) {
    return result;
  }
  result.equals = to_lower(text(node, "equals", false));
  result.starts_with = to_lower(text(node, "starts_with", false));
  result.ends_with = to_lower(text(node, "ends_with", false));
  result.contains = to_lower(text(node, "contains", false));
  result.without = to_lower(text(node, "without", false));
  if (result.equals.empty() && result.starts_with.empty() && result.ends_with.empty() &&
      result.contains.empty()) {
    error(node, "a match needs equals, starts_with, ends_with or contains");
  }
  return result;
}

void Loader::rate(const Entry& entry, std::int64_t scale, Tier& tier) {
  constexpr int128 kAttoMax = power_of_ten(24);
  const std::string& unit = entry.key.text;
  const std::string& written = entry.value.text;
  const auto atto =
      entry.value.is_scalar() ? parse_decimal(written, kRateScale, Rounding::exact) : std::nullopt;
  if (!atto || *atto < 0 || *atto > kAttoMax) {
    error(entry.value, "a price must be a decimal number from 0 to 1000000 with at most 18 places",
          "2.50");
    return;
  }
  if (unit == kUnitNames[static_cast<std::size_t>(Unit::reasoning)]) {
    error(entry.key, "reasoning is part of output and has no price of its own");
    return;
  }
  const auto same = std::find_if(tier.rates.begin(), tier.rates.end(),
                                 [&](const Rate& r) { return r.unit == unit; });
  Rate made{unit, written, *atto, scale};
  if (same == tier.rates.end()) {
    tier.rates.push_back(std::move(made));
  } else {
    *same = std::move(made);
  }
}

void Loader::rates(const Node& map, Tier& tier) {
  const std::pair<std::string_view, std::int64_t> kinds[] = {{"per_mtok", kPerMillion},
                                                             {"per_1k", kPerThousand}};
  const Node* first = nullptr;
  for (const auto& [key, scale] : kinds) {
    const Node* const node = map.find(key);
    if (node == nullptr) continue;
    if (!node->is_map() || node->entries.empty()) {
      error(*node, "`" + std::string(key) + "` must be a map from unit to price",
            "{input: 2.50, output: 10}");
      continue;
    }
    for (const Entry& entry : node->entries) {
      if (first != nullptr && first->find(entry.key.text) != nullptr) {
        error(entry.key, "`" + entry.key.text + "` has a price in per_mtok, too");
      }
      rate(entry, scale, tier);
    }
    first = node;
  }
  if (map.find("per_mtok") == nullptr && map.find("per_1k") == nullptr) {
    error(map, "a price needs `per_mtok` or `per_1k`");
  }
  if (tier.rates.size() > 100) {
    error(map, "more than 100 units");
    return;
  }
  tier.index();
}

void Loader::tiers(const Node& node, Period& period) {
  for (const Node& item : node.items) {
    if (!is_map(item, "a tier", {"above_input_tokens", "per_mtok", "per_1k"})) continue;
    const auto above = parse_count(text(item, "above_input_tokens", true));
    if (!above || *above <= period.tiers.back().above) {
      const Node* const written = item.find("above_input_tokens");
      if (written != nullptr) {
        error(*written, "must be a whole number of tokens, rising from tier to tier");
      }
      continue;
    }
    Tier tier = period.tiers.back();
    tier.above = *above;
    rates(item, tier);
    period.tiers.push_back(std::move(tier));
  }
}

Period Loader::period(const Node& node, const std::string& label) {
  Period result;
  result.label = label;
  result.origin = document_.source->file() + ":" + std::to_string(node.line);
  result.tiers.emplace_back();
  if (!is_map(node, "a price", {"from", "until", "per_mtok", "per_1k", "tiers"})) return result;
  result.from_ms = day(node, "from", result.from_ms);
  result.until_ms = day(node, "until", result.until_ms);
  if (result.from_ms >= result.until_ms) error(node, "`until` must be a day after `from`");
  if (const std::string from = text(node, "from", false); !from.empty()) {
    result.label += " from " + from;
  }
  if (const std::string until = text(node, "until", false); !until.empty()) {
    result.label += " until " + until;
  }
  rates(node, result.tiers.front());
  if (const Node* const above = list(node, "tiers", false)) tiers(*above, result);
  return result;
}

Model Loader::model(const Node& node, const std::string& provider) {
  Model result;
  if (!is_map(node, "a model", {"model", "match", "prices"})) return result;
  result.name = to_lower(text(node, "model", true));
  if (node.find("match") == nullptr) {
    Clause same_name;
    same_name.equals = result.name;
    result.match.push_back(std::move(same_name));
  } else if (const Node* const matches = list(node, "match", true)) {
    for (const Node& item : matches->items) result.match.push_back(clause(item));
  }
  if (const Node* const prices = list(node, "prices", true)) {
    for (const Node& item : prices->items) {
      result.periods.push_back(period(item, provider + "/" + result.name));
    }
  }
  return result;
}

void Loader::refuse_same_names(const Provider& provider, const Node& models) {
  for (std::size_t i = 0; i < provider.models.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (provider.models[i].name == provider.models[k].name) {
        error(models.items[i], "`" + provider.models[i].name + "` is in this file twice");
      }
    }
  }
}

Provider Loader::provider(const Node& root) {
  Provider result;
  if (!is_map(root, "a price file",
              {"version", "provider", "aliases", "fallback_for", "updated", "models"})) {
    return result;
  }
  if (const std::string version = text(root, "version", true); !version.empty() && version != "1") {
    error(*root.find("version"), "price files have version 1");
  }
  result.name = to_lower(text(root, "provider", true));
  result.aliases = texts(root, "aliases");
  result.fallback_for = texts(root, "fallback_for");
  (void)day(root, "updated", 0);
  result.updated = text(root, "updated", false);
  if (const Node* const models = list(root, "models", true)) {
    for (const Node& item : models->items) result.models.push_back(model(item, result.name));
    for (Model& each : result.models) {
      for (Period& prices : each.periods) prices.updated = result.updated;
    }
    refuse_same_names(result, *models);
  }
  return result;
}

}  // namespace

std::optional<Provider> load_provider(std::string file, std::string_view text,
                                      Diagnostics& diagnostics) {
  Diagnostics own;
  const auto document = parse_yaml(std::move(file), text, own);
  std::optional<Provider> provider;
  if (document) provider = Loader(*document, own).provider(document->root);
  const bool good = document && !has_errors(own);
  diagnostics.insert(diagnostics.end(), std::make_move_iterator(own.begin()),
                     std::make_move_iterator(own.end()));
  return good ? std::move(provider) : std::nullopt;
}

}  // namespace tocsin::prices
