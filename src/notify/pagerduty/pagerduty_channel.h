// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "notify/channel.h"

namespace tocsin {

struct PagerDutyConfig {
  std::string name;         // of the channel, in tocsin.yaml
  std::string url;          // without a / at its end
  std::string routing_key;  // a secret
  std::string public_url;   // of Tocsin, where it is known
  Pacing pacing{2, 20, 1};  // a key is allowed some 120 events a minute
  Millis timeout{10'000};
};

// Incidents by the Events API, version 2: one for each (rule, group) in a window, which a higher
// rung updates and an end resolves; one for a digest of more than kPagerDutyGroupsMax groups.
class PagerDutyChannel final : public Channel {
 public:
  explicit PagerDutyChannel(PagerDutyConfig config) : config_(std::move(config)) {}

  const std::string& name() const override { return config_.name; }
  Pacing pacing() const override { return config_.pacing; }
  std::size_t parts(const Notice& notice) const override;
  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;

 private:
  PagerDutyConfig config_;
};

inline constexpr std::size_t kPagerDutyGroupsMax = 20;

// One event of a notice. The plain form has nothing but what an event must have.
std::string pagerduty_event(const Telling& telling, const PagerDutyConfig& config);

// What makes events one incident, at most 255 characters: rule, group and the window's start;
// without the start where windows roll.
std::string pagerduty_key(const Alert& alert);

}  // namespace tocsin
