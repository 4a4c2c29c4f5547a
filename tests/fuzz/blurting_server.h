// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace tocsin::fuzz {

// Says the same to whoever connects, at once and whatever is said to it, then listens until nothing
// more comes for a moment. On a free port of 127.0.0.1; a connection after the other.
class BlurtingServer {
 public:
  BlurtingServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 64);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~BlurtingServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  BlurtingServer(const BlurtingServer&) = delete;
  BlurtingServer& operator=(const BlurtingServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void say(std::string reply) {
    const std::lock_guard lock(mutex_);
    reply_ = std::move(reply);
    heard_.clear();
    ++turn_;
  }
  // The beginning of all that was heard since.
  std::string heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void serve() {
    for (int client = 0; (client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const timeval limit{0, 5'000};
      setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      std::string reply;
      unsigned turn = 0;
      {
        const std::lock_guard lock(mutex_);
        reply = reply_;
        turn = turn_;
      }
      send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
      shutdown(client, SHUT_WR);
      char bytes[4096];
      for (ssize_t n = 0; (n = recv(client, bytes, sizeof bytes, 0)) > 0;) {
        const std::lock_guard lock(mutex_);
        if (turn == turn_ && heard_.size() < 65'536)
          heard_.append(bytes, static_cast<std::size_t>(n));
      }
      close(client);
    }
  }

  const int listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::string reply_, heard_;  // guarded by mutex_
  unsigned turn_ = 0;          // likewise
  std::thread thread_;
};

}  // namespace tocsin::fuzz
