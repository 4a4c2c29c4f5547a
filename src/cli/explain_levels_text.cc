// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/explain_text.h"
#include "cli/explain_words.h"
#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

std::string fullest_text(const RuleLevel& rule) {
  const GroupLevel& level = *rule.fullest;
  if (!is_sum(rule.metric) || !level.budget) {
    return value_with_unit(rule.metric, level.value, std::nullopt);
  }
  return value_text(rule.metric, level.value, level.budget) + " of " +
         limit_text(rule.metric, *level.budget);
}

}  // namespace

std::string rule_levels_text(const RuleLevels& of, const Terminal& terminal) {
  std::size_t name_width = 4;
  std::size_t value_width = 1;
  for (const auto& rule : of.rules) {
    name_width = std::max(name_width, columns_of(clean_text(rule.rule)));
    if (rule.fullest) value_width = std::max(value_width, columns_of(fullest_text(rule)));
  }
  name_width = std::min<std::size_t>(name_width, 36);
  std::string out;
  for (const auto& rule : of.rules) {
    std::string line = padded(cut_end(clean_text(rule.rule), name_width), name_width) + "  ";
    if (!rule.fullest) {
      out += line + padded("quiet", 10) + "nothing counted in this window\n";
      continue;
    }
    const GroupLevel& level = *rule.fullest;
    const Paint paint = paint_of(level.rung, level.severity);
    const std::string word(level.rung.empty() ? "quiet" : name(level.severity));
    line +=
        terminal.painted(paint, padded(word, 10)) + padded_left(fullest_text(rule), value_width);
    const auto percent =
        !is_sum(rule.metric) ? std::nullopt : whole_percent(level.value, level.limit);
    if (percent) {
      line += "  " + terminal.painted(paint, progress_bar(permille(level.value, level.limit), 12));
      line += padded_left(count_text(*percent) + "%", 6);
    } else if (!is_sum(rule.metric) && level.limit > 0) {
      line += "  limit " + limit_text(rule.metric, level.limit);
    }
    if (rule.grouped) {
      line += "  " + group_value(level.group);
      if (rule.groups > 1) line += ", fullest of " + grouped_count(rule.groups);
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace tocsin
