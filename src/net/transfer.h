// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "net/curl_handles.h"
#include "net/curl_transport.h"
#include "tocsin/transport.h"

namespace tocsin {

// One request on its way: its handle, and what it brought so far. Stays where it is while it runs,
// for curl points into it.
class Transfer {
 public:
  virtual ~Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* easy() const { return easy_.get(); }
  // Makes the handle ready to run. False: this request cannot be made.
  virtual bool prepare(const CurlConfig& config) = 0;
  // What came of it, when curl ended it with `code`.
  virtual Response response(CURLcode code) const = 0;
  // Of the server, for errors.
  virtual std::string host() const = 0;

 protected:
  Transfer() = default;

  // What holds for every request.
  Options common_options(const CurlConfig& config, Millis timeout) {
    Options options(easy_.get());
    options
        .set(CURLOPT_NOSIGNAL, 1L)
        // Else who gives up on a name waits for the thread that looks it up: with a name server
        // that says nothing, all other channels would wait too.
        .set(CURLOPT_QUICK_EXIT, 1L)
        .set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED))
        .set(CURLOPT_SSL_VERIFYPEER, 1L)
        .set(CURLOPT_SSL_VERIFYHOST, 2L)
        .set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2))
        .set(CURLOPT_TCP_KEEPALIVE, 1L)
        .set(CURLOPT_CONNECTTIMEOUT_MS, clamped(config.connect_timeout))
        .set(CURLOPT_TIMEOUT_MS, clamped(timeout));
    return options;
  }

 private:
  Easy easy_{curl_easy_init()};
};

std::unique_ptr<Transfer> make_transfer(HttpRequest request);
std::unique_ptr<Transfer> make_transfer(MailRequest request);

}  // namespace tocsin
