// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/channel.h"

namespace tocsin {

struct WebhookConfig {
  std::string name;         // of the channel, in tocsin.yaml
  std::string url;          // a secret: it may hold a token
  std::string hmac_secret;  // empty: posts are not signed
  bool as_alertmanager = false;
  std::string public_url;  // of Tocsin, where it is known; for Alertmanager's form
  Pacing pacing{50, 100, 4};
  Millis timeout{10'000};
};

// Tells a program: POST of {summary, alerts, digest, engine, resolved}, or in the form of
// Alertmanager's webhooks. With a secret each post is
// signed, `Tocsin-Signature: t=SECONDS,v1=HEX`, the HMAC-SHA256 of "SECONDS.BODY". The
// Idempotency-Key is the notification's id, the same for each try. Any 2xx is delivered.
class WebhookChannel final : public Channel {
 public:
  explicit WebhookChannel(WebhookConfig config) : config_(std::move(config)) {}

  const std::string& name() const override { return config_.name; }
  Pacing pacing() const override { return config_.pacing; }
  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override { return outcome_by_status(response); }

 private:
  WebhookConfig config_;
};

// The body. `alerts` holds every alert of the notice but stale ones; in the plain form, sent when
// the full one was refused, the first 100, and `digest.count` says how many there were.
std::string webhook_body(const Notice& notice, const Message& message, Form form);

}  // namespace tocsin
