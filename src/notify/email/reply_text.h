// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

struct ReplyLimits {
  std::vector<std::string> shown;    // addresses that may be shown
  std::vector<std::string> secrets;  // texts of which none may be
};

// What a mail server or an API said, fit for a message: clean, at most 160 characters, "…" for
// every word with an address but those shown; nothing if it repeats a secret.
std::string reply_text(std::string_view said, const ReplyLimits& limits);

// A password in every form in which it was sent, so in which a server could repeat it.
std::vector<std::string> login_secrets(const std::string& user, const std::string& password);

}  // namespace tocsin
