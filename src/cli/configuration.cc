// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration.h"

#include <unistd.h>

#include <cstdio>

#include "cli/real_files.h"

namespace tocsin {

std::string config_path(const std::string& given) {
  if (!given.empty()) return given;
  const std::string here = "tocsin.yaml";
  if (access(here.c_str(), F_OK) == 0) return here;
  return "/etc/tocsin/tocsin.yaml";
}

std::optional<Configuration> load_configuration(const std::string& given, Purpose purpose) {
  RealFiles files;
  Loaded loaded = load({config_path(given), purpose, files, real_environment()});
  for (const auto& diagnostic : loaded.diagnostics) {
    std::fprintf(stderr, "%s\n", render(diagnostic).c_str());
  }
  if (!loaded.ok()) return std::nullopt;
  auto prices = PriceList::with_files(loaded.config.price_files);
  if (!prices) {
    std::fprintf(stderr, "%s\n", prices.error().message.c_str());
    return std::nullopt;
  }
  return Configuration{std::move(loaded), std::move(*prices)};
}

}  // namespace tocsin
