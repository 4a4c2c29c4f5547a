// SPDX-License-Identifier: Apache-2.0
#include "cli/changes.h"

#include <algorithm>
#include <map>

#include "cli/engine_parts.h"
#include "state/rule_state.h"

namespace tocsin {
namespace {

using ByName = std::map<std::string, const Rule*>;

ByName by_name(const std::vector<Rule>& rules) {
  ByName all;
  for (const Rule& rule : rules) all.emplace(rule.name, &rule);
  return all;
}

std::string from_when(const Rule& rule) {
  return rule.backfills() ? "from now on, and next what was read before" : "from now on";
}

void add_rules(const ByName& before, const ByName& next, std::vector<std::string>& changes) {
  for (const auto& [name, rule] : next) {
    const auto old = before.find(name);
    if (old == before.end()) {
      changes.push_back("rule " + name + " is new: it counts " + from_when(*rule));
    } else if (old->second->fingerprint() != rule->fingerprint()) {
      changes.push_back(
          "rule " + name + " counts anew " + from_when(*rule) +
          ": what it counts was edited (metric, where, group_by, window or time_zone)");
    } else if (RuleState::ladder_text(*old->second) != RuleState::ladder_text(*rule)) {
      changes.push_back("rule " + name + " has other limits: its totals stay");
    }
  }
  for (const auto& [name, rule] : before) {
    if (!next.contains(name)) {
      changes.push_back("rule " + name + " is taken out: its totals stay in the state");
    }
  }
}

void add_channels(const Config& before, const Config& next, std::vector<std::string>& changes) {
  const auto find = [](const Config& config, const std::string& name) {
    return std::find_if(config.channels.begin(), config.channels.end(),
                        [&](const auto& channel) { return channel.name == name; });
  };
  for (const auto& channel : next.channels) {
    const auto old = find(before, channel.name);
    if (old == before.channels.end()) {
      changes.push_back("channel " + channel.name + " is new");
    } else if (!same_channel(*old, channel)) {
      changes.push_back("channel " + channel.name + " has another address or secret");
    } else if (old->fallback != channel.fallback) {
      changes.push_back("channel " + channel.name + " has another fallback");
    }
  }
  for (const auto& channel : before.channels) {
    if (find(next, channel.name) == next.channels.end()) {
      changes.push_back("channel " + channel.name + " is taken out");
    }
  }
}

// Neither adds nor takes out sources: a reload takes no other ones.
void add_sources(const Config& before, const Config& next, std::vector<std::string>& changes) {
  for (std::size_t i = 0; i < std::min(before.sources.size(), next.sources.size()); ++i) {
    if (before.sources[i].format == next.sources[i].format) continue;
    changes.push_back("records of " + source_name(next.sources[i]) +
                      " are read by another mapping or format from now on");
  }
}

void add_files(const Configuration& before, const Configuration& next, bool all,
               std::vector<std::string>& changes) {
  const auto& prices = next.loaded.config.price_files;
  for (const auto& [path, text] : next.files.texts) {
    const auto old = before.files.texts.find(path);
    if (old != before.files.texts.end() && old->second == text) continue;
    if (std::find(prices.begin(), prices.end(), path) != prices.end()) {
      changes.push_back("prices of " + path + " count from now on");
    } else if (all) {
      changes.push_back(path + " was edited");
    }
  }
  for (const auto& [path, text] : before.files.texts) {
    if (!next.files.texts.contains(path)) changes.push_back(path + " is not read any more");
  }
}

}  // namespace

bool same_channel(const ChannelConfig& a, const ChannelConfig& b) {
  return a.name == b.name && a.to == b.to;
}

std::vector<std::string> changes(const Configuration& before, const Configuration& next) {
  std::vector<std::string> changes;
  add_rules(by_name(before.loaded.rules), by_name(next.loaded.rules), changes);
  add_channels(before.loaded.config, next.loaded.config, changes);
  add_sources(before.loaded.config, next.loaded.config, changes);
  add_files(before, next, changes.empty(), changes);
  return changes;
}

}  // namespace tocsin
