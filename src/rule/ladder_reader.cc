// SPDX-License-Identifier: Apache-2.0
#include "rule/ladder_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "document/utf8.h"
#include "rule/amount.h"
#include "rule/route_reader.h"

namespace tocsin {
namespace {

constexpr std::string_view kAlertExample = "{80%: warning, 100%: critical}";
constexpr std::string_view kThresholdExample = "{$10: warning, $20: critical}";
constexpr std::string_view kLeft = " left";

Rung new_rung(const Reader& reader, const Node& node, Rung::Kind kind, int128 number) {
  Rung rung;
  rung.kind = kind;
  rung.number = number;
  rung.text = without_blanks(node.text);
  rung.origin = reader.origin(node);
  return rung;
}

constexpr std::string_view kForecast = "forecast ";
constexpr std::string_view kEvery = "every ";
constexpr std::string_view kBelow = "below ";
constexpr std::string_view kFirstSeen = "first_seen";
// `every 25%` is so many rungs beyond the last.
constexpr int kEverySteps = 24;

std::optional<Rung> complain(const Reader& reader, const Node& node, const Complaint& complaint) {
  reader.error(node, complaint.message, complaint.hint);
  return std::nullopt;
}

std::optional<Rung> budget_rung(const Reader& reader, const Node& node, LadderOf of) {
  const Metric metric = of.metric;
  const auto* text = reader.text(node, "a share such as 80%");
  if (text == nullptr) return std::nullopt;
  const bool every = text->starts_with(kEvery);
  if (every || text->starts_with(kForecast)) {
    const auto share = read_percent(text->substr((every ? kEvery : kForecast).size()));
    if (!share) return complain(reader, node, share.error());
    Rung rung = new_rung(reader, node, every ? Rung::Kind::share : Rung::Kind::forecast, *share);
    rung.repeated = every;
    return rung;
  }
  if (text->ends_with(kLeft)) {
    const auto amount = read_amount(text->substr(0, text->size() - kLeft.size()), metric);
    if (!amount) return complain(reader, node, amount.error());
    return new_rung(reader, node, Rung::Kind::left, *amount);
  }
  const auto share = read_percent(*text);
  if (!share) {
    const auto amount = read_amount(*text, metric);
    if (amount) {
      return complain(reader, node,
                      {tocsin::quoted(*text) + " is an amount, and rungs of a budget are shares",
                       "write 80%, or \"" + *text + " left\""});
    }
    return complain(reader, node, share.error());
  }
  return new_rung(reader, node, Rung::Kind::share, *share);
}

bool looks_like_times(std::string_view text) {
  return text.size() > 1 && text.ends_with('x') &&
         text.substr(0, text.size() - 1).find_first_not_of("0123456789.") == std::string_view::npos;
}

std::optional<Rung> threshold_rung(const Reader& reader, const Node& node, LadderOf of) {
  const auto* text = reader.text(node, "an amount");
  if (text == nullptr) return std::nullopt;
  const bool below = text->starts_with(kBelow);
  const std::string_view amount_text = std::string_view(*text).substr(below ? kBelow.size() : 0);
  if (!of.compared && looks_like_times(amount_text)) {
    return complain(
        reader, node,
        {tocsin::quoted(*text) + " of what?", "add compare_to: 7d, the same window a week ago"});
  }
  const auto amount = of.compared ? read_times(amount_text) : read_amount(amount_text, of.metric);
  if (!amount) return complain(reader, node, amount.error());
  if (*amount == 0) {
    return complain(
        reader, node,
        below ? Complaint{"nothing is below 0", ""}
              : Complaint{"a threshold of 0 is always reached", "write what is too much"});
  }
  Rung::Kind kind = below ? Rung::Kind::below : Rung::Kind::amount;
  if (of.compared) kind = below ? Rung::Kind::times_below : Rung::Kind::times;
  return new_rung(reader, node, kind, *amount);
}

// 125%, 150% … in place of `every 25%`.
bool expand_every(const Reader& reader, const Node& node, std::vector<Rung>& rungs) {
  const auto every =
      std::find_if(rungs.begin(), rungs.end(), [](const Rung& rung) { return rung.repeated; });
  if (every == rungs.end()) return true;
  const Rung step = *every;
  rungs.erase(every);
  int128 last = 0;
  for (const Rung& rung : rungs) {
    if (rung.repeated) {
      reader.error(
          node, "a budget has one rung that comes again and again",
          "keep one of " + tocsin::quoted(step.text) + " and " + tocsin::quoted(rung.text));
      return false;
    }
    if (rung.kind == Rung::Kind::share) last = std::max(last, rung.number);
  }
  if (last == 0) {
    reader.error(node,
                 tocsin::quoted(step.text) + " goes on from the last share, and there is none",
                 "write {100%: critical, every 25%: critical}");
    return false;
  }
  for (int i = 1; i <= kEverySteps; ++i) {
    Rung rung = step;
    rung.number = last + step.number * i;
    if (rung.number > kShareMax) break;
    rung.text = decimal_text(rung.number, 10) + "%";
    rungs.push_back(std::move(rung));
  }
  return true;
}

// What a rung means: a severity, or {severity, notify}.
bool read_meaning(const Reader& reader, const Node& node, Rung& rung, const RuleContext& context) {
  if (node.bad) return false;
  if (!node.is_map()) {
    const auto severity = read_severity(reader, node);
    if (severity) rung.severity = *severity;
    return severity.has_value();
  }
  bool good = true;
  bool has_severity = false;
  for (const Entry& entry : node.entries) {
    if (!reader.known(entry.key, words::kRung, "key")) {
      good = false;
    } else if (entry.key.text == "severity") {
      const auto severity = read_severity(reader, entry.value);
      good = good && severity;
      has_severity = true;
      if (severity) rung.severity = *severity;
    } else {
      auto route = read_route(reader, entry.value, context);
      good = good && route;
      if (route) rung.notify = std::move(*route);
    }
  }
  if (good && !has_severity) {
    reader.error(node, "the severity is missing", "write {severity: critical, notify: [oncall]}");
    return false;
  }
  return good;
}

using ReadRung = std::optional<Rung> (*)(const Reader&, const Node&, LadderOf);

std::optional<std::vector<Rung>> read_rungs(const Reader& reader, const Node& node, LadderOf of,
                                            const RuleContext& context, ReadRung read_rung) {
  const auto example = read_rung == budget_rung ? kAlertExample : kThresholdExample;
  const Node* map = reader.map(node, example);
  if (map == nullptr) return std::nullopt;
  if (map->entries.empty()) {
    reader.error(node, "no rung is written here", "write " + std::string(example));
    return std::nullopt;
  }
  std::vector<Rung> rungs;
  bool good = true;
  for (const Entry& entry : map->entries) {
    auto rung = read_rung(reader, entry.key, of);
    good = rung && read_meaning(reader, entry.value, *rung, context) && good;
    if (!rung) continue;
    const auto same = std::find_if(rungs.begin(), rungs.end(), [&](const Rung& earlier) {
      return earlier.kind == rung->kind && earlier.number == rung->number &&
             earlier.repeated == rung->repeated;
    });
    if (same != rungs.end()) {
      reader.error(
          entry.key,
          tocsin::quoted(entry.key.text) + " is the same rung as " + tocsin::quoted(same->text),
          "keep one of them");
      good = false;
    }
    rungs.push_back(std::move(*rung));
  }
  if (!good || !expand_every(reader, node, rungs)) return std::nullopt;
  std::stable_sort(rungs.begin(), rungs.end(), [](const Rung& a, const Rung& b) {
    if (a.kind != b.kind) return a.kind < b.kind;
    const bool falling = a.kind == Rung::Kind::left || a.is_below();
    return falling ? a.number > b.number : a.number < b.number;
  });
  return rungs;
}

}  // namespace

std::optional<std::vector<Rung>> read_alert(const Reader& reader, const Node& node, Metric metric,
                                            const RuleContext& context) {
  return read_rungs(reader, node, {metric, false}, context, budget_rung);
}

std::vector<Rung> default_alert(const Origin& origin) {
  Rung warning;
  warning.number = power_of_ten(10) * 80;
  warning.text = "80%";
  warning.origin = origin;
  Rung critical = warning;
  critical.number = power_of_ten(12);
  critical.text = "100%";
  critical.severity = Severity::critical;
  return {warning, critical};
}

std::optional<Rung> read_first_seen(const Reader& reader, const Node* alert, const Node& rule,
                                    const RuleContext& context) {
  Rung rung = new_rung(reader, alert == nullptr ? rule : *alert, Rung::Kind::amount, 1);
  rung.text = kFirstSeen;
  if (alert != nullptr && !read_meaning(reader, *alert, rung, context)) return std::nullopt;
  return rung;
}

std::optional<std::vector<Rung>> read_threshold(const Reader& reader, const Node& node, LadderOf of,
                                                const RuleContext& context) {
  if (node.bad) return std::nullopt;
  if (!node.is_scalar()) return read_rungs(reader, node, of, context, threshold_rung);
  auto rung = threshold_rung(reader, node, of);
  if (!rung) return std::nullopt;
  return std::vector<Rung>{std::move(*rung)};
}

}  // namespace tocsin
