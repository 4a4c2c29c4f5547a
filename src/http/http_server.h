// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "http/api.h"
#include "tocsin/result.h"

namespace tocsin {

struct HttpConfig {
  std::string listen = "127.0.0.1:8080";  // port 0: any free one
  std::string token;  // a secret: of every request but probes; empty: none is asked for
};

// Serves an Api over HTTP/1.1, on threads of its own: one request a connection, no
// cookies, nothing for other sites' pages (no CORS).
class HttpServer final {
 public:
  // Listens and serves until destroyed. What `api` calls must outlive us. reject: the address is
  // wrong, or not a loopback one and there is no token. stop: it cannot be listened on now.
  static Result<std::unique_ptr<HttpServer>> start(const HttpConfig& config, Api api);

  // Ends requests under way first; a read or write of one waits for its client 5 s at most.
  ~HttpServer();

  // Where it listens, with the port it got: "127.0.0.1:41234".
  std::string address() const;
  int port() const;

  // Requests need this token from now on. Any thread; an empty one is not taken.
  void set_token(std::string token);
  // The same of those who send events.
  void set_sender_token(std::string token);

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tocsin
