// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

// What stands for a byte that is no part of valid UTF-8.
inline constexpr char32_t kNoCharacter = 0xffffffff;

// The character at text[at] and the byte after it. Overlong forms, surrogates and values beyond
// U+10FFFF are not characters: kNoCharacter, one byte long. at < text.size().
struct Decoded {
  char32_t character;
  std::size_t next;
};
Decoded decode_utf8(std::string_view text, std::size_t at);

bool is_utf8(std::string_view text);

// Characters of UTF-8 text; a stray byte counts as one.
int character_count(std::string_view text);

// The bytes of the first `count` characters.
std::string_view first_characters(std::string_view text, int count);

// C0 but tab and line feed, DEL, C1, the Unicode line ends and a byte order mark within a text:
// what no file for people holds on purpose.
bool is_control(char32_t character);

// "U+FF05".
std::string code_point(char32_t character);

// The ASCII text that people meant by a character that looks like it (a full-width percent sign, a
// long dash, a space that does not break); empty if there is none.
std::string_view look_alike(char32_t character);

// Text for a message: in double quotes, controls and broken bytes as \xNN, at most 60 characters.
std::string quoted(std::string_view text);

}  // namespace tocsin
