// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace tocsin {

// Small looks at YAML source text, by byte offset.

// After the quote that closes the one at `open`; npos if its line ends first.
std::size_t closing_quote(std::string_view text, std::size_t open);

// The first byte from `at` that is no blank; line ends are none.
std::size_t skip_blanks(std::string_view text, std::size_t at);

// The value as its author meant it, from `at`: up to a blank, a comma before one, the line's end or
// a bracket that it did not open.
std::string_view meant_word(std::string_view text, std::size_t at);

// Does a comment begin at `at`?
bool comment_at(std::string_view text, std::size_t at);

}  // namespace tocsin
