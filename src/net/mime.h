// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "net/curl_handles.h"
#include "tocsin/transport.h"

namespace tocsin {

// A header as it goes out, without its last line end: lines of at most 76 columns where blanks
// allow it. Of the value line ends, other controls and bytes that are no ASCII are left out, so
// that it cannot become another header.
std::string folded_header(const std::string& name, const std::string& value);

// The headers of the mail and of its body; empty: no memory.
Lines mail_headers(const MailRequest& mail);
// multipart/alternative of text and HTML, text first. Null: no memory.
Mime mail_body(CURL* easy, const MailRequest& mail);

}  // namespace tocsin
