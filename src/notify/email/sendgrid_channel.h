// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/email/mail_api.h"

namespace tocsin {

// Mail by the API of SendGrid; the secret is its API key. It knows no second try: where an answer
// is lost the mail may come twice. The Message-ID is SendGrid's.
class SendgridChannel final : public MailApiChannel {
 public:
  using MailApiChannel::MailApiChannel;

  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;
};

}  // namespace tocsin
