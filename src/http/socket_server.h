// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <httplib.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>

#include "http/bounded_server.h"
#include "http/listen_address.h"

namespace tocsin {

// The library's server with what every server of ours wants of it: its port to itself, bounds
// on what a connection may cost, one request each. Internal to the room; `server` is configured by
// who owns us.
class SocketServer {
 public:
  explicit SocketServer(std::size_t body_max);
  ~SocketServer();  // ends requests under way first
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  // Binds; port 0 becomes the one it got. False: it cannot be had, errno says why.
  bool bind(ListenAddress& address);
  // Returns when requests are served: stopping the server any earlier would be missed by it.
  void serve();

  BoundedServer server;

 private:
  std::atomic<bool> ended_ = false;
  int listening_ = -1;  // the library's socket
  std::thread thread_;
};

// As a provider, for the library would compress plain content, at a cost a client could run up.
void write_body(httplib::Response& response, std::string body, const std::string& type);

}  // namespace tocsin
