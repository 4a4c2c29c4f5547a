// SPDX-License-Identifier: Apache-2.0
// Discounts, multipliers and surcharges become prices.
#include <algorithm>
#include <utility>

#include "price/catalogue.h"

namespace tocsin::prices {
namespace {

constexpr int128 kMillion = 1'000'000;

void multiply(Tiers& tiers, const Factor& factor, Texts& texts) {
  for (Tier& tier : tiers) {
    for (Rate& rate : tier.rates) {
      rate.atto = std::min(divide_half_even(rate.atto * factor.millionth, kMillion), kRateMax);
      rate.text = texts.keep(decimal_text(rate.atto, kRateScale));
    }
    tier.index();
  }
}

void multiply(Model& model, const Factor& factor, Texts& texts) {
  for (Period& period : model.periods) {
    multiply(period.tiers, factor, texts);
    period.label = texts.keep(std::string(period.label) + " " + std::string(factor.text));
  }
  for (Variant& variant : model.variants) multiply(variant.tiers, factor, texts);
}

bool sells(const Provider& seller, const Provider& maker) {
  return &seller != &maker && seller.name != maker.name &&
         std::any_of(maker.fallback_for.begin(), maker.fallback_for.end(),
                     [&](std::string_view served) { return seller.answers_to(served); });
}

// What one negotiated with a provider is not the price of those who sell its models, nor the other
// way round.
bool concerns_a_discount(const Provider& provider, const std::vector<Provider>& providers) {
  return !provider.discounts.empty() ||
         std::any_of(providers.begin(), providers.end(), [&](const Provider& maker) {
           return !maker.discounts.empty() && sells(provider, maker);
         });
}

const Discount* discount_for(const Model& model, const std::vector<Discount>& discounts) {
  const Discount* found = nullptr;
  for (const Discount& discount : discounts) {
    if (discount.model.empty() && (model.users_own || (found && !found->model.empty()))) continue;
    if (discount.model.empty() || discount.model == model.name) found = &discount;
  }
  return found;
}

// Nothing: it has no price of tokens.
Tiers dearer(Tiers tiers, const Factor& factor, Texts& texts) {
  for (Tier& tier : tiers) {
    std::erase_if(tier.rates, [](const Rate& rate) { return !rate.of_tokens(); });
  }
  if (tiers.front().rates.empty()) return {};
  multiply(tiers, factor, texts);
  return tiers;
}

// Before what is there stand those of its variants, for the first that has a price counts; after it
// those of the model's own prices, the last of which counts.
void add_surcharge(const Surcharge& surcharge, Model& model, Texts& texts) {
  std::vector<Variant> all;
  const auto add = [&](const std::string& label, std::vector<Condition> when, Span span,
                       const Tiers& tiers) {
    Tiers more = dearer(tiers, surcharge.factor, texts);
    if (more.empty()) return;
    when.insert(when.end(), surcharge.when.begin(), surcharge.when.end());
    all.push_back({texts.keep(label), std::move(when), span, std::move(more)});
  };
  const std::string label(surcharge.label);
  for (const Variant& own : model.variants) {
    add(std::string(own.label) + ", " + label, own.when, own.span, own.tiers);
  }
  all.insert(all.end(), model.variants.begin(), model.variants.end());
  for (auto period = model.periods.rbegin(); period != model.periods.rend(); ++period) {
    add(label, {}, period->span, period->tiers);
  }
  model.variants = std::move(all);
}

// Why it cannot; empty: it can.
std::string_view refuses(const Model& model) {
  if (std::any_of(model.periods.begin(), model.periods.end(),
                  [](const Period& period) { return period.daily.has_value(); })) {
    return "whose prices depend on the hour";
  }
  const bool many = model.variants.size() * 2 + model.periods.size() > kVariantsMax;
  return many ? "which would have too many variants" : "";
}

}  // namespace

void Catalogue::apply_surcharges(Diagnostics& diagnostics) {
  for (Provider& provider : providers) {
    for (const Surcharge& surcharge : std::exchange(provider.surcharges, {})) {
      for (Model& model : provider.models) {
        if (model.users_own) continue;
        if (const std::string_view why = refuses(model); why.empty()) {
          add_surcharge(surcharge, model, texts);
        } else {
          diagnostics.push_back(surcharge.wrong);
          diagnostics.back().message =
              "this cannot hold for " + std::string(model.name) + ", " + std::string(why);
        }
      }
    }
  }
}

void Catalogue::apply_discounts(Diagnostics& diagnostics) {
  std::vector<Provider*> concerned;
  for (Provider& provider : providers) {
    if (concerns_a_discount(provider, providers)) concerned.push_back(&provider);
  }
  if (concerned.empty()) return;
  // The models they sell of others become their own.
  const std::vector<Provider> makers = providers;
  for (Provider* const seller : concerned) {
    for (std::size_t i = 0; i < makers.size(); ++i) {
      if (!sells(*seller, makers[i])) continue;
      for (Model model : makers[i].models) {
        model.users_own = false;  // not of this provider
        seller->models.push_back(std::move(model));
      }
      std::erase_if(providers[i].fallback_for,
                    [&](std::string_view served) { return seller->answers_to(served); });
    }
  }
  for (Provider* const provider : concerned) {
    for (Model& model : provider->models) {
      const Discount* const discount = discount_for(model, provider->discounts);
      if (discount != nullptr) multiply(model, discount->factor, texts);
    }
    for (const Discount& discount : provider->discounts) {
      const bool used = discount.model.empty() ||
                        std::any_of(provider->models.begin(), provider->models.end(),
                                    [&](const Model& m) { return m.name == discount.model; });
      if (!used) diagnostics.push_back(discount.unused);
    }
  }
}

}  // namespace tocsin::prices
