// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "price/price_list.h"
#include "rule/file_set.h"
#include "rule/load.h"

namespace tocsin {

// `--config`, else ./tocsin.yaml, else /etc/tocsin/tocsin.yaml.
std::string config_path(const std::string& given);

// What the files say: the configuration and its prices. Immutable where it is shared.
struct Configuration {
  Loaded loaded;
  PriceList prices;
  FileSet files;  // that were read
  FileSet good;   // that it is of: of teams whose files are wrong, those before
};

// The same, right or wrong.
struct Reading {
  Loaded loaded;                    // with what is wrong with prices too
  std::optional<PriceList> prices;  // if they are right
  FileSet files;
  bool ok() const { return loaded.ok() && prices.has_value(); }
  // Of one that is ok().
  Configuration configuration() && {
    FileSet good = files;
    for (const auto& [path, text] : loaded.refused_files.texts) good.texts[path] = text;
    for (const auto& [pattern, paths] : loaded.refused_files.expansions) {
      good.expansions[pattern] = paths;
    }
    return {std::move(loaded), std::move(*prices), std::move(files), std::move(good)};
  }
};
// All that `request` names, and the price files.
Reading read_configuration(LoadRequest request);

// Of the real files, for a purpose. On an error it is printed to standard error, and there is
// nothing.
std::optional<Configuration> load_configuration(const std::string& given, Purpose purpose);
void print(const Diagnostics& diagnostics);

// The configuration that is in force, for those who read it while it may be exchanged. Any thread.
class InForce {
 public:
  explicit InForce(std::shared_ptr<const Configuration> first) : now_(std::move(first)) {}

  std::shared_ptr<const Configuration> get() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void set(std::shared_ptr<const Configuration> next) {
    const std::lock_guard lock(mutex_);
    now_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Configuration> now_;
};

}  // namespace tocsin
