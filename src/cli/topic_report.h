// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kafka/glance.h"

namespace tocsin {

// What a look at a topic showed, and what there is to do, in lines for a person.
std::vector<std::string> topic_report(const std::string& topic, const TopicGlance& glance);

// "native events", "Helicone's events"; empty: no event can be read from it.
std::string_view format_of(std::string_view record);

}  // namespace tocsin
