// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/email/mail_api.h"

namespace tocsin {

// Mail by the API of Postmark; the secret is a server's token. It knows no second try: where an
// answer is lost the mail may come twice. The Message-ID is Postmark's.
class PostmarkChannel final : public MailApiChannel {
 public:
  PostmarkChannel(MailApiConfig config, std::string stream)
      : MailApiChannel(std::move(config)), stream_(std::move(stream)) {}

  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;

 private:
  std::string stream_;  // the message stream, "outbound"
};

}  // namespace tocsin
