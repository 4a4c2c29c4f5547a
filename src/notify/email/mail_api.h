// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notify/channel.h"
#include "tocsin/mail_address.h"

namespace tocsin {

// What all services that send mails have in common.
struct MailApiConfig {
  std::string name;  // of the channel, in tocsin.yaml
  MailAddress from;
  std::vector<MailAddress> to;  // at least one
  std::string url;              // without a / at its end
  std::string secret;           // what the service knows us by
  Pacing pacing{2, 5, 1};
  Millis timeout{10'000};
};

// A channel of one of them: each recipient is a destination with requests of its own, for of one
// request to several nobody could tell who was refused.
class MailApiChannel : public Channel {
 public:
  explicit MailApiChannel(MailApiConfig config) : config_(std::move(config)) {}

  const std::string& name() const final { return config_.name; }
  Pacing pacing() const final { return config_.pacing; }
  std::vector<std::string> destinations() const final;

 protected:
  const MailApiConfig& config() const { return config_; }
  // A POST of JSON to `path`.
  HttpRequest json_request(std::string_view path, std::string body) const;
  // An outcome with what the service said, where that may be shown.
  Outcome refused(const Response& response, Outcome::Verdict verdict, std::string_view said) const;
  // A success that the service would not have put so.
  Outcome not_the_service(const Response& response, std::string_view service) const;

 private:
  MailApiConfig config_;
};

// As APIs take it: UTF-8, the name in quotes where the address could not be told from it.
std::string api_sender(const MailAddress& from);

// The text behind `"key":` in JSON, the first there is; for errors, whose exact form is nothing to
// rely on. Escapes but \" and \\ become blanks.
std::string json_text_of(std::string_view json, std::string_view key);
// The whole number there.
std::optional<int> json_number_of(std::string_view json, std::string_view key);

}  // namespace tocsin
