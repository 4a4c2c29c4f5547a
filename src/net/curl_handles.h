// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <string>

#include "tocsin/frees.h"
#include "tocsin/time.h"

namespace tocsin {

using Easy = std::unique_ptr<CURL, Frees<curl_easy_cleanup>>;
using Lines = std::unique_ptr<curl_slist, Frees<curl_slist_free_all>>;
using Mime = std::unique_ptr<curl_mime, Frees<curl_mime_free>>;
using Url = std::unique_ptr<CURLU, Frees<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, Frees<curl_free>>;

// False: no memory, and the list is as it was.
inline bool append(Lines& lines, const std::string& line) {
  curl_slist* longer = curl_slist_append(lines.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(lines.release());
  lines.reset(longer);
  return true;
}

// Milliseconds as curl takes them; 0 would be no limit.
inline long clamped(Millis time) {
  return static_cast<long>(std::clamp<Millis::rep>(time.count(), 1, LONG_MAX / 2));
}

// The one part of a URL that is no secret.
inline std::string host_of(const std::string& address) {
  const Url url(curl_url());
  char* host = nullptr;
  if (!url || curl_url_set(url.get(), CURLUPART_URL, address.c_str(), 0) != CURLUE_OK ||
      curl_url_get(url.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return "an address that is no URL";
  }
  const CurlText owned(host);
  return host;
}

// Sets options of one handle; good() is true if every one was taken.
class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}
  template <class T>
  Options& set(CURLoption option, T value) {
    good_ = good_ && curl_easy_setopt(easy_, option, value) == CURLE_OK;
    return *this;
  }
  bool good() const { return good_; }

 private:
  CURL* easy_;
  bool good_ = true;
};

}  // namespace tocsin
