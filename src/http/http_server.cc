// SPDX-License-Identifier: Apache-2.0
#include "http/http_server.h"

#include <httplib.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "http/listen_address.h"
#include "http/router.h"

namespace tocsin {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kBodyMax = 64 * 1024;
constexpr int kTimeoutSeconds = 5;
constexpr int kWaitingMax = 128;  // connections not yet taken

HttpCall call_of(const httplib::Request& request, const std::string& host,
                 const std::string& authorization, const std::string& limit) {
  HttpCall call{request.method, request.path, host, authorization, std::nullopt};
  if (request.has_param("limit")) call.limit = limit;
  return call;
}

// As a provider, for the library would compress plain content, at a cost a client could run up.
void write_body(httplib::Response& response, std::string body, const std::string& type) {
  const std::size_t size = body.size();
  response.set_content_provider(
      size, type, [body = std::move(body)](std::size_t at, std::size_t length, auto& sink) {
        return sink.write(body.data() + at, length);
      });
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

// Without SO_REUSEPORT, the library's default: with it two processes would share the port, each
// getting some of the requests, and neither would say so.
void set_socket_options(int socket) {
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

void configure(httplib::Server& server, const Router& router) {
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_payload_max_length(kBodyMax);
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  // One request a connection: a body we don't read can never be taken for a next request, and no
  // idle client holds a thread.
  server.set_keep_alive_max_count(1);
  server.set_default_headers(
      {{"X-Content-Type-Options", "nosniff"},
       {"Cache-Control", "no-store"},
       {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}});
  // Before routing, so that the library's own, by std::regex, is never run on what a client wrote.
  server.set_pre_routing_handler(
      [&router](const httplib::Request& request, httplib::Response& response) {
        const std::string host = request.get_header_value("Host");
        const std::string authorization = request.get_header_value("Authorization");
        const std::string limit = request.get_param_value("limit");
        write(response, router.answer(call_of(request, host, authorization, limit)));
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
    configure(server, router);
    server.set_socket_options([this](int socket) {
      set_socket_options(socket);
      listening = socket;
    });
  }
  ~State() {
    if (!thread.joinable()) return;
    server.stop();
    thread.join();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool bind() {
    const bool any = address.port == 0;
    const int port = any ? server.bind_to_any_port(address.host) : address.port;
    if (any ? port <= 0 : !server.bind_to_port(address.host, port)) return false;
    address.port = port;
    // The library lets 5 connections wait; of a few more at once some would wait for a second.
    ::listen(listening, kWaitingMax);
    return true;
  }

  // Returns when requests are served: stopping the server any earlier would be missed by it.
  void serve() {
    thread = std::thread([this] {
      server.listen_after_bind();
      ended = true;
    });
    while (!server.is_running() && !ended) std::this_thread::yield();
  }

  std::atomic<bool> ended = false;
  int listening = -1;  // the library's socket
  ListenAddress address;
  Router router;
  httplib::Server server;
  std::thread thread;
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
  if (!state->bind()) return stop(cannot_listen(state->address, errno));
  state->serve();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

std::string HttpServer::address() const { return state_->address.text(); }
int HttpServer::port() const { return state_->address.port; }

}  // namespace tocsin
