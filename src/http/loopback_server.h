// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tocsin/result.h"

namespace tocsin {

// A request to a LoopbackServer; valid during the call.
struct LoopbackCall {
  std::string_view method, path, body;
};

struct LoopbackAnswer {
  int status = 200;
  std::string type = "application/json; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// A small server for this machine alone (127.0.0.1), whose answers are a function: for stand-ins
// and pages of a trial, not for the engine's API. Bodies are taken up to 1 MiB.
class LoopbackServer {
 public:
  // Called from several threads at once, when the whole body has come. Must not throw.
  using Handler = std::function<LoopbackAnswer(const LoopbackCall&)>;

  // On `port` or, where that is taken, the first free one of the `tries` after it, else any. stop:
  // nothing can be listened on.
  static Result<std::unique_ptr<LoopbackServer>> start(std::uint16_t port, int tries,
                                                       Handler handler);
  ~LoopbackServer();  // ends requests under way first

  int port() const;

 private:
  struct State;
  explicit LoopbackServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tocsin
