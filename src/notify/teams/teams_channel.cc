// SPDX-License-Identifier: Apache-2.0
#include "notify/teams/teams_channel.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "document/json_writer.h"
#include "notify/message_parts.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

constexpr std::size_t kBodyMax = 27'000;  // bytes; Teams takes 28 KB
constexpr std::size_t kCardRows = 10;
constexpr std::size_t kRunMax = 2'000;
constexpr std::size_t kTitleMax = 300;
constexpr std::string_view kGap = "\xC2\xA0\xC2\xA0 ";  // blanks alone become one

// "{{DATE(…)}}" and the like are replaced by what shows a card, even in runs.
std::string inert(std::string_view text, std::size_t most) {
  std::string safe = cut_end(text, most);
  for (std::size_t at = 0; (at = safe.find("{{", at)) != std::string::npos; ++at) {
    safe.insert(at + 1, " ");
  }
  return safe.empty() ? "-" : safe;
}

std::string_view color_of(const Notice& notice) {
  if (notice.kind == Notice::Kind::resolved) return "good";
  if (notice.engine) return "warning";
  Severity highest = Severity::info;
  for (const Alert& alert : notice.alerts) highest = std::max(highest, alert.severity);
  switch (highest) {
    case Severity::critical: return "attention";
    case Severity::warning: return "warning";
    case Severity::info: break;
  }
  return "accent";
}

struct Look {
  std::string_view size = "default", weight = "default", color = "default";
  bool subtle = false, mono = false;
};

class Card {
 public:
  explicit Card(JsonWriter& json) : json_(json) {}

  void begin(std::string_view spacing) {
    json_.begin_object().text("type", "RichTextBlock").text("spacing", spacing);
    json_.key("inlines").begin_array();
  }
  void run(std::string_view text, const Look& look, std::size_t most = kRunMax) {
    json_.begin_object().text("type", "TextRun").text("text", inert(text, most));
    if (look.size != "default") json_.text("size", look.size);
    if (look.weight != "default") json_.text("weight", look.weight);
    if (look.color != "default") json_.text("color", look.color);
    if (look.subtle) json_.boolean("isSubtle", true);
    if (look.mono) json_.text("fontType", "monospace");
    json_.end_object();
  }
  void end() { json_.end_array().end_object(); }

  void line(std::string_view text, const Look& look, std::string_view spacing = "small") {
    begin(spacing);
    run(text, look);
    end();
  }
  // A line a block: a run has no line ends in every program that shows cards.
  void lines(std::string_view text, const Look& look) {
    std::string_view spacing = "medium";
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      if (end != 0) line(text.substr(0, end), look, spacing);
      spacing = "none";
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }
  void pair(std::string_view label, std::string_view text, std::string_view spacing) {
    begin(spacing);
    run(std::string(label) + std::string(kGap), {.weight = "bolder"});
    run(text, {});
    end();
  }

 private:
  JsonWriter& json_;
};

void write_rows(Card& card, const Message& message) {
  if (message.rows.empty()) return;
  card.line(message.list_heading, {.weight = "bolder"}, "medium");
  const std::size_t count = std::min(message.rows.size(), kCardRows);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [who, value, note] = message.rows[i];
    std::string text = who + std::string(kGap) + value;
    if (!note.empty()) text += std::string(kGap) + note;
    card.line(text, {.mono = true}, "none");
  }
  const std::string rest = left_out(message, count);
  if (!rest.empty()) card.line(rest, {.subtle = true}, "none");
}

void write_context(Card& card, const Message& message) {
  for (const auto& line : message.context) {
    std::string text;
    for (const Text& piece : line) {
      // Elsewhere what is not ours stands apart by itself.
      const bool apart = piece.born == Text::Born::elsewhere && !text.empty() && text.back() != ' ';
      text += (apart ? " · " : "") + piece.text;
    }
    card.line(text, {.size = "small", .subtle = true});
  }
}

void write_parts(Card& card, const Message& message) {
  bool first = true;
  for (const auto& [label, value] : message.fields) {
    card.pair(label, value.text, first ? "medium" : "none");
    first = false;
  }
  if (message.bar) {
    card.line(bar_cells(message.bar->percent) + " " + message.bar->text, {.mono = true}, "medium");
  }
  write_rows(card, message);
  for (const Text& text : message.paragraphs) card.lines(text.text, {});
  if (message.runbook && message.runbook->born != Text::Born::address) {
    card.pair("Runbook", message.runbook->text, "medium");
  }
  write_context(card, message);
}

std::string body_of(const Telling& telling, bool whole) {
  const Message& message = telling.message;
  const std::string first_line = inert(message.first_line, kTitleMax);
  std::string body;
  JsonWriter json(body);
  json.begin_object().text("type", "message").text("summary", first_line);
  json.key("attachments").begin_array().begin_object();
  json.text("contentType", "application/vnd.microsoft.card.adaptive").key("contentUrl").null();
  json.key("content").begin_object();
  json.text("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
  json.text("type", "AdaptiveCard").text("version", "1.4");
  json.text("fallbackText", first_line).key("body").begin_array();
  Card card(json);
  card.begin("none");
  card.run(message.title.text,
           {.size = "large", .weight = "bolder", .color = color_of(telling.notice)}, kTitleMax);
  card.end();
  card.line(message.first_line, {}, "small");
  if (whole) write_parts(card, message);
  json.end_array();
  if (whole && message.runbook && message.runbook->born == Text::Born::address) {
    json.key("actions").begin_array().begin_object().text("type", "Action.OpenUrl");
    json.text("title", "Runbook").text("url", message.runbook->text).end_object().end_array();
  }
  json.key("msteams").begin_object().text("width", "full").end_object();
  json.end_object().end_object().end_array().end_object();
  return body;
}

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

}  // namespace

std::string teams_body(const Telling& telling) {
  std::string body = body_of(telling, telling.form == Form::full);
  return body.size() <= kBodyMax ? body : body_of(telling, false);
}

Request TeamsChannel::request(const Telling& telling) const {
  HttpRequest request;
  request.url = config_.webhook_url;
  request.headers = {{"Content-Type", "application/json; charset=utf-8"}, {"User-Agent", "tocsin"}};
  request.body = teams_body(telling);
  request.timeout = config_.timeout;
  return request;
}

Outcome TeamsChannel::classify(const Response& response) const {
  Outcome outcome = outcome_by_status(response);
  if (outcome.verdict != Verdict::delivered || response.status == 202) return outcome;
  std::string body = response.body;
  std::erase_if(body, is_blank);
  if (body.empty() || body == "1") return outcome;
  // The former webhooks of Teams say so under status 200.
  if (body.find("429") != std::string::npos) {
    return {Verdict::pause, response.retry_after, "answered 200, but with a 429 in it"};
  }
  return {Verdict::broken, std::nullopt,
          "answered " + std::to_string(response.status) +
              " with a text, which is not how a webhook of Teams answers"};
}

}  // namespace tocsin
