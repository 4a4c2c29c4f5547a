// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "notify/message_parts.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kGroupMax = 24;

}  // namespace

std::string group_text(const Alert& alert) {
  std::string text;
  for (const auto& [name, value] : alert.group) {
    if (!text.empty()) text.push_back('/');
    text += clean_text(value);
  }
  return text;
}

std::string group_in_line(const Alert& alert) {
  const std::string group = group_text(alert);
  if (group.empty()) return "";
  return " " + isolated(cut_middle(group, kGroupMax));
}

std::string groups_word(const Alert& alert, std::size_t count) {
  std::string word;
  if (alert.group.size() == 1) {
    for (const char c : alert.group.front().first) {
      word.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }
  static constexpr std::string_view kKnown[] = {"user",    "model",    "session",     "provider",
                                                "service", "team",     "environment", "agent",
                                                "feature", "customer", "project"};
  if (std::find(std::begin(kKnown), std::end(kKnown), word) == std::end(kKnown)) word = "group";
  return count == 1 ? word : word + "s";
}

std::string groups_heading(const Alert& alert) {
  std::string heading = groups_word(alert, 2);
  heading[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(heading[0])));
  return heading;
}

}  // namespace tocsin
