// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/explanation.h"
#include "cli/terminal.h"

namespace tocsin {

// Pieces of what explain draws.

std::string grouped_count(std::uint64_t n);                          // "31,204"
std::string grouped_plural(std::uint64_t n, std::string_view noun);  // "31,204 requests"
// Of a level: green where no rung is reached.
Paint paint_of(const std::string& rung, Severity severity);
// "14:07:32", on another day than `now` "20 Nov 14:07:32".
std::string moment(EventTime at, EventTime now, const std::string& zone);
// "openai/gpt-4o", cut to 30 characters.
std::string group_value(const GroupValues& group);
// For progress_bar(): 820 for 82.0%; at the limit and beyond 1000.
std::int64_t permille(int128 value, int128 limit);
// Words at blanks into lines of at most `width` columns; those after the first are indented. Our
// own colours take no columns.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace tocsin
