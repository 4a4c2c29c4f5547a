// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "cli/explain_text.h"
#include "cli/explain_words.h"
#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"
#include "rule/field.h"
#include "rule/nearest_word.h"
#include "tocsin/ascii.h"
#include "tocsin/group.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

std::string count(std::uint64_t n) { return count_text(static_cast<int128>(n)); }

std::string requests_word(std::uint64_t n) {
  return count(n) + (n == 1 ? " request" : " requests");
}

std::string in_quotes(std::string_view text) { return "\"" + shown(text) + "\""; }

// "user-9's"; of more fields "openai/gpt-4o's".
std::string group_values(const GroupValues& group) {
  std::string text;
  for (const auto& [field, value] : group) text += (text.empty() ? "" : "/") + shown(value);
  return text;
}

// The values of a field that a part asks for and that differ by case alone from what came.
std::vector<std::pair<std::string, std::uint64_t>> by_case(const FilterPart& part,
                                                           const RequestTally::Part& tally) {
  std::vector<std::pair<std::string, std::uint64_t>> found;
  if (part.condition == nullptr) return found;
  for (const auto& [value, n] : tally.failed.of) {
    const auto& asked = part.condition->values;
    const bool near = std::any_of(asked.begin(), asked.end(), [&, &of = value](const auto& one) {
      return same_name(one, of) || (of.size() >= 4 && edit_distance(one, of) == 1);
    });
    if (near) found.emplace_back(value, n);
  }
  return found;
}

std::string flow_text(const std::string& value) {
  const bool plain = value.find_first_of(",[]{}:#&*!|>'\"%@`\\ ") == std::string::npos;
  return plain ? value : "\"" + value + "\"";
}

class Reasons {
 public:
  Reasons(const Explanation& of, const RequestFacts& facts) : of_(of), facts_(facts) {}

  WhyNot take() {
    if (!of_.is_one) {
      if (facts_.any() && of_.groups == 0) of_requests();
      nobody();
      return std::move(why_);
    }
    if (of_.level.rung.empty()) {
      engine_state();
      if (!of_.counted || of_.level.requests == 0) nothing_counted();
      if (why_.heading.empty() || of_.counted) of_level();
    }
    nobody();
    return std::move(why_);
  }

 private:
  void because(std::string heading) {
    if (why_.heading.empty()) {
      why_.heading = (of_.told.empty() ? "Why it has not rung: " : "Why it does not ring now: ") +
                     std::move(heading);
    } else {
      heading[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(heading[0])));
      why_.lines.push_back(std::move(heading));
    }
  }
  void line(std::string text) { why_.lines.push_back(std::move(text)); }

  std::string period() const { return period_text(as_alert(of_), of_.now); }

  void engine_state() {
    if (of_.trust.catching_up) {
      because(
          "the engine is still counting the past; it tells each group's level once, when it "
          "has caught up.");
    }
  }

  void nothing_counted() {
    if (facts_.any()) {
      of_requests();
    } else if (of_.group.empty()) {
      because("no request of " + window_words() + " has matched it.");
    } else {
      because("no request of " + group_values(of_.group) + " has matched it " + period() + ".");
    }
    // Of a group that has requests, ids that look alike say nothing.
    const bool unseen =
        !facts_.any() || (facts_.tally->requests == 0 && facts_.tally->near.of.empty());
    if (!of_.near.empty() && unseen) {
      std::string near;
      for (const auto& group : of_.near) near += (near.empty() ? "" : ", ") + in_quotes(group);
      line("Groups like it that are counted: " + near + ".");
    }
    if (of_.groups > 0 && !of_.group.empty()) {
      line(fmt::format("{} of this rule {} counted {}.",
                       count(of_.groups) + (of_.groups == 1 ? " other group" : " other groups"),
                       of_.groups == 1 ? "is" : "are", period()));
    }
  }

  std::string window_words() const {
    const std::string possessive = possessive_period(as_alert(of_), of_.now);
    return possessive.empty() ? "this window" : possessive;
  }

  void of_requests() {
    const RequestTally& tally = *facts_.tally;
    const std::string seen = looked_at(facts_.scanned, of_);
    const std::string of_seen = seen.empty() ? std::string() : " (" + seen + ")";
    if (tally.requests == 0) return no_requests(tally, of_seen);
    if (tally.matched == 0) {
      const std::string whose =
          of_.group.empty()       ? "the " + requests_word(tally.requests) + " " + period()
          : of_.group.size() == 1 ? "this " + shown(of_.group[0].first) + "'s requests"
                                  : "this group's requests";
      because("none of " + whose + " match" + (of_seen.empty() ? "" : of_seen) + ".");
      return of_parts(tally);
    }
    because(
        fmt::format("{} match, but none is counted yet: the engine has not read them, or they "
                    "came after their window was closed.",
                    requests_word(tally.matched)));
  }

  void no_requests(const RequestTally& tally, const std::string& of_seen) {
    if (of_.group.empty()) {
      because("there is no request " + period() + of_seen + ".");
      return;
    }
    because(fmt::format("there is no request with {} {}{}.", pairs_text(), period(), of_seen));
    for (const auto& [group, n] : tally.near.of) {
      line(requests_word(n) + (n == 1 ? " has " : " have ") + in_quotes(group) +
           ". Values are compared exactly.");
    }
    if (tally.elsewhere > 0) {
      line(requests_word(tally.elsewhere) + (tally.elsewhere == 1 ? " is" : " are") +
           " of other groups.");
    }
  }

  std::string pairs_text() const {
    std::string text;
    for (const auto& [field, value] : of_.group) {
      text += (text.empty() ? "" : ", ") + shown(field) + " = " + shown(value);
    }
    return text;
  }

  // Which condition fails, with what.
  void of_parts(const RequestTally& tally) {
    std::size_t width = 0;
    for (const auto& part : *facts_.parts) width = std::max(width, columns_of(shown(part.text)));
    for (std::size_t i = 0; i < facts_.parts->size(); ++i) {
      const FilterPart& part = (*facts_.parts)[i];
      const RequestTally::Part& of = tally.parts[i];
      std::string text = padded(shown(part.text), std::min<std::size_t>(width, 40)) + "  " +
                         count(of.passed) + " of " + requests_word(tally.requests) + " " + period();
      if (of.passed == 0) text += evidence(part, of, tally);
      line(std::move(text));
      if (of.passed == 0) suggest(part, of);
    }
  }

  std::string evidence(const FilterPart& part, const RequestTally::Part& of,
                       const RequestTally& tally) const {
    const auto near = by_case(part, of);
    if (!near.empty()) {
      std::string text = ";";
      for (const auto& [value, n] : near) {
        text += " " + count(n) + (n == 1 ? " has " : " have ") + shown(part.field()) + " = " +
                in_quotes(value);
      }
      return text + ". Values are compared exactly.";
    }
    const auto missing = of.failed.of.find("");
    const bool none_has = missing != of.failed.of.end() && missing->second == tally.requests;
    if (none_has && part.condition != nullptr &&
        part.condition->field.kind == FieldRef::Kind::property) {
      return "; none has the property " + in_quotes(part.field()) + near_name(part.field(), tally);
    }
    return most_common(part, of);
  }

  static std::string near_name(const std::string& name, const RequestTally& tally) {
    std::vector<std::string_view> names;
    for (const auto& [each, n] : tally.names.of) names.push_back(each);
    const auto near = nearest(name, names);
    if (!near) return ".";
    const auto n = tally.names.of.find(*near)->second;
    return ": " + count(n) + (n == 1 ? " has " : " have ") + in_quotes(*near) + ".";
  }

  static std::string most_common(const FilterPart& part, const RequestTally::Part& of) {
    const auto most =
        std::max_element(of.failed.of.begin(), of.failed.of.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == of.failed.of.end() || part.condition == nullptr) return "";
    if (most->first.empty()) return "; " + count(most->second) + " have no " + shown(part.field());
    return "; " + count(most->second) + (most->second == 1 ? " has " : " have ") +
           shown(part.field()) + " = " + in_quotes(most->first);
  }

  void suggest(const FilterPart& part, const RequestTally::Part& of) {
    if (!why_.instead.empty() || part.condition == nullptr) return;
    const Condition& asked = *part.condition;
    const auto near = by_case(part, of);
    if (!near.empty() && asked.globs.empty() && asked.patterns.empty()) {
      std::string values;
      for (const auto& value : asked.values) {
        values += (values.empty() ? "" : ", ") + flow_text(value);
      }
      for (const auto& [value, n] : near) values += ", " + flow_text(clean_text(value));
      why_.instead = "where: {" + asked.field_name + ": [" + values + "]}";
      return;
    }
    if (asked.field.kind != FieldRef::Kind::property || facts_.tally == nullptr) return;
    const auto missing = of.failed.of.find("");
    if (missing == of.failed.of.end() || missing->second != facts_.tally->requests) return;
    std::vector<std::string_view> names;
    for (const auto& [each, n] : facts_.tally->names.of) names.push_back(each);
    const auto name = nearest(asked.field_name, names);
    if (name && asked.values.size() == 1) {
      why_.instead = "where: {" + clean_text(*name) + ": " + flow_text(asked.values[0]) + "}";
    }
  }

  // There are requests, and they do not reach a rung.
  void of_level() {
    const GroupLevel& level = of_.level;
    if (of_.budgeted && !level.budget) {
      because(of_.group.empty() ? "it has no budget."
                                : "this group has no budget: its row says none, or it has no row "
                                  "and the rule no budget for the others.");
      return;
    }
    if (!of_.group.empty() && of_.group[0].second == kOther) {
      because("(other) holds the groups that are too many and reaches no rung.");
    }
    if (!of_.counted) return;
    priced();
    if (of_.min_requests > level.requests) {
      because(fmt::format("{} of the {} requests that min_requests asks for.",
                          count_text(level.requests), count_text(of_.min_requests)));
    }
    for (const auto& rung : of_.ladder) {
      if (!rung.holds_since) continue;
      const auto since = local_time(*rung.holds_since, of_.zone);
      because(fmt::format("{} holds since {}, and must hold for {}.", rung_words(rung.rung),
                          clock_text(since), duration_text(of_.hold)));
    }
    if (of_.ladder.empty() || of_.ladder.front().reached) return;
    const RungLevel& first = of_.ladder.front();
    if (first.rung.ends_with('x') || of_.metric == Metric::first_seen) return;
    if (first.rung.starts_with("below")) {
      if (level.value < first.amount) return;
      because(fmt::format("{} is not {}.", value_with_unit(of_.metric, level.value, std::nullopt),
                          rung_words(first.rung)));
      return;
    }
    if (first.rung.starts_with("forecast")) {
      because(
          fmt::format("it is not heading for {}; nothing is foretold in the first tenth of a "
                      "window, nor from under 20 requests.",
                      value_text(of_.metric, first.amount)));
      return;
    }
    if (level.value >= first.amount) return;
    because(fmt::format(
        "{} is below its first {}.", value_with_unit(of_.metric, level.value, first.amount),
        of_.budgeted
            ? "rung, " + rung_words(first.rung) + " at " + value_text(of_.metric, first.amount)
            : "line, " + limit_text(of_.metric, first.amount)));
  }

  void priced() {
    if (of_.metric != Metric::cost || !facts_.any()) return;
    const RequestTally& tally = *facts_.tally;
    if (tally.unpriced > 0) {
      because(fmt::format("{} of its {} without a price: what {} is not in the total.",
                          count(tally.unpriced),
                          requests_word(tally.matched) + (tally.unpriced == 1 ? " is" : " are"),
                          tally.unpriced == 1 ? "it cost" : "they cost"));
    }
    if (tally.estimated > 0) {
      line(requests_word(tally.estimated) + " " + (tally.estimated == 1 ? "is" : "are") +
           " estimated at another model's prices (unknown_model).");
    }
    if (tally.unmetered > 0) {
      line(requests_word(tally.unmetered) + " came with neither usage nor cost and count $0.");
    }
  }

  void nobody() {
    const bool all =
        !of_.ladder.empty() && std::all_of(of_.ladder.begin(), of_.ladder.end(),
                                           [](const auto& rung) { return rung.channels.empty(); });
    if (!all) return;
    const std::string text = "it tells nobody: notify is [], so alerts are recorded only.";
    if (of_.level.rung.empty() && !why_.heading.empty()) {
      because(text);
    } else if (why_.heading.empty()) {
      why_.heading = "It tells nobody: notify is [], so alerts are recorded only.";
    }
  }

  const Explanation& of_;
  const RequestFacts& facts_;
  WhyNot why_;
};

}  // namespace

WhyNot why_not(const Explanation& of, const RequestFacts& facts) {
  return Reasons(of, facts).take();
}

}  // namespace tocsin
