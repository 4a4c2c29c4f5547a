// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/plural.h"
#include "cli/priced_by.h"
#include "cli/prices_import.h"
#include "cli/real_clock.h"
#include "cli/terminal.h"
#include "price/catalogue.h"
#include "price/check.h"
#include "price/describe.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

struct Found {
  const prices::Provider* provider;
  const prices::Model* model;
  std::string name() const { return std::string(provider->name) + "/" + std::string(model->name); }
};

// Models whose "provider/model" has all of the words in it.
std::vector<Found> search(const prices::Catalogue& catalogue,
                          const std::vector<std::string>& words) {
  std::vector<Found> result;
  for (const prices::Provider& provider : catalogue.providers) {
    for (const prices::Model& model : provider.models) {
      const Found found{&provider, &model};
      const std::string name = found.name();
      if (std::all_of(words.begin(), words.end(), [&](const std::string& word) {
            return name.find(to_lower(word)) != std::string::npos;
          })) {
        result.push_back(found);
      }
    }
  }
  return result;
}

void show(const Found& found) {
  std::printf("%s\n", found.name().c_str());
  for (const std::string& line : prices::describe(*found.model)) {
    std::printf("  %s\n", line.c_str());
  }
  std::printf("  known as %s\n", prices::describe(found.model->match).c_str());
  if (found.model->periods.empty()) return;
  const prices::Period& last = found.model->periods.back();
  std::printf("  %s, of %s\n", std::string(last.origin).c_str(),
              last.updated.empty() ? "no day" : std::string(last.updated).c_str());
}

// One line a model: what holds now, and what else there is.
void list(const std::vector<Found>& found) {
  const std::int64_t now = to_ms(as_event_time(RealClock().wall()));
  std::size_t widest = 0;
  for (const Found& one : found) widest = std::max(widest, columns_of(one.name()));
  for (const Found& one : found) {
    const prices::Period* const period = one.model->at(now);
    std::string line = period == nullptr ? "no price" : prices::describe(period->tiers.front());
    if (period != nullptr && period->tiers.size() > 1) line += "; tiers";
    if (one.model->periods.size() > 1) line += "; history";
    for (const prices::Variant& variant : one.model->variants) {
      line += "; " + std::string(variant.label);
    }
    std::printf("%s  %s\n", padded(one.name(), widest).c_str(), line.c_str());
  }
}

int look_up(const std::string& config, const std::vector<std::string>& words) {
  const auto prices = PricedBy::configuration(config);
  if (!prices) return kExitConfig;
  const prices::Catalogue& catalogue = prices->list().catalogue();
  if (words.empty()) {
    for (const prices::Provider& provider : catalogue.providers) {
      std::printf("%-26s %s, of %s\n", std::string(provider.name).c_str(),
                  plural(provider.models.size(), "model").c_str(),
                  std::string(provider.updated).c_str());
    }
    std::printf("tocsin prices WORD… finds models; of one it shows all prices\n");
    return kExitOk;
  }
  // A name as requests have it, whatever other models have it in theirs.
  const prices::Model* const named = words.size() == 1 ? catalogue.resolve({}, words[0]) : nullptr;
  std::vector<Found> found = search(catalogue, words);
  if (named != nullptr) {
    for (const prices::Provider& provider : catalogue.providers) {
      for (const prices::Model& model : provider.models) {
        if (&model == named) found = {{&provider, &model}};
      }
    }
  }
  if (found.empty()) {
    std::fprintf(stderr, "no model has that in its name; tocsin prices lists the providers\n");
    return kExitFound;
  }
  if (found.size() == 1) {
    show(found.front());
  } else {
    list(found);
  }
  return kExitOk;
}

int check(const std::string& config) {
  const auto prices = PricedBy::configuration(config);
  if (!prices) return kExitConfig;
  const auto findings = prices::check(prices->list().catalogue());
  for (const std::string& finding : findings) std::printf("%s\n", finding.c_str());
  std::printf("%s, %s\n", plural(prices->list().models(), "price").c_str(),
              plural(findings.size(), "finding").c_str());
  return findings.empty() ? kExitOk : kExitFound;
}

}  // namespace

void add_prices(CLI::App& app, CommandSlot& slot) {
  struct Options {
    std::string config;
    std::vector<std::string> words;
  };
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("prices", "Find what a model costs, check the price list, or renew it");
  command->add_option("WORD", options->words,
                      "what the model's name has in it; one model is shown with its history");
  command->add_option("--config", options->config, "tocsin.yaml, for prices of your own");
  command->callback([command, options, &slot] {
    if (!command->get_subcommands().empty()) return;
    slot.run = [options] { return look_up(options->config, options->words); };
  });
  CLI::App* const checks = command->add_subcommand(
      "check", "Names that other models take, prices that never hold, gaps in histories");
  checks->add_option("--config", options->config, "tocsin.yaml, for prices of your own");
  checks->callback([options, &slot] { slot.run = [options] { return check(options->config); }; });
  add_prices_import(*command, slot);
}

}  // namespace tocsin
