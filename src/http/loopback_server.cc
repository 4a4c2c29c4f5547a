// SPDX-License-Identifier: Apache-2.0
#include "http/loopback_server.h"

#include <cerrno>
#include <system_error>

#include "http/socket_server.h"

namespace tocsin {
namespace {

constexpr std::size_t kLoopbackBodyMax = 1 << 20;
constexpr int kPortMax = 65535;

void answer(const LoopbackServer::Handler& handler, const httplib::Request& request,
            httplib::Response& response) {
  LoopbackAnswer answer = handler({request.method, request.path, request.body});
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name.c_str(), value);
  write_body(response, std::move(answer.body), answer.type);
}

}  // namespace

struct LoopbackServer::State {
  explicit State(Handler what) : handler(std::move(what)) {
    httplib::Server& server = socket.server;
    server.set_default_headers({{"X-Content-Type-Options", "nosniff"},
                                {"Referrer-Policy", "no-referrer"},
                                {"Cache-Control", "no-store"}});
    const auto any = [this](const httplib::Request& request, httplib::Response& response) {
      answer(handler, request, response);
    };
    server.Get("/.*", any);
    server.Post("/.*", any);
  }

  Handler handler;
  ListenAddress address{"127.0.0.1", 0, true};
  SocketServer socket{kLoopbackBodyMax};  // last: it ends before what it serves
};

LoopbackServer::LoopbackServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
LoopbackServer::~LoopbackServer() = default;

Result<std::unique_ptr<LoopbackServer>> LoopbackServer::start(std::uint16_t port, int tries,
                                                              Handler handler) {
  int error = 0;
  for (int i = 0; i <= tries; ++i) {
    // A server that failed to bind is not used again.
    auto state = std::make_unique<State>(handler);
    const int wanted = port + i;
    state->address.port = i == tries || wanted > kPortMax ? 0 : wanted;
    errno = 0;
    if (state->socket.bind(state->address)) {
      state->socket.serve();
      return std::unique_ptr<LoopbackServer>(new LoopbackServer(std::move(state)));
    }
    error = errno;
  }
  return stop("no port of 127.0.0.1 can be listened on: " + std::generic_category().message(error));
}

int LoopbackServer::port() const { return state_->address.port; }

}  // namespace tocsin
