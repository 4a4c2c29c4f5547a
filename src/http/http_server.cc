// SPDX-License-Identifier: Apache-2.0
#include "http/http_server.h"

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "http/listen_address.h"
#include "http/router.h"
#include "http/socket_server.h"

namespace tocsin {
namespace {

constexpr std::size_t kBodyMax = 64 * 1024;

// The headers that answers depend on, for as long as a call views them.
struct Headers {
  explicit Headers(const httplib::Request& of)
      : host(of.get_header_value("Host")),
        authorization(of.get_header_value("Authorization")),
        content_type(of.get_header_value("Content-Type")),
        tocsin_request(of.get_header_value("Tocsin-Request")),
        origin(of.get_header_value("Origin")) {}

  std::string host, authorization, content_type, tocsin_request, origin;
};

HttpCall call_of(const httplib::Request& request, const Headers& headers) {
  return {.method = request.method,
          .path = request.path,
          .host = headers.host,
          .authorization = headers.authorization,
          .query = {request.params.begin(), request.params.end()},
          .content_type = headers.content_type,
          .tocsin_request = headers.tocsin_request,
          .origin = headers.origin};
}

void write(httplib::Response& response, HttpAnswer answer) {
  response.status = answer.status;
  if (!answer.allow.empty()) response.set_header("Allow", answer.allow);
  if (answer.asks_for_token) response.set_header("WWW-Authenticate", "Bearer");
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

void configure(httplib::Server& server, const Router& router) {
  server.set_default_headers(
      {{"X-Content-Type-Options", "nosniff"},
       {"Cache-Control", "no-store"},
       {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}});
  // Before routing, so that the library's own, by std::regex, is never run on what a client wrote.
  server.set_pre_routing_handler(
      [&router](const httplib::Request& request, httplib::Response& response) {
        const Headers headers(request);
        write(response, router.answer(call_of(request, headers)));
        return httplib::Server::HandlerResponse::Handled;
      });
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
      : address(std::move(at)), router(std::move(api), std::move(token), address.loopback) {
    configure(socket.server, router);
  }

  ListenAddress address;
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

}  // namespace tocsin
