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
    code,       // a rule's name or a command, shown as code where a channel can
    elsewhere,  // from an event or a rule file
    address,    // an https address of a rule file, of nothing but the characters addresses have
  };
  std::string text;
  Born born = Born::ours;
};

// What one notice says, in no channel's form yet: the one place where words are made. Slack, mail,
// the webhook's `summary`, `explain` and the dashboard show the same. Narrow places take `title`,
// `fields` and `context`, wide ones `opening`, `facts` and `footer`.
struct Message {
  struct Field {
    std::string label;
    Text value;
  };
  struct Fact {
    std::string label;
    Text value;
    std::string note;  // beside it, may be empty
  };
  struct Bar {
    int percent = 0;   // filled, 0 to 100
    std::string text;  // "80% of the money, 59% of the day"
  };
  struct Row {
    std::string who;    // from elsewhere
    std::string value;  // "$61.02 of $25"
    std::string note;   // "244%"
  };
  std::string first_line;  // at most kFirstLineMax characters
  std::string subject;     // the same for a mail, after its "[warning] ": without mark and outlook
  std::string preheader;   // a sentence that adds to the subject, shown beside it
  Text title;              // what happened, whole where the first line is cut
  Text opening;            // the same as a sentence
  std::vector<Field> fields;
  std::vector<Fact> facts;
  std::optional<Bar> bar;
  std::string list_heading;      // above the rows
  std::vector<Row> rows;         // groups, the worst first
  std::size_t groups = 0;        // how many there are, of which the rows may be the worst
  std::vector<Text> paragraphs;  // may hold several lines
  std::optional<Text> runbook;
  std::string next;                        // "The next line is 95% ($95.00), a warning."
  std::string silence;                     // the command that keeps it quiet, quoted for a shell
  std::string explain;                     // the command that says why, likewise
  std::vector<std::vector<Text>> context;  // lines of pieces, the least important text
  std::vector<Text> footer;                // the same in one line of sentences
};

// Pure: the same notice always gives the same message. Takes `composed_at` as the time at which it
// is read ("today"), the alert's `at` as the time of its amounts (pace).
Message render(const Notice& notice);

}  // namespace tocsin
