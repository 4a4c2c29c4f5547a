// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tocsin/result.h"
#include "tocsin/transport.h"

struct curl_sockaddr;

namespace tocsin {

class Transfer;

struct CurlConfig {
  Millis connect_timeout{5'000};
  std::string ca_file;  // PEM; empty: the system's roots
};

// A Transport on libcurl, over kept connections, certificates verified, TLS 1.2 or newer, no
// .netrc. HTTP/1.1: http and https alone, redirects not followed, no cookies, a proxy as the
// environment says (https_proxy, no_proxy). Mail: smtp and smtps alone, no proxy. What is under way
// when it is destroyed is given up, and its `done` is not called.
class CurlTransport final : public Transport {
 public:
  // stop: libcurl could not be set up.
  static Result<std::unique_ptr<CurlTransport>> create(CurlConfig config = {});
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  void send(Request request, Done done) override;
  // Returns early on any activity of a socket too.
  void poll(Millis wait) override;
  void wake() override;

 private:
  struct Running {
    std::unique_ptr<Transfer> transfer;
    Done done;
  };
  using Finished = std::vector<std::pair<Done, Response>>;

  CurlTransport(void* multi, CurlConfig config);
  static int open_socket(void* self, int purpose, curl_sockaddr* address) noexcept;
  static int close_socket(void* self, int socket) noexcept;
  bool start(Transfer& transfer);
  void perform();
  Finished collect();

  CurlConfig config_;
  void* multi_;                                   // CURLM, ours
  std::unordered_set<int> sockets_;               // open ones, curl's
  std::unordered_map<void*, Running> transfers_;  // by CURL
  Finished refused_;                              // requests that could not even begin
};

}  // namespace tocsin
