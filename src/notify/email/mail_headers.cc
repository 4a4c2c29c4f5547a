// SPDX-License-Identifier: Apache-2.0
#include "notify/email/mail_headers.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "hash/digest.h"
#include "notify/email/base64_text.h"
#include "notify/plain_text.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

constexpr std::size_t kReferencesMax = 10;
constexpr std::size_t kRuleNameMax = 64;
// Of an encoded word's 75 characters 12 are its frame: 60 of base64 are left, 45 bytes.
constexpr std::size_t kWordBytesMax = 45;

bool is_plain(std::string_view text) {
  const bool ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return ascii && text.find("=?") == std::string_view::npos &&
         text.find("  ") == std::string_view::npos && !text.starts_with(' ') &&
         !text.ends_with(' ');
}

// How many bytes of whole characters one encoded word takes.
std::size_t word_bytes(std::string_view utf8) {
  if (utf8.size() <= kWordBytesMax) return utf8.size();
  std::size_t end = kWordBytesMax;
  while (end > 0 && (static_cast<unsigned char>(utf8[end]) & 0xC0) == 0x80) --end;
  return end == 0 ? kWordBytesMax : end;
}

std::string encoded_words(std::string_view utf8) {
  std::string words;
  while (!utf8.empty()) {
    const std::size_t bytes = word_bytes(utf8);
    if (!words.empty()) words += ' ';
    words += "=?UTF-8?B?" + base64_text(utf8.substr(0, bytes)) + "?=";
    utf8.remove_prefix(bytes);
  }
  return words;
}

bool is_phrase(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" !#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
  });
}

// A name as part of a message id; one that could not be is told by its hash.
std::string id_part(const std::string& name) {
  const bool fits =
      !name.empty() && name.size() <= kRuleNameMax && name.front() != '.' &&
      name.find("..") == std::string::npos && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
      });
  return fits ? name : "id-" + hex(sha256(name), 8);
}

std::string date_part(EventTime t, const std::string& zone) {
  const LocalTime local = local_time(t, zone);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "-%04d-%02u-%02u", local.year, local.month, local.day);
  return text.data();
}

std::string thread_of(const Alert& alert, EventTime start) {
  std::string id = id_part(alert.rule);
  if (alert.window_kind != WindowKind::hour) return id + date_part(start, alert.zone);
  // A local hour can come twice.
  const LocalTime utc = local_time(start, "UTC");
  std::array<char, 16> clock{};
  std::snprintf(clock.data(), clock.size(), "t%02d%02dz", utc.hour, utc.minute);
  return id + date_part(start, "UTC") + clock.data();
}

}  // namespace

std::string header_text(std::string_view utf8) {
  // What cannot be shown cannot be sent: line ends become blanks, controls go.
  const std::string text = clean_text(utf8);
  return is_plain(text) ? text : encoded_words(text);
}

std::string header_address(const MailAddress& address) {
  if (address.name.empty()) return address.address;
  const std::string name = clean_text(address.name);
  std::string phrase;
  if (!is_plain(name)) {
    phrase = encoded_words(name);
  } else if (is_phrase(name)) {
    phrase = name;
  } else {
    phrase.push_back('"');
    for (const char c : name) {
      if (c == '"' || c == '\\') phrase.push_back('\\');
      phrase.push_back(c);
    }
    phrase.push_back('"');
  }
  return phrase + " <" + address.address + ">";
}

std::string mail_date(WallTime t) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const LocalTime utc = local_time(as_event_time(t), "UTC");
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %u %s %d %02d:%02d:%02d +0000", kDays[utc.weekday],
                utc.day, kMonths[utc.month - 1], utc.year, utc.hour, utc.minute, utc.second);
  return text.data();
}

std::string message_id(const Notice& notice, std::string_view domain) {
  return "<" + id_part(notice.id) + "@" + std::string(domain) + ">";
}

std::string thread_id(const Notice& notice) {
  if (!notice.alerts.empty()) {
    return thread_of(notice.alerts.front(), notice.alerts.front().window.start);
  }
  if (!notice.resolved.empty()) {
    const Resolution& ended = notice.resolved.front();
    const bool rolling = ended.alert.window_kind == WindowKind::rolling;
    return thread_of(ended.alert, rolling ? ended.since : ended.alert.window.start);
  }
  const std::string kind = notice.engine ? notice.engine->kind : "";
  return "engine-" + id_part(kind) + date_part(as_event_time(notice.composed_at), "UTC");
}

MailHeaders thread_headers(const Notice& notice, std::string_view domain) {
  const std::string at = "@" + std::string(domain) + ">";
  const std::string thread = thread_id(notice);
  const std::string root = "<" + thread + at;
  std::string references = root;
  // An end is told in the thread of its beginning also where a day lies between them.
  for (std::size_t i = 0; i < std::min(notice.resolved.size(), kReferencesMax); ++i) {
    references += " <" + id_part(notice.resolved[i].alert.id) + at;
  }
  return {{"In-Reply-To", root},
          {"References", references},
          {"Auto-Submitted", "auto-generated"},
          {"X-Auto-Response-Suppress", "OOF, AutoReply"},
          // Gmail keeps mails apart in which it differs.
          {"X-Entity-Ref-ID", thread}};
}

}  // namespace tocsin
