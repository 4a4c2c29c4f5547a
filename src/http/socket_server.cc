// SPDX-License-Identifier: Apache-2.0
#include "http/socket_server.h"

#include <utility>

namespace tocsin {
namespace {

constexpr std::size_t kThreads = 4;
constexpr int kTimeoutSeconds = 5;
constexpr int kWaitingMax = 128;  // connections not yet taken

// Without SO_REUSEPORT, the library's default: with it two processes would share the port, each
// getting some of the requests, and neither would say so.
void set_socket_options(int socket) {
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

}  // namespace

SocketServer::SocketServer() {
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  // Head and body go out in two writes: the second must not wait for the first's acknowledgement.
  server.set_tcp_nodelay(true);
  // One request a connection: a body we don't read can never be taken for a next request, and no
  // idle client holds a thread.
  server.set_keep_alive_max_count(1);
  server.set_socket_options([this](int socket) {
    set_socket_options(socket);
    listening_ = socket;
  });
}

SocketServer::~SocketServer() {
  if (!thread_.joinable()) return;
  server.stop();
  thread_.join();
}

bool SocketServer::bind(ListenAddress& address) {
  const bool any = address.port == 0;
  const int port = any ? server.bind_to_any_port(address.host) : address.port;
  if (any ? port <= 0 : !server.bind_to_port(address.host, port)) return false;
  address.port = port;
  // The library lets 5 connections wait; of a few more at once some would wait for a second.
  ::listen(listening_, kWaitingMax);
  return true;
}

void SocketServer::serve() {
  thread_ = std::thread([this] {
    server.listen_after_bind();
    ended_ = true;
  });
  while (!server.is_running() && !ended_) std::this_thread::yield();
}

void write_body(httplib::Response& response, std::string body, const std::string& type) {
  const std::size_t size = body.size();
  response.set_content_provider(
      size, type, [body = std::move(body)](std::size_t at, std::size_t length, auto& sink) {
        return sink.write(body.data() + at, length);
      });
}

}  // namespace tocsin
