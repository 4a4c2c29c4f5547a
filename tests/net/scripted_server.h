// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

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

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener_, 64);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      for (const int connection : connections_) shutdown(connection, SHUT_RDWR);
    }
    ended_.notify_all();
    shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (std::thread& thread : threads_) thread.join();
    for (const int connection : connections_) close(connection);
    close(listener_);
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  int port() const { return port_; }
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }

  static std::string answer(const std::string& status, const std::string& body,
                            const std::string& headers = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           headers + "\r\n" + body;
  }

 private:
  void accept_all() {
    for (;;) {
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const std::lock_guard lock(mutex_);
      if (connection < 0 || ending_) {
        if (connection >= 0) close(connection);
        return;
      }
      connections_.push_back(connection);
      threads_.emplace_back([this, connection] { serve(connection); });
    }
  }

  void serve(int connection) {
    std::string received;
    while (const auto request = read_request(connection, received)) {
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(*request);
      }
      const auto answer = script_(*request);
      if (answer && *answer == kHang) {
        std::unique_lock lock(mutex_);
        ended_.wait(lock, [this] { return ending_; });
      }
      if (!answer || *answer == kHang || !write_all(connection, *answer)) break;
    }
    shutdown(connection, SHUT_RDWR);
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
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::vector<int> connections_;
  std::vector<Request> requests_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

}  // namespace tocsin
