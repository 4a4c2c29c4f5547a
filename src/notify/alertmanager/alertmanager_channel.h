// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "notify/channel.h"

namespace tocsin {

struct AlertmanagerConfig {
  std::string name;                // of the channel, in tocsin.yaml
  std::string url;                 // without a / at its end; may hold a secret
  std::string user{}, password{};  // empty: no login
  std::string public_url{};        // of Tocsin, where it is known
  Pacing pacing{10, 20, 1};
  Millis timeout{10'000};
};

// Prometheus' Alertmanager by its API, version 2: it groups, silences and tells its receivers. It
// holds alerts in memory alone and only until their end, so what stands is posted again every
// minute: until the window's end, or where that is open until its resolution is told; and an end
// for five minutes.
class AlertmanagerChannel final : public Channel {
 public:
  explicit AlertmanagerChannel(AlertmanagerConfig config) : config_(std::move(config)) {}

  const std::string& name() const override { return config_.name; }
  Pacing pacing() const override { return config_.pacing; }
  std::size_t parts(const Notice& notice) const override;
  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override { return outcome_by_status(response); }
  Millis repeat_every() const override { return Millis{50'000}; }
  std::vector<Standing> standing_of(const Notice& notice) const override;
  Request repeat(const std::vector<std::string>& values, WallTime now) const override;

 private:
  std::vector<std::string> values_of(const Notice& notice, const Message& message, Form form) const;

  AlertmanagerConfig config_;
};

}  // namespace tocsin
