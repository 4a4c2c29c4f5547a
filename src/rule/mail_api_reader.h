// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "rule/config_reader.h"

namespace tocsin {

// What stands behind `resend`, `sendgrid`, `postmark`, `mailgun` or `ses`, told when wrong.
std::optional<MailApiTarget> read_mail_api(const ConfigReader& config, std::string_view service,
                                           const Node& node);

}  // namespace tocsin
