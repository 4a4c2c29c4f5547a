// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tocsin/time.h"

namespace tocsin {

// A POST.
struct HttpRequest {
  std::string url;  // a secret: never logged
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Millis timeout{10'000};  // for the whole exchange
};

// A mail by SMTP, to one recipient: were there several in one transaction, nobody could tell which
// of them was refused.
struct MailRequest {
  std::string server;              // "smtp://HOST:PORT", STARTTLS is required, or "smtps://…"
  bool plaintext_allowed = false;  // STARTTLS is used where it is offered, and else done without
  std::string ca_file;             // PEM; empty: the system's roots
  std::string user, password;      // empty: no login. Secrets
  std::string from, to;            // of the envelope
  // All but those of MIME, which is made of the two parts. A line end in a value is left out.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string text, html;  // the same twice; UTF-8, lines end in \n
  Millis timeout{60'000};  // for the whole exchange
};

using Request = std::variant<HttpRequest, MailRequest>;

// What came of a request.
struct Response {
  // What kept a mail from being offered to the server at all.
  enum class Hurdle : std::uint8_t {
    none,
    greeting,     // the server refused to talk to us
    encryption,   // it offers no STARTTLS
    certificate,  // it could not prove who it is
    login,
  };
  int status = 0;    // of HTTP, or the code of the SMTP reply that decided; 0: no answer
  std::string body;  // at most the first 64 KiB; of SMTP the text of that reply, lines as blanks
  std::optional<std::chrono::seconds> retry_after;
  std::string error;  // where status is 0: names host and cause, never path or query
  Hurdle hurdle = Hurdle::none;
};

// Sends requests out, many at once. One thread only, but for wake().
class Transport {
 public:
  virtual ~Transport() = default;
  using Done = std::function<void(const Response&)>;

  // Starts a request; `done` is called once, from a later poll().
  virtual void send(Request request, Done done) = 0;
  // Runs what is under way, for at most `wait`; returns earlier when something finished or wake()
  // was called.
  virtual void poll(Millis wait) = 0;
  // Makes a poll() under way, or the next one, return. Any thread.
  virtual void wake() = 0;
};

}  // namespace tocsin
