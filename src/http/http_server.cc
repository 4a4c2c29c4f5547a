// SPDX-License-Identifier: Apache-2.0
#include "http/http_server.h"

#include <cerrno>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>

#include "http/ingest_routes.h"
#include "http/listen_address.h"
#include "http/router.h"
#include "http/socket_server.h"

namespace tocsin {
namespace {

constexpr std::size_t kBodyMax = 64 * 1024;
static_assert(kBodyMax <= IngestRoutes::kBodyMax);

// The headers that answers depend on, for as long as a call views them.
struct Headers {
  explicit Headers(const httplib::Request& of)
      : host(of.get_header_value("Host")),
        authorization(of.get_header_value("Authorization")),
        content_type(of.get_header_value("Content-Type")),
        tocsin_request(of.get_header_value("Tocsin-Request")),
        origin(of.get_header_value("Origin")),
        signature(of.get_header_value("Helicone-Signature")),
        encoding(of.get_header_value(BoundedServer::kEncodingHeader)),
        sends_length(of.has_header("Content-Length") || of.has_header("Transfer-Encoding")),
        length(of.get_header_value<std::uint64_t>("Content-Length")) {}

  std::string host, authorization, content_type, tocsin_request, origin, signature, encoding;
  bool sends_length;
  std::uint64_t length;
};

HttpCall call_of(const httplib::Request& request, const Headers& headers) {
  return {.method = request.method,
          .path = request.path,
          .host = headers.host,
          .authorization = headers.authorization,
          .query = {request.params.begin(), request.params.end()},
          .content_type = headers.content_type,
          .tocsin_request = headers.tocsin_request,
          .origin = headers.origin,
          .signature = headers.signature,
          .encoding = headers.encoding,
          .sends_length = headers.sends_length,
          .length = headers.length};
}

void write(httplib::Response& response, HttpAnswer answer) {
  response.status = answer.status;
  if (!answer.allow.empty()) response.set_header("Allow", answer.allow);
  if (answer.asks_for_token) response.set_header("WWW-Authenticate", "Bearer");
  if (answer.retry_after > 0) {
    response.set_header("Retry-After", std::to_string(answer.retry_after));
  }
  write_body(response, std::move(answer.body), answer.type);
}

std::string text_of(int status) {
  switch (status) {
    case 413: return "the body is too large";
    case 414: return "the address is too long";
    case 500: return "this answer failed; the log may say why";
    default: return "the request cannot be understood";
  }
}

// Reads the body of a request that may send one, and has it taken.
HttpAnswer take_body(const HttpCall& call, IngestRoutes& ingest,
                     const httplib::ContentReader& reader) {
  using Failure = IngestRoutes::Failure;
  IngestRoutes::Place place(ingest);
  if (!place.taken()) return ingest.refused_body(call, Failure::busy);
  std::string body;
  std::optional<Failure> failure;
  const bool whole = reader([&](const char* bytes, std::size_t size) {
    if (body.size() + size > IngestRoutes::kBodyMax) {
      failure = Failure::too_large;
    } else if (!place.grow(size)) {
      failure = Failure::busy;
    } else {
      body.append(bytes, size);
    }
    return !failure;
  });
  if (!whole) return ingest.refused_body(call, failure.value_or(Failure::cut_short));
  return ingest.take(call, body, place);
}

void configure_ingest(httplib::Server& server, const Router& router) {
  const auto take = [&router](const httplib::Request& request, httplib::Response& response,
                              const httplib::ContentReader& reader) {
    const Headers headers(request);
    const HttpCall call = call_of(request, headers);
    write(response, take_body(call, *router.ingest(call), reader));
  };
  for (const char* path : IngestRoutes::kPaths) {
    server.Post(path, take);
    server.Put(path, take);
  }
}

void configure(httplib::Server& server, const Router& router) {
  server.set_default_headers(
      {{"X-Content-Type-Options", "nosniff"},
       {"Cache-Control", "no-store"},
       {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}});
  // Before routing, so that the library's own, by std::regex, is never run on what a client wrote
  // but where that is one of our paths.
  server.set_pre_routing_handler(
      [&router](const httplib::Request& request, httplib::Response& response) {
        const Headers headers(request);
        const HttpCall call = call_of(request, headers);
        std::optional<HttpAnswer> answer;
        if (router.ingest(call) == nullptr) {
          answer = router.answer(call);
        } else {
          answer = router.refused_at_head(call);
        }
        if (!answer) return httplib::Server::HandlerResponse::Unhandled;
        write(response, std::move(*answer));
        return httplib::Server::HandlerResponse::Handled;
      });
  configure_ingest(server, router);
  // For what the library itself refuses.
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.content_length_ == 0) {
      write(response, error_answer(response.status, text_of(response.status)));
    }
  });
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        write(response, error_answer(500, text_of(500)));
      });
}

std::string cannot_listen(const ListenAddress& address, int error) {
  const std::string where = "http.listen: " + address.text();
  if (error == EADDRINUSE) {
    return where + " is in use by another program; end that one, or listen on another port";
  }
  return where + " cannot be listened on: " + std::generic_category().message(error) +
         "; choose another address";
}

}  // namespace

struct HttpServer::State {
  State(ListenAddress at, Api api, std::string token)
      : address(std::move(at)),
        ingest(api.ingest.has_value()),
        router(std::move(api), std::move(token), address.loopback) {
    configure(socket.server, router);
    if (ingest) socket.server.allow_large(IngestRoutes::serves, IngestRoutes::kBodyMax);
  }

  ListenAddress address;
  const bool ingest;
  Router router;
  SocketServer socket{kBodyMax};  // last: it ends before what it serves
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpConfig& config, Api api) {
  auto address = ListenAddress::parse(config.listen);
  if (!address) return tl::unexpected(address.error());
  if (!address->loopback && config.token.empty()) {
    return reject("http.listen: " + address->text() +
                  " can be reached by others, so it needs http.token_file; or listen on 127.0.0.1");
  }
  auto state = std::make_unique<State>(std::move(*address), std::move(api), config.token);
  errno = 0;
  if (!state->socket.bind(state->address)) return stop(cannot_listen(state->address, errno));
  state->socket.serve();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

std::string HttpServer::address() const { return state_->address.text(); }
int HttpServer::port() const { return state_->address.port; }
void HttpServer::set_token(std::string token) { state_->router.set_token(std::move(token)); }
void HttpServer::set_sender_token(std::string token) {
  state_->router.set_sender_token(std::move(token));
}

}  // namespace tocsin
