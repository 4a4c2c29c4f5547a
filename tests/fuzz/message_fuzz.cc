// SPDX-License-Identifier: Apache-2.0
// Any texts in every place of every kind of message, in each form that goes out, read again: no
// node, mention, link, header or line is there that is not the template's. The first byte is the
// kind of message, then come texts with zero bytes between them.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "bytes.h"
#include "fuzz_target.h"
#include "html_shape.h"
#include "json_reader.h"
#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/email/mail_headers.h"
#include "notify/email/resend_channel.h"
#include "notify/golden_samples.h"
#include "notify/plain_text.h"
#include "notify/slack/slack_blocks.h"
#include "notify/webhook/webhook_channel.h"

namespace tocsin::fuzz {
namespace {

// Text that shows as it is: UTF-8, no controls but those of `also`, nothing that hides or reorders
// but the marks around right-to-left text.
bool is_clean(std::string_view text, std::string_view also = "") {
  std::string left(text);
  std::erase_if(left, [&](char c) { return also.find(c) != std::string_view::npos; });
  for (const char* mark : {"\xE2\x81\xA8", "\xE2\x81\xA9"}) {
    for (std::size_t at = 0; (at = left.find(mark, at)) != std::string::npos;) left.erase(at, 3);
  }
  return is_utf8(text) && clean_text(left) == left;
}

void fill(Alert& alert, Bytes& bytes) {
  for (std::string* text : {&alert.rule, &alert.summary, &alert.where, &alert.description,
                            &alert.origin, &alert.runbook, &alert.rung}) {
    *text = bytes.line();
  }
  alert.labels = {{bytes.line(), bytes.line()}};
  alert.crossed = {bytes.line()};
  for (auto& [field, value] : alert.group) {
    field = bytes.line();
    value = bytes.line();
  }
  if (alert.next) alert.next->rung = bytes.line();
}

Notice made_notice(Bytes& bytes) {
  static const std::vector<Notice> kinds = samples::notices_full_of("x");
  Notice notice = kinds[bytes.byte() % kinds.size()];
  for (Alert& alert : notice.alerts) fill(alert, bytes);
  for (Resolution& resolution : notice.resolved) fill(resolution.alert, bytes);
  if (notice.engine) {
    notice.engine = {bytes.line(), bytes.line(), bytes.line(), {bytes.line(), bytes.line()}};
  }
  return notice;
}

void check_message(const Message& message) {
  expect(characters(message.first_line) <= kFirstLineMax, "a first line fits a phone");
  expect(is_clean(message.first_line), "a first line is one: " + message.first_line);
  const auto piece = [](const Text& text) {
    expect(is_clean(text.text, text.born == Text::Born::ours ? "\n" : ""),
           "text from elsewhere is one line of text: " + text.text);
  };
  piece(message.title);
  piece(message.opening);
  for (const auto& field : message.fields) piece(field.value);
  for (const auto& fact : message.facts) {
    piece(fact.value);
    expect(is_clean(fact.label) && is_clean(fact.note), "a fact stands on its line");
  }
  for (const auto& row : message.rows) {
    expect(is_clean(row.who) && is_clean(row.value) && is_clean(row.note), "a row is a line");
  }
  for (const auto& line : message.context) std::for_each(line.begin(), line.end(), piece);
  std::for_each(message.footer.begin(), message.footer.end(), piece);
  expect(is_clean(message.explain), "a command is one line");
}

// Slack: text is markup in mrkdwn objects alone, where `<` begins a mention or a link.
void check_slack_text(const Json& object, const Message& message) {
  const std::string& type = object.find("type")->text;
  const Json* text = object.find("text");
  if (type == "plain_text" || type == "mrkdwn") {
    expect(text != nullptr && !text->text.empty(), "Slack takes no empty text");
    expect(is_clean(text->text, "\n"), "a text of Slack's is text");
  }
  if (type != "mrkdwn") return;
  const bool link = message.runbook && message.runbook->born == Text::Born::address &&
                    text->text.starts_with("Runbook: <https://") && text->text.ends_with('>');
  const std::string inner = link ? text->text.substr(10, text->text.size() - 11) : text->text;
  expect(inner.find_first_of(link ? "<>|" : "<>") == std::string::npos,
         "nothing in Slack is a mention or a link but the runbook: " + text->text);
}

void check_slack_node(const Json& node, const Message& message) {
  static const std::set<std::string> kTypes = {"header", "section", "context", "plain_text",
                                               "mrkdwn"};
  for (const Json& item : node.items) check_slack_node(item, message);
  if (!node.is(Json::Kind::object)) return;
  const Json* type = node.find("type");
  expect(type != nullptr && kTypes.contains(type->text), "every node of a post is a known one");
  check_slack_text(node, message);
  for (const JsonEntry& entry : node.entries) {
    if (entry.value.is_container()) check_slack_node(entry.value, message);
  }
}

void check_slack(const Message& message) {
  const auto post = read_json(slack_body(message));
  expect(post.has_value(), "a post to Slack is JSON");
  expect(post->entries.size() == 5 && post->find("blocks") != nullptr, "a post has its five parts");
  expect(post->find("text")->text.find_first_of("<>") == std::string::npos, "no markup in `text`");
  expect(post->find("mrkdwn")->text == "false", "`text` is no markup");
  expect(post->find("blocks")->items.size() <= 50, "Slack takes 50 blocks");
  check_slack_node(*post->find("blocks"), message);
  const auto plain = read_json(slack_plain_body(message));
  expect(plain && plain->entries.size() == 4, "the plainest post is JSON");
  expect(plain->find("text")->text.find_first_of("<>") == std::string::npos, "nor there");
  expect(characters(plain->find("text")->text) <= 3'000, "the plainest post is short");
}

void check_html(const Notice& notice, const Message& message) {
  static const std::set<std::string> ours = [] {
    std::set<std::string> tags;
    const auto add = [&tags](const Notice& known) {
      tags.merge(shape_of(email_html(known, render(known))).tags);
    };
    for (const auto& sample : samples::golden_samples()) add(sample.notice);
    for (const Notice& known : samples::notices_full_of("x")) add(known);
    return tags;
  }();
  const std::string html = email_html(notice, message);
  const HtmlShape shape = shape_of(html);
  expect(shape.fault.empty(), "a page is whole: " + shape.fault);
  for (const std::string& tag : shape.tags) {
    expect(ours.contains(tag), "every tag is the template's: " + tag);
  }
  for (const std::string& link : shape.links) {
    expect(link.starts_with("https://"), "a link is to https: " + link);
  }
  expect(is_clean(html, "\n"), "a page is text");
}

bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

void check_mail(const Notice& notice, const Message& message) {
  const std::string subject = email_subject(notice, message);
  expect(characters(subject) <= 90 && is_clean(subject), "a subject is one line: " + subject);
  expect(is_clean(email_preheader(message)), "a preheader is one line");
  expect(is_clean(email_text(notice, message), "\n"), "a mail's text is text");
  expect(is_header_text(header_text(subject)), "a header is printable ASCII");
  for (const std::string& raw :
       {notice.engine ? notice.engine->text : notice.id, rule_of(notice)}) {
    const std::string header = header_text(raw);
    expect(is_header_text(header), "whatever is told in a header: " + header);
  }
  for (const auto& [name, value] : thread_headers(notice, "company.example")) {
    expect(is_header_text(value), "a header of threads is printable ASCII: " + value);
    if (name != "In-Reply-To" && name != "References") continue;
    const auto open = std::count(value.begin(), value.end(), '<');
    expect(open == std::count(value.begin(), value.end(), '>') &&
               open == std::count(value.begin(), value.end(), '@'),
           "ids of messages are whole: " + value);
  }
}

void check_bodies(const Notice& notice, const Message& message) {
  for (const Form form : {Form::full, Form::plain}) {
    const auto body = read_json(webhook_body(notice, message, form));
    expect(body && body->entries.size() == 5, "the webhook's body has its five parts");
    for (const Json& alert : body->find("alerts")->items) {
      const std::string& rule = alert.find("rule")->text;
      const auto same = [&rule](const Alert& one) { return one.rule == rule; };
      const bool valid = std::all_of(notice.alerts.begin(), notice.alerts.end(),
                                     [](const Alert& one) { return is_utf8(one.rule); });
      expect(!valid || std::any_of(notice.alerts.begin(), notice.alerts.end(), same),
             "the webhook has values as they were");
    }
  }
  const ResendChannel channel({.name = "mail",
                               .from = {"Tocsin", "tocsin@company.example"},
                               .to = {{"", "ada@company.example"}},
                               .url = "https://api.company.example",
                               .secret = "re_canary"});
  const Request request =
      channel.request({.notice = notice, .message = message, .destination = "ada@company.example"});
  const auto mail = read_json(std::get<HttpRequest>(request).body);
  expect(mail && mail->entries.size() == 6, "a mail for Resend has its six parts");
  for (const JsonEntry& header : mail->find("headers")->entries) {
    expect(is_header_text(header.value.text), "and no header but its own");
  }
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 8'192) return 0;
  fuzz::Bytes bytes(data, size);
  const Notice notice = fuzz::made_notice(bytes);
  const std::string row = encode_notice(notice);
  const auto kept = decode_notice(row);
  fuzz::expect(kept && encode_notice(*kept) == row, "a notice is kept as it is");
  const Message message = render(notice);
  fuzz::check_message(message);
  fuzz::check_slack(message);
  fuzz::check_html(notice, message);
  fuzz::check_mail(notice, message);
  fuzz::check_bodies(notice, message);
  return 0;
}
