// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/loopback_server.h"

namespace tocsin {

// A server on a free port of 127.0.0.1 that answers each request with the bytes its script gives:
// nothing closes the connection, kHang holds it until the server ends.
class ScriptedServer {
 public:
  struct Request {
    std::string path, head, body;  // head: request line and headers, names in lower case
  };
  using Script = std::function<std::optional<std::string>(const Request&)>;
  static constexpr const char* kHang = "hang";

  explicit ScriptedServer(Script script)
      : script_(std::move(script)), server_([this](int connection) { serve(connection); }) {}

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
  }
  int port() const { return server_.port(); }
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t connections() const { return server_.connections(); }

  static std::string answer(const std::string& status, const std::string& body,
                            const std::string& headers = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           headers + "\r\n" + body;
  }

 private:
  void serve(int connection) {
    std::string received;
    while (const auto request = read_request(connection, received)) {
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(*request);
      }
      const auto answer = script_(*request);
      if (answer && *answer == kHang) server_.hang();
      if (!answer || *answer == kHang || !write_all(connection, *answer)) break;
    }
  }

  static std::optional<Request> read_request(int connection, std::string& received) {
    const auto more = [&] {
      char bytes[4096];
      const ssize_t count = recv(connection, bytes, sizeof bytes, 0);
      if (count > 0) received.append(bytes, static_cast<std::size_t>(count));
      return count > 0;
    };
    std::size_t end = 0;
    while ((end = received.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return std::nullopt;
    }
    Request request;
    const std::size_t path = received.find(' ') + 1;
    request.path = received.substr(path, received.find(' ', path) - path);
    request.head = received.substr(0, end + 2);
    std::transform(request.head.begin(), request.head.end(), request.head.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t length = request.head.find("content-length: ");
    const std::size_t size =
        length == std::string::npos ? 0 : std::stoul(request.head.substr(length + 16));
    while (received.size() < end + 4 + size) {
      if (!more()) return std::nullopt;
    }
    request.body = received.substr(end + 4, size);
    received.erase(0, end + 4 + size);
    return request;
  }

  static bool write_all(int connection, const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t count =
          send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }

  Script script_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  LoopbackServer server_;  // last: it serves from then on
};

}  // namespace tocsin
