// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "document/diagnostic.h"
#include "document/source_text.h"
#include "document/utf8.h"
#include "fuzz_target.h"

namespace tocsin::fuzz {

// What holds for every word to the author of a file, whatever the file holds: it names a file of
// `texts` and, unless it is about the file as a whole, a place in it; it is one line that can be
// printed, and so is each line of its rendering.
inline void expect_placed(const Diagnostics& diagnostics,
                          const std::map<std::string, std::string>& texts) {
  const auto printable = [](std::string_view text) {
    return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
             return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
           });
  };
  for (const Diagnostic& d : diagnostics) {
    expect(!d.message.empty() && printable(d.message), "a message is one line: " + d.message);
    expect(printable(d.hint), "a hint is one line: " + d.hint);
    const std::string rendered = render(d);
    expect(std::count(rendered.begin(), rendered.end(), '\n') == (d.line > 0 ? 2 : 0),
           "a rendering has its lines: " + rendered);
    if (d.line == 0) continue;
    const auto text = texts.find(d.file);
    expect(text != texts.end(), "a place is in a file that was read: " + d.file);
    Diagnostics ignored;
    const auto source = SourceText::read(d.file, text->second, ignored, std::size_t{16} << 20);
    if (!source) continue;  // told of the byte that is none of a text
    expect(d.line >= 1 && static_cast<std::size_t>(d.line) <= source->lines(),
           "the line is in the file: " + rendered);
    const int width = character_count(source->line(d.line));
    expect(d.column >= 1 && d.column <= width + 1, "the column is in the line: " + rendered);
    expect(d.length >= 1, "there is something to underline: " + rendered);
  }
}

inline std::string all_of(const Diagnostics& diagnostics) {
  std::string all;
  for (const Diagnostic& d : diagnostics) all += render(d) + "\n";
  return all;
}

}  // namespace tocsin::fuzz
