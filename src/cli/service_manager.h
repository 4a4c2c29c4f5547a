// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace tocsin {

// Tells the service manager that started this process how it is: systemd's datagrams, as
// sd_notify(3) describes them. Without a manager nothing is sent, and nothing that goes wrong here
// is an error: the engine does not depend on it. Any thread.
class ServiceManager {
 public:
  // By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  static ServiceManager from_environment();
  // `socket`: a path, or @name of an abstract one; empty: nobody listens. `watchdog`: how long it
  // waits for alive() before it restarts the process; zero: for ever.
  ServiceManager(std::string socket, std::chrono::microseconds watchdog);
  ~ServiceManager();
  ServiceManager(ServiceManager&& other) noexcept;
  ServiceManager& operator=(ServiceManager&&) = delete;
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  bool listens() const { return descriptor_ >= 0; }
  std::chrono::microseconds watchdog() const { return watchdog_; }

  // The start, or the reload that reloading() began, is over. `status` is one line for people.
  void ready(std::string_view status) const;
  void reloading(std::chrono::steady_clock::time_point now) const;
  void stopping(std::string_view status) const;
  void status(std::string_view line) const;
  void alive() const;

 private:
  void send(std::string_view message) const;

  std::string socket_;
  std::chrono::microseconds watchdog_;
  int descriptor_ = -1;
};

}  // namespace tocsin
