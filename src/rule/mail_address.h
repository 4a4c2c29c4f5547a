// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "tocsin/mail_address.h"
#include "tocsin/result.h"

namespace tocsin {

// "ada@company.example" or "Ada <ada@company.example>". reject: what is wrong with it, to follow
// the text itself.
Result<MailAddress> parse_mail_address(std::string_view text);

}  // namespace tocsin
