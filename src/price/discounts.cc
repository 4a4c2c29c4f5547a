// SPDX-License-Identifier: Apache-2.0
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

}  // namespace

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
