// SPDX-License-Identifier: Apache-2.0
#include "rule/schema.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "document/json_layout.h"
#include "document/json_writer.h"
#include "event/mapping.h"
#include "rule/field.h"
#include "rule/key_docs.h"
#include "rule/schema_values.h"
#include "tocsin/metric.h"

namespace tocsin {
namespace {

std::string json_text(std::string_view text) {
  std::string json = "\"";
  append_json_escaped(json, text);
  return json + '"';
}

std::string list_of(const std::vector<std::string_view>& texts) {
  std::string json;
  for (const auto text : texts) json += (json.empty() ? "" : ",") + json_text(text);
  return "[" + json + "]";
}

std::string without_marks(std::string_view markdown) {
  std::string text(markdown);
  std::erase(text, '`');
  return text;
}

// `"description": …`: what the word is, and what holds without it.
std::string description(std::string_view markdown) {
  return "\"description\":" + json_text(without_marks(markdown)) +
         ",\"markdownDescription\":" + json_text(markdown);
}
std::string description(const Word& word) {
  std::string markdown(word.says);
  if (word.standard == "required") {
    markdown += " (required)";
  } else if (!word.standard.empty()) {
    markdown += fmt::format(" (without it: {})", word.standard);
  }
  return description(markdown);
}

// An enum of what is built, each with what it is.
std::string choices(Words words) {
  std::vector<std::string_view> texts;
  std::vector<std::string_view> says;
  for (const Word& word : words) {
    if (word.built == Built::not_yet) continue;
    texts.push_back(word.text);
    says.push_back(word.says);
  }
  return "\"enum\":" + list_of(texts) + ",\"markdownEnumDescriptions\":" + list_of(says);
}

std::string value(Value value);

std::string properties(Words words) {
  std::string json;
  for (const Word& word : words) {
    if (word.built == Built::not_yet) continue;
    json += fmt::format("{}{}:{{{},{}}}", json.empty() ? "" : ",", json_text(word.text),
                        description(word), value(word.value));
  }
  return "\"properties\":{" + json + "}";
}

// A map with these keys and no other.
std::string object(Words words, const std::vector<std::string_view>& required) {
  return fmt::format(R"("type":"object","additionalProperties":false,"required":{},{})",
                     list_of(required), properties(words));
}
std::string object(Words words) {
  std::vector<std::string_view> required;
  for (const Word& word : words) {
    if (word.standard == "required") required.push_back(word.text);
  }
  return object(words, required);
}

std::string fields() {
  return fmt::format(R"("type":"array","minItems":1,"maxItems":4,"uniqueItems":true,)"
                     R"("items":{{"anyOf":[{{"enum":{}}},{{"type":"string"}}]}})",
                     list_of(field_names()));
}

// A file, or the keys themselves.
std::string mapping() {
  std::string json;
  for (const MappingKey& key : mapping_keys()) {
    json += fmt::format("{}{}:{{{}}}", json.empty() ? "" : ",", json_text(key.name),
                        description(key.says));
  }
  return fmt::format(R"("type":["string","object"],"minLength":1,"additionalProperties":false,)"
                     R"("properties":{{{}}})",
                     json);
}

std::string window() {
  std::string usual = choices(words::kWindow);
  return fmt::format(R"("anyOf":[{{{}}},{}])", usual, schema::kOtherWindows);
}

// A channel is one of these.
std::string kinds_of_channel() {
  std::string kinds;
  for (const Word& word : words::kChannel) {
    if (word.text != "via" && keys_of(word.value).empty()) continue;
    kinds += fmt::format(R"({}{{"required":["{}"]}})", kinds.empty() ? "" : ",", word.text);
  }
  return kinds;
}

// The schema of a value, without its braces.
std::string value(Value value) {
  if (const auto fixed = schema::fixed(value); !fixed.empty()) return std::string(fixed);
  if (value == Value::metric) return choices(words::kMetric);
  if (value == Value::severity) return choices(words::kSeverity);
  if (value == Value::mechanism) return choices(words::kSaslMechanism);
  if (value == Value::format) return choices(words::kFormat);
  if (value == Value::webhook_format) return choices(words::kWebhookFormat);
  if (value == Value::cost) return choices(words::kCost);
  if (value == Value::fields) return fields();
  if (value == Value::mapping) return mapping();
  if (value == Value::window) return window();
  if (value == Value::start) {
    return fmt::format(R"("anyOf":[{{{}}},{}])", choices(words::kStart), schema::kOtherStarts);
  }
  const Words keys = keys_of(value);
  if (value == Value::unknown_model) {
    return fmt::format(R"("anyOf":[{{{}}},{{{}}}])", choices(words::kUnknownWord),
                       object(keys, {"like"}));
  }
  if (value == Value::sources) {
    return fmt::format(
        R"("type":"array","minItems":1,"items":{{{},"oneOf":[{{"required":["kafka"]}},)"
        R"({{"required":["file"]}},{{"required":["http"]}}]}})",
        object(keys));
  }
  if (value == Value::mounts) {
    return fmt::format(
        R"("type":"array","minItems":1,"items":{{"anyOf":[{{"type":"string","minLength":1}},)"
        R"({{{}}}]}})",
        object(keys, {"files", "team"}));
  }
  if (value == Value::lookup) {
    return fmt::format(
        R"("type":"array","minItems":1,"items":{{{},"oneOf":[{{"required":["file"]}},)"
        R"({{"required":["table"]}}]}})",
        object(keys));
  }
  if (value == Value::channels) {
    return fmt::format(
        R"("type":"object","additionalProperties":{{{},"minProperties":1,"oneOf":[{}]}})",
        object(keys), kinds_of_channel());
  }
  if (value == Value::email) {
    std::string ways;
    for (const std::string_view way : words::kMailWays) {
      ways += fmt::format(R"({}{{"required":["{}"]}})", ways.empty() ? "" : ",", way);
    }
    return fmt::format(R"({},"oneOf":[{}])", object(keys), ways);
  }
  return object(keys);
}

std::string condition() {
  std::string json;
  for (const Word& word : words::kCondition) {
    if (word.built == Built::not_yet) continue;
    json += fmt::format("{}{}:{{{},{}}}", json.empty() ? "" : ",", json_text(word.text),
                        description(word.says), schema::condition(word.text));
  }
  return fmt::format("{},\"properties\":{{{}}}", schema::kAsked, json);
}

std::string where() {
  std::string json(schema::kJoined);
  for (const auto field : field_names()) {
    json += fmt::format(R"(,{}:{{"$ref":"#/definitions/asked"}})", json_text(field));
  }
  return fmt::format(R"("type":"object","minProperties":1,"additionalProperties":{{"$ref":)"
                     R"("#/definitions/asked"}},)"
                     R"("properties":{{{}}})",
                     json);
}

// What amounts of a rule with one of these metrics look like.
std::string amounts_if(const std::vector<std::string_view>& metrics, schema::Amounts amounts) {
  // A rule without a metric is one of cost.
  const bool standard = amounts == schema::Amounts::money;
  return fmt::format(R"({{"if":{{{}"properties":{{"metric":{{"enum":{}}}}}}},"then":{{{}}}}})",
                     standard ? "" : R"("required":["metric"],)", list_of(metrics),
                     schema::ladder(amounts));
}

std::string amounts() {
  std::vector<std::string_view> counts;
  std::vector<std::string_view> ratios;
  std::vector<std::string_view> averages;
  std::vector<std::string_view> latencies;
  for (int i = 0; i <= static_cast<int>(kLastMetric); ++i) {
    const auto metric = static_cast<Metric>(i);
    if (metric == Metric::cost || metric == Metric::first_seen) continue;
    switch (measure_of(metric)) {
      case Measure::sum: counts.push_back(name(metric)); break;
      case Measure::ratio: ratios.push_back(name(metric)); break;
      case Measure::average: averages.push_back(name(metric)); break;
      case Measure::percentile: latencies.push_back(name(metric)); break;
    }
  }
  return fmt::format(
      R"("allOf":[{},{},{},{},{}])", amounts_if({name(Metric::cost)}, schema::Amounts::money),
      amounts_if(counts, schema::Amounts::counts), amounts_if(ratios, schema::Amounts::shares),
      amounts_if(averages, schema::Amounts::averages),
      amounts_if(latencies, schema::Amounts::times));
}

std::string file(std::string_view title, std::string_view name, const std::string& rest) {
  return laid_out(fmt::format(
      R"({{"$schema":"http://json-schema.org/draft-07/schema#","$comment":"Made by: tocsin schema )"
      R"({}","title":{},{}}})",
      name, json_text(title), rest));
}

}  // namespace

std::string rules_schema() {
  std::vector<Word> defaults;
  for (const Word& word : words::kRule) {
    if (word.text != "name") defaults.push_back(word);
  }
  const std::string definitions = fmt::format(
      R"("rule":{{{},{}}},"defaults":{{{}}},"amounts":{{{}}},"meaning":{{"anyOf":)"
      R"([{{{}}},{{{}}}]}},)"
      R"("route":{{{}}},"where":{{{}}},"asked":{{{}}})",
      object(words::kRule, {"name"}), schema::kOneLadder, object(defaults, {}), amounts(),
      choices(words::kSeverity), object(words::kRung), schema::kRoute, where(), condition());
  // Where the file's defaults name a metric, the amounts of its rules can be of any kind.
  return file(
      "A rule file of Tocsin", "rules",
      fmt::format(R"({},"if":{},"then":{{"properties":{{"rules":{{"items":{{"$ref":)"
                  R"("#/definitions/amounts"}}}}}}}},"definitions":{{{}}})",
                  object(words::kRuleFile, {"rules"}), schema::kNoMetricInDefaults, definitions));
}

std::string config_schema() {
  return file("tocsin.yaml", "config", object(words::kConfig, {"rules"}));
}

}  // namespace tocsin
