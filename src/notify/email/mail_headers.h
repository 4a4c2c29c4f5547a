// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "notify/message.h"
#include "notify/notice.h"
#include "tocsin/mail_address.h"
#include "tocsin/time.h"

namespace tocsin {

using MailHeaders = std::vector<std::pair<std::string, std::string>>;

// UTF-8 text as a header's value: as it is where that is plain ASCII, else words of RFC 2047, at
// most 75 characters each, with blanks between them.
std::string header_text(std::string_view utf8);
// "Ada <ada@company.example>", the name quoted or encoded where it must be.
std::string header_address(const MailAddress& address);
// "Sat, 21 Nov 2026 14:07:32 +0000".
std::string mail_date(WallTime t);

// "<ID@DOMAIN>" with the notice's id: the same for each try, recipient and restart.
std::string message_id(const Notice& notice, std::string_view domain);
// What all messages about one (rule, window) share, "production-daily-2026-11-21": they are
// answers to a mail of this id, which need not exist. Rolling rules have one for each day, the
// engine's own messages for each kind and day.
std::string thread_id(const Notice& notice);
// In-Reply-To, References and what tells programs that nobody wrote this.
MailHeaders thread_headers(const Notice& notice, std::string_view domain);

}  // namespace tocsin
