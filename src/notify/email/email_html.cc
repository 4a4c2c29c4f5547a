// SPDX-License-Identifier: Apache-2.0
#include "notify/email/email_html.h"

#include <algorithm>
#include <string_view>

#include "notify/email/email_text.h"
#include "notify/message_parts.h"

namespace tocsin {
namespace {

using Born = Text::Born;

// Colours by tag: of the bar and the edge on light and dark ground alike, and of small text on
// each.
struct Tone {
  std::string_view tag, edge, light_text, light_ground, dark_text, dark_ground;
};
constexpr Tone kTones[] = {
    {"info", "#2f6fed", "#1d4fb8", "#e8effd", "#a9c5ff", "#1b2a4a"},
    {"warning", "#e8891c", "#8a4b00", "#fdf0dd", "#ffc983", "#40290b"},
    {"critical", "#d92d3a", "#a3151f", "#fde8e9", "#ffb0b3", "#4a1519"},
    {"resolved", "#1f9d57", "#0f6a39", "#e2f5ea", "#8fe0b3", "#103824"},
    {"tocsin", "#6b7686", "#434c5a", "#eceff3", "#c3cbd7", "#2b323d"},
};

const Tone& tone_of(std::string_view tag) {
  const auto* found = std::find_if(std::begin(kTones), std::end(kTones),
                                   [&](const Tone& tone) { return tone.tag == tag; });
  return found == std::end(kTones) ? kTones[0] : *found;
}

std::string escaped(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      case '\'': safe += "&#39;"; break;
      case '\n': safe += "<br>"; break;
      default: safe.push_back(c);
    }
  }
  return safe;
}

// What cannot stand in a style attribute. Programs that read none of it show the light form.
std::string style_sheet(const Tone& tone) {
  std::string css = R"(
:root { color-scheme: light dark; supported-color-schemes: light dark; }
td { font-variant-numeric: tabular-nums; }
@media (max-width: 480px) {
  .page { padding: 0 !important; }
  .card { border-radius: 0 !important; border-left: 0 !important; border-right: 0 !important; }
  .in { padding-left: 20px !important; padding-right: 20px !important; }
  .fact, .fact tbody { display: block; }
  .fact tr { display: flex; flex-wrap: wrap; padding: 5px 0; }
  .fact td { padding: 0 !important; box-sizing: border-box; }
  .fact td.label { flex: 0 0 96px; }
  .fact td.value { flex: 1 1 0; }
  .fact td.note { flex: 1 0 100%; padding-left: 96px !important; }
}
@media (prefers-color-scheme: dark) {
  body, .page { background: #14171c !important; color: #e7eaef !important; }
  .card { background: #1e232b !important; }
  .card { border-left-color: #2f3742 !important; border-right-color: #2f3742 !important; }
  .card { border-bottom-color: #2f3742 !important; }
  h1, .value, .strong { color: #f5f7fa !important; }
  .text { color: #d5dae2 !important; }
  .label, .note, .foot { color: #a3adbb !important; }
  .line { border-color: #2f3742 !important; }
  .track { background: #333c48 !important; }
  code { background: #2b323d !important; color: #f0f2f5 !important; }
  a { color: #8ab4ff !important; }
  .tag { color: DARK_TEXT !important; background: DARK_GROUND !important; }
}
)";
  css.replace(css.find("DARK_TEXT"), 9, tone.dark_text);
  css.replace(css.find("DARK_GROUND"), 11, tone.dark_ground);
  return css;
}

const std::string kSmallCaps =
    "display:inline-block;padding:3px 9px;border-radius:10px;font-size:12px;line-height:1.3;"
    "font-weight:600;letter-spacing:0.04em;text-transform:uppercase;";
const std::string kFont =
    "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Noto Sans',Helvetica,Arial,"
    "sans-serif;";
const std::string kCode =
    "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "font-size:13px;background:#eef1f4;color:#16191d;padding:2px 6px;border-radius:4px;"
    "overflow-wrap:anywhere";

class Page {
 public:
  Page(const Notice& notice, const Message& message)
      : message_(message), tag_(email_tag(notice)), tone_(tone_of(tag_)) {
    head(email_subject(notice, message));
    add("<tr><td class=\"in\" style=\"padding:24px 32px 0 32px\">");
    add("<span class=\"tag\" style=\"" + kSmallCaps + "color:" + std::string(tone_.light_text) +
        ";background:" + std::string(tone_.light_ground) + "\">" + escaped(tag_) + "</span>");
    add("<h1 style=\"margin:12px 0 0 0;font-size:21px;line-height:1.35;font-weight:600;"
        "color:#16191d;overflow-wrap:anywhere\">" +
        escaped(message.opening.text) + "</h1></td></tr>\n");
    bar();
    facts();
    rows();
    paragraphs();
    steps();
    foot();
    add("</table>\n</td></tr></table>\n</body>\n</html>\n");
  }
  std::string take() { return std::move(html_); }

 private:
  void add(std::string_view text) { html_ += text; }

  void head(const std::string& subject) {
    add("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"supported-color-schemes\" content=\"light dark\">\n");
    add("<title>" + escaped(subject) + "</title>\n<style>" + style_sheet(tone_) + "</style>\n");
    add("</head>\n<body style=\"margin:0;padding:0;background:#f2f4f7;color:#16191d;" + kFont +
        "\">\n");
    // Blanks that keep a mail program from showing the page itself after the preheader.
    std::string blanks;
    for (int i = 0; i < 60; ++i) blanks += "&#8199;&#847; ";
    add("<div style=\"display:none;max-height:0;max-width:0;overflow:hidden;opacity:0\">" +
        escaped(email_preheader(message_)) + blanks + "</div>\n");
    add("<table role=\"presentation\" class=\"page\" width=\"100%\" cellspacing=\"0\" "
        "cellpadding=\"0\" style=\"background:#f2f4f7;padding:24px 12px\"><tr><td "
        "align=\"center\">\n");
    add("<table role=\"presentation\" class=\"card\" width=\"560\" cellspacing=\"0\" "
        "cellpadding=\"0\" style=\"width:100%;max-width:560px;background:#ffffff;border:1px solid "
        "#e1e5ea;border-top:5px solid " +
        std::string(tone_.edge) + ";border-radius:8px;text-align:left;" + kFont + "\">\n");
  }

  void bar() {
    if (!message_.bar) return;
    const int filled = std::clamp(message_.bar->percent, 0, 100);
    const auto cell = [&](int width, const char* name, std::string_view colour) {
      if (width == 0) return;
      add("<td class=\"" + std::string(name) + "\" width=\"" + std::to_string(width) +
          "%\" style=\"height:12px;font-size:1px;line-height:12px;background:" +
          std::string(colour) + "\">&nbsp;</td>");
    };
    open_section();
    add("<table role=\"presentation\" width=\"100%\" cellspacing=\"0\" cellpadding=\"0\" "
        "style=\"border-radius:6px;overflow:hidden\"><tr>");
    cell(filled, "full", tone_.edge);
    cell(100 - filled, "track", "#e4e8ed");
    add("</tr></table><p class=\"note\" style=\"margin:8px 0 0 0;font-size:13px;color:#5b6675\">" +
        escaped(message_.bar->text) + "</p>");
    close_section();
  }

  void facts() {
    if (message_.facts.empty()) return;
    open_section();
    add("<table role=\"presentation\" class=\"fact\" width=\"100%\" cellspacing=\"0\" "
        "cellpadding=\"0\" style=\"font-size:15px;line-height:1.5\">\n");
    for (const auto& [label, value, note] : message_.facts) {
      add("<tr><td class=\"label\" style=\"padding:4px 16px 4px 0;color:#5b6675;white-space:nowrap;"
          "vertical-align:top\">" +
          escaped(label) +
          "</td><td class=\"value\" style=\"padding:4px 16px 4px 0;color:#16191d;font-weight:600;"
          "vertical-align:top\">" +
          escaped(value.text) +
          "</td><td class=\"note\" style=\"padding:4px 0;color:#5b6675;vertical-align:top\">" +
          escaped(note) + "</td></tr>\n");
    }
    add("</table>");
    close_section();
  }

  static constexpr std::size_t kUnbrokenMax = 24;  // bytes of a note that any phone has room for

  void rows() {
    if (message_.rows.empty()) return;
    open_section();
    add("<p class=\"strong\" style=\"margin:0 0 6px 0;font-size:15px;font-weight:600;"
        "color:#16191d\">" +
        escaped(message_.list_heading) + "</p>\n");
    add("<table role=\"presentation\" width=\"100%\" cellspacing=\"0\" cellpadding=\"0\" "
        "style=\"font-size:14px;line-height:1.45\">\n");
    const std::string cell =
        "padding:5px 0 5px 12px;border-top:1px solid #e8ebef;vertical-align:top";
    for (const auto& [who, value, note] : message_.rows) {
      add("<tr><td class=\"value line\" style=\"" + cell +
          ";padding-left:0;color:#16191d;overflow-wrap:anywhere\">" + escaped(who) +
          "</td><td class=\"text line\" style=\"" + cell +
          ";color:#333b46;text-align:right;white-space:nowrap\">" + escaped(value) +
          "</td><td class=\"note line\" style=\"" + cell + ";color:#5b6675;text-align:right;" +
          (note.size() <= kUnbrokenMax ? "white-space:nowrap" : "overflow-wrap:anywhere") + "\">" +
          escaped(note) + "</td></tr>\n");
    }
    add("</table>");
    if (const std::string rest = left_out(message_, message_.rows.size()); !rest.empty()) {
      add("<p class=\"note\" style=\"margin:8px 0 0 0;font-size:14px;color:#5b6675\">" +
          escaped(rest) + "</p>");
    }
    close_section();
  }

  void paragraph(const std::string& inner) {
    add("<p class=\"text\" style=\"margin:0 0 10px 0;font-size:15px;line-height:1.5;color:#333b46;"
        "overflow-wrap:anywhere\">" +
        inner + "</p>\n");
  }
  static std::string strong(std::string_view text) {
    return "<strong class=\"strong\" style=\"font-weight:600;color:#16191d\">" + escaped(text) +
           "</strong> ";
  }

  void paragraphs() {
    if (message_.paragraphs.empty()) return;
    open_section();
    for (const Text& text : message_.paragraphs) paragraph(escaped(text.text));
    close_section();
  }

  void steps() {
    if (message_.next.empty() && !message_.runbook && message_.explain.empty()) return;
    open_section();
    if (!message_.next.empty()) {
      paragraph(strong("What happens next:") + escaped(message_.next));
    }
    if (message_.runbook) paragraph(strong("Runbook:") + address(*message_.runbook));
    command("Silence it:", message_.silence);
    command("Why it rang:", message_.explain);
    close_section();
  }

  void command(std::string_view label, const std::string& text) {
    if (text.empty()) return;
    paragraph(strong(label) + "<code dir=\"ltr\" style=\"" + kCode + "\">" + escaped(text) +
              "</code>");
  }

  static std::string address(const Text& text) {
    if (text.born != Born::address) return escaped(text.text);
    return "<a href=\"" + escaped(text.text) + "\" style=\"color:#1d4fb8\">" + escaped(text.text) +
           "</a>";
  }

  void foot() {
    std::string text;
    for (const Text& piece : message_.footer) text += escaped(piece.text);
    add("<tr><td style=\"height:12px;font-size:1px;line-height:12px\">&nbsp;</td></tr>\n");
    add("<tr><td class=\"in foot line\" style=\"padding:16px 32px 22px 32px;border-top:1px solid "
        "#e8ebef;font-size:12px;line-height:1.5;color:#5b6675;overflow-wrap:anywhere\">" +
        text + "</td></tr>\n");
  }

  void open_section() { add("<tr><td class=\"in\" style=\"padding:16px 32px 0 32px\">\n"); }
  void close_section() { add("\n</td></tr>\n"); }

  const Message& message_;
  const std::string tag_;
  const Tone& tone_;
  std::string html_;
};

}  // namespace

std::string email_html(const Notice& notice, const Message& message) {
  return Page(notice, message).take();
}

}  // namespace tocsin
