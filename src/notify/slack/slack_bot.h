// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "notify/channel.h"

namespace tocsin {

struct SlackBotConfig {
  std::string name;        // of the channel, in tocsin.yaml
  std::string url;         // of the Web API, without a / at its end
  std::string token;       // a secret
  std::string channel;     // of Slack: "#alerts", or better its id
  Pacing pacing{1, 3, 1};  // Slack takes one a second in a channel, with short bursts
  Millis timeout{10'000};
};

// A Slack app with a bot token. What becomes of one (rule, group) in a window stays one message: it
// is edited when a higher rung is passed or it ends, and then said in its thread and in the channel
// as well, for nobody is notified of an edit; the first one's details stand in the thread. Where
// it can be edited no more it is said anew. The memory is "CHANNEL TS".
class SlackBotChannel final : public Channel {
 public:
  explicit SlackBotChannel(SlackBotConfig config) : config_(std::move(config)) {}

  const std::string& name() const override { return config_.name; }
  Pacing pacing() const override { return config_.pacing; }
  std::size_t parts(const Notice& notice) const override;
  std::string memory_key(const Notice& notice) const override;
  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;

 private:
  SlackBotConfig config_;
};

}  // namespace tocsin
