// SPDX-License-Identifier: Apache-2.0
#include "http/listen_address.h"

#include <catch2/catch.hpp>
#include <string>

namespace tocsin {
namespace {

std::string parsed(const std::string& text) {
  const auto address = ListenAddress::parse(text);
  if (!address) {
    CHECK(address.error().reaction == Reaction::reject);
    return "refused";
  }
  return address->text() + (address->loopback ? " loopback" : "");
}

}  // namespace

TEST_CASE("An address to listen on is a host and a port") {
  CHECK(parsed("127.0.0.1:8080") == "127.0.0.1:8080 loopback");
  CHECK(parsed("127.8.9.1:0") == "127.8.9.1:0 loopback");
  CHECK(parsed("localhost:80") == "localhost:80 loopback");
  CHECK(parsed("[::1]:8080") == "[::1]:8080 loopback");
  CHECK(parsed("[2001:db8::1]:65535") == "[2001:db8::1]:65535");
  CHECK(parsed("10.0.0.5:8080") == "10.0.0.5:8080");
  CHECK(parsed("0.0.0.0:8080") == "0.0.0.0:8080");
}

TEST_CASE("A port alone listens on every address") {
  CHECK(parsed(":8080") == "0.0.0.0:8080");
  CHECK(parsed("*:8080") == "0.0.0.0:8080");
}

TEST_CASE("What is no host and port is refused") {
  for (const auto* text : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "[::1]",
                           "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80 ", "::1:8080"}) {
    CAPTURE(text);
    CHECK(parsed(text) == "refused");
  }
}

TEST_CASE("A name that only begins like a loopback address is none") {
  CHECK_FALSE(is_loopback("127.0.0.1.evil.example"));
  CHECK_FALSE(is_loopback("localhost.evil.example"));
  CHECK_FALSE(is_loopback(""));
}

}  // namespace tocsin
