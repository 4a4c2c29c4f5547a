// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "document/document.h"
#include "rule/config.h"
#include "rule/reader.h"

namespace tocsin {

// The top of a tocsin.yaml that is read while another is in force.
struct RestartCheck {
  const Reader& reader;
  const Node& root;
};

// Adds an error for each difference of `next` from `running` that a running engine cannot take:
// its sources, where its state is and how large, the address it listens on, its quarantine. A
// secret that its file gives anew is none: what runs keeps the old one until it is restarted.
void tell_restarts(const RestartCheck& check, const Config& next, const Config& running);

}  // namespace tocsin
