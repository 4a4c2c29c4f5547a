// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "net/transfer.h"

namespace tocsin {
namespace {

constexpr std::size_t kBodyMax = 64 * 1024;
constexpr curl_off_t kRetryAfterMax = 366 * 86'400;  // a year; libcurl gives any number

// A header of ours holds no line ends; one that did would be another header.
std::string header_line(const std::pair<std::string, std::string>& header) {
  std::string line = header.first + ": " + header.second;
  std::erase_if(line, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return line;
}

class HttpTransfer final : public Transfer {
 public:
  explicit HttpTransfer(HttpRequest request) : request_(std::move(request)) {}

  bool prepare(const CurlConfig& config) override {
    if (easy() == nullptr || !append(headers_, "Expect:")) return false;
    for (const auto& header : request_.headers) {
      if (!append(headers_, header_line(header))) return false;
    }
    Options options = common_options(config, request_.timeout);
    options.set(CURLOPT_URL, request_.url.c_str())
        .set(CURLOPT_PROTOCOLS_STR, "http,https")
        .set(CURLOPT_FOLLOWLOCATION, 0L)
        .set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1))
        .set(CURLOPT_POST, 1L)
        .set(CURLOPT_POSTFIELDS, request_.body.data())
        .set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()))
        .set(CURLOPT_HTTPHEADER, headers_.get())
        .set(CURLOPT_WRITEFUNCTION, &HttpTransfer::take)
        .set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    if (!config.ca_file.empty()) options.set(CURLOPT_CAINFO, config.ca_file.c_str());
    return options.good();
  }

  Response response(CURLcode code) const override {
    Response response;
    if (code != CURLE_OK && !cut_) {
      response.error = host() + ": " + curl_easy_strerror(code);
      return response;
    }
    long status = 0;
    curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
    if (status < 100 || status > 999) {  // libcurl takes "HTTP/2 2000" for one
      response.error = host() + ": the answer is no HTTP";
      return response;
    }
    response.status = static_cast<int>(status);
    response.body = body_;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(easy(), CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0) {
      response.retry_after = std::chrono::seconds{std::min(retry_after, kRetryAfterMax)};
    }
    return response;
  }

  std::string host() const override { return host_of(request_.url); }

 private:
  // Gives up the transfer once the body is longer than anybody reads.
  static std::size_t take(char* bytes, std::size_t one, std::size_t count, void* self) noexcept {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    const std::size_t size = one * count;
    const std::size_t room = kBodyMax - transfer.body_.size();
    transfer.body_.append(bytes, std::min(size, room));
    if (size <= room) return size;
    transfer.cut_ = true;
    return 0;
  }

  HttpRequest request_;
  Lines headers_;
  std::string body_;
  bool cut_ = false;
};

}  // namespace

std::unique_ptr<Transfer> make_transfer(HttpRequest request) {
  return std::make_unique<HttpTransfer>(std::move(request));
}

}  // namespace tocsin
