// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "cli/explanation.h"
#include "document/yaml.h"
#include "event/timestamp.h"

namespace tocsin {
namespace {

// Reads what the writer of explanation_json.cc wrote. After the first thing that is missing, good()
// is false.
class Parser {
 public:
  bool good() const { return good_; }

  Explanation explanation(const Node& root) {
    Explanation of;
    of.engine = text(root, "from") == "engine";
    of.now = time(root, "now");
    rule(part(root, "rule"), of);
    metric_ = of.metric;
    of.group = pairs(part(root, "group"));
    of.is_one = truth(root, "is_one");
    of.counted = truth(root, "counted");
    of.level = level(part(root, "level"));
    if (root.find("since") != nullptr) of.since = time(root, "since");
    known(root, of);
    for (const Node& rung : part(root, "ladder").items) of.ladder.push_back(ladder(rung));
    of.groups = count(root, "groups");
    for (const Node& group : part(root, "fullest").items) of.fullest.push_back(level(group));
    if (const Node* unfilled = root.find("unfilled")) {
      of.total = amount(root, "total");
      for (const Node& field : unfilled->items) {
        of.unfilled.emplace_back(text(field, "field"), amount(field, "value"));
      }
    }
    of.near = texts(part(root, "near"));
    for (const Node& alert : part(root, "told").items) of.told.push_back(told(alert));
    of.told_before = count(root, "told_before");
    of.trust = trust(part(root, "trust"));
    return of;
  }

  RuleLevels levels(const Node& root) {
    RuleLevels of;
    of.engine = text(root, "from") == "engine";
    of.now = time(root, "now");
    for (const Node& node : part(root, "rules").items) {
      RuleLevel rule;
      rule.rule = text(node, "rule");
      rule.origin = text(node, "origin");
      rule.metric = metric(text(node, "metric"));
      metric_ = rule.metric;
      rule.window_kind = kind(text(node, "window_kind"));
      rule.window_length = Millis{number(node, "window_ms")};
      rule.zone = text(node, "time_zone");
      rule.grouped = truth(node, "grouped");
      rule.groups = count(node, "groups");
      rule.over = count(node, "over");
      if (const Node* fullest = node.find("fullest")) rule.fullest = level(*fullest);
      of.rules.push_back(std::move(rule));
    }
    of.trust = trust(part(root, "trust"));
    return of;
  }

 private:
  const Node& part(const Node& of, std::string_view name) {
    static const Node kNothing;
    const Node* node = of.find(name);
    if (node == nullptr) good_ = false;
    return node == nullptr ? kNothing : *node;
  }
  std::string text(const Node& of, std::string_view name) { return part(of, name).text; }
  bool truth(const Node& of, std::string_view name) { return text(of, name) == "true"; }
  std::int64_t number(const Node& of, std::string_view name) {
    const std::string digits = text(of, name);
    std::int64_t value = 0;
    const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || rest != digits.data() + digits.size()) good_ = false;
    return value;
  }
  std::uint64_t count(const Node& of, std::string_view name) {
    return static_cast<std::uint64_t>(number(of, name));
  }
  int128 amount(const Node& of, std::string_view name, int places) {
    const auto value = parse_decimal(text(of, name), places, Rounding::exact);
    if (!value) good_ = false;
    return value.value_or(0);
  }
  int128 amount(const Node& of, std::string_view name) {
    return amount(of, name, decimal_places(metric_));
  }
  EventTime time(const Node& of, std::string_view name) {
    const auto at = wire::read_timestamp(text(of, name), wire::Zone::required);
    if (!at) good_ = false;
    return at.value_or(EventTime{});
  }
  static std::vector<std::string> texts(const Node& list) {
    std::vector<std::string> all;
    for (const Node& item : list.items) all.push_back(item.text);
    return all;
  }
  static GroupValues pairs(const Node& map) {
    GroupValues group;
    for (const Entry& entry : map.entries) group.emplace_back(entry.key.text, entry.value.text);
    return group;
  }

  Metric metric(std::string_view word) {
    const auto known = metric_named(word);
    good_ = good_ && known;
    return known.value_or(Metric::cost);
  }
  WindowKind kind(std::string_view word) {
    for (int i = 0; i <= static_cast<int>(WindowKind::session); ++i) {
      if (window_kind_name(static_cast<WindowKind>(i)) == word) return static_cast<WindowKind>(i);
    }
    good_ = false;
    return WindowKind::day;
  }
  Severity severity(const Node& of) {
    const std::string word = text(of, "severity");
    for (const Severity one : {Severity::info, Severity::warning, Severity::critical}) {
      if (name(one) == word) return one;
    }
    good_ = false;
    return Severity::info;
  }

  void rule(const Node& node, Explanation& of) {
    of.rule = text(node, "name");
    of.summary = text(node, "summary");
    of.where = text(node, "where");
    of.origin = text(node, "origin");
    of.metric = metric(text(node, "metric"));
    of.window_kind = kind(text(node, "window_kind"));
    of.window_length = Millis{number(node, "window_ms")};
    of.zone = text(node, "time_zone");
    of.budgeted = truth(node, "budgeted");
    of.min_requests = number(node, "min_requests");
    of.hold = Millis{number(node, "for_ms")};
    of.group_by = texts(part(node, "group_by"));
  }

  GroupLevel level(const Node& node) {
    GroupLevel of;
    of.group = pairs(part(node, "group"));
    const Node& window = part(node, "window");
    of.window.start = event_time_ms(number(window, "start_ms"));
    const bool ends = window.find("end_ms") != nullptr;
    of.window.end = ends ? event_time_ms(number(window, "end_ms")) : kNever;
    of.value = amount(node, "value");
    of.requests = number(node, "requests");
    if (is_ratio(metric_)) of.numerator = amount(node, "numerator", 0);
    if (node.find("budget") != nullptr) of.budget = amount(node, "budget");
    of.limit = amount(node, "limit");
    if (node.find("rung") != nullptr) {
      of.rung = text(node, "rung");
      of.severity = severity(node);
    }
    return of;
  }

  void known(const Node& root, Explanation& of) {
    if (const Node* before = root.find("window_before")) {
      of.before = {{time(*before, "start"), time(*before, "end")}, amount(*before, "value"), {}};
    }
    if (const Node* drivers = root.find("drivers")) {
      for (const Node& each : drivers->items) {
        of.drivers.push_back(driver(each));
        if (!of.before) continue;
        auto& before = of.before->drivers.emplace_back();
        if (each.find("before") != nullptr) before = driven(each, "before");
      }
    }
    if (const Node* recent = root.find("recent")) {
      of.recent = {Millis{number(*recent, "seconds") * 1000}, amount(*recent, "amount")};
    }
  }

  int128 driven(const Node& node, std::string_view key) {
    return amount(node, key, decimal_places(driven_metric(metric_)));
  }

  Alert::Driver driver(const Node& node) {
    Alert::Driver driver;
    const std::string field = text(node, "field");
    const auto known = std::find(kDriverFieldNames.begin(), kDriverFieldNames.end(), field);
    good_ = good_ && known != kDriverFieldNames.end();
    driver.field = static_cast<DriverField>(known - kDriverFieldNames.begin());
    driver.value = text(node, "value");
    driver.amount = driven(node, "amount");
    driver.approximate = truth(node, "approximate");
    return driver;
  }

  RungLevel ladder(const Node& node) {
    RungLevel rung;
    rung.rung = text(node, "rung");
    rung.amount = amount(node, "amount");
    rung.severity = severity(node);
    rung.reached = truth(node, "reached");
    if (node.find("holds_since") != nullptr) rung.holds_since = time(node, "holds_since");
    rung.channels = texts(part(node, "channels"));
    return rung;
  }

  ToldAlert told(const Node& node) {
    ToldAlert alert;
    alert.id = text(node, "id");
    alert.rung = text(node, "rung");
    alert.severity = severity(node);
    alert.at = event_time_ms(number(node, "at_ms"));
    alert.group = pairs(part(node, "group"));
    alert.old_news = truth(node, "old_news");
    alert.stale = truth(node, "stale");
    alert.continues = truth(node, "continues");
    if (node.find("forecast") != nullptr) {
      alert.forecast = amount(node, "forecast");
      alert.forecast_weeks = static_cast<std::uint32_t>(number(node, "forecast_weeks"));
    }
    if (const Node* by = node.find("acknowledged"); by != nullptr) {
      alert.acknowledged = {text(*by, "by"), text(*by, "comment"),
                            WallTime{Millis{number(*by, "at_ms")}}};
    }
    if (const Node* by = node.find("silence"); by != nullptr) {
      alert.silenced = {text(*by, "id"), text(*by, "author"), text(*by, "comment"),
                        WallTime{Millis{number(*by, "until_ms")}}};
    }
    for (const Node& each : part(node, "channels").items) {
      ToldOn telling;
      telling.channel = text(each, "channel");
      const std::string fate = text(each, "fate");
      for (const auto one :
           {ToldOn::Fate::delivered, ToldOn::Fate::waiting, ToldOn::Fate::parked}) {
        if (fate_name(one) == fate) telling.fate = one;
      }
      if (telling.fate != ToldOn::Fate::waiting) {
        telling.when = WallTime{Millis{number(each, "at_ms")}};
        telling.attempts = static_cast<std::uint32_t>(number(each, "attempts"));
      }
      if (each.find("reason") != nullptr) telling.reason = text(each, "reason");
      alert.tellings.push_back(std::move(telling));
    }
    return alert;
  }

  Trust trust(const Node& node) {
    Trust of;
    of.late = count(node, "late");
    of.unpriced = count(node, "unpriced");
    of.quarantined = count(node, "quarantined");
    of.duplicates = count(node, "duplicates");
    of.other_cost = count(node, "other_cost");
    of.too_old = count(node, "too_old");
    of.overflow_groups = count(node, "overflow_groups");
    of.ids_forgotten = count(node, "ids_forgotten");
    of.catching_up = truth(node, "catching_up");
    of.trouble = texts(part(node, "trouble"));
    for (const Node& channel : part(node, "channels").items) {
      of.channels.emplace_back(text(channel, "channel"), text(channel, "trouble"));
    }
    return of;
  }

  Metric metric_ = Metric::cost;
  bool good_ = true;
};

// JSON is YAML: the strict reader takes what our own writer writes.
template <class T, class Read>
Result<T> parsed(std::string_view json, Read read) {
  Diagnostics diagnostics;
  const auto document = parse_yaml("answer", json, diagnostics);
  // Values of events may hold control characters, which the reader complains of and keeps.
  if (document && document->root.is_map()) {
    Parser parser;
    T of = read(parser, document->root);
    if (parser.good()) return of;
  }
  return reject("this is no answer of an engine of this version");
}

}  // namespace

Result<Explanation> parse_explanation(std::string_view json) {
  return parsed<Explanation>(
      json, [](Parser& parser, const Node& root) { return parser.explanation(root); });
}

Result<RuleLevels> parse_rule_levels(std::string_view json) {
  return parsed<RuleLevels>(json,
                            [](Parser& parser, const Node& root) { return parser.levels(root); });
}

}  // namespace tocsin
