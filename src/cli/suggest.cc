// SPDX-License-Identifier: Apache-2.0
#include "cli/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "cli/plural.h"
#include "notify/amount_text.h"
#include "notify/plain_text.h"
#include "rule/field.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

constexpr std::size_t kRules = 5;
constexpr std::size_t kListed = 5;  // values with a budget of their own
constexpr std::size_t kWholeDaysFrom = 4;
constexpr std::array<std::string_view, 4> kEnvironments = {"environment", "env", "stage",
                                                           "deployment"};
constexpr std::array<std::string_view, 11> kFeatures = {
    "feature", "service", "app",      "application", "workflow", "product",
    "team",    "agent",   "customer", "tenant",      "endpoint"};

using ByDay = Figures::ByDay;
using Dimension = Figures::Dimension;

// 30% more than usual.
int128 and_some_more(int128 amount) { return amount * 13 / 10; }

// To two significant digits, half up.
int128 two_digits(int128 amount) {
  int128 unit = 1;
  while (amount / unit >= 100) unit *= 10;
  return (amount + unit / 2) / unit * unit;
}

// "$12", "$2.60": without commas, which would end a value within { }.
// "$12", "$2.60": without commas, which would end a value within { }.
std::string dollars(int128 pico) {
  return "$" + decimal_text(pico, 12, pico % power_of_ten(12) == 0 ? 0 : 2);
}
std::string shown(int128 pico) { return value_text(Metric::cost, pico); }

// The amounts of whole days, rising: the first and the last day may be cut off.
std::vector<int128> whole_days(const ByDay& days) {
  std::vector<int128> amounts;
  for (const auto& [day, amount] : days) amounts.push_back(amount);
  if (amounts.size() >= kWholeDaysFrom) {
    amounts.erase(amounts.begin());
    amounts.pop_back();
  }
  std::sort(amounts.begin(), amounts.end());
  return amounts;
}

int128 quantile(const std::vector<int128>& rising, std::size_t percent) {
  return rising.empty() ? 0 : rising[(rising.size() * percent + 99) / 100 - 1];
}

int128 sum(const ByDay& days) {
  int128 all = 0;
  for (const auto& [day, amount] : days) all += amount;
  return all;
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
         });
}

// As a scalar that means itself, also within { }.
std::string scalar(std::string_view text) {
  if (is_plain(text) && !same_name(text, "null")) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// Can stand in a rule file, and means itself there and not a pattern.
bool is_writable(std::string_view value) {
  constexpr std::size_t kMost = 60;
  return value.size() <= kMost && clean_text(value) == value &&
         value.find_first_of("*?") == std::string_view::npos;
}

std::string slug(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 && byte < 0x80) {
      out += static_cast<char>(std::tolower(byte));
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "value" : out;
}

// The dimension's name in a rule.
std::string field_name(const Dimension& of) {
  const bool taken = !of.field && field_ref(of.name).kind != FieldRef::Kind::property &&
                     field_ref(of.name).name.empty();
  return taken ? "properties." + of.name : of.name;
}

const Dimension* named(const Figures& figures, std::span<const std::string_view> names) {
  for (const auto name : names) {
    for (const auto& of : figures.dimensions()) {
      if (same_name(of.name, name) && !of.crowded && !of.values.empty()) return &of;
    }
  }
  return nullptr;
}

bool same_as_any(const Dimension& of, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return same_name(of.name, name); });
}

// What most requests say of themselves, with some values and not too many.
const Dimension* feature_of(const Figures& figures) {
  constexpr std::size_t kMost = 50;
  if (const auto* known = named(figures, kFeatures)) return known;
  const Dimension* best = nullptr;
  for (const auto& of : figures.dimensions()) {
    const bool fit = !of.field && !of.crowded && is_plain(of.name) && of.values.size() >= 2 &&
                     of.values.size() <= kMost && of.requests * 2 >= figures.requests() &&
                     !same_as_any(of, kEnvironments);
    if (fit && (best == nullptr || of.values.size() > best->values.size())) best = &of;
  }
  return best;
}

// Values that can be written, the most expensive first.
std::vector<std::pair<std::string, const ByDay*>> dearest(const Dimension& of) {
  std::vector<std::pair<std::string, const ByDay*>> values;
  for (const auto& [value, days] : of.values) {
    if (is_writable(value) && sum(days) > 0) values.emplace_back(value, &days);
  }
  std::stable_sort(values.begin(), values.end(),
                   [](const auto& a, const auto& b) { return sum(*a.second) > sum(*b.second); });
  return values;
}

std::string from_days(const std::vector<int128>& days) {
  if (days.size() == 1) return fmt::format("One day: {}.", shown(days[0]));
  return fmt::format("{}: median {}, highest {}.", plural(days.size(), "day"),
                     shown(quantile(days, 50)), shown(days.back()));
}

class Suggestion {
 public:
  explicit Suggestion(const Figures& figures) : figures_(figures) {}

  std::string text() {
    if (sum(figures_.days()) > 0) {
      total();
      environment();
      user();
      feature();
      errors();
      if (count_ < kRules) model();
      if (count_ < kRules) hour();
    } else {
      requests();
      errors();
    }
    return out_;
  }

 private:
  void add(const std::string& why, const std::string& lines) {
    out_ += "\n  # " + why + "\n" + lines;
    ++count_;
  }
  static int128 budget_of(const std::vector<int128>& days) {
    return std::max<int128>(two_digits(and_some_more(quantile(days, 50))), 1);
  }

  void total() {
    const auto days = whole_days(figures_.days());
    add(from_days(days), fmt::format("  - name: daily\n    summary: Spend\n    window: day\n"
                                     "    budget: {}\n",
                                     dollars(budget_of(days))));
  }

  void environment() {
    const auto* of = named(figures_, kEnvironments);
    if (of == nullptr || !is_plain(of->name)) return;
    const auto values = dearest(*of);
    if (values.empty()) return;
    auto chosen = std::find_if(values.begin(), values.end(), [](const auto& value) {
      return same_name(value.first, "production") || same_name(value.first, "prod");
    });
    if (chosen == values.end()) chosen = values.begin();
    const auto days = whole_days(*chosen->second);
    add(from_days(days),
        fmt::format("  - name: {}-daily\n    where: {{{}: {}}}\n    window: day\n    budget: {}\n"
                    "    alert: {{50%: info, 80%: warning, 95%: warning, 100%: critical}}\n",
                    slug(chosen->first), field_name(*of), scalar(chosen->first),
                    dollars(budget_of(days))));
  }

  // So much that only the dearest few of a day come near it.
  void user() {
    constexpr std::size_t kOfADay = 3;
    const auto days = figures_.user_days();
    if (figures_.users() < 2 || days.back() <= 0) return;
    const std::size_t above = std::min(kOfADay * figures_.days().size(), days.size() / 10);
    const int128 high = days[days.size() - 1 - above];
    const std::string users = count_text(static_cast<int128>(figures_.users()));
    add(above == 0
            ? fmt::format("{} users: the dearest day of one cost {}.", users, shown(high))
            : fmt::format("{} users, {} days of theirs: {} cost more than {}, the dearest {}.",
                          users, count_text(std::ssize(days)), above, shown(high),
                          shown(days.back())),
        fmt::format(
            "  - name: user-daily\n    summary: User\n    where: {{user: {{exists: true}}}}\n"
            "    group_by: [user]\n    window: day\n    budget: {}\n",
            dollars(std::max<int128>(two_digits(and_some_more(high)), 1))));
  }

  void feature() {
    const auto* of = feature_of(figures_);
    if (of == nullptr || !is_plain(of->name)) return;
    auto values = dearest(*of);
    if (values.empty()) return;
    const std::size_t all = values.size();
    if (all > kListed) values.resize(kListed);
    std::string budgets;
    int128 least = 0;
    for (const auto& [value, by_day] : values) {
      const int128 budget = budget_of(whole_days(*by_day));
      least = least == 0 ? budget : std::min(least, budget);
      budgets += (budgets.empty() ? "" : ", ") + scalar(value) + ": " + dollars(budget);
    }
    const std::string name = field_name(*of);
    add(fmt::format("{} of {}, each with its own median day.", plural(all, "value"), of->name),
        fmt::format("  - name: {}-daily\n    summary: {}\n    where: {{{}: {{exists: true}}}}\n"
                    "    group_by: [{}]\n    window: day\n    budgets: {{{}}}\n    budget: {}\n",
                    slug(of->name), of->name, name, name, budgets, dollars(least)));
  }

  // Twice the usual rate, and 5% at least.
  void errors() {
    if (figures_.with_status() == 0) return;
    const auto per_mille = figures_.errors() * 1000 / figures_.requests();
    const auto percent = std::clamp<std::uint64_t>((per_mille * 2 + 9) / 10, 5, 50);
    add(fmt::format("{}.{}% of {} requests failed.", per_mille / 10, per_mille % 10,
                    count_text(static_cast<int128>(figures_.requests()))),
        fmt::format("  - name: error-rate\n    summary: Error rate\n    metric: error_rate\n"
                    "    group_by: [provider, model]\n    window: last 5m\n"
                    "    threshold: {{{}%: warning, {}%: critical}}\n    min_requests: 50\n"
                    "    for: 2m\n",
                    percent, percent * 2));
  }

  void model() {
    constexpr std::array<std::string_view, 1> kModel = {"model"};
    const auto* of = named(figures_, kModel);
    if (of == nullptr) return;
    const auto values = dearest(*of);
    if (values.empty()) return;
    const auto days = whole_days(*values.front().second);
    add(fmt::format("{} is the dearest of {}. {}", values.front().first,
                    plural(of->values.size(), "model"), from_days(days)),
        fmt::format("  - name: model-daily\n    summary: Model\n    group_by: [model]\n"
                    "    window: day\n    budget: {}\n",
                    dollars(budget_of(days))));
  }

  void hour() {
    std::vector<int128> hours;
    for (const auto& [hour, cost] : figures_.hours()) hours.push_back(cost);
    std::sort(hours.begin(), hours.end());
    const int128 usual = quantile(hours, 50);
    if (usual <= 0) return;
    add(fmt::format("{}: median {}, highest {}; three times a usual one.",
                    plural(hours.size(), "hour"), shown(usual), shown(hours.back())),
        fmt::format("  - name: hourly-burst\n    summary: Hourly spend\n    window: hour\n"
                    "    threshold: {}\n",
                    dollars(std::max<int128>(two_digits(usual * 3), 1))));
  }

  // Nothing has a price: what is left to watch are requests, and that it stays so.
  void requests() {
    const auto days = std::max<std::size_t>(figures_.days().size(), 1);
    const auto usual = static_cast<int128>(figures_.requests() / days);
    add("No request has a cost: see the models without a price below.",
        fmt::format("  - name: requests-daily\n    summary: Requests\n    metric: requests\n"
                    "    window: day\n    budget: {}\n",
                    decimal_text(std::max<int128>(two_digits(and_some_more(usual)), 1), 0)));
    add("Requests of a model that no price list has.",
        "  - name: unpriced-daily\n    summary: Requests without a price\n"
        "    metric: unpriced_requests\n    window: day\n    threshold: 1\n");
  }

  const Figures& figures_;
  std::string out_;
  std::size_t count_ = 0;
};

}  // namespace

std::string suggested_rules(const Figures& figures, const std::string& header) {
  if (figures.requests() == 0) return {};
  return as_comment("Suggested from " + header +
                    "\nA budget is a median day and 30% more, with two digits. Save this as a rule "
                    "file,\nchange what you know better, and try it: tocsin backtest --rules FILE "
                    "--from …\n") +
         "rules:" + Suggestion(figures).text();
}

std::string as_comment(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t line = std::min(text.find('\n'), text.size());
    out += line == 0 ? "#" : "# ";
    out += text.substr(0, line);
    out += '\n';
    text.remove_prefix(std::min(line + 1, text.size()));
  }
  return out;
}

}  // namespace tocsin
