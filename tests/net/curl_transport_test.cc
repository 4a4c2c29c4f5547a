// SPDX-License-Identifier: Apache-2.0
#include "net/curl_transport.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "net/scripted_server.h"
#include "support/contains.h"

using namespace tocsin;

namespace {

using Asked = ScriptedServer::Request;

std::unique_ptr<CurlTransport> transport() {
  setenv("no_proxy", "127.0.0.1", 1);  // whatever proxy this machine uses
  auto made = CurlTransport::create();
  REQUIRE(made);
  return std::move(*made);
}

HttpRequest request_to(std::string url, Millis timeout = Millis{5'000}) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/json"}};
  request.body = R"({"text":"hello"})";
  request.timeout = timeout;
  return request;
}

// Posts and runs until the answer is there; it comes within the request's timeout.
Response exchange(CurlTransport& transport, HttpRequest request) {
  std::optional<Response> answer;
  transport.send(std::move(request), [&](const Response& response) {
    CHECK_FALSE(answer);
    answer = response;
  });
  CHECK_FALSE(answer);
  while (!answer) transport.poll(Millis{1'000});
  return *answer;
}

ScriptedServer::Script always(const std::string& answer) {
  return [answer](const Asked&) { return answer; };
}

}  // namespace

TEST_CASE("A post arrives as it was made, and its answer comes back") {
  ScriptedServer server(always(ScriptedServer::answer("200 OK", "ok")));
  const auto sender = transport();
  HttpRequest request = request_to(server.url("/services/T/B/X"));
  request.body = std::string(100'000, 'x') + std::string("\0end", 4);
  request.headers.emplace_back("Idempotency-Key", "abc\r\nInjected: yes");
  const Response response = exchange(*sender, request);
  CHECK(response.status == 200);
  CHECK(response.body == "ok");
  CHECK(response.error.empty());
  REQUIRE(server.requests().size() == 1);
  const Asked got = server.requests()[0];
  CHECK(got.head.starts_with("post /services/t/b/x http/1.1\r\n"));
  CHECK(got.body == request.body);
  CHECK(contains(got.head, "\r\ncontent-type: application/json\r\n"));
  CHECK(contains(got.head, "\r\nidempotency-key: abcinjected: yes\r\n"));
  CHECK_FALSE(contains(got.head, "expect:"));
}

TEST_CASE("Any status and body come back as they are") {
  for (const char* status : {"204 No Content", "404 Not Found", "500 Oops"}) {
    ScriptedServer server(always(ScriptedServer::answer(status, "")));
    CHECK(exchange(*transport(), request_to(server.url("/"))).status == std::stoi(status));
  }
  ScriptedServer server(always(ScriptedServer::answer("200 OK", "<html>not ok</html>")));
  CHECK(exchange(*transport(), request_to(server.url("/"))).body == "<html>not ok</html>");
}

TEST_CASE("How long to wait is read from a refusal") {
  ScriptedServer server(
      always(ScriptedServer::answer("429 Too Many", "rate_limited", "Retry-After: 7\r\n")));
  const Response response = exchange(*transport(), request_to(server.url("/")));
  CHECK(response.status == 429);
  CHECK(response.retry_after == std::chrono::seconds{7});
  ScriptedServer endless(
      always(ScriptedServer::answer("429 Too Many", "", "Retry-After: 9223372036854775807\r\n")));
  CHECK(exchange(*transport(), request_to(endless.url("/"))).retry_after ==
        std::chrono::hours{366 * 24});
}

TEST_CASE("A status that cannot be one is no answer") {
  ScriptedServer server(always(ScriptedServer::answer("2000 Great", "")));
  const Response response = exchange(*transport(), request_to(server.url("/")));
  CHECK(response.status == 0);
  CHECK_FALSE(response.error.empty());
}

TEST_CASE("A redirect is not followed") {
  ScriptedServer target(always(ScriptedServer::answer("200 OK", "ok")));
  ScriptedServer server(always(
      ScriptedServer::answer("307 Elsewhere", "", "Location: " + target.url("/stolen") + "\r\n")));
  CHECK(exchange(*transport(), request_to(server.url("/"))).status == 307);
  CHECK(target.requests().empty());
}

TEST_CASE("A huge body is cut and the rest not read") {
  ScriptedServer server(always(ScriptedServer::answer("200 OK", std::string(5'000'000, 'x'))));
  const Response response = exchange(*transport(), request_to(server.url("/")));
  CHECK(response.status == 200);
  CHECK(response.body.size() == 64 * 1024);
}

TEST_CASE("A receiver that never answers is given up after the timeout") {
  ScriptedServer server(always(ScriptedServer::kHang));
  const Response response =
      exchange(*transport(), request_to(server.url("/secret-path?token=1"), Millis{200}));
  CHECK(response.status == 0);
  CHECK(response.error == "127.0.0.1: Timeout was reached");
}

TEST_CASE("A connection closed without an answer names host and cause, no path and no query") {
  ScriptedServer server([](const Asked&) { return std::nullopt; });
  const Response response = exchange(*transport(), request_to(server.url("/secret-path?token=1")));
  CHECK(response.status == 0);
  CHECK(response.error.starts_with("127.0.0.1: "));
  CHECK_FALSE(contains(response.error, "secret"));
  CHECK_FALSE(contains(response.error, "token"));
}

TEST_CASE("Nobody listening is an error that names the host") {
  std::string url;
  {
    const ScriptedServer server(always(""));
    url = server.url("/secret");
  }
  CHECK(exchange(*transport(), request_to(url)).error == "127.0.0.1: Couldn't connect to server");
}

TEST_CASE("What is no web address is not fetched") {
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/secret", "", "http://", "://"}) {
    INFO(url);
    const Response response = exchange(*transport(), request_to(url));
    CHECK(response.status == 0);
    CHECK_FALSE(response.error.empty());
    CHECK_FALSE(contains(response.error, "secret"));
  }
}

TEST_CASE("Connections are kept") {
  ScriptedServer server(always(ScriptedServer::answer("200 OK", "ok")));
  const auto sender = transport();
  for (int i = 0; i < 5; ++i) CHECK(exchange(*sender, request_to(server.url("/"))).status == 200);
  CHECK(server.requests().size() == 5);
  CHECK(server.connections() == 1);
}

TEST_CASE("One that hangs holds up no other") {
  ScriptedServer server([](const Asked& request) {
    return request.path == "/hang" ? ScriptedServer::kHang : ScriptedServer::answer("200 OK", "ok");
  });
  const auto sender = transport();
  sender->send(request_to(server.url("/hang")), [](const Response&) { FAIL("answered"); });
  for (int i = 0; i < 20; ++i) CHECK(exchange(*sender, request_to(server.url("/"))).status == 200);
}

TEST_CASE("An answer may lead to the next post") {
  ScriptedServer server(always(ScriptedServer::answer("200 OK", "ok")));
  const auto sender = transport();
  int answers = 0;
  sender->send(request_to(server.url("/1")), [&](const Response&) {
    ++answers;
    sender->send(request_to(server.url("/2")), [&](const Response&) { ++answers; });
  });
  while (answers < 2) sender->poll(Millis{1'000});
  CHECK(server.requests().size() == 2);
}

TEST_CASE("A waiting poll returns when it is woken, also if that came before it") {
  const auto sender = transport();
  sender->wake();
  sender->poll(Millis{600'000});
  std::thread waker([&] { sender->wake(); });
  sender->poll(Millis{600'000});
  waker.join();
}

TEST_CASE("What is under way at the end is given up in silence") {
  ScriptedServer server(always(ScriptedServer::kHang));
  auto sender = transport();
  sender->send(request_to(server.url("/")), [](const Response&) { FAIL("answered"); });
  sender->poll(Millis{0});
  sender.reset();
}
