// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

struct HttpReply {
  int status = 0;
  std::string body;
};

struct HttpGetRequest {
  std::string host = "127.0.0.1";  // without brackets
  int port = 0;
  std::string path;  // with its parameters, already encoded: "/api/v1/alerts?limit=10"
  std::string token = {};
  Millis timeout{2'000};     // to connect, and again for each read
  std::string post_as = {};  // not empty: it is a POST without a body, of this Tocsin-Request
  bool deletes = false;      // then a DELETE in its place
};

// Asks an engine's HttpServer, and waits. Any thread. retry: nobody answered; the message names the
// address and the cause. An answer of any status is a reply.
Result<HttpReply> http_get(const HttpGetRequest& request);

}  // namespace tocsin
