// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "http/api.h"

namespace tocsin {

// A request, as far as answers depend on it.
struct HttpCall {
  std::string_view method, path;
  std::string_view host;           // header; empty if absent
  std::string_view authorization;  // header; empty if absent
  Api::Query query{};              // parameters, decoded
  // Headers; empty if absent. Only a page of this server, or a program, can set the first two so
  // that a request of another site's page is told apart.
  std::string_view content_type{}, tocsin_request{};
  std::string_view origin{};
  std::string_view signature{};  // header Helicone-Signature
  std::string_view encoding{};   // header Content-Encoding
  bool sends_length = false;     // header Content-Length, or a body that says its end
  std::uint64_t length = 0;      // header Content-Length; 0 if absent

  // The first parameter of that name.
  std::optional<std::string_view> parameter(std::string_view name) const {
    const auto found = query.find(name);
    if (found == query.end()) return std::nullopt;
    return found->second;
  }
};

struct HttpAnswer {
  int status = 200;
  std::string type = "application/json; charset=utf-8";
  std::string body;
  std::string allow;            // header of a 405
  bool asks_for_token = false;  // header of a 401
  int retry_after = 0;          // header of a 429 or 503, in s; 0: none
};

// Does a page of another site ask?
bool foreign_origin(const HttpCall& call);

// {"error": "…"}
HttpAnswer error_answer(int status, std::string_view text);

class IngestRoutes;

// Decides who is answered what. Any thread.
class Router {
 public:
  // An empty token: none is asked for. `only_loopback`: the Host header must name this machine, so
  // that no web page can reach us by a name of its own that points here (DNS rebinding).
  Router(Api api, std::string token, bool only_loopback);
  ~Router();

  HttpAnswer answer(const HttpCall& call) const;
  // Of the request's body events are taken, so it must be read; nothing: it has none for us, and
  // answer() answers.
  IngestRoutes* ingest(const HttpCall& call) const;
  // Why they are not, without a look at the body.
  std::optional<HttpAnswer> refused_at_head(const HttpCall& call) const;
  // Another token from now on; an empty one is not taken.
  void set_token(std::string token);
  // The same, of those who send events.
  void set_sender_token(std::string token);

 private:
  HttpAnswer route(const HttpCall& call, bool authorized) const;
  HttpAnswer reload(const HttpCall& call) const;
  HttpAnswer reprice(const HttpCall& call) const;
  HttpAnswer silences(const HttpCall& call) const;
  HttpAnswer acknowledge(const HttpCall& call) const;
  HttpAnswer resend(const HttpCall& call) const;
  HttpAnswer explain(const HttpCall& call) const;

  std::optional<HttpAnswer> refused_change(const HttpCall& call, std::string_view what) const;
  std::optional<HttpAnswer> refused_host(const HttpCall& call) const;
  std::string token() const;

  const Api api_;
  const std::unique_ptr<IngestRoutes> ingest_;

  mutable std::mutex mutex_;
  std::string token_;                   // guarded by mutex_
  mutable std::size_t explaining_ = 0;  // answers under way; guarded by mutex_
  const bool only_loopback_;
};

}  // namespace tocsin
