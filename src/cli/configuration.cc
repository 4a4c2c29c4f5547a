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

Reading read_configuration(LoadRequest request) {
  RecordingFiles files(request.files);
  Reading reading;
  reading.loaded = load({.config_path = std::move(request.config_path),
                         .purpose = request.purpose,
                         .files = files,
                         .environment = std::move(request.environment),
                         .running = request.running});
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
  auto& all = reading.loaded.diagnostics;
  all.insert(all.end(), wrong.begin(), wrong.end());
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
