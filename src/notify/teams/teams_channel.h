// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "notify/channel.h"

namespace tocsin {

struct TeamsConfig {
  std::string name;         // of the channel, in tocsin.yaml
  std::string webhook_url;  // a secret: whoever has it can post
  Pacing pacing{1, 4, 1};   // Teams takes four a second
  Millis timeout{20'000};   // a workflow begins slowly
};

// A webhook of Microsoft Teams (a workflow "when a Teams webhook request is received"): the message
// as an Adaptive Card, of at most 27,000 bytes. All text stands in text runs, in which nothing is
// markup. Workflows answer 202 before they post: what they do after it nobody is told.
class TeamsChannel final : public Channel {
 public:
  explicit TeamsChannel(TeamsConfig config) : config_(std::move(config)) {}

  const std::string& name() const override { return config_.name; }
  Pacing pacing() const override { return config_.pacing; }
  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;

 private:
  TeamsConfig config_;
};

// The body; in the plain form the first line and the title.
std::string teams_body(const Telling& telling);

}  // namespace tocsin
