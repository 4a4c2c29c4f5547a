// SPDX-License-Identifier: Apache-2.0
#include "http/bounded_server.h"

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace tocsin {
namespace {

// Rings once, when a request has had its time.
class Alarm {
 public:
  explicit Alarm(int seconds) : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) { set(seconds); }
  ~Alarm() {
    if (fd_ >= 0) close(fd_);
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  int fd() const { return fd_; }
  void set(int seconds) const {
    itimerspec time{};
    time.it_value.tv_sec = seconds;
    if (fd_ >= 0) timerfd_settime(fd_, 0, &time, nullptr);
  }

 private:
  const int fd_;
};

class Connection final : public httplib::Stream {
 public:
  Connection(int socket, std::size_t bytes_max) : socket_(socket), left_(bytes_max) {}

  // Without an alarm, for there is no descriptor left, nothing is read.
  bool is_readable() const override {
    if (at_ < size_) return true;
    std::array<pollfd, 2> waiting = {{{socket_, POLLIN, 0}, {alarm_.fd(), POLLIN, 0}}};
    if (alarm_.fd() < 0) return false;
    while (::poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {
    }
    return waiting[1].revents == 0 && waiting[0].revents != 0;
  }
  bool is_writable() const override {
    pollfd waiting{socket_, POLLOUT, 0};
    int ready = 0;
    while ((ready = ::poll(&waiting, 1, BoundedServer::kWriteSeconds * 1000)) < 0 &&
           errno == EINTR) {
    }
    return ready == 1 && (waiting.revents & POLLOUT) != 0;
  }

  // The library asks for a head byte by byte.
  ssize_t read(char* bytes, size_t size) override {
    if (at_ == size_ && !fill()) return size_ == 0 && ended_ ? 0 : -1;
    const std::size_t given = std::min(size, size_ - at_);
    std::memcpy(bytes, buffer_.data() + at_, given);
    at_ += given;
    return static_cast<ssize_t>(given);
  }
  ssize_t write(const char* bytes, size_t size) override {
    if (!is_writable()) return -1;
    return ::send(socket_, bytes, size, MSG_NOSIGNAL);
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override { nobody(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { nobody(ip, port); }
  socket_t socket() const override { return socket_; }

  void allow_large(std::size_t body_max) {
    left_ += body_max;
    alarm_.set(BoundedServer::kLargeSeconds);
  }
  // A socket closed with bytes unread takes the answer with it, so these are read for a while.
  void linger() {
    alarm_.set(BoundedServer::kLingerSeconds);
    ::shutdown(socket_, SHUT_WR);
    left_ = kLingerBytes;
    while (fill()) {
    }
  }

 private:
  static constexpr std::size_t kLingerBytes = std::size_t{64} << 20;

  // Nothing of ours depends on who asks.
  static void nobody(std::string& ip, int& port) {
    ip.clear();
    port = 0;
  }

  bool fill() {
    at_ = size_ = 0;
    if (left_ == 0 || !is_readable()) return false;
    const ssize_t got = ::recv(socket_, buffer_.data(), std::min(buffer_.size(), left_), 0);
    ended_ = got == 0;
    if (got <= 0) return false;
    size_ = static_cast<std::size_t>(got);
    left_ -= size_;
    return true;
  }

  const int socket_;
  const Alarm alarm_{BoundedServer::kRequestSeconds};
  std::size_t left_;  // bytes that may still be read
  std::array<char, 16384> buffer_;
  std::size_t at_ = 0, size_ = 0;  // what of the buffer is next, and how much is in it
  bool ended_ = false;
};

}  // namespace

bool BoundedServer::process_and_close_socket(socket_t socket) {
  bool closed = false;
  bool has_body = false;
  Connection connection(socket, request_max_);
  const bool answered = process_request(connection, true, closed, [&](httplib::Request& request) {
    has_body = request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
    request.headers.erase(kEncodingHeader);
    const auto encoding = request.headers.find("Content-Encoding");
    if (encoding != request.headers.end()) {
      request.headers.emplace(kEncodingHeader, encoding->second);
      request.headers.erase("Content-Encoding");
    }
    if (large_path_ != nullptr && large_path_(request.path)) connection.allow_large(large_max_);
  });
  if (answered && has_body) connection.linger();
  ::shutdown(socket, SHUT_RDWR);
  ::close(socket);
  return answered;
}

}  // namespace tocsin
