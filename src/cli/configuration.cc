// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "cli/real_files.h"
#include "price/catalogue.h"
#include "rule/nearest_word.h"

namespace tocsin {

std::string config_path(const std::string& given) {
  if (!given.empty()) return given;
  const std::string here = "tocsin.yaml";
  if (access(here.c_str(), F_OK) == 0) return here;
  return "/etc/tocsin/tocsin.yaml";
}

namespace {

// "gpt-4o-mini" and "openai/gpt-4o-mini", of all that have a price.
std::vector<std::string> priced_names(const prices::Catalogue& catalogue) {
  std::vector<std::string> names;
  for (const prices::Provider& provider : catalogue.providers) {
    for (const prices::Model& model : provider.models) {
      if (model.periods.empty()) continue;
      names.emplace_back(model.name);
      names.push_back(std::string(provider.name) + "/" + names.back());
    }
  }
  return names;
}

void set_unknown_like(const UnknownLike& like, PriceList& prices, Diagnostics& wrong) {
  if (prices.set_unknown_like(like.model)) return;
  const std::vector<std::string> names = priced_names(prices.catalogue());
  const std::vector<std::string_view> words(names.begin(), names.end());
  const auto meant = nearest(like.model, words);
  Diagnostic error = like.unknown;
  error.message = "no model of the price list is called \"" + like.model + "\"";
  error.hint = meant ? "did you mean " + std::string(*meant) + "?"
                     : "tocsin prices NAME looks for names; write it as PROVIDER/MODEL";
  wrong.push_back(std::move(error));
}

// Mappings, tables and prices are of no rule file's line; what is wrong is told of them all the
// same.
void list_broken(Loaded& loaded) {
  for (const Diagnostic& d : loaded.diagnostics) {
    if (d.level != Diagnostic::Level::error) continue;
    const bool listed = std::any_of(loaded.files.begin(), loaded.files.end(),
                                    [&](const FileSummary& file) { return file.path == d.file; });
    if (listed) continue;
    loaded.files.push_back({.path = d.file, .kind = FileSummary::Kind::other, .ok = false});
  }
}

}  // namespace

Reading read_configuration(LoadRequest request) {
  RecordingFiles files(request.files);
  Reading reading;
  reading.loaded = load({.config_path = std::move(request.config_path),
                         .purpose = request.purpose,
                         .files = files,
                         .environment = std::move(request.environment),
                         .running = request.running,
                         .last = request.last});
  std::vector<PriceList::File> prices;
  for (const auto& path : reading.loaded.config.price_files) {
    auto text = files.read(path, kYamlBytesMax);
    if (text) {
      prices.push_back({path, std::move(*text)});
    } else {
      reading.loaded.diagnostics.push_back(
          file_error(path, "cannot read it: " + text.error().message));
    }
  }
  Diagnostics wrong;
  reading.prices = PriceList::with_texts(prices, wrong);
  const auto& like = reading.loaded.config.unknown_like;
  if (like && reading.prices) set_unknown_like(*like, *reading.prices, wrong);
  auto& all = reading.loaded.diagnostics;
  all.insert(all.end(), wrong.begin(), wrong.end());
  list_broken(reading.loaded);
  reading.files = files.take();
  return reading;
}

std::optional<Configuration> load_configuration(const std::string& given, Purpose purpose) {
  RealFiles files;
  Reading reading = read_configuration({.config_path = config_path(given),
                                        .purpose = purpose,
                                        .files = files,
                                        .environment = real_environment()});
  print(reading.loaded.diagnostics);
  if (!reading.ok()) return std::nullopt;
  return std::move(reading).configuration();
}

void print(const Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics) {
    std::fprintf(stderr, "%s\n", render(diagnostic).c_str());
  }
}

}  // namespace tocsin
