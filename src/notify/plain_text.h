// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tocsin {

// Text from outside made fit to show: valid UTF-8 (what isn't becomes U+FFFD), line ends and tabs
// as blanks, without control characters and without those that reorder or hide text (bidi controls,
// zero-width spaces, tags).
std::string clean_text(std::string_view text);

// Characters are Unicode code points here.
std::size_t characters(std::string_view utf8);

// At most `most` characters; what is longer loses its middle, or its end, to a "…".
std::string cut_middle(std::string_view utf8, std::size_t most);
std::string cut_end(std::string_view utf8, std::size_t most);

// Text with right-to-left letters between the two marks that keep it from reordering its
// neighbours; other text as it is.
std::string isolated(std::string_view utf8);

// The marks themselves, for who cuts isolated text.
inline constexpr std::size_t kIsolationCharacters = 2;

}  // namespace tocsin
