// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "notify/message.h"
#include "notify/notice.h"

namespace tocsin {

// A mail's words: UTF-8, lines end with LF, no control characters but these.

// "[warning] Production spend 80%: $80.02 of $100 today": one line of at most 90 characters. Not
// encoded for a header yet.
std::string email_subject(const Notice& notice, const Message& message);
// What a mail program shows beside the subject; one line.
std::string email_preheader(const Message& message);
// The text part, which says all that the HTML part says.
std::string email_text(const Notice& notice, const Message& message);

// How bad it is, in the word that stands before the subject: "info", "warning", "critical",
// "resolved"; "tocsin" for what the engine says about itself.
std::string_view email_tag(const Notice& notice);

}  // namespace tocsin
