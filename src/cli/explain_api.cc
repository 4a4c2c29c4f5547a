// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_api.h"

#include "cli/engine_client.h"
#include "document/json_writer.h"

namespace tocsin {
namespace {

Api::Answer failed(const Error& error, int status) {
  Api::Answer answer{error.reaction == Reaction::stop ? 500 : status, {}};
  JsonWriter(answer.body).begin_object().text("error", error.message).end_object();
  return answer;
}

void add_engine(Trust& trust, const ExplainService& service) {
  trust.catching_up = service.engine.catching_up;
  trust.trouble = service.engine.not_ready;
  for (const auto& channel : service.channels) {
    if (!channel.broken && !channel.paused) continue;
    const std::string name = channel.destination.empty()
                                 ? channel.name
                                 : channel.name + " (" + channel.destination + ")";
    std::string why = channel.broken ? "refuses everything" : "waits before its next try";
    if (!channel.last_error.empty()) why += ": " + channel.last_error;
    trust.channels.emplace_back(name, why);
  }
}

}  // namespace

Api::Answer explain_answer(const ExplainService& service, const Api::Query& query) {
  const auto snapshot = service.store.snapshot();
  const ExplainInput input{*snapshot, service.rules, service.fallback, as_event_time(service.now)};
  const auto rule = query.find("rule");
  if (rule == query.end()) {
    auto levels = explain_rules(input);
    if (!levels) return failed(levels.error(), 400);
    levels->engine = true;
    add_engine(levels->trust, service);
    return {200, rule_levels_json(*levels)};
  }
  std::vector<std::string> texts;
  const auto [from, until] = query.equal_range("group");
  for (auto at = from; at != until; ++at) texts.push_back(at->second);
  auto group = parse_group(texts);
  if (!group) return failed(group.error(), 400);
  auto explained = explain_rule(input, {rule->second, std::move(*group)});
  if (!explained) return failed(explained.error(), 404);
  explained->engine = true;
  add_engine(explained->trust, service);
  return {200, explanation_json(*explained)};
}

std::string explain_path(const ExplainQuestion& question) {
  std::string path = "/api/v1/explain";
  if (question.rule.empty()) return path;
  path += "?rule=" + query_value(question.rule);
  for (const auto& [field, value] : question.group)
    path += "&group=" + query_value(field + "=" + value);
  return path;
}

}  // namespace tocsin
