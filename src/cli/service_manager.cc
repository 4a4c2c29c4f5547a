// SPDX-License-Identifier: Apache-2.0
#include "cli/service_manager.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tocsin {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

// A line end would begin another assignment.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return line;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  const std::string_view pid = variable("WATCHDOG_PID");
  const bool ours = pid.empty() || number(pid) == getpid();
  const std::int64_t watchdog = ours ? number(variable("WATCHDOG_USEC")) : 0;
  return {std::string(variable("NOTIFY_SOCKET")),
          std::chrono::microseconds{std::max<std::int64_t>(watchdog, 0)}};
}

ServiceManager::ServiceManager(std::string socket, std::chrono::microseconds watchdog)
    : socket_(std::move(socket)), watchdog_(watchdog) {
  const bool named = socket_.starts_with('/') || socket_.starts_with('@');
  if (!named || socket_.size() >= sizeof(sockaddr_un::sun_path)) return;
  descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

ServiceManager::ServiceManager(ServiceManager&& other) noexcept
    : socket_(std::move(other.socket_)),
      watchdog_(other.watchdog_),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

ServiceManager::~ServiceManager() {
  if (descriptor_ >= 0) close(descriptor_);
}

void ServiceManager::ready(std::string_view status) const {
  send("READY=1\nSTATUS=" + one_line(status));
}

void ServiceManager::reloading(std::chrono::steady_clock::time_point now) const {
  // On Linux the steady clock is CLOCK_MONOTONIC, which systemd means.
  const auto since = std::chrono::floor<std::chrono::microseconds>(now.time_since_epoch());
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", since.count()));
}

void ServiceManager::stopping(std::string_view status) const {
  send("STOPPING=1\nSTATUS=" + one_line(status));
}

void ServiceManager::status(std::string_view line) const { send("STATUS=" + one_line(line)); }

void ServiceManager::alive() const { send("WATCHDOG=1"); }

void ServiceManager::send(std::string_view message) const {
  if (descriptor_ < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // The one call whose argument is many kinds of address.
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  // Never waits: a manager that doesn't read must not hold up the engine.
  sendto(descriptor_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT, generic, size);
}

}  // namespace tocsin
