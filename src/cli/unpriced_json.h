// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "tocsin/store.h"

namespace tocsin {

// {"unpriced": [{day, kind, model, service, requests, …}]}: what could not be priced in the last
// days, newest day first. Any thread.
std::string unpriced_json(const Store& store, std::size_t limit);

}  // namespace tocsin
