// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/email/mail_api.h"

namespace tocsin {

// Mail by the API of Resend; the secret is its API key. Each try of a recipient's mail has the same
// Idempotency-Key. The Message-ID is Resend's; threads are told by In-Reply-To and References.
class ResendChannel final : public MailApiChannel {
 public:
  using MailApiChannel::MailApiChannel;

  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;

 private:
  std::string body(const Telling& telling) const;
};

}  // namespace tocsin
