// SPDX-License-Identifier: Apache-2.0
#include "http/loopback_server.h"

#include <catch2/catch.hpp>
#include <string>

#include "http/http_get.h"

namespace tocsin {
namespace {

LoopbackAnswer hello(const LoopbackCall& call) {
  LoopbackAnswer answer;
  answer.status = call.path == "/missing" ? 404 : 200;
  answer.body = std::string(call.method) + " " + std::string(call.path);
  return answer;
}

std::unique_ptr<LoopbackServer> served(std::uint16_t port, int tries) {
  auto server = LoopbackServer::start(port, tries, hello);
  REQUIRE(server);
  return std::move(*server);
}

}  // namespace

TEST_CASE("A function is served on this machine and asked by http_get") {
  const auto server = served(0, 0);
  const auto reply = http_get({.port = server->port(), .path = "/page?x=1"});
  REQUIRE(reply);
  CHECK(reply->status == 200);
  CHECK(reply->body == "GET /page");
  CHECK(http_get({.port = server->port(), .path = "/missing"})->status == 404);
}

TEST_CASE("Where a port is taken the next free one is") {
  const auto first = served(0, 0);
  const auto taken = static_cast<std::uint16_t>(first->port());
  const auto second = served(taken, 20);
  CHECK(second->port() != first->port());
  CHECK(http_get({.port = second->port(), .path = "/"})->status == 200);
  const auto last = served(taken, 0);
  CHECK(last->port() != first->port());
}

TEST_CASE("Where nobody listens http_get says who was asked") {
  auto server = served(0, 0);
  const int port = server->port();
  server.reset();
  const auto reply = http_get({.port = port, .path = "/"});
  REQUIRE(!reply);
  CHECK(reply.error().reaction == Reaction::retry);
  CHECK_THAT(reply.error().message,
             Catch::StartsWith("127.0.0.1:" + std::to_string(port) + " does not answer: "));
}

}  // namespace tocsin
