// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alert/alert_log.h"

namespace tocsin {

// Tells nobody.
struct NoAlertLog final : AlertLog {
  void append(const Recorded&, WriteBatch&) override {}
  void append(const Resolved&, WriteBatch&) override {}
};

}  // namespace tocsin
