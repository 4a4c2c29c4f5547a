// SPDX-License-Identifier: Apache-2.0
#include "price/describe.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "price/day_text.h"

namespace tocsin::prices {
namespace {

// A period's label without the model's name: "from 2026-08-21", or nothing.
std::string when(const Period& period) {
  const std::size_t blank = period.label.find(' ');
  return blank == std::string_view::npos ? "" : std::string(period.label.substr(blank + 1));
}

void add(const Tiers& tiers, const std::string& head, std::vector<std::string>& lines) {
  for (const Tier& tier : tiers) {
    std::string line = tier.above < 0 ? head : "above " + std::to_string(tier.above) + " tokens";
    if (tier.above >= 0 && !head.empty()) line = head + ", " + line;
    lines.push_back((line.empty() ? "" : line + ": ") + describe(tier));
  }
}

std::string name_text(const Clause& clause) {
  std::string out;
  const auto part = [&](std::string_view value, const char* before, const char* after) {
    if (value.empty()) return;
    if (!out.empty()) out += " and ";
    out += before + std::string(value) + after;
  };
  part(clause.equals, "", "");
  part(clause.starts_with, "", "…");
  part(clause.ends_with, "…", "");
  part(clause.contains, "…", "…");
  if (clause.regex != nullptr) part(clause.regex->text(), "/", "/");
  part(clause.without, "without ", "");
  return out;
}

using ByName = std::map<std::string, const Model*, std::less<>>;

ByName by_name(const Catalogue& catalogue) {
  ByName result;
  for (const Provider& provider : catalogue.providers) {
    for (const Model& model : provider.models) {
      result.emplace(std::string(provider.name) + "/" + std::string(model.name), &model);
    }
  }
  return result;
}

std::vector<std::string> all_lines(const Model& model) {
  std::vector<std::string> lines = describe(model);
  lines.push_back("known as " + describe(model.match));
  return lines;
}

}  // namespace

std::string describe(const Tier& tier) {
  std::string out;
  for (const Rate& rate : tier.rates) {
    if (!out.empty()) out += ", ";
    out += std::string(rate.unit) + " $" + decimal_text(rate.atto, kRateScale) + "/" +
           std::string(rate.per());
    if (rate.least > 0) out += " (at least " + std::to_string(rate.least) + ")";
  }
  return out;
}

std::vector<std::string> describe(const Model& model) {
  std::vector<std::string> lines;
  for (const Period& period : model.periods) add(period.tiers, when(period), lines);
  for (const Variant& variant : model.variants) {
    std::string head(variant.label);
    if (variant.span.from_ms != Span{}.from_ms) head += " from " + day_text(variant.span.from_ms);
    if (variant.span.until_ms != Span{}.until_ms)
      head += " until " + day_text(variant.span.until_ms);
    add(variant.tiers, head, lines);
  }
  if (lines.empty()) lines.push_back("no price is published");
  return lines;
}

std::string describe(const Clauses& clauses) {
  std::string out;
  for (const Clause& clause : clauses) out += (out.empty() ? "" : ", ") + name_text(clause);
  return out;
}

Changes compare(const Catalogue& now, const Catalogue& next) {
  Changes changes;
  const ByName old = by_name(now);
  const ByName fresh = by_name(next);
  changes.models_now = old.size();
  changes.models_next = fresh.size();
  for (const auto& [name, model] : old) {
    if (fresh.find(name) != fresh.end()) continue;
    ++changes.removed;
    changes.lines.push_back("- " + name);
  }
  for (const auto& [name, model] : fresh) {
    const auto before = old.find(name);
    const std::vector<std::string> lines = all_lines(*model);
    if (before == old.end()) {
      ++changes.added;
      changes.lines.push_back("+ " + name + ": " + lines.front());
      continue;
    }
    const std::vector<std::string> lines_now = all_lines(*before->second);
    if (lines == lines_now) continue;
    ++changes.changed;
    changes.lines.push_back("  " + name);
    const auto tell = [&](const auto& of, const auto& without, const char* sign) {
      for (const std::string& line : of) {
        if (std::find(without.begin(), without.end(), line) == without.end()) {
          changes.lines.push_back(sign + line);
        }
      }
    };
    tell(lines_now, lines, "    - ");
    tell(lines, lines_now, "    + ");
  }
  return changes;
}

}  // namespace tocsin::prices
