// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notify/message.h"

namespace tocsin {

// What the messages of this room are put together from; each a clean_text().

inline constexpr std::string_view kDot = " \xC2\xB7 ";  // " · " between pieces of a context line

std::string_view mark_of(Severity severity);

// A bar of 20 cells, filled as far as `percent` (0 to 100) says.
std::string bar_cells(int percent);

// "and 2,295 more", where a message has more groups than the rows a channel shows; else empty.
std::string left_out(const Message& message, std::size_t rows_shown);

// A first line. Where it is too long the outlook goes first, then the option, then the end of the
// subject; the rest is never cut.
struct FirstLine {
  std::string mark;     // "🟠"
  std::string head;     // "80%", "Over:"; may be empty
  std::string subject;  // a rule's summary
  std::string after;    // what stands for `head` in a mail's subject: " 80%", " over"
  std::string group;    // as group_in_line() gives it
  std::string tail;     // ": $80.02 of $100 today"
  std::string option;   // ": 312 of 4,216 failed"
  std::string outlook;  // ", gone by 16:49 at this pace"; a mail says it beside its subject
};
std::string assembled(const FirstLine& line);
// The characters that assembled() would still take as `option`.
std::size_t room_in(const FirstLine& line);
// As a mail's subject: the rule's summary first, for the mark's word stands before it.
std::string assembled_subject(const FirstLine& line);
void set_lines(Message& message, const FirstLine& line);

// With a capital where it begins with one of the 26 letters.
std::string capitalised(std::string text);
// "Latency p95", of a rule whose author gave it no summary.
std::string metric_title(Metric metric);

bool is_below(const Alert& alert);     // reached by less than its amount
bool is_forecast(const Alert& alert);  // by what the window's total is heading for
bool is_compared(const Alert& alert);  // by how many times as much it is as before
// "3.4x".
std::string times_text(int128 ratio);
// "$10", "20%", "3x".
std::string line_amount(const Alert& alert);
// "limit $10", "at least 20%", "limit 3x".
std::string line_text(const Alert& alert);
// Of a comparison: "3.4x", "3.4x the $12.10 of 7 days before"; else empty.
std::string ratio_text(const Alert& alert);
std::string before_text(const Alert& alert);

// What a rate, an average or a percentile is made of: "Failed", "312 of 4,216", "312 of 4,216
// failed". Empty for sums.
struct Parts {
  std::string label, value, words;
};
Parts parts_of(const Alert& alert);

// Whether the summary is the rule's own, not one made from its name.
bool has_own_summary(const Alert& alert);
// The rule's summary; one that was made from the rule's name with a capital, for rates "Error
// rate".
std::string subject_of(const Alert& alert);
// "user-123", "openai/gpt-4o"; empty without group_by.
std::string group_text(const Alert& alert);
// The same with a blank before it, cut in the middle to 24 characters.
std::string group_in_line(const Alert& alert);
// "users", "groups": what the rule groups by. As a heading: "Users".
std::string groups_word(const Alert& alert, std::size_t count);
std::string groups_heading(const Alert& alert);
// Texts from elsewhere, right-to-left ones kept from reordering what stands beside them.
std::string shown(std::string_view text);

// "$80.02 of $100", "41.2M of 50M tokens".
std::string value_of_limit(const Alert& alert, int128 limit);
// "$10.42", "1,902 requests", "7.4%".
std::string value_with_unit(Metric metric, int128 value, std::optional<int128> limit);
// The alert's name for people: "80%", "$250 left".
std::string rung_words(const std::string& rung);

// What follows from the window's average so far, or the usual shape of day and week of a forecast
// by that, the alert's time being now. Nothing where that
// says little: no calendar window, no rising sum, fewer than 20 requests, or a window that is over
// when it is told.
struct Pace {
  int128 per_unit = 0, even_per_unit = 0;  // even: the budget spread over the window
  std::string_view unit;                   // "h", "day"
  std::string since;                       // "last hour", "last day"; empty: the window's beginning
  std::optional<EventTime> gone;           // when the budget will be, if within the window
  std::optional<EventTime> next;           // when the next rung will be reached, likewise
  int128 at_end = 0;                       // the total by the end
};
std::optional<Pace> pace_of(const Alert& alert, EventTime told);

// How bad the worst of the levels told is.
Severity highest_severity(const std::vector<Alert>& alerts);

// `tocsin explain RULE --group FIELD=VALUE`, with the group where all of it can be typed again.
std::string explain_command(const Alert& alert, bool with_group);
// `tocsin silence RULE FIELD=VALUE --until …`: until the window ends, else for a while.
std::string silence_command(const Alert& alert, const Notice& notice, bool with_group);
// `text` as one word of a POSIX shell.
std::string shell_quoted(std::string_view text);

// The rule's runbook: an address people can follow if it is one and holds nothing else.
std::optional<Text> runbook_of(const Alert& alert);

// The last line of every message: the window's bounds and zone, the notice's id.
std::vector<Text> closing_line(const Alert& alert, const Notice& notice);
// The last line where there is room for sentences: with the year, the rule's place and filter.
std::vector<Text> footer_of(const Alert& alert, const Notice& notice);

// What wide places show of an alert: opening, facts, what comes next, how to ask why.
void add_wide_parts(Message& message, const Alert& alert, const Notice& notice);

// What drives the alert's value: rows, and a paragraph of the fields that are not in them.
void add_drivers(Message& message, const Alert& alert, EventTime told);
// All of it as sentences; empty: nothing is known of it.
std::string drivers_text(const Alert& alert);
// How the metric stands in groups like it; empty: there are none.
std::string elsewhere_text(const Alert& alert);
// What drives at least four of five of them alike; empty: nothing does, or they are few.
std::string common_text(const std::vector<const Alert*>& levels);

// One alert, told by `notice`. A heading ("already over when …") takes the place of the outlook.
Message message_about(const Alert& alert, const Notice& notice, std::string_view heading = {});

// The other messages, by kind.
Message digest_message(const Notice& notice);  // digest and catch_up
Message held_message(const Notice& notice);    // held and capped
Message resolved_message(const Notice& notice);
Message engine_message(const Notice& notice);
Message unpriced_message(const Notice& notice);  // of the engine's, one with a report

}  // namespace tocsin
