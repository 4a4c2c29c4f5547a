// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "connection.h"
#include "http/http_server.h"
#include "http/ingest_routes.h"

namespace tocsin {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using Kind = Ingest::Answer::Kind;

struct Sender {
  std::vector<std::string> bodies;
  Ingest::Answer next;
  std::string token, api_token, signature;

  Ingest ingest() {
    Ingest made;
    made.take = [this](std::string_view body) {
      bodies.emplace_back(body);
      return next;
    };
    made.gunzip = [](std::string_view body, std::size_t max) -> Result<std::optional<std::string>> {
      if (body == "damaged") return reject("the gzip data is damaged");
      if (body == "bomb") return std::optional<std::string>();
      CHECK(max == IngestRoutes::kBodyMax);
      return "plain " + std::string(body);
    };
    if (!signature.empty()) {
      made.signed_well = [this](std::string_view, std::string_view given) {
        return given == signature;
      };
    }
    made.token = token;
    return made;
  }
};

Api sender_api(Ingest ingest) {
  Api api;
  api.healthz = [] { return Api::Health{true, "up"}; };
  api.readyz = [] { return std::vector<std::string>{}; };
  api.metrics = [] { return std::vector<MetricSample>{}; };
  api.alerts_json = [](std::size_t) { return std::string("{}"); };
  api.budgets_json = [](std::size_t) { return std::string("{}"); };
  api.explain = [](const Api::Query&) { return Api::Answer{}; };
  api.remarks = [] { return std::vector<std::string>{}; };
  api.reload = [] { return Api::Answer{}; };
  api.acknowledge = [](const Api::Query& query) {
    return Api::Answer{200, "seen " + std::to_string(query.size())};
  };
  api.silences = [](std::string_view method, const Api::Query& query) {
    return Api::Answer{200, std::string(method) + " " + std::to_string(query.size())};
  };
  api.reprice = [](const Api::Query&, bool begin) {
    return Api::Answer{begin ? 202 : 200, "repriced"};
  };
  api.ingest = std::move(ingest);
  return api;
}

std::unique_ptr<HttpServer> serving(Sender& sender) {
  auto server = HttpServer::start({"127.0.0.1:0", sender.api_token}, sender_api(sender.ingest()));
  REQUIRE(server);
  return std::move(*server);
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string answer_on(int socket) {
  std::string answer;
  std::string part(65536, '\0');
  for (ssize_t n = 0; (n = ::recv(socket, part.data(), part.size(), 0)) > 0;) {
    answer.append(part, 0, static_cast<std::size_t>(n));
  }
  ::close(socket);
  return answer;
}

const std::string kJson = "Content-Type: application/json\r\n";

std::string head(const std::string& path, std::size_t length, const std::string& more) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         more + "\r\n";
}

std::string post(const HttpServer& server, const std::string& path, const std::string& body,
                 const std::string& more = kJson) {
  const int socket = connected(server);
  send_all(socket, head(path, body.size(), more) + body);
  return answer_on(socket);
}

std::string body_of(const std::string& answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "no answer" : answer.substr(at + 4);
}

std::string metrics(const HttpServer& server) {
  const int socket = connected(server);
  send_all(socket, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return body_of(answer_on(socket));
}

}  // namespace

TEST_CASE("A body is handed over byte by byte, and 202 says how many events it held") {
  Sender sender;
  sender.next.events = 2;
  const auto server = serving(sender);
  const std::string body("[{\"a\": 1},\r\n\0{}]", 16);
  const std::string answer = post(*server, "/v1/events", body);
  CHECK_THAT(answer, StartsWith("HTTP/1.1 202 "));
  CHECK(body_of(answer) == R"({"accepted": 2})");
  CHECK(sender.bodies == std::vector{body});
}

TEST_CASE("A body that comes in chunks, or in many pieces, is one body") {
  Sender sender;
  const auto server = serving(sender);
  const int socket = connected(*server);
  send_all(socket,
           "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
           "Content-Type: application/json\r\n\r\n3\r\nabc\r\n5\r\ndefgh\r\n0\r\n\r\n");
  CHECK_THAT(answer_on(socket), StartsWith("HTTP/1.1 202 "));
  const std::string large(5'000'000, 'x');
  CHECK_THAT(post(*server, "/v1/events", large), StartsWith("HTTP/1.1 202 "));
  CHECK(sender.bodies == std::vector<std::string>{"abcdefgh", large});
}

TEST_CASE("What was set aside is said with element, reason and detail") {
  Sender sender;
  sender.next.events = 1;
  sender.next.set_aside = 1;
  sender.next.problems = {{3, "negative_count", "usage.input: \"-5\""}};
  const auto server = serving(sender);
  CHECK(body_of(post(*server, "/v1/events", "[]")) ==
        R"({"accepted": 1, "quarantined": 1, "problems": [{"element": 3, )"
        R"("reason": "negative_count", "detail": "usage.input: \"-5\""}]})");
}

TEST_CASE("Each way to be refused has the status that senders act on") {
  Sender sender;
  sender.next.text = "because";
  const auto server = serving(sender);
  const auto status = [&](Kind kind) {
    sender.next.kind = kind;
    return post(*server, "/v1/events", "[]");
  };
  CHECK_THAT(status(Kind::unreadable), StartsWith("HTTP/1.1 400 ") && !Contains("Retry-After"));
  CHECK_THAT(status(Kind::too_large), StartsWith("HTTP/1.1 413 "));
  CHECK_THAT(status(Kind::unavailable),
             StartsWith("HTTP/1.1 503 ") && Contains("\r\nRetry-After: 5\r\n"));
  CHECK(body_of(status(Kind::unavailable)) == R"({"error": "because"})");
}

TEST_CASE("OTLP is answered as its specification says, in the encoding of the request") {
  Sender sender;
  const auto server = serving(sender);
  const std::string proto = "Content-Type: application/x-protobuf\r\n";
  const std::string good = post(*server, "/v1/traces", "x", proto);
  CHECK_THAT(good, StartsWith("HTTP/1.1 200 ") &&
                       Contains("\r\nContent-Type: application/x-protobuf\r\n"));
  CHECK(body_of(good).empty());
  CHECK(body_of(post(*server, "/v1/traces", "{}")) == "{}");
  // Without a length an exporter would wait for the rest of nothing, and send it all again.
  const std::size_t taken = sender.bodies.size();
  CHECK_THAT(post(*server, "/v1/traces", "", proto),
             StartsWith("HTTP/1.1 200 ") && Contains("Content-Length: 0\r\n"));
  CHECK(sender.bodies.size() == taken);  // for there is nothing to read in it

  sender.next.set_aside = 300;
  sender.next.problems = {{0, "r", "d"}};
  CHECK(body_of(post(*server, "/v1/traces", "x", proto)) ==
        std::string("\x0a\x19\x08\xac\x02\x12\x14", 7) + "element 0: r: d; …");
  CHECK(body_of(post(*server, "/v1/traces", "{}")) ==
        R"({"partialSuccess": {"rejectedSpans": "300", "errorMessage": "element 0: r: d; …"}})");

  sender.next.kind = Kind::unavailable;
  sender.next.text = "full";
  CHECK(body_of(post(*server, "/v1/traces", "x", proto)) ==
        std::string("\x08\x0e\x12\x04", 4) + "full");
  CHECK(body_of(post(*server, "/v1/traces", "{}")) == R"({"code": 14, "message": "full"})");
}

TEST_CASE("An exporter without a token is told so by a code of its own") {
  Sender sender;
  sender.token = "t";
  const auto server = serving(sender);
  const std::string json = post(*server, "/v1/traces", "{}");
  CHECK_THAT(json, StartsWith("HTTP/1.1 401 "));
  CHECK_THAT(body_of(json), StartsWith(R"({"code": 16, )"));
  CHECK_THAT(body_of(post(*server, "/v1/traces", "x", "Content-Type: application/x-protobuf\r\n")),
             StartsWith("\x08\x10\x12"));
}

TEST_CASE("Bodies that are compressed are unpacked within bounds, or refused with the reason") {
  Sender sender;
  const auto server = serving(sender);
  const auto send = [&](const std::string& body, const std::string& encoding) {
    return post(*server, "/v1/events", body, kJson + "Content-Encoding: " + encoding + "\r\n");
  };
  CHECK_THAT(send("bytes", "gzip"), StartsWith("HTTP/1.1 202 "));
  CHECK(sender.bodies == std::vector<std::string>{"plain bytes"});
  CHECK_THAT(send("old", "x-gzip"), StartsWith("HTTP/1.1 202 "));
  CHECK(sender.bodies.back() == "plain old");
  CHECK_THAT(send("bytes", "identity"), StartsWith("HTTP/1.1 202 "));
  CHECK(sender.bodies.back() == "bytes");
  CHECK_THAT(send("damaged", "gzip"), StartsWith("HTTP/1.1 400 ") && Contains("is damaged"));
  CHECK_THAT(send("bomb", "gzip"), StartsWith("HTTP/1.1 413 "));
  for (const auto* other : {"br", "zstd", "deflate", "gzip, gzip"}) {
    CHECK_THAT(send("bytes", other), StartsWith("HTTP/1.1 415 ") && Contains("only gzip"));
  }
  CHECK_THAT(post(*server, "/v1/events", "[]", kJson + "Tocsin-Content-Encoding: gzip\r\n"),
             StartsWith("HTTP/1.1 202 "));
  CHECK(sender.bodies.back() == "[]");
}

TEST_CASE("Only media types that no form of a page can send are taken") {
  Sender sender;
  const auto server = serving(sender);
  const auto send = [&](const std::string& path, const std::string& type) {
    return post(*server, path, "[]", type.empty() ? "" : "Content-Type: " + type + "\r\n");
  };
  for (const auto* type : {"application/json", "Application/JSON; charset=utf-8", "",
                           "application/x-ndjson", "application/cloudevents-batch+json"}) {
    CAPTURE(type);
    CHECK_THAT(send("/v1/events", type), StartsWith("HTTP/1.1 202 "));
  }
  for (const auto* type : {"application/x-www-form-urlencoded", "text/plain",
                           "multipart/form-data; boundary=x", "application/x-protobuf"}) {
    CAPTURE(type);
    CHECK_THAT(send("/v1/events", type), StartsWith("HTTP/1.1 415 "));
  }
  CHECK_THAT(send("/v1/traces", "application/x-protobuf"), StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(post(*server, "/v1/events", "[]", kJson + "Origin: http://evil.example\r\n"),
             StartsWith("HTTP/1.1 403 "));
  CHECK_THAT(post(*server, "/v1/events", "[]", kJson + "Origin: null\r\n"),
             StartsWith("HTTP/1.1 403 "));
}

TEST_CASE("Without the token nothing is read, whichever token is asked for") {
  const auto bearer = [](const std::string& token) {
    return kJson + "Authorization: Bearer " + token + "\r\n";
  };
  SECTION("That of the API, where senders have none of their own") {
    Sender sender;
    sender.api_token = "of-the-api";
    const auto server = serving(sender);
    CHECK_THAT(post(*server, "/v1/events", "[]"),
               StartsWith("HTTP/1.1 401 ") && Contains("WWW-Authenticate: Bearer"));
    CHECK_THAT(post(*server, "/v1/events", "[]", bearer("of-the-apj")),
               StartsWith("HTTP/1.1 401 "));
    CHECK_THAT(post(*server, "/v1/events", "[]", bearer("of-the-api")),
               StartsWith("HTTP/1.1 202 "));
    CHECK(sender.bodies.size() == 1);
  }
  SECTION("That of senders, which opens nothing else") {
    Sender sender;
    sender.api_token = "of-the-api";
    sender.token = "of-senders";
    const auto server = serving(sender);
    CHECK_THAT(post(*server, "/v1/events", "[]", bearer("of-the-api")),
               StartsWith("HTTP/1.1 401 "));
    CHECK_THAT(post(*server, "/v1/events", "[]", bearer("of-senders")),
               StartsWith("HTTP/1.1 202 "));
    CHECK_THAT(post(*server, "/api/v1/reload", "", bearer("of-senders")),
               StartsWith("HTTP/1.1 401 "));
    server->set_sender_token("another");
    CHECK_THAT(post(*server, "/v1/events", "[]", bearer("of-senders")),
               StartsWith("HTTP/1.1 401 "));
    server->set_sender_token("");  // a file that was emptied opens nothing
    CHECK_THAT(post(*server, "/v1/events", "[]"), StartsWith("HTTP/1.1 401 "));
    CHECK_THAT(post(*server, "/v1/events", "[]", bearer("another")), StartsWith("HTTP/1.1 202 "));
  }
}

TEST_CASE("A good signature stands for the token, a false one is worth nothing") {
  Sender sender;
  sender.api_token = "of-the-api";
  sender.signature = "abc";
  const auto server = serving(sender);
  const auto send = [&](const std::string& more) {
    return post(*server, "/v1/events", "{}", kJson + more);
  };
  CHECK_THAT(send("Helicone-Signature: abc\r\n"), StartsWith("HTTP/1.1 202 "));
  CHECK_THAT(send("Helicone-Signature: abd\r\n"), StartsWith("HTTP/1.1 401 "));
  CHECK_THAT(send("Helicone-Signature: abd\r\nAuthorization: Bearer of-the-api\r\n"),
             StartsWith("HTTP/1.1 401 "));
  CHECK_THAT(send("Helicone-Signature:\r\n"), StartsWith("HTTP/1.1 401 "));
  CHECK(sender.bodies.size() == 1);
}

TEST_CASE("Where no secret is known a signature is not looked at, so the token is asked for") {
  Sender sender;
  sender.api_token = "of-the-api";
  const auto server = serving(sender);
  CHECK_THAT(post(*server, "/v1/events", "{}", kJson + "Helicone-Signature: abc\r\n"),
             StartsWith("HTTP/1.1 401 "));
}

TEST_CASE("A body that is too large is refused, and the sender gets to read why") {
  Sender sender;
  const auto server = serving(sender);
  const std::string large(IngestRoutes::kBodyMax + 1, 'x');
  CHECK_THAT(post(*server, "/v1/events", large), StartsWith("HTTP/1.1 413 "));
  const int socket = connected(*server);
  send_all(socket,
           "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
           "Content-Type: application/json\r\n\r\n1000001\r\n");
  send_all(socket, large + "\r\n0\r\n\r\n");
  CHECK_THAT(answer_on(socket), StartsWith("HTTP/1.1 413 "));
  CHECK_THAT(post(*server, "/v1/events", large.substr(1)), StartsWith("HTTP/1.1 202 "));
  CHECK(sender.bodies.size() == 1);
}

TEST_CASE("A body that breaks off, or does not say how long it is, is not taken") {
  Sender sender;
  const auto server = serving(sender);
  const int endless = connected(*server);
  send_all(endless, "POST /v1/events HTTP/1.1\r\nHost: localhost\r\n" + kJson + "\r\n[]");
  CHECK_THAT(answer_on(endless), StartsWith("HTTP/1.1 411 "));
  const int socket = connected(*server);
  send_all(socket, head("/v1/events", 100, kJson) + "[{}");
  ::shutdown(socket, SHUT_WR);
  CHECK_THAT(answer_on(socket), StartsWith("HTTP/1.1 408 "));
  CHECK(sender.bodies.empty());
}

TEST_CASE("More at once than it takes is told to come again, and the API answers all the while") {
  constexpr int kMost = static_cast<int>(IngestRoutes::kUnderWayMax);
  std::counting_semaphore<> inside(0), out(0);
  Sender sender;
  Ingest ingest = sender.ingest();
  ingest.take = [&](std::string_view) {
    inside.release();
    out.acquire();
    return Ingest::Answer{};
  };
  auto server = HttpServer::start({"127.0.0.1:0", ""}, sender_api(ingest));
  REQUIRE(server);
  std::vector<std::jthread> senders;
  std::atomic<int> taken{0};
  for (int i = 0; i < kMost; ++i) {
    senders.emplace_back(
        [&] { taken += post(**server, "/v1/events", "[]").starts_with("HTTP/1.1 202 ") ? 1 : 0; });
  }
  for (int i = 0; i < kMost; ++i) inside.acquire();
  CHECK_THAT(post(**server, "/v1/events", "[]"),
             StartsWith("HTTP/1.1 429 ") && Contains("\r\nRetry-After: 1\r\n"));
  CHECK_THAT(metrics(**server), Contains("tocsin_ingest_refused_total{reason=\"busy\"} 1"));
  out.release(kMost);
  senders.clear();
  CHECK(taken == kMost);
  out.release();
  CHECK_THAT(post(**server, "/v1/events", "[]"), StartsWith("HTTP/1.1 202 "));
}

TEST_CASE("Bodies together may have so many bytes, whatever becomes of them") {
  Sender sender;
  IngestRoutes routes(sender.ingest());
  std::vector<std::unique_ptr<IngestRoutes::Place>> places;
  for (std::size_t i = 0; i < IngestRoutes::kBytesMax / IngestRoutes::kBodyMax; ++i) {
    places.push_back(std::make_unique<IngestRoutes::Place>(routes));
    CHECK(places.back()->grow(IngestRoutes::kBodyMax));
  }
  {
    IngestRoutes::Place one_more(routes);
    CHECK(one_more.taken());
    CHECK_FALSE(one_more.grow(1));
  }
  {
    HttpCall call{};  // what is unpacked takes room, too
    call.path = "/v1/events";
    call.encoding = "gzip";
    IngestRoutes::Place packed(routes);
    const HttpAnswer answer = routes.take(call, "bytes", packed);
    CHECK(answer.status == 429);
    CHECK(sender.bodies.empty());
  }
  places.pop_back();
  IngestRoutes::Place again(routes);
  CHECK(again.grow(IngestRoutes::kBodyMax));
}

TEST_CASE("What is asked of the two paths in another way, or of a server without ingest, is told") {
  Sender sender;
  const auto server = serving(sender);
  const int socket = connected(*server);
  send_all(socket, "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK_THAT(answer_on(socket), StartsWith("HTTP/1.1 405 ") && Contains("Allow: POST, PUT\r\n"));
  Api api = sender_api({});
  api.ingest.reset();
  const auto without = HttpServer::start({"127.0.0.1:0", ""}, std::move(api));
  CHECK_THAT(post(**without, "/v1/events", "[]"),
             StartsWith("HTTP/1.1 404 ") && Contains("add `- http: {}` to sources"));
}

TEST_CASE("Metrics tell what was taken, what was refused and why, and how long it took") {
  Sender sender;
  sender.next.events = 3;
  sender.next.set_aside = 1;
  sender.next.durable_in = std::chrono::microseconds{1500};
  const auto server = serving(sender);
  post(*server, "/v1/events", "[1]");
  sender.next.durable_in = std::chrono::microseconds{2000};
  post(*server, "/v1/traces", "{}");
  post(*server, "/v1/events", "[1]", "Content-Type: text/plain\r\n");
  const std::string text = metrics(*server);
  for (const auto* line : {"tocsin_ingest_requests_total{path=\"/v1/events\"} 1",
                           "tocsin_ingest_events_total{path=\"/v1/traces\"} 3",
                           "tocsin_ingest_unreadable_total{path=\"/v1/events\"} 1",
                           "tocsin_ingest_bytes_total{path=\"/v1/events\"} 3",
                           "tocsin_ingest_refused_total{reason=\"media_type\"} 1",
                           "tocsin_ingest_durable_seconds_bucket{le=\"0.001\"} 0",
                           "tocsin_ingest_durable_seconds_bucket{le=\"0.002\"} 2",
                           "tocsin_ingest_durable_seconds_bucket{le=\"+Inf\"} 2",
                           "tocsin_ingest_durable_microseconds_total 3500"}) {
    CHECK_THAT(text, Contains(line));
  }
}

}  // namespace tocsin
