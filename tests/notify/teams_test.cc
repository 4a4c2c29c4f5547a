// SPDX-License-Identifier: Apache-2.0
#include "notify/teams/teams_channel.h"

#include <simdjson.h>

#include <catch2/catch.hpp>
#include <set>

#include "notify/golden_samples.h"
#include "notify/samples.h"

using namespace tocsin;
using namespace tocsin::samples;
using Verdict = Outcome::Verdict;

namespace {

std::string card_of(const Notice& notice, Form form = Form::full) {
  const Message message = render(notice);
  return teams_body({.notice = notice, .message = message, .form = form});
}

Outcome teams_outcome(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return TeamsChannel({.name = "teams", .webhook_url = "https://x.example"}).classify(response);
}

// Types of the objects that have a text.
void take_types(simdjson::dom::element value, std::set<std::string>& types, std::string& texts) {
  if (value.is_array()) {
    for (const simdjson::dom::element inner : simdjson::dom::array(value)) {
      take_types(inner, types, texts);
    }
  } else if (value.is_object()) {
    std::string_view type, text;
    if (value["type"].get(type) == simdjson::SUCCESS &&
        value["text"].get(text) == simdjson::SUCCESS) {
      types.insert(std::string(type));
      texts += std::string(text) + "\n";
    }
    for (const auto& [key, inner] : simdjson::dom::object(value)) take_types(inner, types, texts);
  }
}

}  // namespace

TEST_CASE("A message is a card in the words of the others") {
  simdjson::dom::parser parser;
  const std::string body = card_of(told(production()));
  const simdjson::dom::element root = parser.parse(body);
  CHECK(std::string_view(root["type"]) == "message");
  const simdjson::dom::element attachment = simdjson::dom::array(root["attachments"]).at(0);
  CHECK(std::string_view(attachment["contentType"]) == "application/vnd.microsoft.card.adaptive");
  const simdjson::dom::element card = attachment["content"];
  CHECK(std::string_view(card["type"]) == "AdaptiveCard");
  CHECK(std::string_view(card["fallbackText"]) == render(told(production())).first_line);
  std::set<std::string> types;
  std::string texts;
  take_types(card, types, texts);
  CHECK(types == std::set<std::string>{"TextRun"});
  CHECK(texts.starts_with("Production spend at 80% of today's $100\n🟠 80% Production spend: "));
  CHECK(texts.find("$80.02 of $100.00\n") != std::string::npos);
}

TEST_CASE("No text of an event stands where a card has markup") {
  for (const std::string& text : hostile_texts()) {
    for (const Notice& notice : notices_full_of(text)) {
      simdjson::dom::parser parser;
      const std::string body = card_of(notice);
      std::set<std::string> types;
      std::string texts;
      take_types(parser.parse(body), types, texts);
      CHECK(types == std::set<std::string>{"TextRun"});
    }
  }
  CHECK(card_of(told(user_over("{{DATE(2026-11-21T00:00:00Z)}}"))).find("{{") == std::string::npos);
}

TEST_CASE("No card is larger than Teams takes") {
  for (const auto& sample : golden_samples()) {
    INFO(sample.name);
    CHECK(card_of(sample.notice).size() <= 27'000);
  }
  for (const std::string& text : {std::string(5'000, 'x'), std::string(5'000, '"')}) {
    for (const Notice& notice : notices_full_of(text)) CHECK(card_of(notice).size() <= 27'000);
  }
}

TEST_CASE("A runbook with an address is a button") {
  Alert alert = user_over();
  alert.runbook = "https://runbooks.company.example/llm";
  CHECK(card_of(told(alert))
            .find(R"("type":"Action.OpenUrl","title":"Runbook","url":"https://run)") !=
        std::string::npos);
  alert.runbook = "ask Dana";
  CHECK(card_of(told(alert)).find("Action.OpenUrl") == std::string::npos);
  CHECK(card_of(told(alert)).find("ask Dana") != std::string::npos);
}

TEST_CASE("What an answer of Teams leads to") {
  CHECK(teams_outcome(202, "").verdict == Verdict::delivered);
  CHECK(teams_outcome(200, "1").verdict == Verdict::delivered);
  CHECK(teams_outcome(200, "").verdict == Verdict::delivered);
  CHECK(teams_outcome(200, "Microsoft Teams endpoint returned HTTP error 429 with").verdict ==
        Verdict::pause);
  CHECK(teams_outcome(200, "<html>sign in</html>").verdict == Verdict::broken);
  CHECK(teams_outcome(400, "").verdict == Verdict::degrade);
  CHECK(teams_outcome(401, "").verdict == Verdict::broken);
  CHECK(teams_outcome(404, "").verdict == Verdict::broken);
  CHECK(teams_outcome(413, "").verdict == Verdict::degrade);
  CHECK(teams_outcome(429, "").verdict == Verdict::pause);
  CHECK(teams_outcome(502, "").verdict == Verdict::retry);
}
