// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "notify/notice.h"

namespace tocsin {

// The most characters of a first line: a phone shows about 100.
inline constexpr std::size_t kFirstLineMax = 90;

// A piece of a message. What was not written by us (values of events, texts of rules) is marked, so
// that a channel shows it where nothing in it can act as markup. All of it is clean_text().
struct Text {
  enum class Born : std::uint8_t {
    ours,
    code,       // a rule's name, shown as code where a channel can
    elsewhere,  // from an event or a rule file
  };
  std::string text;
  Born born = Born::ours;
};

// What one notice says, in no channel's form yet: the one place where words are made. Slack, mail,
// the webhook's `summary`, `explain` and the dashboard show the same.
struct Message {
  struct Field {
    std::string label;
    Text value;
  };
  struct Bar {
    int percent = 0;   // filled, 0 to 100
    std::string text;  // "80% of the money, 59% of the day"
  };
  std::string first_line;  // at most kFirstLineMax characters
  Text title;              // one sentence, whole where the first line is cut
  std::vector<Field> fields;
  std::optional<Bar> bar;
  std::vector<Text> paragraphs;            // may hold several lines
  std::vector<std::vector<Text>> context;  // lines of pieces, the least important text
};

// Pure: the same notice always gives the same message. Takes `composed_at` as the time at which it
// is read ("today"), the alert's `at` as the time of its amounts (pace).
Message render(const Notice& notice);

}  // namespace tocsin
