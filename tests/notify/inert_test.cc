// SPDX-License-Identifier: Apache-2.0
// That no text from an event or a rule acts as anything but text, in any form of any message. The
// browser's view of the same is in tests/browser.
#include <simdjson.h>

#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "notify/alertmanager/labelled_alert.h"
#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/golden_samples.h"
#include "notify/plain_text.h"
#include "notify/samples.h"
#include "notify/slack/slack_blocks.h"
#include "notify/webhook/alertmanager_body.h"
#include "notify/webhook/webhook_channel.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

void for_each_hostile(const std::function<void(const Notice&, const Message&)>& check) {
  for (const std::string& text : hostile_texts()) {
    for (const Notice& notice : notices_full_of(text)) {
      INFO("kind " << static_cast<int>(notice.kind) << ", " << text);
      check(notice, render(notice));
    }
  }
}

// Names of elements, "/" before those that end, as a browser would see them.
std::set<std::string> tags_of(std::string_view html) {
  std::set<std::string> tags;
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string_view::npos; ++at) {
    const std::size_t end = html.find_first_of(" >\n", at);
    tags.insert(std::string(html.substr(at + 1, end - at - 1)));
  }
  return tags;
}

// Every text object of a post, with its type.
void take_texts(simdjson::dom::element value,
                std::vector<std::pair<std::string, std::string>>& texts) {
  if (value.is_array()) {
    for (const simdjson::dom::element inner : simdjson::dom::array(value)) {
      take_texts(inner, texts);
    }
  } else if (value.is_object()) {
    std::string_view type, text;
    if (value["type"].get(type) == simdjson::SUCCESS &&
        value["text"].get(text) == simdjson::SUCCESS) {
      texts.emplace_back(type, text);
    }
    for (const auto& [key, inner] : simdjson::dom::object(value)) take_texts(inner, texts);
  }
}

}  // namespace

TEST_CASE("In Slack, text from elsewhere makes no mention, link or markup") {
  for_each_hostile([](const Notice&, const Message& message) {
    simdjson::dom::parser parser;
    const std::string body = slack_body(message);
    const simdjson::dom::element post = parser.parse(body);
    CHECK(std::string_view(post["text"]).find_first_of("<>") == std::string_view::npos);
    std::vector<std::pair<std::string, std::string>> texts;
    take_texts(post["blocks"], texts);
    REQUIRE(texts.size() >= 3);
    for (const auto& [type, text] : texts) {
      INFO(type << ": " << text);
      if (type == "mrkdwn") CHECK(text.find_first_of("<>") == std::string::npos);
      for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
    }
  });
}

TEST_CASE("In HTML, text from elsewhere makes no element and no attribute") {
  // Of all that can stand in a mail; nothing that runs, loads, submits or leads elsewhere.
  const std::set<std::string> ours = {
      "!doctype", "html",   "/html",  "head",    "/head", "meta",  "title", "/title",
      "style",    "/style", "body",   "/body",   "div",   "/div",  "table", "/table",
      "tr",       "/tr",    "td",     "/td",     "h1",    "/h1",   "p",     "/p",
      "span",     "/span",  "strong", "/strong", "code",  "/code", "br"};
  for_each_hostile([&](const Notice& notice, const Message& message) {
    const std::string html = email_html(notice, message);
    for (const std::string& tag : tags_of(html)) {
      INFO(tag);
      CHECK(ours.contains(tag));
    }
    for (const char c : html) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
  });
}

TEST_CASE("In a mail's text and subject no line and no control comes from elsewhere") {
  for_each_hostile([](const Notice& notice, const Message& message) {
    const std::string subject = email_subject(notice, message);
    CHECK(characters(subject) <= 90);
    CHECK(subject.find_first_of("\r\n") == std::string::npos);
    CHECK(email_preheader(message).find_first_of("\r\n") == std::string::npos);
    const std::string text = email_text(notice, message);
    CHECK(text.find("\nBcc:") == std::string::npos);
    for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
    CHECK(text.find("\xE2\x80\xAE") == std::string::npos);  // right-to-left override
    CHECK(text.find("\xE2\x80\x8B") == std::string::npos);  // zero width
  });
}

TEST_CASE("The webhook has the values as they were, and words for people in its summary") {
  for (const std::string& text : hostile_texts()) {
    for (const Notice& notice : notices_full_of(text)) {
      simdjson::dom::parser parser;
      const std::string body = webhook_body(notice, render(notice), Form::full);
      const simdjson::dom::element root = parser.parse(body);
      const std::string_view summary = root["summary"];
      for (const char c : summary) CHECK(static_cast<unsigned char>(c) >= 0x20);
      for (const simdjson::dom::element alert : simdjson::dom::array(root["alerts"])) {
        const std::string_view rule = alert["rule"];
        // Bytes that are no UTF-8 can stand in no JSON.
        const bool valid = text.find('\xFF') == std::string::npos;
        if (valid) CHECK(rule == text);
        CHECK(rule.substr(0, 20) == std::string_view(text).substr(0, 20));
      }
      simdjson::dom::parser other;
      const std::string theirs =
          alertmanager_body({notice, render(notice), Form::full, {}, ""}, "ops", "");
      const simdjson::dom::element form = other.parse(theirs);
      CHECK(std::string_view(form["summary"]) == summary);
      for (const simdjson::dom::element alert : simdjson::dom::array(form["alerts"])) {
        for (const auto& [name, value] : simdjson::dom::object(alert["labels"])) {
          CHECK(label_name(name) == name);
        }
      }
    }
  }
}

TEST_CASE("A runbook is a link only where it is an https address and nothing else") {
  const auto born = [](const char* runbook) {
    Alert alert = production();
    alert.runbook = runbook;
    return render(told(alert)).runbook->born;
  };
  CHECK(born("https://runbooks.company.example/llm?a=1#b") == Text::Born::address);
  for (const char* other :
       {"http://runbooks.company.example", "javascript:alert(1)", "https://a.example|bank",
        "https://a.example/<b>", "https://a.example/ or ask Dana", "https://a.example/\"x",
        "see the wiki"}) {
    INFO(other);
    CHECK(born(other) == Text::Born::elsewhere);
  }
}

TEST_CASE("Every first line fits a phone and every subject a list of mails") {
  for (const auto& [name, notice] : golden_samples()) {
    INFO(name);
    const Message message = render(notice);
    CHECK(characters(message.first_line) <= kFirstLineMax);
    CHECK(characters(email_subject(notice, message)) <= 90);
    CHECK_FALSE(message.title.text.empty());
    CHECK_FALSE(message.opening.text.empty());
    CHECK_FALSE(message.footer.empty());
  }
}
