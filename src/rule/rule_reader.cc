// SPDX-License-Identifier: Apache-2.0
#include "rule/rule_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "document/utf8.h"
#include "rule/amount.h"
#include "rule/budgets_reader.h"
#include "rule/field.h"
#include "rule/ladder_reader.h"
#include "rule/reader.h"
#include "rule/route_reader.h"
#include "rule/where_reader.h"
#include "rule/window_reader.h"

namespace tocsin {
namespace {

constexpr std::size_t kGroupFieldsMax = 4;
constexpr int kNameLengthMax = 100;
constexpr int kSummaryLengthMax = 200;
constexpr std::int64_t kMinRequestsOfRatios = 20;

// One rule, of its own node and the file's defaults.
class RuleReader {
 public:
  RuleReader(const Reader& reader, const RuleContext& context, const Node* defaults)
      : reader_(reader), context_(context), defaults_(defaults) {}

  // Nothing if it has an error, or is disabled.
  std::optional<Rule> read(const Node& node, bool& disabled) {
    node_ = &node;
    rule_.origin = reader_.origin(node);
    const std::size_t before = errors();
    for (const Entry& entry : node.entries) reader_.known(entry.key, words::kRule, "key");
    names();
    metric();
    where();
    group();
    window();
    ladder();
    steadiness();
    resolve_at();
    min_cost();
    telling();
    limits();
    if (const auto* enabled = key("enabled")) {
      disabled = !reader_.truth(enabled->value).value_or(true);
    }
    if (errors() > before || node.bad || bad_below(node)) return std::nullopt;
    if (disabled) return std::nullopt;
    return std::move(rule_);
  }

 private:
  std::size_t errors() const {
    const auto& all = reader_.diagnostics();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [](const auto& d) { return d.level == Diagnostic::Level::error; }));
  }
  static bool bad_below(const Node& node) {
    return node.bad || std::any_of(node.items.begin(), node.items.end(), bad_below) ||
           std::any_of(node.entries.begin(), node.entries.end(), [](const Entry& entry) {
             return bad_below(entry.key) || bad_below(entry.value);
           });
  }

  const Entry* own(std::string_view name) const { return node_->find_entry(name); }
  const Entry* default_of(std::string_view name) const {
    return defaults_ == nullptr ? nullptr : defaults_->find_entry(name);
  }
  // The rule's own, else the default.
  const Entry* key(std::string_view name) const {
    const Entry* entry = own(name);
    return entry != nullptr ? entry : default_of(name);
  }
  // A rule that says itself whether it is a budget or a threshold takes no part of the other from
  // the defaults.
  const Entry* ladder_key(std::string_view name) const {
    const bool of_budget = name != "threshold";
    const bool says_threshold = own("threshold") != nullptr;
    const bool says_budget = own("budget") != nullptr || own("budgets") != nullptr;
    const bool other = of_budget ? says_threshold && !says_budget : says_budget && !says_threshold;
    return other ? own(name) : key(name);
  }

  std::optional<std::string> line(const Node& node, int length_max) {
    const auto* text = reader_.text(node, "one line of text");
    if (text == nullptr) return std::nullopt;
    if (text->empty() || text->find('\n') != std::string::npos ||
        character_count(*text) > length_max) {
      reader_.error(node,
                    "this must be one line of 1 to " + std::to_string(length_max) + " characters");
      return std::nullopt;
    }
    return *text;
  }

  void names() {
    const Entry* name = own("name");
    if (name == nullptr) {
      if (Reader::mistyped(*node_, "name")) return;
      reader_.error(*node_, "this rule has no name", "begin it with - name: …");
    } else if (auto text = line(name->value, kNameLengthMax)) {
      if (text->find('/') != std::string::npos) {
        reader_.error(name->value, "a name may not hold a /", "it is kept for teams' rules");
      }
      rule_.name = std::move(*text);
    }
    if (const Entry* before = own("renamed_from")) {
      if (auto text = line(before->value, kNameLengthMax)) {
        if (*text == rule_.name) {
          reader_.error(before->value, "it has this name now", "name the one it had before");
        }
        rule_.renamed_from = std::move(*text);
      }
    }
    rule_.summary = rule_.name;
    if (!context_.team.empty()) {
      rule_.name = context_.team + "/" + rule_.name;
      if (!rule_.renamed_from.empty()) {
        rule_.renamed_from = context_.team + "/" + rule_.renamed_from;
      }
      rule_.summary = context_.team + ": " + rule_.summary;
    }
    std::replace_if(
        rule_.summary.begin(), rule_.summary.end(), [](char c) { return c == '-' || c == '_'; },
        ' ');
    if (const auto* summary = key("summary")) {
      if (auto text = line(summary->value, kSummaryLengthMax)) rule_.summary = std::move(*text);
    }
    for (const auto& [name_of, field] :
         {std::pair{"description", &rule_.description}, std::pair{"runbook", &rule_.runbook}}) {
      const auto* entry = key(name_of);
      const auto* text = entry == nullptr ? nullptr : reader_.text(entry->value, "text");
      if (text != nullptr) *field = *text;
    }
  }

  void metric() {
    const auto* entry = key("metric");
    if (entry == nullptr) return;
    const auto* text = reader_.word(entry->value, words::kMetric, "metric");
    if (text == nullptr) {
      metric_known_ = false;
      return;
    }
    rule_.metric = *metric_named(*text);
  }

  // A mount's `only`, and the defaults' `where`, narrow the rule's own.
  void where() {
    Clause clause;
    if (context_.only) {
      clause = context_.only->clause;
      rule_.where_text = context_.only->text;
    }
    for (const Entry* entry : {default_of("where"), own("where")}) {
      if (entry == nullptr) continue;
      auto where = read_where(reader_, entry->value, context_.files);
      if (!where) continue;
      clause = both(std::move(clause), std::move(where->clause));
      rule_.where_text += (rule_.where_text.empty() ? "" : " and ") + where->text;
    }
    rule_.filter = std::make_shared<const WhereFilter>(std::move(clause));
  }

  void group() {
    const auto* entry = key("group_by");
    if (entry == nullptr) return;
    const auto* list = reader_.list(entry->value, "a list of fields such as [user]");
    if (list == nullptr) return;
    if (list->items.empty() || list->items.size() > kGroupFieldsMax) {
      reader_.error(entry->value, "group_by takes 1 to 4 fields", "write one such as [user]");
      return;
    }
    for (const Node& item : list->items) group_field(item);
  }

  void group_field(const Node& item) {
    const auto* name = reader_.text(item, "a field's name");
    if (name == nullptr || !check_field_name(reader_, item)) return;
    Rule::GroupField field{*name, field_ref(*name)};
    if (field.field.kind == FieldRef::Kind::tags) {
      reader_.error(item, "a request has many tags, so they make no group");
      return;
    }
    for (const auto& other : rule_.group_by) {
      if (canonical_name(other.field) == canonical_name(field.field)) {
        reader_.error(item, tocsin::quoted(*name) + " is written twice");
        return;
      }
    }
    rule_.group_by.push_back(std::move(field));
  }

  void window() {
    zone_ = context_.zone;
    if (const auto* entry = key("time_zone")) {
      if (const auto read = read_zone(reader_, entry->value)) zone_ = *read;
    }
    const auto* entry = key("window");
    if (rule_.metric == Metric::first_seen) {
      if (const auto* own_window = own("window")) {
        reader_.error(own_window->key, "first_seen has no window: a group is new but once",
                      "leave window out");
      }
      rule_.window.kind = WindowKind::lifetime;
      window_known_ = true;
      return;
    }
    if (entry == nullptr) {
      if (Reader::mistyped(*node_, "window")) return;
      reader_.error(named(), "this rule has no window", "add window: day");
      return;
    }
    const auto* starts = own("starts");
    // A default start is for the windows that have one.
    const bool has_start = entry->value.text != "hour" && !entry->value.text.starts_with("last ");
    if (starts == nullptr && has_start) starts = default_of("starts");
    if (auto spec = read_window(reader_, entry->value, starts == nullptr ? nullptr : &starts->value,
                                zone_)) {
      rule_.window = std::move(*spec);
      window_known_ = true;
    }
  }

  // Where an error about the whole rule points: its name, if it has one.
  const Node& named() const {
    const auto* name = own("name");
    return name != nullptr ? name->value : *node_;
  }

  void ladder() {
    read_ladder();
    if (window_known_) check_window();
  }

  // Not every rung has a meaning in every window.
  void check_window() {
    const WindowKind kind = rule_.window.kind;
    const bool endless = kind == WindowKind::lifetime || kind == WindowKind::session;
    for (const Rung& rung : rule_.ladder) {
      if (rung.kind == Rung::Kind::forecast && (endless || rule_.rolling())) {
        return reader_.error(named(),
                             tocsin::quoted(rung.text) + " needs a window that ends, such as month",
                             "such a window has no total to head for");
      }
      if (rung.is_below() && endless && is_sum(rule_.metric)) {
        return reader_.error(named(), "what has not been reached is known when the window ends",
                             "take a window that ends, such as day or last 1h");
      }
    }
    if (kind == WindowKind::session && rule_.judged()) {
      reader_.error(named(), "sessions are for sums that are told in the moment they are reached",
                    "take a window such as last 1h for " + std::string(name(rule_.metric)));
    }
    const auto is_session = [](const auto& g) { return canonical_name(g.field) == "session"; };
    if (kind == WindowKind::session &&
        std::none_of(rule_.group_by.begin(), rule_.group_by.end(), is_session)) {
      reader_.error(named(), "each session has a window of its own", "add session to group_by");
    }
  }

  void read_ladder() {
    const auto* budget = ladder_key("budget");
    const auto* budgets = ladder_key("budgets");
    const auto* threshold = ladder_key("threshold");
    const auto* alert = ladder_key("alert");
    if (threshold != nullptr && (budget != nullptr || budgets != nullptr)) {
      reader_.error(threshold->key, "a rule has a budget or a threshold, not both",
                    "make two rules of it");
      return;
    }
    if (!metric_known_) return;
    if (rule_.metric == Metric::first_seen) return first_seen(budget, budgets, threshold, alert);
    if (threshold != nullptr) {
      if (alert != nullptr) {
        reader_.error(alert->key, "alert belongs to a budget",
                      "write the rungs into threshold: {$10: warning}");
      }
      if (!read_comparison()) return;
      auto rungs = read_threshold(reader_, threshold->value,
                                  {rule_.metric, rule_.compare_to.has_value()}, context_);
      if (rungs) rule_.ladder = std::move(*rungs);
      return;
    }
    if (budget == nullptr && budgets == nullptr) {
      for (const auto* meant : {"budget", "budgets", "threshold"}) {
        if (Reader::mistyped(*node_, meant)) return;
      }
      reader_.error(named(), "this rule has neither a budget nor a threshold",
                    is_sum(rule_.metric) ? "add budget: $100" : "add threshold: " + example());
      return;
    }
    budget_ladder(budget, budgets, alert);
  }

  // A threshold of the metric.
  std::string example() const {
    switch (measure_of(rule_.metric)) {
      case Measure::ratio: return "5%";
      case Measure::average: return "$0.05";
      case Measure::percentile: return "20s";
      case Measure::sum: break;
    }
    return is_money(rule_.metric) ? "$10" : "500";
  }

  void budget_ladder(const Entry* budget, const Entry* budgets, const Entry* alert) {
    const Entry& first = budget != nullptr ? *budget : *budgets;
    if (!is_sum(rule_.metric)) {
      reader_.error(first.key,
                    "a budget is for sums, and " + std::string(name(rule_.metric)) + " is none",
                    "write threshold: " + example());
      return;
    }
    Budgets read;
    if (budget != nullptr) {
      if (const auto amount = read_budget(reader_, budget->value, rule_.metric)) {
        read.fallback = *amount;
      }
    }
    if (budgets != nullptr) {
      read_budgets(reader_, budgets->value, {rule_.group_by, rule_.metric, zone_}, context_, read);
    }
    rule_.budgets = std::move(read);
    threshold_key("compare_to");
    if (alert == nullptr) {
      rule_.ladder = default_alert(reader_.origin(first.key));
    } else if (auto rungs = read_alert(reader_, alert->value, rule_.metric, context_)) {
      rule_.ladder = std::move(*rungs);
    }
  }

  // The first request of a group is its one rung.
  void first_seen(const Entry* budget, const Entry* budgets, const Entry* threshold,
                  const Entry* alert) {
    for (const Entry* entry : {budget, budgets, threshold}) {
      if (entry == nullptr) continue;
      reader_.error(entry->key, "first_seen has no amount: a group is new or it is not",
                    "write alert: warning, or leave it out");
      return;
    }
    if (rule_.group_by.empty()) {
      reader_.error(named(), "first_seen needs to know whose first request it is",
                    "add group_by: [model]");
      return;
    }
    if (auto rung = read_first_seen(reader_, alert == nullptr ? nullptr : &alert->value, named(),
                                    context_)) {
      rule_.ladder = {std::move(*rung)};
    }
  }

  // `compare_to`: with the same window so long ago.
  bool read_comparison() {
    const auto* entry = threshold_key("compare_to");
    if (entry == nullptr) return true;
    const auto back = reader_.duration(entry->value);
    if (!back || !window_known_) return false;
    const WindowSpec& window = rule_.window;
    constexpr Millis kHour{3'600'000};
    constexpr Millis kDay{86'400'000};
    constexpr Millis kMost = kDay * 400;
    const bool calendar = !rule_.rolling();
    const Millis grain = window.kind == WindowKind::hour ? kHour : calendar ? kDay : Millis{60'000};
    if (window.kind == WindowKind::lifetime || window.kind == WindowKind::session) {
      reader_.error(entry->key, "there is no such window before this one",
                    "take a window that starts anew, or a rolling one");
      return false;
    }
    if (*back < std::max(grain, window.length) || *back % grain != Millis{0} || *back > kMost) {
      reader_.error(entry->value, tocsin::quoted(entry->value.text) + " cannot be compared with",
                    calendar ? "write a number of whole windows, such as 7d, at most 400d"
                             : "write at least the window's length, such as 7d, at most 400d");
      return false;
    }
    rule_.compare_to = *back;
    return true;
  }

  // Where what was reached ends, if not at its own line.
  void resolve_at() {
    const auto* entry = threshold_key("resolve_at");
    if (entry == nullptr || rule_.ladder.empty()) return;
    const auto* text = reader_.text(entry->value, "an amount such as " + example());
    if (text == nullptr) return;
    const auto amount = rule_.compare_to ? read_times(*text) : read_amount(*text, rule_.metric);
    if (!amount) return reader_.error(entry->value, amount.error().message, amount.error().hint);
    for (const Rung& rung : rule_.ladder) {
      if (rung.is_below() ? *amount >= rung.number : *amount <= rung.number) continue;
      reader_.error(entry->value,
                    tocsin::quoted(*text) + " is on the wrong side of " + tocsin::quoted(rung.text),
                    "what was reached ends further back, or where it began");
      return;
    }
    if (window_known_ && !rule_.rolling() && !rule_.judged()) {
      reader_.error(entry->key, "resolve_at has no use here: a sum never falls in its window",
                    "take a rolling window, such as last 1h, or leave it out");
      return;
    }
    rule_.resolve_at = *amount;
  }

  void min_cost() {
    const auto* entry = key("min_cost");
    if (entry == nullptr) return;
    const auto* text = reader_.text(entry->value, "an amount such as $20");
    if (text == nullptr) return;
    const auto amount = read_amount(*text, Metric::cost);
    if (!amount) return reader_.error(entry->value, amount.error().message, amount.error().hint);
    rule_.min_cost = *amount;
    if (window_known_ && !is_money(rule_.metric) && !rule_.judged()) {
      reader_.error(entry->key,
                    "min_cost cannot be asked of " + std::string(name(rule_.metric)) +
                        ", which is told in the moment that it is reached",
                    "take min_requests, or add for: 1m");
    }
  }

  // Keys for thresholds alone. A default of them is no error in a budget's rule: it is left aside.
  const Entry* threshold_key(std::string_view name) {
    if (!rule_.is_budget()) return key(name);
    if (const auto* entry = own(name)) {
      reader_.error(entry->key, tocsin::quoted(name) + " belongs to a threshold",
                    "a budget has no use of it");
    }
    return nullptr;
  }

  void steadiness() {
    if (const auto* entry = threshold_key("for")) {
      if (const auto hold = reader_.duration(entry->value)) rule_.hold = *hold;
    }
    const auto* entry = threshold_key("keep_firing_for");
    if (entry == nullptr) return;
    const auto kept = reader_.duration(entry->value);
    if (!kept) return;
    if (window_known_ && !rule_.rolling() && !rule_.judged()) {
      if (own("keep_firing_for") == nullptr) return;
      reader_.error(entry->key, "keep_firing_for has no use here: a sum never falls in its window",
                    "take a rolling window, such as last 1h, or leave it out");
      return;
    }
    rule_.keep_firing_for = *kept;
  }

  void telling() {
    if (const auto* entry = key("notify")) {
      if (auto route = read_route(reader_, entry->value, context_))
        rule_.notify = std::move(*route);
    }
    if (const auto* entry = key("notify_resolved")) {
      rule_.notify_resolved = reader_.truth(entry->value);
    }
    if (const auto* entry = key("repeat_every")) repeat(entry->value);
    for (const Entry* entry : {default_of("labels"), own("labels")}) {
      if (entry == nullptr) continue;
      if (const auto* map = reader_.map(entry->value, "{team: payments}")) add_labels(*map);
    }
  }

  void repeat(const Node& node) {
    const auto every = reader_.duration(node);
    if (!every) return;
    if (*every < Millis{60'000}) {
      reader_.error(node, "a reminder comes once a minute at most", "write one such as 4h");
    } else {
      rule_.repeat_every = *every;
    }
  }

  void add_labels(const Node& map) {
    for (const Entry& label : map.entries) {
      const auto* text = reader_.text(label.value, "text");
      if (text == nullptr) continue;
      const auto known =
          std::find_if(rule_.labels.begin(), rule_.labels.end(),
                       [&](const auto& existing) { return existing.first == label.key.text; });
      if (known != rule_.labels.end()) {
        known->second = *text;
      } else {
        rule_.labels.emplace_back(label.key.text, *text);
      }
    }
  }

  void limits() {
    if (const auto* backfill = key("backfill")) {
      rule_.backfill = reader_.truth(backfill->value).value_or(true);
    }
    rule_.max_groups = context_.max_groups;
    if (const auto* entry = key("max_groups")) {
      if (const auto most = reader_.count(entry->value, 1)) {
        rule_.max_groups = static_cast<std::size_t>(*most);
      }
    }
    rule_.min_requests = is_sum(rule_.metric) ? 0 : kMinRequestsOfRatios;
    if (const auto* entry = key("min_requests")) {
      if (const auto least = reader_.count(entry->value, 0)) rule_.min_requests = *least;
    }
  }

  const Reader& reader_;
  const RuleContext& context_;
  const Node* defaults_;
  const Node* node_ = nullptr;
  Rule rule_;
  std::string zone_;
  bool metric_known_ = true;
  bool window_known_ = false;
};

const Node* read_defaults(const Reader& reader, const Node& root) {
  const auto* entry = root.find_entry("defaults");
  if (entry == nullptr) return nullptr;
  const Node* map = reader.map(entry->value, "keys of a rule");
  if (map == nullptr) return nullptr;
  for (const Entry& key : map->entries) {
    if (key.key.text == "name") {
      reader.error(key.key, "a name cannot be a default", "each rule has its own");
    } else {
      reader.known(key.key, words::kRule, "key");
    }
  }
  return map;
}

DisabledRule disabled_rule(const Reader& reader, const Node& item) {
  const Node* name = item.find("name");
  return {name == nullptr ? std::string() : name->text, reader.origin(item)};
}

}  // namespace

RuleFile read_rule_file(const Document& document, const RuleContext& context,
                        Diagnostics& diagnostics) {
  const Reader reader(document, diagnostics);
  RuleFile file;
  const Node* root = reader.map(document.root, "rules: and a list of rules");
  if (root == nullptr) return file;
  for (const Entry& entry : root->entries) reader.known(entry.key, words::kRuleFile, "key");
  const auto* rules = root->find_entry("rules");
  if (rules == nullptr) {
    if (Reader::mistyped(*root, "rules")) return file;
    reader.error(*root, "there is no rules: in this file", "begin it with rules:");
    return file;
  }
  const Node* defaults = read_defaults(reader, *root);
  const Node* list = reader.list(rules->value, "a list of rules: - name: …");
  if (list == nullptr) return file;
  for (const Node& item : list->items) {
    ++file.written;
    if (reader.map(item, "a rule: - name: …") == nullptr) continue;
    bool disabled = false;
    auto rule = RuleReader(reader, context, defaults).read(item, disabled);
    if (disabled) file.disabled.push_back(disabled_rule(reader, item));
    if (rule) file.rules.push_back(std::move(*rule));
  }
  return file;
}

}  // namespace tocsin
