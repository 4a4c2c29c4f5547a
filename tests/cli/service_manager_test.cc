// SPDX-License-Identifier: Apache-2.0
#include "cli/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>

#include "support/temporary_directory.h"

namespace tocsin {
namespace {

// The socket that a service manager listens on.
class Listener {
 public:
  explicit Listener(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof(address.sun_path));
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~Listener() { close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The next datagram; "nothing" if there is none.
  std::string next() const {
    std::array<char, 1024> bytes{};
    const auto count = recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return count < 0 ? "nothing" : std::string(bytes.data(), static_cast<std::size_t>(count));
  }

 private:
  int socket_;
};

TEST_CASE("A reload is told with the time it began, and its end as a start's is") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/notify";
  const Listener listener(path);
  const ServiceManager manager(path, {});
  manager.reloading(std::chrono::steady_clock::time_point{std::chrono::microseconds{1'234'567}});
  CHECK(listener.next() == "RELOADING=1\nMONOTONIC_USEC=1234567");
  manager.ready("2 rules, 1 channel: ready");
  CHECK(listener.next() == "READY=1\nSTATUS=2 rules, 1 channel: ready");
}

TEST_CASE("A line end in a status cannot begin another assignment") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/notify";
  const Listener listener(path);
  ServiceManager(path, {}).status("halted\nREADY=1");
  CHECK(listener.next() == "STATUS=halted READY=1");
}

TEST_CASE("Where no manager listens, nothing is sent and nothing fails") {
  const TemporaryDirectory directory;
  const ServiceManager none("", {});
  CHECK_FALSE(none.listens());
  none.alive();
  CHECK_FALSE(ServiceManager("relative/path", {}).listens());
  CHECK_FALSE(ServiceManager("/" + std::string(200, 'x'), {}).listens());
  const ServiceManager gone(directory.path() + "/nobody", {});
  CHECK(gone.listens());
  gone.alive();
}

}  // namespace
}  // namespace tocsin
