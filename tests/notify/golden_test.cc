// SPDX-License-Identifier: Apache-2.0
// Compares what people get with tests/notify/golden, where it can be read. TOCSIN_UPDATE_GOLDEN=1
// writes the files anew: read the difference before it is committed.
#include <simdjson.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/golden_samples.h"
#include "notify/message.h"
#include "notify/pagerduty/pagerduty_channel.h"
#include "notify/slack/slack_blocks.h"
#include "notify/teams/teams_channel.h"
#include "notify/webhook/alertmanager_body.h"
#include "notify/webhook/webhook_channel.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWide = 96;
constexpr std::size_t kItemsMax = 6;  // of an array; a digest of thousands is not for reading

fs::path golden() { return fs::path(TOCSIN_SOURCE_DIR) / "tests" / "notify" / "golden"; }

std::string minified(simdjson::dom::element value) { return simdjson::minify(value); }

// JSON on lines that can be read: what is short stands on one.
void write_pretty(std::string& out, simdjson::dom::element value, std::size_t depth) {
  const std::string flat = minified(value);
  const bool nested = value.is_object() || value.is_array();
  if (!nested || flat.size() + 2 * depth <= kWide) {
    out += flat;
    return;
  }
  const std::string indent(2 * depth + 2, ' ');
  out += value.is_object() ? "{" : "[";
  std::size_t count = 0;
  const auto next = [&] { out += (count++ == 0 ? "\n" : ",\n") + indent; };
  if (value.is_object()) {
    for (const auto& [key, inner] : simdjson::dom::object(value)) {
      next();
      out += '"' + std::string(key) + "\": ";
      write_pretty(out, inner, depth + 1);
    }
  } else {
    const simdjson::dom::array all(value);
    for (const simdjson::dom::element inner : all) {
      if (count == kItemsMax && all.size() > 50) {
        next();
        out += "... " + std::to_string(all.size() - kItemsMax) + " more";
        break;
      }
      next();
      write_pretty(out, inner, depth + 1);
    }
  }
  out += "\n" + std::string(2 * depth, ' ') + (value.is_object() ? "}" : "]");
}

std::string pretty(const std::string& json) {
  simdjson::dom::parser parser;
  std::string out;
  write_pretty(out, parser.parse(json), 0);
  return out + "\n";
}

std::map<std::string, std::string> rendered(const Notice& notice) {
  const Message message = render(notice);
  return {{"slack.json", pretty(slack_body(message))},
          {"alertmanager.json", pretty(alertmanager_body({notice, message, Form::full, {}, ""},
                                                         "ops", "https://tocsin.company.example"))},
          {"pagerduty.json",
           pretty(pagerduty_event(
               {notice, message, Form::full, {}, ""},
               {.name = "pager", .url = "", .routing_key = "R0UT1NG", .public_url = ""}))},
          {"teams.json", pretty(teams_body({notice, message, Form::full, {}, ""}))},
          {"webhook.json", pretty(webhook_body(notice, message, Form::full))},
          {"mail.html", email_html(notice, message)},
          {"mail.txt", "Subject: " + email_subject(notice, message) + "\nPreheader: " +
                           email_preheader(message) + "\n\n" + email_text(notice, message)}};
}

std::vector<Sample> all_samples() {
  std::vector<Sample> all = golden_samples();
  for (Sample& sample : hostile_samples()) all.push_back(std::move(sample));
  return all;
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("Every message says in every form what its golden file says") {
  const bool update = std::getenv("TOCSIN_UPDATE_GOLDEN") != nullptr;
  if (update) fs::remove_all(golden());
  for (const auto& [name, notice] : all_samples()) {
    for (const auto& [file, text] : rendered(notice)) {
      const fs::path path = golden() / name / file;
      if (update) {
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
      }
      INFO(name << "/" << file << "; TOCSIN_UPDATE_GOLDEN=1 writes it anew");
      CHECK(read(path) == text);
    }
  }
}

TEST_CASE("No golden file is left of a message there is no more") {
  std::size_t folders = 0;
  for (const auto& folder : fs::directory_iterator(golden())) folders += folder.is_directory();
  CHECK(folders == all_samples().size());
}

TEST_CASE("The messages that docs/messages.md shows are those people get") {
  const std::string docs = read(fs::path(TOCSIN_SOURCE_DIR) / "docs" / "messages.md");
  CHECK(docs.find(read(golden() / "budget-80" / "mail.txt")) != std::string::npos);
  std::set<std::string> lines;
  for (const auto& [name, notice] : golden_samples()) lines.insert(render(notice).first_line);
  std::size_t shown = 0;
  for (std::size_t at = 0; (at = docs.find(" | `", at)) != std::string::npos; ++shown) {
    at += 4;
    const std::string line = docs.substr(at, docs.find('`', at) - at);
    INFO(line);
    CHECK(lines.contains(line));
  }
  CHECK(shown >= 8);
}
