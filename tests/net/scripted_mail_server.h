// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "net/loopback_server.h"

namespace tocsin {

// A mail server on a free port of 127.0.0.1 that says what its script gives to each command: the
// reply's lines, nothing to say what a server usually says, kClose or kHang. The commands are those
// of SMTP, "CONNECT" for the greeting and "." for the end of a mail.
class ScriptedMailServer {
 public:
  using Script = std::function<std::string(const std::string& command)>;
  static constexpr const char* kClose = "close";
  static constexpr const char* kHang = "hang";

  explicit ScriptedMailServer(Script script = nullptr)
      : script_(std::move(script)), server_([this](int connection) { serve(connection); }) {}

  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(server_.port()); }
  // All commands of all connections, as they came.
  std::vector<std::string> commands() const {
    const std::lock_guard lock(mutex_);
    return commands_;
  }
  // What was sent as mails, dots unstuffed, taken or not.
  std::vector<std::string> mails() const {
    const std::lock_guard lock(mutex_);
    return mails_;
  }
  std::size_t connections() const { return server_.connections(); }

 private:
  void serve(int connection) {
    std::string received, line;
    bool good = answer(connection, "CONNECT");
    while (good && read_line(connection, received, line)) {
      {
        const std::lock_guard lock(mutex_);
        commands_.push_back(line);
      }
      good = answer(connection, line) && line != "QUIT";
      if (good && line == "DATA" && last_was_354_) good = take_mail(connection, received);
    }
  }

  bool take_mail(int connection, std::string& received) {
    std::string mail, line;
    while (read_line(connection, received, line)) {
      if (line == ".") {
        {
          const std::lock_guard lock(mutex_);
          mails_.push_back(std::move(mail));
        }
        return answer(connection, ".");
      }
      mail += line.substr(line.starts_with('.') ? 1 : 0) + "\r\n";
    }
    return false;
  }

  bool answer(int connection, const std::string& command) {
    std::string reply = script_ ? script_(command) : "";
    if (reply.empty()) reply = usual(command);
    if (reply == kClose) return false;
    if (reply == kHang) {
      server_.hang();
      return false;
    }
    if (command == "DATA") last_was_354_ = reply.starts_with("354");
    reply += "\r\n";
    return write(connection, reply.data(), reply.size()) == static_cast<ssize_t>(reply.size());
  }

  static std::string usual(const std::string& command) {
    if (command == "CONNECT") return "220 mail.test ESMTP";
    if (command.starts_with("EHLO")) return "250-mail.test\r\n250-AUTH PLAIN\r\n250 8BITMIME";
    if (command.starts_with("AUTH")) return "334 ";
    if (command.starts_with("MAIL") || command.starts_with("RCPT") || command == ".") {
      return "250 2.0.0 Ok";
    }
    if (command == "DATA") return "354 go on";
    return command == "QUIT" ? "221 bye" : "235 2.7.0 what follows AUTH";
  }

  static bool read_line(int connection, std::string& received, std::string& line) {
    std::size_t end = 0;
    while ((end = received.find("\r\n")) == std::string::npos) {
      char bytes[4096];
      const ssize_t size = read(connection, bytes, sizeof bytes);
      if (size <= 0) return false;
      received.append(bytes, static_cast<std::size_t>(size));
    }
    line = received.substr(0, end);
    received.erase(0, end + 2);
    return true;
  }

  Script script_;
  mutable std::mutex mutex_;
  std::atomic<bool> last_was_354_ = false;
  std::vector<std::string> commands_, mails_;
  LoopbackServer server_;  // last: it serves from then on
};

}  // namespace tocsin
