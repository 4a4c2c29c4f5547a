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
constexpr std::string_view kLeft = " left";

Rung new_rung(const Reader& reader, const Node& node, Rung::Kind kind, int128 number) {
  Rung rung;
  rung.kind = kind;
  rung.number = number;
  rung.text = without_blanks(node.text);
  rung.origin = reader.origin(node);
  return rung;
}

// What the language knows of rungs and this version does not.
bool is_unbuilt(std::string_view text) {
  const bool times =
      text.size() > 1 && text.ends_with('x') &&
      text.substr(0, text.size() - 1).find_first_not_of("0123456789.") == std::string_view::npos;
  return text.starts_with("forecast ") || text.starts_with("every ") ||
         text.starts_with("below ") || times;
}

std::optional<Rung> complain(const Reader& reader, const Node& node, const Complaint& complaint) {
  reader.error(node, complaint.message, complaint.hint);
  return std::nullopt;
}

std::optional<Rung> budget_rung(const Reader& reader, const Node& node, Metric metric) {
  const auto* text = reader.text(node, "a share such as 80%");
  if (text == nullptr) return std::nullopt;
  if (is_unbuilt(*text)) {
    reader.not_built(node, *text);
    return std::nullopt;
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

std::optional<Rung> threshold_rung(const Reader& reader, const Node& node, Metric metric) {
  const auto* text = reader.text(node, "an amount");
  if (text == nullptr) return std::nullopt;
  if (is_unbuilt(*text)) {
    reader.not_built(node, *text);
    return std::nullopt;
  }
  const auto amount = read_amount(*text, metric);
  if (!amount) return complain(reader, node, amount.error());
  if (*amount == 0) return complain(reader, node, {"a threshold of 0 is always reached", ""});
  return new_rung(reader, node, Rung::Kind::amount, *amount);
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

using ReadRung = std::optional<Rung> (*)(const Reader&, const Node&, Metric);

std::optional<std::vector<Rung>> read_rungs(const Reader& reader, const Node& node, Metric metric,
                                            const RuleContext& context, ReadRung read_rung) {
  const Node* map = reader.map(node, kAlertExample);
  if (map == nullptr) return std::nullopt;
  if (map->entries.empty()) {
    reader.error(node, "no rung is written here", "write " + std::string(kAlertExample));
    return std::nullopt;
  }
  std::vector<Rung> rungs;
  bool good = true;
  for (const Entry& entry : map->entries) {
    auto rung = read_rung(reader, entry.key, metric);
    good = rung && read_meaning(reader, entry.value, *rung, context) && good;
    if (!rung) continue;
    const auto same = std::find_if(rungs.begin(), rungs.end(), [&](const Rung& earlier) {
      return earlier.kind == rung->kind && earlier.number == rung->number;
    });
    if (same != rungs.end()) {
      reader.error(entry.key, tocsin::quoted(entry.key.text) + " is the same rung as " +
                                  tocsin::quoted(same->text));
      good = false;
    }
    rungs.push_back(std::move(*rung));
  }
  if (!good) return std::nullopt;
  std::stable_sort(rungs.begin(), rungs.end(), [](const Rung& a, const Rung& b) {
    if (a.kind != b.kind) return a.kind < b.kind;
    return a.kind == Rung::Kind::left ? a.number > b.number : a.number < b.number;
  });
  return rungs;
}

}  // namespace

std::optional<std::vector<Rung>> read_alert(const Reader& reader, const Node& node, Metric metric,
                                            const RuleContext& context) {
  return read_rungs(reader, node, metric, context, budget_rung);
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

std::optional<std::vector<Rung>> read_threshold(const Reader& reader, const Node& node,
                                                Metric metric, const RuleContext& context) {
  if (node.bad) return std::nullopt;
  if (!node.is_scalar()) return read_rungs(reader, node, metric, context, threshold_rung);
  auto rung = threshold_rung(reader, node, metric);
  if (!rung) return std::nullopt;
  return std::vector<Rung>{std::move(*rung)};
}

}  // namespace tocsin
