// SPDX-License-Identifier: Apache-2.0
#include "price/check.h"

#include <algorithm>
#include <iterator>

#include "price/day_text.h"

namespace tocsin::prices {
namespace {

using Findings = std::vector<std::string>;

// A name that a clause is for, if there is one that says which.
std::string_view sample(const Clause& clause) {
  for (const std::string_view part :
       {clause.equals, clause.starts_with, clause.ends_with, clause.contains}) {
    if (!part.empty()) return part;
  }
  return {};
}

void check_names(const Provider& provider, const Model& model, Findings& findings) {
  const std::string full = std::string(provider.name) + "/" + std::string(model.name);
  std::size_t hidden = 0;
  for (const Clause& clause : model.match) {
    const std::string_view name = sample(clause);
    if (name.empty() || !clause.holds(name)) continue;
    const Model* const found = provider.match(name);
    if (found == &model || found == nullptr) continue;
    ++hidden;
    findings.push_back(full + ": `" + std::string(name) + "` is already a name of " +
                       std::string(provider.name) + "/" + std::string(found->name) +
                       ", which stands before it");
  }
  if (hidden == model.match.size()) findings.push_back(full + ": it is never found");
}

bool covers(const Span& all, const Span& part) {
  return all.from_ms <= part.from_ms && part.until_ms <= all.until_ms;
}

bool same(const Daily& a, const Daily& b) {
  return a.from == b.from && a.until == b.until && a.days == b.days;
}

void check_history(const Model& model, Findings& findings) {
  std::vector<Span> always;
  for (auto period = model.periods.begin(); period != model.periods.end(); ++period) {
    const auto hides = [&](const Period& later) {
      const bool by_day = later.daily && (!period->daily || !same(*later.daily, *period->daily));
      return !by_day && covers(later.span, period->span);
    };
    const auto later = std::find_if(std::next(period), model.periods.end(), hides);
    if (later != model.periods.end()) {
      findings.push_back(std::string(period->origin) + ": this price never holds: " +
                         std::string(later->origin) + " comes after it");
    }
    if (!period->daily) always.push_back(period->span);
  }
  if (always.empty() && !model.periods.empty()) {
    findings.push_back(std::string(model.periods.front().origin) +
                       ": there is no price for the hours that no `daily` is for");
    return;
  }
  std::sort(always.begin(), always.end(),
            [](const Span& a, const Span& b) { return a.from_ms < b.from_ms; });
  for (std::size_t i = 1; i < always.size(); ++i) {
    Span& before = always[i - 1];
    if (before.until_ms < always[i].from_ms) {
      findings.push_back(std::string(model.periods.front().origin) + ": there is no price from " +
                         day_text(before.until_ms) + " until " + day_text(always[i].from_ms));
    }
    always[i].until_ms = std::max(always[i].until_ms, before.until_ms);
  }
}

bool implies(const Variant& narrow, const Variant& wide) {
  return std::all_of(wide.when.begin(), wide.when.end(), [&](const Condition& needed) {
    return std::any_of(narrow.when.begin(), narrow.when.end(), [&](const Condition& has) {
      return has.name == needed.name &&
             std::all_of(has.values.begin(), has.values.end(), [&](std::string_view value) {
               return std::find(needed.values.begin(), needed.values.end(), value) !=
                      needed.values.end();
             });
    });
  });
}

bool prices_all_of(const Variant& first, const Variant& second) {
  const auto& rates = second.tiers.front().rates;
  return std::all_of(rates.begin(), rates.end(), [&](const Rate& rate) {
    return first.tiers.front().own(rate.unit) != nullptr;
  });
}

void check_variants(const Provider& provider, const Model& model, Findings& findings) {
  for (std::size_t i = 1; i < model.variants.size(); ++i) {
    const Variant& variant = model.variants[i];
    for (std::size_t k = 0; k < i; ++k) {
      const Variant& before = model.variants[k];
      if (!covers(before.span, variant.span) || !implies(variant, before) ||
          !prices_all_of(before, variant)) {
        continue;
      }
      findings.push_back(std::string(provider.name) + "/" + std::string(model.name) + ": variant " +
                         std::string(variant.label) + " never holds: " + std::string(before.label) +
                         " stands before it");
      break;
    }
  }
}

}  // namespace

std::vector<std::string> check(const Catalogue& catalogue) {
  Findings findings;
  for (const Provider& provider : catalogue.providers) {
    for (const Model& model : provider.models) {
      check_names(provider, model, findings);
      check_history(model, findings);
      check_variants(provider, model, findings);
    }
  }
  return findings;
}

}  // namespace tocsin::prices
