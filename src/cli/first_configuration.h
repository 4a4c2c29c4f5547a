// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/configuration.h"
#include "cli/reloader.h"
#include "tocsin/clock.h"

namespace tocsin {

// What an engine starts on.
struct FirstConfiguration {
  std::shared_ptr<const Configuration> configuration;
  Reloader::First first;
};

// What the files say, if they are right; else what the state keeps of the last that were. What is
// wrong is printed to standard error. Nothing: there is neither.
std::optional<FirstConfiguration> first_configuration(const std::string& path, const Clock& clock);

}  // namespace tocsin
