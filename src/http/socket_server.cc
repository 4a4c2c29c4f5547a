// SPDX-License-Identifier: Apache-2.0
#include "http/socket_server.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace tocsin {
namespace {

// The library has a thread for each connection that is open, also for one that says nothing.
constexpr std::size_t kThreadsMax = 128;
constexpr int kWaitingMax = 128;  // connections not yet taken

// Without SO_REUSEPORT, the library's default: with it two processes would share the port, each
// getting some of the requests, and neither would say so.
void set_socket_options(int socket) {
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

// As many threads as were ever needed at once, so that a few clients that are slow to ask, or whose
// answers are slow to make, hold up nobody else.
class Threads final : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() > idle_ && threads_.size() < kThreadsMax) {
      threads_.emplace_back([this] { work(); });
    }
    changed_.notify_one();
  }
  // Of the server, once, when nothing is enqueued any more.
  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      --idle_;
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;  // all below are guarded by mutex_
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace

SocketServer::SocketServer(std::size_t body_max) : server(body_max) {
  server.new_task_queue = [] { return new Threads(); };
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
  // Of a provider of nothing the library sends no length, and the client waits for more.
  if (size == 0) return response.set_content("", type);
  response.set_content_provider(
      size, type, [body = std::move(body)](std::size_t at, std::size_t length, auto& sink) {
        return sink.write(body.data() + at, length);
      });
}

}  // namespace tocsin
