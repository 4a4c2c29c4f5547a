// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/email/mail_api.h"

namespace tocsin {

// Mail by the API of Mailgun; the secret is its API key. It knows no second try, but the Message-ID
// is ours and the same for each, so that a mail program shows one mail.
class MailgunChannel final : public MailApiChannel {
 public:
  MailgunChannel(MailApiConfig config, std::string domain)
      : MailApiChannel(std::move(config)), domain_(std::move(domain)) {}

  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;

 private:
  std::string domain_;  // as it is known to Mailgun
};

}  // namespace tocsin
