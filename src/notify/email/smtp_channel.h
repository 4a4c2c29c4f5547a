// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "notify/channel.h"
#include "tocsin/mail_address.h"

namespace tocsin {

struct SmtpConfig {
  std::string name;  // of the channel, in tocsin.yaml
  MailAddress from;
  std::vector<MailAddress> to;  // at least one
  std::string server;           // "smtp://HOST:PORT" or "smtps://…"
  bool plaintext_allowed = false;
  std::string ca_file;
  std::string user, password;  // secrets
  Pacing pacing{2, 5, 1};
  Millis timeout{60'000};  // servers look into a mail before they take it
};

// Mail by SMTP. Each recipient is a destination with a transaction of its own; To names them all,
// so that who reads it sees who else was told. What a reply means: docs/operations.md.
class SmtpChannel final : public Channel {
 public:
  explicit SmtpChannel(SmtpConfig config) : config_(std::move(config)) {}

  const std::string& name() const override { return config_.name; }
  Pacing pacing() const override { return config_.pacing; }
  std::vector<std::string> destinations() const override;
  Request request(const Telling& telling) const override;
  Outcome classify(const Response& response) const override;

 private:
  std::string said(const Response& response) const;

  SmtpConfig config_;
};

}  // namespace tocsin
