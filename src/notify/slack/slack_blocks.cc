// SPDX-License-Identifier: Apache-2.0
#include "notify/slack/slack_blocks.h"

#include <algorithm>
#include <string_view>

#include "document/json_writer.h"
#include "notify/message_parts.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

using Born = Text::Born;

constexpr std::size_t kHeaderMax = 150;
constexpr std::size_t kSectionMax = 3'000;
constexpr std::size_t kFieldMax = 2'000;
constexpr std::size_t kFieldsMax = 10;
constexpr std::size_t kElementsMax = 10;
constexpr std::size_t kMessageMax = 12'000;
constexpr std::size_t kParagraphsMax = 40;  // of Slack's 50 blocks
constexpr std::size_t kBlockRowsMax = 10;
constexpr std::size_t kCodeMax = 200;
constexpr std::size_t kRunbookMax = 1'000;
constexpr std::size_t kContextLineMax = 1'400;
constexpr std::size_t kPlainMax = 3'000;

// Slack has no escape for * _ ~ and backticks; texts of ours don't hold them.
std::string mrkdwn_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else {
      safe.push_back(c);
    }
  }
  return safe;
}

// What fits into `most` characters once it is escaped.
std::string escaped_within(std::string_view text, std::size_t most) {
  std::string safe = mrkdwn_text(text);
  for (std::size_t keep = most; characters(safe) > most && keep > 0; keep -= (keep + 7) / 8) {
    safe = mrkdwn_text(cut_end(text, keep));
  }
  return safe;
}

bool fits_in_code(std::string_view text) {
  return !text.empty() && text.size() <= kCodeMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("-_./ =:@+,%").find(c) != std::string_view::npos;
         });
}

// "user-8812   $61.02 of $25   244%", a line each.
std::string list_text(const Message& message) {
  std::string text = message.list_heading + ":";
  const std::size_t count = std::min(message.rows.size(), kBlockRowsMax);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [who, value, note] = message.rows[i];
    text += "\n" + who + "   " + value + (note.empty() ? "" : "   " + note);
  }
  const std::string rest = left_out(message, count);
  return rest.empty() ? text : text + "\n" + rest;
}

// Writes blocks and counts what they hold.
class Blocks {
 public:
  // `used`: the characters that stand before the blocks.
  Blocks(JsonWriter& json, std::size_t used) : json_(json), used_(used) {}

  void header(const Text& title) {
    json_.begin_object().text("type", "header").key("text");
    plain(title.text, kHeaderMax);
    json_.end_object();
  }
  void fields(const std::vector<Message::Field>& fields) {
    if (fields.empty()) return;
    json_.begin_object().text("type", "section").key("fields").begin_array();
    for (std::size_t i = 0; i < std::min(fields.size(), kFieldsMax); ++i) {
      const auto& [label, value] = fields[i];
      if (value.born == Born::ours) {
        markdown("*" + mrkdwn_text(label) + "*\n" + escaped_within(value.text, kFieldMax - 100));
      } else {
        plain(label + "\n" + value.text, kFieldMax);
      }
    }
    json_.end_array().end_object();
  }
  void bar(const Message::Bar& bar) {
    json_.begin_object().text("type", "section").key("text");
    markdown("`" + bar_cells(bar.percent) + "` " + mrkdwn_text(bar.text));
    json_.end_object();
  }
  // The first rows under their heading, as one text.
  void list(const Message& message) {
    if (message.rows.empty()) return;
    json_.begin_object().text("type", "section").key("text");
    plain(list_text(message), kSectionMax);
    json_.end_object();
  }
  void runbook(const Text& address) {
    json_.begin_object().text("type", "section").key("text");
    if (address.born == Born::address) {
      markdown("Runbook: <" + mrkdwn_text(address.text) + ">");
    } else {
      plain("Runbook: " + address.text, kRunbookMax);
    }
    json_.end_object();
  }
  // Leaves out what would go over `most` characters in all.
  void paragraph(const Text& text, std::size_t most) {
    const std::size_t left = used_ < most ? most - used_ : 0;
    const std::size_t room = left < kSectionMax ? left : kSectionMax;
    if (room < kRoomMin) return;
    json_.begin_object().text("type", "section").key("text");
    if (text.born == Born::ours) {
      markdown(escaped_within(text.text, room));
    } else {
      plain(text.text, room);
    }
    json_.end_object();
  }
  // Characters left of a context's line that began at `before`.
  std::size_t context_room(std::size_t before) const {
    return kContextLineMax - std::min(kContextLineMax, used_ - before);
  }
  // A line of at most kContextLineMax characters.
  void context(const std::vector<Text>& line) {
    json_.begin_object().text("type", "context").key("elements").begin_array();
    std::size_t elements = 0;
    const std::size_t before = used_;
    for (std::size_t i = 0; i < line.size() && elements < kElementsMax; ++elements) {
      if (elements > 0 && context_room(before) < kRoomMin) break;
      if (!is_markdown(line[i])) {
        plain(line[i++].text, std::min(kContextMax, context_room(before)));
        continue;
      }
      std::string run;
      for (; i < line.size() && is_markdown(line[i]); ++i) {
        const std::string piece = markdown_of(line[i]);
        if (run.empty() || characters(run + piece) <= context_room(before)) run += piece;
      }
      markdown(run);
    }
    json_.end_array().end_object();
  }

 private:
  static constexpr std::size_t kContextMax = 500;
  static constexpr std::size_t kRoomMin = 20;  // less says nothing

  static bool is_markdown(const Text& text) {
    return text.born == Born::ours || (text.born == Born::code && fits_in_code(text.text));
  }
  static std::string markdown_of(const Text& text) {
    return text.born == Born::code ? "`" + text.text + "`" : escaped_within(text.text, kContextMax);
  }
  void plain(std::string_view text, std::size_t most) {
    const std::string cut = cut_end(text, most);
    used_ += characters(cut);
    // Slack refuses empty texts.
    json_.begin_object().text("type", "plain_text").text("text", cut.empty() ? "-" : cut);
    json_.boolean("emoji", false).end_object();
  }
  void markdown(const std::string& text) {
    used_ += characters(text);
    json_.begin_object().text("type", "mrkdwn").text("text", text);
    json_.boolean("verbatim", true).end_object();
  }

  JsonWriter& json_;
  std::size_t used_;
};

// What every post begins with: nothing in `text` is markup or unfolded.
void begin_post(JsonWriter& json, const std::string& text, const SlackPlace* place) {
  json.begin_object();
  if (place != nullptr) {
    json.text("channel", place->channel);
    if (!place->ts.empty()) json.text(place->is_thread ? "thread_ts" : "ts", place->ts);
    if (place->is_thread && place->broadcast) json.boolean("reply_broadcast", true);
  }
  json.text("text", text).boolean("mrkdwn", false);
  json.boolean("unfurl_links", false).boolean("unfurl_media", false);
}

// What comes last must have its place.
void write_slack_details(Blocks& blocks, const Message& message) {
  const std::size_t for_others =
      message.context.size() * kContextLineMax + (message.runbook ? kRunbookMax + 20 : 0);
  for (std::size_t i = 0; i < std::min(message.paragraphs.size(), kParagraphsMax); ++i) {
    const Text& text = message.paragraphs[i];
    if (!text.text.empty()) blocks.paragraph(text, kMessageMax - for_others);
  }
  if (message.runbook) blocks.runbook(*message.runbook);
  for (const auto& line : message.context) blocks.context(line);
}

std::string post(const Message& message, const SlackPlace* place, SlackPart part) {
  std::string body;
  JsonWriter json(body);
  const std::string text = mrkdwn_text(message.first_line);
  begin_post(json, text, place);
  json.key("blocks").begin_array();
  Blocks blocks(json, characters(text));
  // The line that the channel is shown of a reply.
  if (part == SlackPart::details) {
    blocks.paragraph({message.first_line, Born::elsewhere}, kMessageMax);
  } else {
    blocks.header(message.title);
    blocks.fields(message.fields);
    if (message.bar) blocks.bar(*message.bar);
    blocks.list(message);
  }
  if (part != SlackPart::head) {
    write_slack_details(blocks, message);
  } else if (!message.context.empty()) {
    blocks.context(message.context.front());
  }
  json.end_array().end_object();
  return body;
}

std::string plain_post(const Message& message, const SlackPlace* place) {
  std::string text = message.first_line + "\n" + message.title.text;
  for (const auto& [label, value] : message.fields) text += "\n" + label + ": " + value.text;
  if (!message.rows.empty()) text += "\n" + list_text(message);
  for (const Text& paragraph : message.paragraphs) text += "\n" + paragraph.text;
  if (message.runbook) text += "\nRunbook: " + message.runbook->text;
  for (const auto& line : message.context) {
    text.push_back('\n');
    for (const Text& piece : line) text += piece.text;
  }
  std::string body;
  JsonWriter json(body);
  begin_post(json, escaped_within(text, kPlainMax), place);
  json.end_object();
  return body;
}

}  // namespace

std::string slack_body(const Message& message) { return post(message, nullptr, SlackPart::whole); }
std::string slack_plain_body(const Message& message) { return plain_post(message, nullptr); }

std::string slack_post(const Message& message, const SlackPlace& place, SlackPart part) {
  return post(message, &place, part);
}
std::string slack_plain_post(const Message& message, const SlackPlace& place) {
  return plain_post(message, &place);
}

}  // namespace tocsin
