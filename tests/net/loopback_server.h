// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace tocsin {

// Listens on a free port of 127.0.0.1; each connection is served in a thread of its own, and broken
// off when this ends.
class LoopbackServer {
 public:
  using Serve = std::function<void(int connection)>;

  explicit LoopbackServer(Serve serve) : serve_(std::move(serve)) {
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
  ~LoopbackServer() {
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
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  int port() const { return port_; }
  std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }
  // For who serves: holds its connection open until all ends.
  void hang() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return ending_; });
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
      threads_.emplace_back([this, connection] {
        serve_(connection);
        shutdown(connection, SHUT_RDWR);
      });
    }
  }

  Serve serve_;
  int listener_ = -1, port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::vector<int> connections_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

}  // namespace tocsin
