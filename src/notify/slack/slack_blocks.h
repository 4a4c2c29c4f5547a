// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notify/message.h"

namespace tocsin {

// The body of a post to a Slack incoming webhook, within Slack's limits: header 150 characters,
// section text 3,000, 10 fields of 2,000, and 12,000 in all (a message of more than about 13,200 is
// refused); what is over is cut, the last paragraphs first.
std::string slack_body(const Message& message);

// The same without blocks, for when Slack refused the form: the plainest message there is.
std::string slack_plain_body(const Message& message);

// Where a bot's message goes.
struct SlackPlace {
  std::string channel;     // name or id
  std::string ts;          // of the message that is edited, or replied to; empty: a new one
  bool is_thread = false;  // it is a reply
  bool broadcast = false;  // which the channel is shown, too
};
enum class SlackPart {
  whole,
  head,     // what is edited later: title, fields, bar
  details,  // the rest, for its thread
};
// The body for chat.postMessage or chat.update, within the same limits.
std::string slack_post(const Message& message, const SlackPlace& place, SlackPart part);
std::string slack_plain_post(const Message& message, const SlackPlace& place);

}  // namespace tocsin
