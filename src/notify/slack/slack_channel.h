// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/channel.h"

namespace tocsin {

struct SlackConfig {
  std::string name;         // of the channel, in tocsin.yaml
  std::string webhook_url;  // a secret: whoever has it can post
  Pacing pacing{1, 3, 1};   // Slack takes one a second, with short bursts
  Millis timeout{10'000};
};

// A Slack incoming webhook: the message as Block Kit, its first line as the text of notifications.
// Text from elsewhere stands only in plain_text objects, where nothing is markup. Delivered means
// status 200 and the body "ok"; any other success breaks the channel, for it is not Slack that
// answered, and to try again could tell people the same thing for a day.
class SlackChannel final : public Channel {
 public:
  explicit SlackChannel(SlackConfig config) : config_(std::move(config)) {}

  const std::string& name() const override { return config_.name; }
  Pacing pacing() const override { return config_.pacing; }
  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;

 private:
  SlackConfig config_;
};

}  // namespace tocsin
