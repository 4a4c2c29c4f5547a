// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/message.h"
#include "notify/notice.h"
#include "tocsin/time.h"

namespace tocsin {

// An alert that never was, for `send-test`: it looks as one of a budget does and says in its first
// line, its first sentence and its labels that it is a test. Its id is of this channel and moment:
// nobody takes it for one that they have seen.
Notice test_notice(const std::string& channel, const std::string& zone, WallTime now);

// The rendering of such a notice: without the commands and lines that need a rule.
Message test_message(const Notice& notice);

}  // namespace tocsin
