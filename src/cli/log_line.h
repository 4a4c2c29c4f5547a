// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tocsin {

// A text as it stands in the log, whatever it holds: on one line, valid UTF-8, with nothing in it
// that a terminal obeys or that reorders what is read. Such bytes become \xNN.
std::string log_line(std::string_view text);

}  // namespace tocsin
