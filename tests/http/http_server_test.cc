// SPDX-License-Identifier: Apache-2.0
#include "http/http_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "connection.h"

namespace tocsin {
namespace {

using Catch::Contains;
using Catch::StartsWith;

Api api() {
  Api api;
  api.healthz = [] { return Api::Health{true, "up"}; };
  api.readyz = [] { return std::vector<std::string>{}; };
  api.metrics = [] {
    return std::vector<MetricSample>{{"tocsin_up", "Up.", MetricSample::Type::gauge, {}, "1"}};
  };
  api.alerts_json = [](std::size_t limit) { return "{\"limit\": " + std::to_string(limit) + "}"; };
  api.budgets_json = [](std::size_t) { return std::string(3'000'000, 'x'); };
  api.explain = [](const Api::Query& query) {
    return Api::Answer{query.contains("rule") ? 200 : 404, std::to_string(query.count("group"))};
  };
  api.remarks = [] { return std::vector<std::string>{}; };
  api.reload = [] { return Api::Answer{200, "reloaded"}; };
  api.acknowledge = [](const Api::Query& query) {
    return Api::Answer{200, "seen " + std::to_string(query.size())};
  };
  api.silences = [](std::string_view method, const Api::Query& query) {
    return Api::Answer{200, std::string(method) + " " + std::to_string(query.size())};
  };
  api.reprice = [](const Api::Query&, bool begin) {
    return Api::Answer{begin ? 202 : 200, "repriced"};
  };
  return api;
}

std::unique_ptr<HttpServer> served(Api what, const std::string& token = "") {
  auto server = HttpServer::start({"127.0.0.1:0", token}, std::move(what));
  REQUIRE(server);
  return std::move(*server);
}

// Sends bytes to the server and reads until it closes the connection.
std::string talk(const HttpServer& server, const std::string& request) {
  const int socket = connected(server);
  std::string answer;
  if (socket >= 0) {
    ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    std::string part(65536, '\0');
    for (ssize_t n = 0; (n = ::recv(socket, part.data(), part.size(), 0)) > 0;) {
      answer.append(part, 0, static_cast<std::size_t>(n));
    }
  }
  ::close(socket);
  return answer;
}

std::string get(const HttpServer& server, const std::string& path, const std::string& more = "") {
  return talk(server, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
}

std::string body(const std::string& answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "no answer" : answer.substr(at + 4);
}

std::string refusal(const HttpConfig& config) {
  const auto server = HttpServer::start(config, api());
  return server ? "started" : server.error().message;
}

}  // namespace

TEST_CASE("Metrics, probes and lists are served over a socket") {
  const auto server = served(api());
  CHECK(server->address() == "127.0.0.1:" + std::to_string(server->port()));
  const std::string metrics = get(*server, "/metrics");
  CHECK_THAT(metrics, StartsWith("HTTP/1.1 200 OK\r\n") &&
                          Contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  CHECK(body(metrics) == "# HELP tocsin_up Up.\n# TYPE tocsin_up gauge\ntocsin_up 1\n");
  CHECK(body(get(*server, "/healthz")) == R"({"ok": true, "text": "up"})");
  CHECK(body(get(*server, "/readyz")) == R"({"ready": true, "reasons": []})");
  CHECK(body(get(*server, "/api/v1/alerts")) == R"({"limit": 100})");
  CHECK(body(get(*server, "/api/v1/alerts?limit=7")) == R"({"limit": 7})");
  CHECK_THAT(get(*server, "/api/v1/alerts?limit=0"), StartsWith("HTTP/1.1 400 "));
  CHECK(body(get(*server, "/api/v1/budgets")).size() == 3'000'000);
}

TEST_CASE("Every answer keeps browsers from making more of it, and no other site may read it") {
  const auto server = served(api());
  for (const auto* path : {"/metrics", "/healthz", "/api/v1/alerts", "/nothing"}) {
    const std::string answer = get(*server, path, "Origin: http://evil.example\r\n");
    CAPTURE(path);
    CHECK_THAT(answer, Contains("X-Content-Type-Options: nosniff\r\n") &&
                           Contains("Cache-Control: no-store\r\n") &&
                           Contains("Content-Security-Policy: default-src 'none'") &&
                           !Contains("Access-Control-"));
  }
}

TEST_CASE("Answers aren't compressed, for a client could run up the cost of it") {
  const auto server = served(api());
  const std::string answer = get(*server, "/metrics", "Accept-Encoding: gzip, br\r\n");
  CHECK_THAT(answer, Contains("tocsin_up 1") && !Contains("Content-Encoding"));
}

TEST_CASE("HEAD has the head alone") {
  const auto server = served(api());
  const std::string answer = talk(*server, "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 ") && Contains("Content-Length: 26"));
  CHECK(body(answer).empty());
}

TEST_CASE("Errors are JSON, whoever finds them") {
  const auto server = served(api());
  const std::string missing = get(*server, "/nothing");
  CHECK_THAT(missing, StartsWith("HTTP/1.1 404 ") && Contains("application/json"));
  CHECK(body(missing) == R"({"error": "there is nothing here"})");
  const std::string posted =
      talk(*server, "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
  CHECK_THAT(posted, StartsWith("HTTP/1.1 405 ") && Contains("Allow: GET, HEAD\r\n"));
  CHECK_THAT(body(talk(*server, "rubbish\r\n\r\n")), StartsWith("{\"error\": "));
  CHECK_THAT(talk(*server, "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n"),
             StartsWith("HTTP/1.1 414 ") && Contains("{\"error\": "));
}

TEST_CASE("A second request hidden in a body is never answered") {
  const auto server = served(api());
  const std::string hidden = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string answer =
      talk(*server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                        std::to_string(hidden.size()) + "\r\n\r\n" + hidden);
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 ") && !Contains("tocsin_up"));
}

TEST_CASE("Another site's name for this address is refused on loopback") {
  const auto server = served(api());
  CHECK_THAT(talk(*server, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
             StartsWith("HTTP/1.1 421 "));
  CHECK_THAT(talk(*server, "GET /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 421 "));
}

TEST_CASE("With a token, a request without it is told how to bring it") {
  const auto server = served(api(), "s3cret");
  const std::string refused = get(*server, "/metrics");
  CHECK_THAT(refused, StartsWith("HTTP/1.1 401 ") && Contains("WWW-Authenticate: Bearer\r\n"));
  CHECK_THAT(get(*server, "/metrics", "Authorization: Bearer s3cret\r\n"),
             StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(get(*server, "/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("An exception in an answer becomes a 500 that doesn't tell its text") {
  Api broken = api();
  broken.alerts_json = [](std::size_t) -> std::string { throw std::runtime_error("password"); };
  const auto server = served(broken);
  const std::string answer = get(*server, "/api/v1/alerts");
  CHECK_THAT(answer, StartsWith("HTTP/1.1 500 ") && Contains("\"error\"") && !Contains("password"));
  CHECK_THAT(get(*server, "/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("Several clients are answered at once") {
  const auto server = served(api());
  std::vector<std::string> answers(16);
  std::vector<std::thread> clients;
  for (std::string& answer : answers) {
    clients.emplace_back([&] { answer = get(*server, "/api/v1/budgets"); });
  }
  for (std::thread& client : clients) client.join();
  for (const std::string& answer : answers) CHECK(body(answer).size() == 3'000'000);
}

TEST_CASE("A head without end is read to its bound, and a body not at all") {
  const auto server = served(api());
  std::string head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; head.size() < 31'000; ++i) head += "X-" + std::to_string(i) + ": y\r\n";
  CHECK_THAT(talk(*server, head + "\r\n"), StartsWith("HTTP/1.1 200 "));
  while (head.size() < 200'000) head += "X-Bomb: " + std::string(4'000, 'y') + "\r\n";
  CHECK_THAT(talk(*server, head + "\r\n"), !Contains(" 200 "));
  const std::string post = "POST /api/v1/reload HTTP/1.1\r\nHost: localhost\r\n";
  CHECK_THAT(talk(*server, post + "Content-Length: 1000000000\r\n\r\n"),
             StartsWith("HTTP/1.1 415 "));
  CHECK_THAT(get(*server, "/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("Clients that say nothing, or never end their head, hold up nobody else") {
  const auto server = served(api());
  std::vector<int> silent;
  for (int i = 0; i < 40; ++i) {
    silent.push_back(connected(*server));
    if (i % 2 == 0) ::send(silent.back(), "GET /metrics HT", 15, MSG_NOSIGNAL);
  }
  CHECK_THAT(get(*server, "/healthz"), StartsWith("HTTP/1.1 200 "));
  std::vector<pollfd> given_up;
  for (const int socket : silent) given_up.push_back({socket, POLLIN, 0});
  CHECK(::poll(given_up.data(), given_up.size(), 0) == 0);  // it did not wait for any of them
  for (const int socket : silent) ::close(socket);
}

TEST_CASE("Answers that take their time hold up no probe, and are not made without end") {
  std::counting_semaphore<> asked(0), done(0);
  Api slow = api();
  slow.explain = [&](const Api::Query&) {
    asked.release();
    done.acquire();
    return Api::Answer{200, "explained"};
  };
  const auto server = served(slow);
  std::vector<std::string> answers(4);
  std::vector<std::thread> clients;
  for (std::string& answer : answers) {
    clients.emplace_back([&] { answer = get(*server, "/api/v1/explain"); });
    asked.acquire();
  }
  CHECK_THAT(get(*server, "/healthz"), StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(get(*server, "/api/v1/explain"),
             StartsWith("HTTP/1.1 503 ") && Contains("ask again in a second"));
  done.release(4);
  for (std::thread& client : clients) client.join();
  for (const std::string& answer : answers) CHECK(body(answer) == "explained");
  done.release();
  CHECK(body(get(*server, "/api/v1/explain")) == "explained");
}

TEST_CASE("A port in use is said to be, and not shared") {
  const auto first = served(api());
  const std::string second = refusal({first->address(), ""});
  CHECK(second == "http.listen: " + first->address() +
                      " is in use by another program; end that one, or listen on another port");
}

TEST_CASE("An address others can reach is refused without a token") {
  CHECK(refusal({"0.0.0.0:0", ""}) ==
        "http.listen: 0.0.0.0:0 can be reached by others, so it needs http.token_file; or listen "
        "on 127.0.0.1");
  CHECK(refusal({"0.0.0.0:0", "s3cret"}) == "started");
  CHECK_THAT(refusal({"8080", ""}), Contains("\"8080\" is no address"));
  CHECK_THAT(refusal({"192.0.2.1:0", "s3cret"}), Contains("cannot be listened on: "));
}

}  // namespace tocsin
