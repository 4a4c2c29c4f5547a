// SPDX-License-Identifier: Apache-2.0
#include "cli/silences_api.h"

#include <algorithm>

#include "alert/alert_json.h"
#include "cli/since.h"
#include "cli/until.h"
#include "document/json_writer.h"
#include "document/nearest_word.h"
#include "document/scalars.h"
#include "match/glob.h"

namespace tocsin {
namespace {

Api::Answer refused_silence(int status, const std::string& why) {
  Api::Answer answer{status, {}};
  JsonWriter(answer.body).begin_object().text("error", why).end_object();
  return answer;
}

std::string_view state_of(const Silence& silence, WallTime now) {
  if (silence.in_force(now)) return "in force";
  return now < silence.from ? "to come" : "over";
}

void write_silence(JsonWriter& json, const Silence& silence, WallTime now) {
  json.begin_object().text("id", silence.id).text("rule", silence.rule);
  json.key("match").begin_object();
  for (const auto& [name, pattern] : silence.match) json.text(name, pattern);
  json.end_object();
  json.text("from", rfc3339_text(as_event_time(silence.from)));
  json.text("until", rfc3339_text(as_event_time(silence.until)));
  json.text("author", silence.author).text("comment", silence.comment);
  json.text("state", state_of(silence, now));
  json.boolean("by_file", silence.by_file);
  if (!silence.ended_by.empty()) json.text("ended_by", silence.ended_by);
  json.end_object();
}

Api::Answer answered(const Silence& silence, WallTime now) {
  Api::Answer answer;
  JsonWriter json(answer.body);
  write_silence(json, silence, now);
  return answer;
}

Api::Answer list(const SilenceService& service, bool all) {
  Api::Answer answer;
  JsonWriter json(answer.body);
  json.begin_object().key("silences").begin_array();
  for (const Silence& silence : service.book.all()) {
    if (all || service.now < silence.until) write_silence(json, silence, service.now);
  }
  json.end_array().end_object();
  return answer;
}

std::string parameter(const Api::Query& query, std::string_view name) {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

// The clocks that the rule's messages go by.
const std::string& zone_of(const SilenceService& service, const std::string& rule) {
  for (const Rule& one : service.rules) {
    if (one.name == rule) return one.window.zone;
  }
  return service.zone;
}

std::string unknown_rule(const SilenceService& service, const std::string& rule) {
  const bool known = std::any_of(service.rules.begin(), service.rules.end(), [&](const Rule& one) {
    return Glob::is_glob(rule) ? Glob(rule).matches(one.name) : one.name == rule;
  });
  if (known) return "";
  if (Glob::is_glob(rule)) return "no rule is like \"" + rule + "\"";
  std::vector<std::string_view> names;
  for (const Rule& one : service.rules) names.push_back(one.name);
  const auto near = nearest(rule, names);
  return "there is no rule \"" + rule + "\"" +
         (near ? ", did you mean \"" + std::string(*near) + "\"?" : "");
}

Api::Answer make(const SilenceService& service, const Api::Query& query) {
  Silence silence;
  silence.rule = parameter(query, "rule");
  if (silence.rule.empty())
    return refused_silence(400, "rule is missing: a rule's name, or a glob");
  if (auto why = unknown_rule(service, silence.rule); !why.empty()) {
    return refused_silence(404, why);
  }
  const auto [first, last] = query.equal_range("match");
  for (auto at = first; at != last; ++at) {
    const std::size_t equals = at->second.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return refused_silence(400, "\"" + at->second + "\" is not FIELD=VALUE");
    }
    silence.match.emplace_back(at->second.substr(0, equals), at->second.substr(equals + 1));
  }
  const std::string until = parameter(query, "until"), length = parameter(query, "for");
  const EventTime now = as_event_time(service.now);
  const std::string& zone = zone_of(service, silence.rule);
  std::optional<EventTime> end, begin = now;
  if (const std::string from = parameter(query, "from"); !from.empty()) {
    begin = parse_until(from, now, zone);
  }
  if (until.empty() == length.empty()) {
    return refused_silence(400, "say until when, or for how long: until=midnight, or for=2h");
  }
  if (!until.empty()) {
    end = parse_until(until, now, zone);
  } else if (const auto duration = parse_duration(length); duration && begin) {
    end = *begin + *duration;
  }
  if (!begin || !end) {
    return refused_silence(
        400, "\"" +
                 (!begin          ? parameter(query, "from")
                  : until.empty() ? length
                                  : until) +
                 "\" is no time: write midnight, 18:00, 2026-11-30, 2026-11-30T18:00, or for=2h");
  }
  silence.from = WallTime{begin->time_since_epoch()};
  silence.until = WallTime{end->time_since_epoch()};
  silence.author = parameter(query, "author");
  if (silence.author.empty()) silence.author = "somebody";
  silence.comment = parameter(query, "comment");
  auto made = service.book.add(std::move(silence), service.now);
  if (!made) {
    return refused_silence(made.error().reaction == Reaction::reject ? 400 : 500,
                           made.error().message);
  }
  service.changed();
  return answered(*made, service.now);
}

}  // namespace

Api::Answer silences_answer(const SilenceService& service, std::string_view method,
                            const Api::Query& query) {
  if (method == "POST") return make(service, query);
  if (method != "DELETE") return list(service, parameter(query, "all") == "1");
  auto ended = service.book.end(parameter(query, "id"), parameter(query, "by"), service.now);
  if (!ended) {
    return refused_silence(ended.error().reaction == Reaction::reject ? 404 : 500,
                           ended.error().message);
  }
  service.changed();
  return answered(*ended, service.now);
}

}  // namespace tocsin
