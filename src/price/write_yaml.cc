// SPDX-License-Identifier: Apache-2.0
#include "price/write_yaml.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "price/day_text.h"
#include "price/units.h"

namespace tocsin::prices {
namespace {

constexpr std::size_t kColumns = 100;

// Text that means itself in a flow of YAML, or in quotes.
std::string scalar(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '/' || c == '-';
  };
  const bool letter = !text.empty() && plain(text.front()) && text.front() != '-';
  if (letter && std::all_of(text.begin(), text.end(), plain) && text != "null" && text != "true" &&
      text != "false") {
    return std::string(text);
  }
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

std::string minute(int minutes) { return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60); }

// Known units in their order, input before output, then the others.
std::size_t rank(std::string_view unit) {
  const auto* const known = std::find(kUnitNames.begin(), kUnitNames.end(), unit);
  if (known != kUnitNames.end()) return static_cast<std::size_t>(known - kUnitNames.begin()) * 2;
  const KnownUnit* const other = known_unit(unit);
  if (other == nullptr) return 2 * kUnits;
  const bool input = other->tokens == Tokens::input || other->tokens == Tokens::cached;
  return input ? 7 : 2 * kUnits;
}

std::string clause_text(const Clause& clause) {
  std::string out;
  const auto add = [&](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    out += out.empty() ? "{" : ", ";
    out += std::string(key) + ": " + scalar(value);
  };
  add("equals", clause.equals);
  add("starts_with", clause.starts_with);
  add("ends_with", clause.ends_with);
  add("contains", clause.contains);
  add("without", clause.without);
  if (clause.regex != nullptr) add("regex", clause.regex->text());
  return out + "}";
}

// More digits than anybody asks for.
bool is_odd(const Model& model) {
  const auto odd = [](const auto& priced) {
    return std::any_of(priced.tiers.begin(), priced.tiers.end(), [](const Tier& tier) {
      return std::any_of(tier.rates.begin(), tier.rates.end(),
                         [](const Rate& rate) { return rate.text.size() > 14; });
    });
  };
  return std::any_of(model.periods.begin(), model.periods.end(), odd) ||
         std::any_of(model.variants.begin(), model.variants.end(), odd);
}

class YamlLines {
 public:
  std::string take() { return std::move(out_); }
  void raw(const std::string& text) { out_ += text; }
  void line(std::size_t indent, const std::string& text) {
    out_ += std::string(indent, ' ') + text + '\n';
  }
  // "key: [a, b]" on one line if it fits, else an item a line, or as many as fit.
  void flow(std::size_t indent, const std::string& key, char open,
            const std::vector<std::string>& items) {
    std::string whole = key + ": " + open;
    for (const std::string& item : items) {
      whole += (&item == &items.front() ? "" : ", ") + item;
    }
    whole += open == '[' ? ']' : '}';
    if (indent + whole.size() <= kColumns) return line(indent, whole);
    line(indent, key + ":");
    const std::string dash = open == '[' ? "- " : "";
    const std::size_t inner = indent + 2;
    for (const std::string& item : items) line(inner, dash + item);
  }

 private:
  std::string out_;
};

class ProviderWriter {
 public:
  explicit ProviderWriter(const Provider& provider) : provider_(provider) {}

  std::string write(const std::string& head) {
    out_.raw(head);
    out_.line(0, "version: 1");
    out_.line(0, "provider: " + scalar(provider_.name));
    std::vector<std::string> names = scalars(provider_.aliases);
    for (const Clause& clause : provider_.names) names.push_back(clause_text(clause));
    if (!names.empty()) out_.flow(0, "aliases", '[', names);
    if (!provider_.fallback_for.empty()) {
      out_.flow(0, "fallback_for", '[', scalars(provider_.fallback_for));
    }
    if (!provider_.unnamed.empty()) clauses(0, "unnamed", provider_.unnamed);
    if (!provider_.updated.empty()) out_.line(0, "updated: " + std::string(provider_.updated));
    out_.line(0, "models:");
    for (const Model& one : provider_.models) model(one);
    return out_.take();
  }

 private:
  static std::vector<std::string> scalars(const std::vector<std::string_view>& texts) {
    std::vector<std::string> result;
    for (const auto text : texts) result.push_back(scalar(text));
    return result;
  }

  void clauses(std::size_t indent, const std::string& key, const Clauses& list) {
    std::vector<std::string> items;
    for (const Clause& clause : list) items.push_back(clause_text(clause));
    out_.flow(indent, key, '[', items);
  }

  // The lines of a map in a list: the first has the dash.
  void item(bool& first, const std::string& text) {
    out_.line(6, (first ? "- " : "  ") + text);
    first = false;
  }

  void span(bool& first, const Span& span) {
    constexpr Span kAlways;
    if (span.from_ms != kAlways.from_ms) item(first, "from: " + day_text(span.from_ms));
    if (span.until_ms != kAlways.until_ms) item(first, "until: " + day_text(span.until_ms));
  }

  // Those of `tier` that are not as in the tier below it.
  static std::vector<Rate> own_rates(const Tier& tier, const Tier* below) {
    std::vector<Rate> rates;
    std::copy_if(tier.rates.begin(), tier.rates.end(), std::back_inserter(rates),
                 [&](const Rate& rate) {
                   const Rate* const same = below == nullptr ? nullptr : below->own(rate.unit);
                   return same == nullptr || same->text != rate.text || same->scale != rate.scale;
                 });
    std::stable_sort(rates.begin(), rates.end(), [](const Rate& a, const Rate& b) {
      const std::size_t of_a = rank(a.unit);
      const std::size_t of_b = rank(b.unit);
      return of_a != of_b ? of_a < of_b : (of_a == 2 * kUnits || of_a == 7) && a.unit < b.unit;
    });
    return rates;
  }

  static std::string_view group_key(const Rate& rate) {
    if (rate.scale == 1'000'000 && !rate.of_tokens()) return "per_mchars";
    for (const RateGroup& group : kRateGroups) {
      if (group.scale == rate.scale) return group.key;
    }
    return "per_mtok";
  }

  void rates(std::size_t indent, bool& first, const Tier& tier, const Tier* below) {
    const std::vector<Rate> own = own_rates(tier, below);
    for (const RateGroup& group : kRateGroups) {
      std::string text = std::string(group.key) + ": {";
      bool any = false;
      const std::string lead = std::string(indent, ' ');
      std::size_t line_start = 0;
      for (const Rate& rate : own) {
        if (group_key(rate) != group.key) continue;
        const std::string pair = std::string(rate.unit) + ": " + std::string(rate.text);
        if (any) text += ",";
        if (indent + 2 + text.size() - line_start + pair.size() + 2 > kColumns) {
          text += "\n" + lead + "    ";
          line_start = text.size() - indent - 4;
        } else if (any) {
          text += " ";
        }
        text += pair;
        any = true;
      }
      if (!any) continue;
      out_.line(indent, (first ? "- " : "  ") + text + "}");
      first = false;
    }
  }

  void tiers(const Tiers& list, bool& first) {
    rates(6, first, list.front(), nullptr);
    if (list.size() == 1) return;
    item(first, "tiers:");
    for (std::size_t i = 1; i < list.size(); ++i) {
      out_.line(10, "- above_input_tokens: " + std::to_string(list[i].above));
      bool inner = false;
      rates(10, inner, list[i], &list[i - 1]);
    }
  }

  void at_least(const Tiers& list, bool& first) {
    std::string text;
    for (const Rate& rate : list.front().rates) {
      if (rate.least == 0) continue;
      text +=
          (text.empty() ? "{" : ", ") + std::string(rate.unit) + ": " + std::to_string(rate.least);
    }
    if (!text.empty()) item(first, "at_least: " + text + "}");
  }

  void period(const Period& one) {
    bool first = true;
    span(first, one.span);
    if (one.daily) {
      item(first, "daily: '" + minute(one.daily->from) + "-" + minute(one.daily->until) + "'");
      if (one.daily->days != 0x7f) {
        constexpr std::string_view kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
        std::string days;
        for (unsigned i = 0; i < std::size(kDays); ++i) {
          if ((one.daily->days >> i & 1U) == 0) continue;
          days += (days.empty() ? "" : ", ") + std::string(kDays[i]);
        }
        item(first, "days: [" + days + "]");
      }
    }
    tiers(one.tiers, first);
    at_least(one.tiers, first);
  }

  void variant(const Variant& one) {
    bool first = true;
    std::string when;
    for (const Condition& condition : one.when) {
      when += (when.empty() ? "{" : ", ") + scalar(condition.name) + ": ";
      std::string values;
      for (const auto value : condition.values) {
        values += (values.empty() ? "" : ", ") + scalar(value);
      }
      when += condition.values.size() == 1 ? values : "[" + values + "]";
    }
    item(first, "when: " + when + "}");
    span(first, one.span);
    tiers(one.tiers, first);
    at_least(one.tiers, first);
  }

  void model(const Model& one) {
    if (one.periods.empty()) {
      out_.line(2, "# No price is published for it: what it costs is told as unpriced.");
    } else if (is_odd(one)) {
      out_.line(2, "# A price as the source has it, computed in floating point.");
    }
    out_.line(2, "- model: " + scalar(one.name));
    clauses(4, "match", one.match);
    if (one.periods.empty()) {
      out_.line(4, "prices: []");
    } else {
      out_.line(4, "prices:");
      for (const Period& each : one.periods) period(each);
    }
    if (one.variants.empty()) return;
    out_.line(4, "variants:");
    for (const Variant& each : one.variants) variant(each);
  }

  const Provider& provider_;
  YamlLines out_;
};

}  // namespace

std::string write_yaml(const Provider& provider, const std::string& head) {
  return ProviderWriter(provider).write(head);
}

}  // namespace tocsin::prices
