// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/message.h"
#include "notify/notice.h"

namespace tocsin {

// The HTML part of a mail, a document of its own: one column of at most 560 px, light or dark as
// the reader's program is, no script, no image, nothing loaded from elsewhere. UTF-8, lines end
// with LF. All text is escaped; what is from elsewhere stands in no attribute, but for the address
// of a runbook.
std::string email_html(const Notice& notice, const Message& message);

}  // namespace tocsin
