// SPDX-License-Identifier: Apache-2.0
#include "notify/email/mail_headers.h"

#include <catch2/catch.hpp>
#include <set>

#include "notify/email/base64_text.h"
#include "notify/samples.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

std::string value_of(const MailHeaders& headers, const std::string& name) {
  for (const auto& [header, value] : headers) {
    if (header == name) return value;
  }
  return "";
}

std::string thread_of(Alert alert) { return thread_id(told(std::move(alert))); }

}  // namespace

TEST_CASE("Base64 is that of RFC 4648") {
  CHECK(base64_text("").empty());
  CHECK(base64_text("f") == "Zg==");
  CHECK(base64_text("fo") == "Zm8=");
  CHECK(base64_text("foo") == "Zm9v");
  CHECK(base64_text("foobar") == "Zm9vYmFy");
  CHECK(base64_text("\xff\xfe\xfd") == "//79");
}

TEST_CASE("Plain text stands in a header as it is, other text in words of whole characters") {
  CHECK(header_text("[warning] Production spend 80%: $80.02 of $100 today") ==
        "[warning] Production spend 80%: $80.02 of $100 today");
  CHECK(header_text("caf\xc3\xa9") == "=?UTF-8?B?Y2Fmw6k=?=");
  CHECK(header_text("=?UTF-8?B?ZXZpbA==?=") == "=?UTF-8?B?PT9VVEYtOD9CP1pYWnBiQT09Pz0=?=");
  std::string arabic;
  for (int i = 0; i < 128; ++i) arabic += "\xd8\xa7";
  const std::string words = header_text(arabic);
  std::size_t count = 0;
  for (std::size_t from = 0; from < words.size(); ++count) {
    const std::size_t end = std::min(words.find(' ', from), words.size());
    const std::string word = words.substr(from, end - from);
    CHECK(word.size() <= 75);
    CHECK(word.starts_with("=?UTF-8?B?2Kf"));  // each begins with a whole character
    CHECK(word.ends_with("?="));
    from = end + 1;
  }
  CHECK(count == 6);
}

TEST_CASE("Hostile text in a header is no header, no end and no marks that hide or turn text") {
  CHECK(header_text("a\r\nBcc: eve@evil.example") ==
        "=?UTF-8?B?YSAgQmNjOiBldmVAZXZpbC5leGFtcGxl?=");
  for (const std::string& evil :
       {std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3), std::string("\x1b[2J"),
        std::string("\xe2\x80\xa8x"), std::string("\xff\xfe"),
        std::string("\xe2\x80\xae"
                    "cba")}) {
    const std::string text = header_text(evil);
    for (const char c : text) CHECK((c >= 0x20 && c < 0x7f));
  }
  CHECK(header_text("\xe2\x80\xae"
                    "cba") == "cba");
}

TEST_CASE("A name before an address is quoted or encoded where it must be") {
  CHECK(header_address({"", "a@x.example"}) == "a@x.example");
  CHECK(header_address({"Ada Lovelace", "a@x.example"}) == "Ada Lovelace <a@x.example>");
  CHECK(header_address({"Lovelace, Ada", "a@x.example"}) == "\"Lovelace, Ada\" <a@x.example>");
  CHECK(header_address({"A.\"\\", "a@x.example"}) == "\"A.\\\"\\\\\" <a@x.example>");
  CHECK(header_address({"Ad\xc3\xa9", "a@x.example"}) == "=?UTF-8?B?QWTDqQ==?= <a@x.example>");
}

TEST_CASE("The date is that of the message, in UTC") {
  CHECK(mail_date(wall(utc(2026, 11, 21, 14, 7, 32))) == "Sat, 21 Nov 2026 14:07:32 +0000");
  CHECK(mail_date(wall(utc(2026, 3, 1, 0, 0, 5))) == "Sun, 1 Mar 2026 00:00:05 +0000");
}

TEST_CASE("Rungs of one rule in one window are one thread, another window is another") {
  Alert half = production(), full = production(), next = production();
  half.id = "half";
  full.rung = "100%";
  next.window = {utc(2026, 11, 21, 23), utc(2026, 11, 22, 23)};
  CHECK(thread_of(half) == "production-daily-2026-11-21");
  CHECK(thread_of(full) == thread_of(half));
  CHECK(thread_of(next) == "production-daily-2026-11-22");
  CHECK(message_id(told(half), "x.example") != message_id(told(full), "x.example"));
  const auto headers = thread_headers(told(production()), "company.example");
  CHECK(value_of(headers, "In-Reply-To") == "<production-daily-2026-11-21@company.example>");
  CHECK(value_of(headers, "References") == "<production-daily-2026-11-21@company.example>");
  CHECK(value_of(headers, "Auto-Submitted") == "auto-generated");
  CHECK(value_of(headers, "X-Entity-Ref-ID") == "production-daily-2026-11-21");
}

TEST_CASE("Both hours of an autumn night have threads of their own") {
  Alert first = production(), second = production();
  first.window_kind = second.window_kind = WindowKind::hour;
  first.window = {utc(2026, 10, 25, 0), utc(2026, 10, 25, 1)};
  second.window = {utc(2026, 10, 25, 1), utc(2026, 10, 25, 2)};  // 2:00 in Berlin, again
  CHECK(thread_of(first) == "production-daily-2026-10-25t0000z");
  CHECK(thread_of(second) == "production-daily-2026-10-25t0100z");
}

TEST_CASE("An end is in the thread of its beginning, and refers to its mail") {
  const Notice ended = resolved_notice();
  CHECK(thread_id(ended) == thread_of(error_rate()));
  const auto headers = thread_headers(ended, "x.example");
  CHECK(value_of(headers, "References") ==
        "<errors-2026-11-21@x.example> <0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c@x.example>");
  CHECK(value_of(headers, "In-Reply-To") == "<errors-2026-11-21@x.example>");
}

TEST_CASE("A rule's name that cannot stand in a message id is told by its hash") {
  std::set<std::string> threads;
  for (const std::string name :
       {"Production", "a b", "a\r\nBcc: x", "<a@b>", "\xd8\xa7", ".a", "a..b", "",
        "a-name-of-over-sixty-four-characters-that-is-longer-than-an-id-part"}) {
    Alert alert = production();
    alert.rule = name;
    const std::string id = thread_of(alert);
    INFO(name);
    CHECK(id.starts_with("id-"));
    CHECK(id.size() == 3 + 16 + 11);
    CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
    threads.insert(id);
  }
  CHECK(threads.size() == 9);
}

TEST_CASE("The engine's own messages are a thread for each kind and day") {
  CHECK(thread_id(engine_notice({"lag", "p3", "late", {}})) == "engine-lag-2026-11-21");
}

TEST_CASE("A message id is the notice's") {
  CHECK(message_id(told(production()), "company.example") ==
        "<3f9c2a81aaaaaaaaaaaaaaaaaaaaaaaa@company.example>");
}
