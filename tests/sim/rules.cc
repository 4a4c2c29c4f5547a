// SPDX-License-Identifier: Apache-2.0
#include "sim/rules.h"

#include <algorithm>
#include <stdexcept>

#include "rule/load.h"
#include "rule/memory_files.h"
#include "tocsin/group.h"

namespace tocsin::sim {
namespace {

constexpr const char* kZones[] = {"UTC",
                                  "Europe/Berlin",
                                  "America/New_York",
                                  "Asia/Kathmandu",
                                  "Australia/Lord_Howe",
                                  "Pacific/Chatham",
                                  "America/St_Johns",
                                  "Africa/Casablanca",
                                  "Pacific/Apia",
                                  "America/Santiago"};

std::string two(std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string date(std::chrono::year_month_day day) {
  return std::to_string(static_cast<int>(day.year())) + "-" +
         two(static_cast<unsigned>(day.month())) + "-" + two(static_cast<unsigned>(day.day()));
}

std::string duration(Millis length) {
  const std::int64_t seconds = length.count() / 1000;
  if (seconds % 3600 == 0) return std::to_string(seconds / 3600) + "h";
  if (seconds % 60 == 0) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds) + "s";
}

std::string window_text(const WindowSpec& window) {
  switch (window.kind) {
    case WindowKind::hour: return "hour";
    case WindowKind::day: return "day";
    case WindowKind::week: return "week";
    case WindowKind::month: return "month";
    case WindowKind::quarter: return "quarter";
    case WindowKind::year: return "year";
    case WindowKind::every: return "every " + std::to_string(window.every_days) + "d";
    case WindowKind::lifetime: return "lifetime";
    case WindowKind::rolling: return "last " + duration(window.length);
    case WindowKind::session: break;  // of no rule here
  }
  return {};
}

std::string starts_text(const WindowSpec& window) {
  static constexpr const char* kDays[] = {"sunday",   "monday", "tuesday", "wednesday",
                                          "thursday", "friday", "saturday"};
  const std::int64_t minutes = window.day_start.count();
  switch (window.kind) {
    case WindowKind::day:
      return minutes == 0 ? "" : "\"" + two(minutes / 60) + ":" + two(minutes % 60) + "\"";
    case WindowKind::week: return kDays[window.week_start.c_encoding()];
    case WindowKind::month: return std::to_string(window.month_day);
    case WindowKind::quarter:
    case WindowKind::year:
      return two(static_cast<unsigned>(window.year_start.month())) + "-" +
             two(static_cast<unsigned>(window.year_start.day()));
    case WindowKind::every:
    case WindowKind::lifetime: return window.from ? date(*window.from) : "";
    case WindowKind::hour:
    case WindowKind::session:
    case WindowKind::rolling: break;
  }
  return "";
}

std::string amount_text(Metric metric, int128 amount) {
  if (metric == Metric::cost) return "$" + decimal_text(amount, 12);
  return decimal_text(amount, 0);
}

WindowSpec draw_window(Random& random, const RulesPlan& plan, bool judged) {
  WindowSpec window;
  window.zone = kZones[random.below(std::size(kZones))];
  if (random.chance(judged ? 0.7 : 0.35)) {
    window.kind = WindowKind::rolling;
    window.length = Millis{1000 * random.pick<std::int64_t>({7, 30, 60, 300, 600, 3600, 86'400})};
    return window;
  }
  window.kind = random.pick({WindowKind::hour, WindowKind::hour, WindowKind::day, WindowKind::day,
                             WindowKind::week, WindowKind::month, WindowKind::quarter,
                             WindowKind::year, WindowKind::every, WindowKind::lifetime});
  const std::chrono::sys_days today{
      std::chrono::floor<std::chrono::days>(std::chrono::sys_time<Millis>{Millis{plan.from_ms}})};
  if (random.chance(0.4)) {
    window.day_start = std::chrono::minutes{random.pick({0, 0, 120, 150, 180, 1425})};
  }
  if (window.kind != WindowKind::day) window.day_start = std::chrono::minutes{0};
  window.week_start = std::chrono::weekday{static_cast<unsigned>(random.below(7))};
  window.month_day = static_cast<unsigned>(random.between(1, 28));
  window.year_start = std::chrono::month{static_cast<unsigned>(random.between(1, 12))} /
                      std::chrono::day{static_cast<unsigned>(random.between(1, 28))};
  if (window.kind == WindowKind::every) {
    window.every_days = static_cast<int>(random.between(1, 15));
    window.from = today - std::chrono::days{random.between(-3, 40)};
  }
  if (window.kind == WindowKind::lifetime && random.chance(0.5)) {
    window.from = today - std::chrono::days{random.between(-1, 3)};
  }
  return window;
}

int128 draw_amount(Random& random, Metric metric) {
  if (metric == Metric::cost) {
    return int128{random.pick<std::int64_t>({3, 20, 100, 700, 5000})} * random.between(1, 9) *
           power_of_ten(8);
  }
  if (metric == Metric::requests) return random.between(1, 60);
  if (metric == Metric::errors || metric == Metric::unpriced_requests) return random.between(1, 12);
  if (metric == Metric::error_rate) return random.between(1, 90) * power_of_ten(10);
  return random.between(1, 50) * random.pick<std::int64_t>({100, 1000, 20'000});
}

void add_rung(RuleSpec& rule, RungSpec rung) {
  const bool same = std::any_of(rule.rungs.begin(), rule.rungs.end(), [&](const RungSpec& other) {
    return other.kind == rung.kind && other.number == rung.number;
  });
  if (!same) rule.rungs.push_back(std::move(rung));
}

void draw_ladder(Random& random, RuleSpec& rule) {
  rule.rungs.clear();
  const std::int64_t count = random.between(1, 5);
  for (std::int64_t i = 0; i < count; ++i) {
    RungSpec rung;
    rung.severity = random.pick<const char*>({"info", "warning", "critical"});
    if (!rule.is_budget) {
      rung.kind = RungSpec::Kind::amount;
      rung.number = std::max<int128>(draw_amount(random, rule.metric), 1);
      rung.text = is_ratio(rule.metric) ? decimal_text(rung.number, 10) + "%"
                                        : amount_text(rule.metric, rung.number);
    } else if (random.chance(0.2)) {
      rung.kind = RungSpec::Kind::left;
      rung.number = std::max<int128>(draw_amount(random, rule.metric) / 4, 1);
      rung.text = amount_text(rule.metric, rung.number) + "left";
    } else {
      rung.number =
          random.pick<std::int64_t>({5, 10, 50, 80, 95, 100, 125, 150}) * power_of_ten(10);
      if (random.chance(0.1)) rung.number += power_of_ten(9) * 3;
      rung.text = decimal_text(rung.number, 10) + "%";
    }
    add_rung(rule, std::move(rung));
  }
}

void draw_budgets(Random& random, RuleSpec& rule) {
  rule.budget = draw_amount(random, rule.metric);
  if (random.chance(0.05)) rule.budget = 0;
  rule.budgets.clear();
  if (rule.group_by != std::vector<std::string>{"user"} || random.chance(0.4)) return;
  for (std::int64_t i = random.between(1, 5); i > 0; --i) {
    std::optional<int128> own;
    if (random.chance(0.8)) own = draw_amount(random, rule.metric);
    rule.budgets["u" + std::to_string(random.below(8))] = own;
  }
  if (random.chance(0.3)) rule.budget.reset();
}

RuleSpec draw_rule(Random& random, const RulesPlan& plan, const std::string& name) {
  RuleSpec rule;
  rule.name = name;
  rule.metric =
      random.pick({Metric::cost, Metric::cost, Metric::cost, Metric::requests, Metric::input_tokens,
                   Metric::output_tokens, Metric::tokens, Metric::cached_tokens, Metric::errors,
                   Metric::unpriced_requests, Metric::error_rate, Metric::error_rate});
  if (!plan.judged && is_ratio(rule.metric)) rule.metric = Metric::cost;
  if (random.chance(0.4)) rule.environment = random.pick<const char*>({"prod", "dev"});
  const auto groups = random.pick<int>({0, 1, 1, 1, 2, 3, 4});
  if (groups == 1) rule.group_by = {"user"};
  if (groups == 2) rule.group_by = {"user", "Feature"};
  if (groups == 3) rule.group_by = {"model"};
  if (groups == 4) rule.group_by = {"Feature"};
  rule.is_budget = !is_ratio(rule.metric) && random.chance(0.6);
  if (!rule.is_budget && plan.judged && random.chance(is_ratio(rule.metric) ? 0.5 : 0.3)) {
    rule.hold = Millis{1000 * random.pick<std::int64_t>({5, 60, 120, 600})};
  }
  if (random.chance(0.3)) rule.min_requests = random.between(1, 6);
  if (is_ratio(rule.metric) && rule.min_requests == 0) rule.min_requests = 1;
  rule.window = draw_window(random, plan, rule.judged());
  const bool falls = rule.rolling() || is_ratio(rule.metric);
  if (!rule.is_budget && falls && random.chance(0.5)) {
    rule.keep_firing_for = Millis{1000 * random.pick<std::int64_t>({5, 60, 300, 1800})};
  }
  if (plan.small_max_groups && random.chance(0.5)) {
    rule.max_groups = static_cast<std::size_t>(random.between(1, 4));
  }
  if (rule.is_budget) draw_budgets(random, rule);
  draw_ladder(random, rule);
  return rule;
}

// `ever` holds every rule that has had a name.
std::string unused_name(const std::vector<RuleSpec>& ever) {
  return "rule-" + std::to_string(ever.size());
}

}  // namespace

std::map<std::string, int128> RuleSpec::ladder(const std::string& group) const {
  std::optional<int128> limit = budget;
  for (const auto& [user, own] : budgets) {
    std::string key;
    append_group_value(key, user);
    if (key == group) limit = own;
  }
  std::map<std::string, int128> amounts;
  for (const auto& rung : rungs) {
    if (!is_budget) {
      amounts[rung.text] = rung.number;
    } else if (limit && rung.kind == RungSpec::Kind::left) {
      amounts[rung.text] = std::max<int128>(0, *limit - rung.number);
    } else if (limit) {
      const int128 share = *limit * rung.number, one = power_of_ten(12);
      amounts[rung.text] = (share + one - 1) / one;
    }
  }
  return amounts;
}

std::string RuleSpec::yaml() const {
  std::string text =
      "  - name: " + name + "\n    metric: " + std::string(tocsin::name(metric)) + "\n";
  const auto line = [&](const std::string& key, const std::string& value) {
    text += "    " + key + ": " + value + "\n";
  };
  if (!environment.empty()) line("where", "{environment: " + environment + "}");
  if (!group_by.empty()) {
    std::string fields;
    for (const auto& field : group_by) fields += (fields.empty() ? "" : ", ") + field;
    line("group_by", "[" + fields + "]");
  }
  line("window", window_text(window));
  if (const auto starts = starts_text(window); !starts.empty()) line("starts", starts);
  line("time_zone", window.zone);
  std::string ladder;
  for (const auto& rung : rungs) {
    std::string written = rung.text;
    if (rung.kind == RungSpec::Kind::left) written.insert(written.size() - 4, " ");
    ladder += (ladder.empty() ? "" : ", ") + written + ": " + rung.severity;
  }
  if (is_budget) {
    line("budget", budget ? amount_text(metric, *budget) : "none");
    std::string rows;
    for (const auto& [user, own] : budgets) {
      rows += (rows.empty() ? "" : ", ") + user + ": " + (own ? amount_text(metric, *own) : "none");
    }
    if (!rows.empty()) line("budgets", "{" + rows + "}");
  }
  line(is_budget ? "alert" : "threshold", "{" + ladder + "}");
  line("min_requests", std::to_string(min_requests));
  if (hold > Millis{0}) line("for", duration(hold));
  if (keep_firing_for) line("keep_firing_for", duration(*keep_firing_for));
  line("max_groups", std::to_string(max_groups));
  return text;
}

std::string yaml_of(const std::vector<RuleSpec>& specs) {
  std::string text = "rules:\n";
  for (const auto& spec : specs) text += spec.yaml();
  return text;
}

std::shared_ptr<const Version> read_version(std::vector<RuleSpec> specs, std::size_t prices) {
  const std::string text = yaml_of(specs);
  MemoryFiles files({{"rules.yaml", text}});
  const RuleContext context{.files = files};
  Loaded loaded = load_rules({"rules.yaml"}, context);
  if (!loaded.ok() || loaded.rules.size() != specs.size()) {
    throw std::runtime_error("a drawn rule is refused: " + told(loaded.diagnostics, "rules.yaml") +
                             "\n" + text);
  }
  auto version = std::make_shared<Version>();
  version->specs = std::move(specs);
  version->rules = std::move(loaded.rules);
  version->prices = prices;
  return version;
}

std::vector<RuleSpec> draw_rules(Random& random, const RulesPlan& plan) {
  std::vector<RuleSpec> rules;
  for (std::int64_t left = random.between(1, 6); left > 0; --left) {
    rules.push_back(draw_rule(random, plan, "rule-" + std::to_string(rules.size())));
  }
  return rules;
}

std::vector<RuleSpec> edited(Random& random, const RulesPlan& plan, std::vector<RuleSpec> now,
                             const std::vector<RuleSpec>& ever, Edit edit) {
  auto& one = now[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(now.size())))];
  switch (edit) {
    case Edit::ladder:
      if (one.is_budget) draw_budgets(random, one);
      if (!one.is_budget || random.chance(0.5)) draw_ladder(random, one);
      break;
    case Edit::add: now.push_back(draw_rule(random, plan, unused_name(ever))); break;
    case Edit::rename: one.name = unused_name(ever); break;
    case Edit::remove:
      if (now.size() > 1) now.erase(now.begin() + (&one - now.data()));
      break;
    case Edit::put_back: {
      const RuleSpec& back = random.pick(ever);
      const bool there = std::any_of(now.begin(), now.end(),
                                     [&](const RuleSpec& rule) { return rule.name == back.name; });
      if (!there) now.push_back(back);
      break;
    }
  }
  return now;
}

}  // namespace tocsin::sim
