// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>

#include "document/scalars.h"
#include "price/import.h"
#include "price/json_tree.h"
#include "tocsin/ascii.h"

namespace tocsin::prices {
namespace {

struct TokenPrice {
  std::string_view key, unit;
};
// Their keys of prices of one token; what follows names the bound of a tier, then the variant.
constexpr TokenPrice kTokenPrices[] = {
    {"input_cost_per_token", "input"},
    {"cache_read_input_token_cost", "cache_read"},
    {"cache_creation_input_token_cost", "cache_write"},
    {"cache_creation_input_token_cost_above_1hr", "cache_write_1h"},
    {"output_cost_per_token", "output"},
    {"input_cost_per_audio_token", "input_audio"},
    {"output_cost_per_audio_token", "output_audio"},
};
struct TierName {
  std::string_view suffix, ours;
};
constexpr TierName kTiers[] = {{"_batches", "batch"}, {"_priority", "priority"}, {"_flex", "flex"}};
constexpr std::string_view kUplift = "regional_processing_uplift_multiplier_";
constexpr std::string_view kAbove = "_above_";
constexpr std::string_view kBoundEnd = "k_tokens";

// "eu", or "us-east-1": a part of a model's name that is where it runs.
bool is_region(std::string_view part) {
  constexpr std::string_view kShort[] = {"eu", "us", "apac", "global"};
  return std::find(std::begin(kShort), std::end(kShort), part) != std::end(kShort) ||
         (std::count(part.begin(), part.end(), '-') == 2 && part.size() > 5 && part.size() < 20 &&
          part.back() >= '0' && part.back() <= '9');
}

class Completer {
 public:
  Completer(const std::string& file, std::string_view day, Catalogue& ours,
            Diagnostics& diagnostics)
      : file_(file), ours_(ours), diagnostics_(diagnostics) {
    const auto date = parse_date(day);
    today_ =
        date ? std::int64_t{std::chrono::sys_days{*date}.time_since_epoch().count()} * 86'400'000
             : 0;
  }

  std::optional<Completion> run(const Json& root) {
    if (root.kind != Json::Kind::object || root.fields.empty()) {
      error("it is not LiteLLM's list of models, or an empty one");
      return std::nullopt;
    }
    for (const bool regions : {false, true}) {
      for (const auto& [name, fields] : root.fields) {
        if (name != "sample_spec") entry(name, fields, regions);
      }
    }
    if (failed_) return std::nullopt;
    auto& told = out_.disagreements;
    std::sort(told.begin(), told.end());
    told.erase(std::unique(told.begin(), told.end()), told.end());
    return std::move(out_);
  }

 private:
  void error(const std::string& what) {
    failed_ = true;
    if (!is_full(diagnostics_, Diagnostic::Level::error)) {
      diagnostics_.push_back(file_error(file_, what));
    }
  }

  // Those of regions come second: of a disputed model they are worth nothing either.
  void entry(const std::string& written, const Json& fields, bool regions) {
    const Json* const seller = fields.find("litellm_provider");
    if (seller == nullptr || fields.find("input_cost_per_token") == nullptr) return;
    std::string name = to_lower(written);
    const std::string region = take_region(name);
    if (region.empty() == regions) return;
    const Provider* const known = ours_.find(to_lower(seller->text));
    const Model* const found = known == nullptr ? nullptr : ours_.resolve(known->name, name);
    const bool own = found != nullptr && !known->models.empty() && found >= known->models.data() &&
                     found < known->models.data() + known->models.size();
    if (!own || found->at(today_) == nullptr) {
      ++out_.others;
      return;
    }
    ++out_.models;
    complete(ours_.providers[static_cast<std::size_t>(known - ours_.providers.data())],
             known->models[static_cast<std::size_t>(found - known->models.data())].name, region,
             fields);
  }

  // Takes "eu/" out of "azure/eu/gpt-4o".
  static std::string take_region(std::string& name) {
    const std::size_t first = name.find('/');
    const std::size_t second = name.find('/', first == std::string::npos ? first : first + 1);
    if (second == std::string::npos) return {};
    const std::string part = name.substr(first + 1, second - first - 1);
    if (!is_region(part)) return {};
    name.erase(first, second - first);
    return part;
  }

  void complete(Provider& provider, std::string_view model_name, const std::string& region,
                const Json& fields) {
    Model& model = *std::find_if(provider.models.begin(), provider.models.end(),
                                 [&](const Model& m) { return m.name == model_name; });
    place_ = std::string(provider.name) + "/" + std::string(model.name);
    const std::size_t told = out_.disagreements.size();
    const std::size_t before = model.variants.size();
    const Tiers& standard = model.at(today_)->tiers;
    const Tiers theirs = tiers(fields, "");
    if (!region.empty()) {
      if (!disputed_.contains(place_)) add_region(model, region, theirs, standard);
    } else if (agrees(standard.front(), theirs.front(), "")) {
      for (const TierName& tier : kTiers) add_tier(model, tier, tiers(fields, tier.suffix));
      for (const auto& [key, value] : fields.fields) {
        if (key.starts_with(kUplift)) {
          uplift(model, to_lower(key.substr(kUplift.size())), value, standard);
        }
      }
    }
    if (region.empty() && out_.disagreements.size() > told) disputed_.insert(place_);
    if (model.variants.size() == before) return;
    if (model.variants.size() > kVariantsMax) model.variants.resize(before);
    out_.variants += model.variants.size() - before;
    auto& done = out_.completed;
    if (std::find(done.begin(), done.end(), provider.name) == done.end()) {
      done.push_back(provider.name);
    }
  }

  // One tier at least, maybe of no rates.
  Tiers tiers(const Json& fields, std::string_view suffix) {
    std::set<std::int64_t> bounds{-1};
    for (const auto& [key, value] : fields.fields) {
      for (const TokenPrice& price : kTokenPrices) {
        if (const auto above = bound(key, price.key, suffix)) bounds.insert(*above);
      }
    }
    Tiers result;
    for (const std::int64_t above : bounds) {
      Tier tier = result.empty() ? Tier() : result.back();
      tier.above = above;
      for (const TokenPrice& price : kTokenPrices) {
        std::string key(price.key);
        if (above >= 0) key += std::string(kAbove) + std::to_string(above / 1000) + "k_tokens";
        key += suffix;
        if (const Json* const value = fields.find(key)) rate(key, *value, price.unit, tier);
      }
      tier.index();
      result.push_back(std::move(tier));
    }
    return result;
  }

  // "input_cost_per_token_above_200k_tokens_priority" is 200,000 for "_priority".
  static std::optional<std::int64_t> bound(std::string_view key, std::string_view price,
                                           std::string_view suffix) {
    if (!key.starts_with(price) || !key.ends_with(suffix)) return std::nullopt;
    key.remove_prefix(price.size());
    key.remove_suffix(std::min(suffix.size(), key.size()));
    if (!key.starts_with(kAbove) || !key.ends_with(kBoundEnd)) return std::nullopt;
    key.remove_prefix(kAbove.size());
    const auto thousands = parse_count(key.substr(0, key.size() - kBoundEnd.size()));
    return thousands ? std::optional(*thousands * 1000) : std::nullopt;
  }

  void rate(const std::string& key, const Json& value, std::string_view unit, Tier& tier) {
    // Dollars of one token in 10^-24 are 10^-18 of a million; their floating point is beyond 12.
    constexpr int128 kResidue = power_of_ten(6);
    const auto written = parse_decimal(value.text, kRateScale + 6, Rounding::half_even);
    const auto atto = written ? divide_half_even(*written, kResidue) * kResidue : int128{-1};
    if (value.kind != Json::Kind::number || atto < 0 || atto > kRateMax) {
      return error(place_ + ": `" + key + "`: `" + value.text + "` is no price");
    }
    set(tier, unit, atto);
  }

  void set(Tier& tier, std::string_view unit, int128 atto) {
    const auto same = std::find_if(tier.rates.begin(), tier.rates.end(),
                                   [&](const Rate& rate) { return rate.unit == unit; });
    Rate& rate = same == tier.rates.end() ? tier.rates.emplace_back() : *same;
    rate.unit = unit;
    rate.atto = atto;
    rate.scale = 1'000'000;
    rate.text = ours_.texts.keep(decimal_text(atto, kRateScale));
  }

  bool agrees(const Tier& here, const Tier& there, const std::string& variant) {
    bool all = true;
    for (const Rate& theirs : there.rates) {
      const Rate* const own = here.own(theirs.unit);
      if (own == nullptr || own->atto == theirs.atto) continue;
      all = false;
      out_.disagreements.push_back(place_ + ", " + variant + std::string(theirs.unit) + ": $" +
                                   decimal_text(own->atto, kRateScale) + "/1M here, $" +
                                   std::string(theirs.text) + "/1M there");
    }
    return all;
  }

  void add_tier(Model& model, const TierName& name, Tiers theirs) {
    for (const Variant& variant : model.variants) {
      if (!variant.span.holds(today_) || variant.when.size() != 1) continue;
      const Condition& condition = variant.when.front();
      const auto& values = condition.values;
      if (condition.name != "service_tier" ||
          std::find(values.begin(), values.end(), name.ours) == values.end()) {
        continue;
      }
      (void)agrees(variant.tiers.front(), theirs.front(), std::string(name.ours) + ", ");
      for (const Rate& own : variant.tiers.front().rates) leave_out(theirs, own.unit);
    }
    add(model, "service_tier", name.ours, std::move(theirs));
  }

  void add_region(Model& model, const std::string& region, Tiers theirs, const Tiers& standard) {
    for (const Rate& own : standard.front().rates) {
      const Rate* const there = theirs.front().own(own.unit);
      if (there != nullptr && there->atto == own.atto) leave_out(theirs, own.unit);
    }
    add(model, "region", region, std::move(theirs));
  }

  void uplift(Model& model, const std::string& region, const Json& value, const Tiers& standard) {
    if (!is_region(region)) return error(place_ + ": `" + region + "` is no region");
    const auto millionths = parse_decimal(value.text, 6, Rounding::exact);
    if (!millionths || *millionths < 0 || *millionths > 10'000'000) {
      return error(place_ + ": `" + value.text + "` is no multiplier");
    }
    Tiers raised = standard;
    for (Tier& tier : raised) {
      std::erase_if(tier.rates, [](const Rate& rate) { return rate.scale != 1'000'000; });
      for (Rate& rate : tier.rates) {
        set(tier, rate.unit,
            std::min(divide_half_even(rate.atto * *millionths, 1'000'000), kRateMax));
      }
    }
    add(model, "region", region, std::move(raised));
  }

  static void leave_out(Tiers& tiers, std::string_view unit) {
    for (Tier& tier : tiers) {
      std::erase_if(tier.rates, [&](const Rate& rate) { return rate.unit == unit; });
    }
  }

  void add(Model& model, std::string_view name, std::string_view value, Tiers tiers) {
    if (tiers.front().rates.empty()) return;
    for (Tier& tier : tiers) tier.index();
    // A tier that costs what the one below it does is none.
    for (std::size_t i = tiers.size(); i-- > 1;) {
      const auto same = [&](const Rate& rate) {
        const Rate* const below = tiers[i - 1].own(rate.unit);
        return below != nullptr && below->atto == rate.atto;
      };
      if (std::all_of(tiers[i].rates.begin(), tiers[i].rates.end(), same)) {
        tiers.erase(tiers.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    const std::string_view kept = ours_.texts.keep(std::string(value));
    const bool there =
        std::any_of(model.variants.begin(), model.variants.end(), [&](const Variant& v) {
          return v.span.from_ms == today_ && v.when.size() == 1 && v.when.front().name == name &&
                 v.when.front().values == std::vector<std::string_view>{kept};
        });
    if (there) return;
    Variant variant;
    variant.when.push_back({ours_.texts.keep(std::string(name)), {kept}});
    variant.span = {today_, next_change(model, variant)};
    variant.tiers = std::move(tiers);
    model.variants.push_back(std::move(variant));
  }

  // What they say holds with the prices of their day, and until ours say more.
  std::int64_t next_change(const Model& model, const Variant& variant) const {
    std::int64_t next = Span().until_ms;
    const auto note = [&](const Span& span) {
      if (span.from_ms > today_) next = std::min(next, span.from_ms);
    };
    for (const Period& period : model.periods) note(period.span);
    for (const Variant& own : model.variants) {
      if (own.when == variant.when) note(own.span);
    }
    return next;
  }

  const std::string& file_;
  Catalogue& ours_;
  Diagnostics& diagnostics_;
  Completion out_;
  std::set<std::string> disputed_;  // "openai/gpt-4o"
  std::int64_t today_ = 0;
  std::string place_;
  bool failed_ = false;
};

}  // namespace

std::optional<Completion> complete_litellm(const std::string& file, std::string_view json,
                                           std::string_view day, Catalogue& ours,
                                           Diagnostics& diagnostics) {
  const auto root = parse_json(file, json, diagnostics);
  if (!root) return std::nullopt;
  return Completer(file, day, ours, diagnostics).run(*root);
}

}  // namespace tocsin::prices
