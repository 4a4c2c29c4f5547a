// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tocsin/time.h"

namespace tocsin {

struct HttpRequest {
  std::string url;  // a secret: never logged
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Millis timeout{10'000};  // for the whole exchange
};

// What came of a request. status 0: no answer (error says why).
struct HttpResponse {
  int status = 0;
  std::string body;  // at most the first 64 KiB
  std::optional<std::chrono::seconds> retry_after;
  std::string error;  // names host and cause, never path or query
};

// Sends HTTP posts out, many at once. One thread only, but for wake().
class Transport {
 public:
  virtual ~Transport() = default;
  using Done = std::function<void(const HttpResponse&)>;

  // Starts a POST; `done` is called once, from a later poll().
  virtual void post(HttpRequest request, Done done) = 0;
  // Runs what is under way, for at most `wait`; returns earlier when something finished or wake()
  // was called.
  virtual void poll(Millis wait) = 0;
  // Makes a poll() under way, or the next one, return. Any thread.
  virtual void wake() = 0;
};

}  // namespace tocsin
