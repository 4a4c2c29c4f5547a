// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "notify/channel.h"
#include "tocsin/mail_address.h"

namespace tocsin {

struct ResendConfig {
  std::string name;  // of the channel, in tocsin.yaml
  MailAddress from;
  std::vector<MailAddress> to;  // at least one
  std::string url;              // without a / at its end
  std::string api_key;          // a secret
  Pacing pacing{1, 2, 1};       // an account is allowed few requests a second
  Millis timeout{10'000};
};

// Mail by the API of Resend. Each recipient is a destination with a request and an Idempotency-Key
// of its own. The Message-ID is Resend's; threads are told by In-Reply-To and References.
class ResendChannel final : public Channel {
 public:
  explicit ResendChannel(ResendConfig config) : config_(std::move(config)) {}

  const std::string& name() const override { return config_.name; }
  Pacing pacing() const override { return config_.pacing; }
  std::vector<std::string> destinations() const override;
  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;

 private:
  std::string body(const Telling& telling) const;

  ResendConfig config_;
};

}  // namespace tocsin
