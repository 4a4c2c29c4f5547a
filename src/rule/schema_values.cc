// SPDX-License-Identifier: Apache-2.0
#include "rule/schema_values.h"

#include <fmt/format.h>

#include <utility>

namespace tocsin::schema {
namespace {

constexpr std::string_view kScalar = R"("type":["string","number","boolean"])";

// Backslashes would have to be doubled twice: [$] and [.] instead.
constexpr std::string_view kNumber = "(0|[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+)([.][0-9]+)?[kM]?";
constexpr std::string_view kShare = "(0|[1-9][0-9]*)([.][0-9]+)? *%";

std::string pattern_of(Amounts amounts) {
  const std::string money = fmt::format("[$]{0}|{0} *USD", kNumber);
  switch (amounts) {
    case Amounts::money:
    case Amounts::averages: return money;
    case Amounts::times: return "[1-9][0-9]*(ms|s|m|h|d)";
    case Amounts::counts: return std::string(kNumber);
    case Amounts::shares: return std::string(kShare);
    case Amounts::any: break;
  }
  return fmt::format("{}|{}|{}|[1-9][0-9]*(ms|s|m|h|d)", money, kNumber, kShare);
}

std::string_view wanted(Amounts amounts) {
  switch (amounts) {
    case Amounts::money:
    case Amounts::averages: return "an amount such as $100, $4k or 100 USD";
    case Amounts::times: return "a time such as 20s, 500ms or 2m";
    case Amounts::counts: return "a number such as 50M, 20k or 1000";
    case Amounts::shares: return "a share such as 5%";
    case Amounts::any: break;
  }
  return "an amount such as $100, $4k, 100 USD, or for tokens 50M";
}

// Only a count may be a number to YAML: a bare number is no money.
std::string_view types(Amounts amounts, bool or_map) {
  if (amounts == Amounts::counts || amounts == Amounts::any) {
    return or_map ? R"(["string","integer","object"])" : R"(["string","integer"])";
  }
  return or_map ? R"(["string","object"])" : R"("string")";
}

std::string amount(Amounts amounts, std::string_view further) {
  return fmt::format(R"("type":{},"minimum":0,"pattern":"^({}{})$","patternErrorMessage":"{}",)"
                     R"("errorMessage":"{}")",
                     types(amounts, false), pattern_of(amounts), further, wanted(amounts),
                     wanted(amounts));
}

std::string budgets(Amounts amounts) {
  const std::string one = amount(amounts, "|none");
  return fmt::format(
      R"("type":["object","array","string"],"minProperties":1,"additionalProperties":{{{0}}},)"
      R"("minItems":1,"items":{{"type":"object","required":["budget"],"properties":{{"budget":)"
      R"({{{0}}},"notify":{{"type":["array","object","string"]}}}},)"
      R"("additionalProperties":{{{1}}}}},)"
      R"("pattern":"[.](csv|ya?ml)$",)"
      R"("patternErrorMessage":"a map, rows, or a file such as customers.csv")",
      one, kScalar);
}

std::string threshold(Amounts amounts) {
  // With `compare_to` they are times of what was before, whatever is measured.
  const std::string pattern = fmt::format("(below )?({}|[0-9]+([.][0-9]+)?x)", pattern_of(amounts));
  return fmt::format(
      R"("type":{0},"minimum":1,"pattern":"^({1})$","patternErrorMessage":"{2}","errorMessage":)"
      R"("{2}","minProperties":1,"additionalProperties":false,"patternProperties":{{"^({1})$":)"
      R"({{"$ref":"#/definitions/meaning"}}}})",
      types(amounts, true), pattern, wanted(amounts));
}

std::string alert() {
  return fmt::format(
      R"("type":["object","string"],"pattern":"^(info|warning|critical)$","minProperties":1,)"
      R"("properties":{{"severity":{{"enum":["info","warning","critical"]}},"notify":)"
      R"({{"$ref":"#/definitions/route"}}}},"additionalProperties":false,"patternProperties":)"
      R"({{"^((forecast |every )?{}|({}) left)$":{{"$ref":"#/definitions/meaning"}}}},)"
      R"("defaultSnippets":[)"
      R"({{"label":"50/80/95/100 %","body":{{"50%":"info","80%":"warning","95%":"warning",)"
      R"("100%":"critical"}}}},{{"label":"80/100 %","body":{{"80%":"warning","100%":)"
      R"("critical"}}}}])",
      kShare, pattern_of(Amounts::any));
}

constexpr std::string_view kString = R"("type":"string","minLength":1)";

constexpr std::string_view kAddress =
    R"("type":"string","pattern":"(^[^@ ]+@[^@ ]+|<[^@ ]+@[^@ ]+>|[}])$",)"
    R"("patternErrorMessage":"an address such as tocsin@company.example")";

constexpr std::pair<Value, std::string_view> kFixed[] = {
    {Value::text, kScalar},
    {Value::line, R"("type":["string","number"],"pattern":"^.{1,200}$")"},
    {Value::name,
     R"("type":"string","pattern":"^[^/]{1,100}$","patternErrorMessage":"a name has no /")"},
    {Value::truth, R"("type":"boolean")"},
    {Value::table, R"("type":"object","minProperties":1,"additionalProperties":{"type":"object",)"
                   R"("additionalProperties":{"type":["string","number","boolean"]}})"},
    {Value::count, R"("type":["integer","string"],"minimum":0,)"
                   R"("pattern":"^(0|[1-9][0-9]*)([.][0-9]+)?[kM]?$",)"
                   R"("patternErrorMessage":"a whole number such as 1000 or 20k")"},
    {Value::workers, R"("type":"integer","minimum":1,"maximum":16)"},
    {Value::duration, R"("type":"string","pattern":"^(0|[1-9][0-9]*)(ms|s|m|h|d)$",)"
                      R"("patternErrorMessage":"a duration such as 30s, 5m, 1h or 2d",)"
                      R"("errorMessage":"a duration such as 30s, 5m, 1h or 2d")"},
    {Value::bytes, R"("type":["integer","string"],"pattern":"^[1-9][0-9]*(B|KB|MB|GB)?$",)"
                   R"("patternErrorMessage":"a size such as 256MB or 4GB")"},
    {Value::path, kString},
    {Value::secret, kString},
    {Value::hours, R"("type":"string","pattern":"[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$",)"
                   R"("patternErrorMessage":"hours such as Mon-Fri 08:00-19:00")"},
    {Value::outside, R"("enum":["hold","drop"])"},
    {Value::paths, R"("type":"array","minItems":1,"items":{"type":"string","minLength":1})"},
    {Value::names, R"("type":"array","minItems":1,"items":{"type":"string","minLength":1})"},
    {Value::url, R"("type":"string","pattern":"^(https?://|[$][{]).",)"
                 R"("patternErrorMessage":"a URL begins with https:// or http://")"},
    {Value::zone, R"("anyOf":[{"enum":["UTC","Europe/Berlin","Europe/London","America/New_York",)"
                  R"("America/Los_Angeles","Asia/Tokyo"]},)"
                  R"({"type":"string","pattern":"^[A-Za-z0-9_+/-]+$"}])"},
    {Value::listen, R"("type":"string","pattern":"(:[0-9]+|[}])$",)"
                    R"("patternErrorMessage":"an address such as 127.0.0.1:8080")"},
    {Value::brokers,
     R"("type":"array","minItems":1,"items":{"type":"string","pattern":"(:[0-9]+|[}])$",)"
     R"("patternErrorMessage":"a broker is host:port"})"},
    {Value::address, kAddress},
    {Value::addresses, R"("type":"array","minItems":1,"maxItems":50,"uniqueItems":true,"items":)"
                       R"({"type":"string","pattern":"(^[^@ ]+@[^@ ]+|<[^@ ]+@[^@ ]+>|[}])$",)"
                       R"("patternErrorMessage":"an address such as ada@company.example"})"},
    {Value::smtp, R"("type":"string","pattern":"^(smtps?://[^/@ ]+|[$][{].*[}])$",)"
                  R"("patternErrorMessage":"a mail server: smtps://HOST, or smtp://HOST:587",)"
                  R"("defaultSnippets":[{"label":"TLS","body":"smtps://mail.company.example"},)"
                  R"({"label":"STARTTLS","body":"smtp://mail.company.example:587"}])"},
    {Value::rules, R"("type":"array","items":{"$ref":"#/definitions/rule"})"},
    {Value::defaults, R"("$ref":"#/definitions/defaults")"},
    {Value::where, R"("$ref":"#/definitions/where")"},
    {Value::route, R"("$ref":"#/definitions/route")"},
    {Value::starts,
     R"("type":["string","integer"],"minimum":1,"maximum":28,"pattern":)"
     R"("^(([01][0-9]|2[0-3]):[0-5][0-9]|(sun|mon|tues|wednes|thurs|fri|satur)day|)"
     R"([1-9]|1[0-9]|2[0-8]|[01][0-9]-[0-3][0-9]|[0-9]{4}-[01][0-9]-[0-3][0-9])$",)"
     R"("patternErrorMessage":"a start such as \"06:00\", sunday, 15, 04-01 or 2026-11-02")"},
    {Value::labels,
     R"("type":"object","additionalProperties":{"type":["string","number","boolean"]})"},
    {Value::properties,
     R"("type":"object","additionalProperties":{"type":["string","number","boolean"]})"},
    {Value::channel_list, R"("type":"array","items":{"type":"string"})"},
};

}  // namespace

std::string ladder(Amounts amounts) {
  const std::string line = fmt::format(R"("threshold":{{{}}})", threshold(amounts));
  if (amounts == Amounts::shares || amounts == Amounts::averages || amounts == Amounts::times) {
    return fmt::format(R"("properties":{{"budget":false,"budgets":false,{}}},"errorMessage":)"
                       R"("a budget is for sums: write a threshold")",
                       line);
  }
  return fmt::format(R"("properties":{{"budget":{{{}}},"budgets":{{{}}},{}}})",
                     amount(amounts, "|none"), budgets(amounts), line);
}

const std::string_view kOtherWindows =
    R"({"enum":["last 5m","last 1h","last 24h","last 7d","last 30d","every 14d",)"
    R"("session idle 2h"]},)"
    R"({"type":"string","pattern":)"
    R"("^(last [1-9][0-9]*(s|m|h|d)|every [1-9][0-9]*d|session idle [1-9][0-9]*(s|m|h|d))$",)"
    R"("patternErrorMessage":)"
    R"("a window: day, month, last 24h, every 14d; 1h alone could mean two things"})";

const std::string_view kOtherStarts =
    R"({"type":"string","pattern":"^(-[1-9][0-9]*(ms|s|m|h|d)|[0-9]{4}-[0-9]{2}-[0-9]{2}T.*)$",)"
    R"("patternErrorMessage":)"
    R"("windows, earliest, latest, -7d or a time such as 2026-11-20T10:00:00Z"})";

const std::string_view kAsked =
    R"("type":["string","number","boolean","array","object"],"minLength":1,"minItems":1,)"
    R"("items":{"type":["string","number","boolean"]},"minProperties":1,)"
    R"("additionalProperties":false)";

const std::string_view kJoined =
    R"("any":{"type":"array","minItems":1,"items":{"$ref":"#/definitions/where"},)"
    R"("description":"one of these is enough"},)"
    R"("all":{"type":"array","minItems":1,"items":{"$ref":"#/definitions/where"},)"
    R"("description":"all of these"},)"
    R"("not":{"$ref":"#/definitions/where","description":"none of what these match"})";

const std::string_view kRoute =
    R"("type":["array","object"],"items":{"type":"string"},"additionalProperties":false,)"
    R"("properties":{"info":{"type":"array","items":{"type":"string"}},)"
    R"("warning":{"type":"array","items":{"type":"string"}},)"
    R"("critical":{"type":"array","items":{"type":"string"}}})";

const std::string_view kOneLadder =
    R"("if":{"required":["threshold"]},"then":{"properties":{"budget":false,"budgets":false},)"
    R"("errorMessage":"a rule has a budget or a threshold, not both"})";

const std::string_view kNoMetricInDefaults =
    R"({"not":{"required":["defaults"],"properties":{"defaults":{"required":["metric"]}}}})";

std::string_view condition(std::string_view word) {
  if (word == "matches") return R"("type":"string","minLength":1)";
  if (word == "exists") return R"("type":"boolean")";
  if (word == "in") return R"("type":"string","minLength":1)";
  if (word == "not") return R"("$ref":"#/definitions/asked")";
  return R"("type":["number","string"],"pattern":"^[0-9.,]+[kM]?$")";
}

std::string_view fixed(Value value) {
  static const std::string kBudget =
      amount(Amounts::any, "|none") +
      R"(,"defaultSnippets":[{"label":"$100","body":"\\$100"},{"label":"none","body":"none"}])";
  static const std::string kBudgets = budgets(Amounts::any);
  static const std::string kThreshold = threshold(Amounts::any);
  static const std::string kAlert = alert();
  static const std::string kAmount = amount(Amounts::any, "|[0-9]+([.][0-9]+)?x");
  if (value == Value::amount) return kAmount;
  if (value == Value::budget) return kBudget;
  if (value == Value::budgets) return kBudgets;
  if (value == Value::threshold) return kThreshold;
  if (value == Value::alert) return kAlert;
  for (const auto& [of, schema] : kFixed) {
    if (of == value) return schema;
  }
  return {};
}

}  // namespace tocsin::schema
