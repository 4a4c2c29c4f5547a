// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/email/aws_signature.h"
#include "notify/email/mail_api.h"

namespace tocsin {

// Mail by Amazon's SES, version 2 of its API; MailApiConfig::secret is the secret access key. It
// knows no second try: where an answer is lost the mail may come twice. The Message-ID is SES's.
class SesChannel final : public MailApiChannel {
 public:
  // `region` as AWS names it, "eu-central-1".
  SesChannel(MailApiConfig config, std::string region, AwsCredentials credentials)
      : MailApiChannel(std::move(config)),
        region_(std::move(region)),
        credentials_(std::move(credentials)) {}

  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;

 private:
  std::string region_;
  AwsCredentials credentials_;
};

}  // namespace tocsin
