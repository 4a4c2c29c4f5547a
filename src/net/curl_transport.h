// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tocsin/result.h"
#include "tocsin/transport.h"

namespace tocsin {

struct CurlConfig {
  Millis connect_timeout{5'000};
  std::string ca_file;  // PEM; empty: the system's roots
};

// A Transport on libcurl: HTTP/1.1 over kept connections, http and https alone, certificates
// verified, redirects not followed, no cookies, no .netrc. A proxy is taken from the environment
// (https_proxy, no_proxy), as curl does. What is under way when it is destroyed is given up, and
// its `done` is not called.
class CurlTransport final : public Transport {
 public:
  // stop: libcurl could not be set up.
  static Result<std::unique_ptr<CurlTransport>> create(CurlConfig config = {});
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  void post(HttpRequest request, Done done) override;
  // Returns early on any activity of a socket too.
  void poll(Millis wait) override;
  void wake() override;

 private:
  struct Transfer;
  using Finished = std::vector<std::pair<Done, HttpResponse>>;

  CurlTransport(void* multi, CurlConfig config);
  bool start(Transfer& transfer);
  void perform();
  Finished collect();

  CurlConfig config_;
  void* multi_;                                                     // CURLM, ours
  std::unordered_map<void*, std::unique_ptr<Transfer>> transfers_;  // by CURL
  Finished refused_;  // posts that could not even begin
};

}  // namespace tocsin
