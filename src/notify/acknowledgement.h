// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tocsin/result.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// Somebody has seen an alert and sees to it: it is not told again.
struct Acknowledgement {
  std::string by, comment;
  WallTime when{};
  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

// Synced on return. Of one alert the first counts, and is what this answers with. Any thread.
Result<Acknowledgement> acknowledge(Store& store, std::string_view alert_id,
                                    Acknowledgement acknowledgement);
// Nothing: nobody has. Any thread.
std::optional<Acknowledgement> acknowledgement_of(const Snapshot& store, std::string_view alert_id);

}  // namespace tocsin
