// SPDX-License-Identifier: Apache-2.0
#include "alert/alert_json.h"
#include "cli/explain_text.h"
#include "document/json_writer.h"

namespace tocsin {
namespace {

std::int64_t whole(std::uint64_t n) { return static_cast<std::int64_t>(n); }

void write_counts(JsonWriter& json, std::string_view name, const ValueCounts& counts) {
  json.key(name).begin_array();
  for (const auto& [value, n] : counts.of) {
    json.begin_object().text("value", value).number("requests", whole(n)).end_object();
  }
  json.end_array();
  if (counts.others > 0) json.number(std::string(name) + "_others", whole(counts.others));
}

void write_tally(JsonWriter& json, const RequestFacts& facts) {
  const RequestTally& tally = *facts.tally;
  json.number("requests", whole(tally.requests)).number("matched", whole(tally.matched));
  json.number("of_other_groups", whole(tally.elsewhere));
  json.number("unpriced", whole(tally.unpriced)).number("estimated", whole(tally.estimated));
  json.number("unmetered", whole(tally.unmetered));
  json.number("cached", whole(tally.cached)).number("duplicates", whole(tally.duplicates));
  json.key("conditions").begin_array();
  for (std::size_t i = 0; i < tally.parts.size(); ++i) {
    json.begin_object().text("condition", (*facts.parts)[i].text);
    json.number("passed", whole(tally.parts[i].passed));
    write_counts(json, "failed", tally.parts[i].failed);
    json.end_object();
  }
  json.end_array();
  if (tally.last) {
    json.key("last").begin_object().text("id", tally.last->id);
    json.text("at", rfc3339_text(tally.last->time)).text("model", tally.last->model);
    json.text("user", tally.last->user).text("cost_usd", tally.last->cost.text()).end_object();
  }
}

}  // namespace

std::string requests_json(const RequestFacts& facts, const WhyNot& why) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  if (!facts.not_read.empty()) json.text("not_read", facts.not_read);
  if (!facts.note.empty()) json.text("note", facts.note);
  json.number("records_read", whole(facts.scanned.records));
  if (facts.scanned.earliest) json.text("since", rfc3339_text(*facts.scanned.earliest));
  if (!facts.scanned.trouble.empty()) json.text("trouble", facts.scanned.trouble);
  if (facts.any()) write_tally(json, facts);
  json.end_object();
  std::string reasons;
  JsonWriter list(reasons);
  list.begin_array();
  if (!why.heading.empty()) list.text(why.heading);
  for (const auto& line : why.lines) list.text(line);
  list.end_array();
  std::string instead;
  if (!why.instead.empty()) {
    JsonWriter(instead).begin_object().text("instead", why.instead).end_object();
    instead = ", " + instead.substr(1, instead.size() - 2);
  }
  return "\"requests\": " + out + ", \"why_not\": " + reasons + instead;
}

}  // namespace tocsin
