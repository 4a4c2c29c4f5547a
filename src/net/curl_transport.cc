// SPDX-License-Identifier: Apache-2.0
#include "net/curl_transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <climits>
#include <mutex>
#include <string_view>

namespace tocsin {
namespace {

constexpr std::size_t kBodyMax = 64 * 1024;

template <auto free>
struct Frees {
  template <class T>
  void operator()(T* handle) const noexcept {
    free(handle);
  }
};
using Easy = std::unique_ptr<CURL, Frees<curl_easy_cleanup>>;
using Headers = std::unique_ptr<curl_slist, Frees<curl_slist_free_all>>;
using Url = std::unique_ptr<CURLU, Frees<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, Frees<curl_free>>;

// The one part of a URL that is no secret.
std::string host_of(const std::string& address) {
  const Url url(curl_url());
  char* host = nullptr;
  if (!url || curl_url_set(url.get(), CURLUPART_URL, address.c_str(), 0) != CURLUE_OK ||
      curl_url_get(url.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return "an address that is no URL";
  }
  const CurlText owned(host);
  return host;
}

// A header of ours holds no line ends; one that did would be another header.
std::string header_line(const std::pair<std::string, std::string>& header) {
  std::string line = header.first + ": " + header.second;
  std::erase_if(line, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return line;
}

bool append(Headers& headers, const std::string& line) {
  curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(headers.release());
  headers.reset(longer);
  return true;
}

long clamped(Millis time) {
  return static_cast<long>(std::clamp<Millis::rep>(time.count(), 1, LONG_MAX / 2));
}

// True if every option was taken.
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

}  // namespace

struct CurlTransport::Transfer {
  Easy easy{curl_easy_init()};
  Headers headers;
  HttpRequest request;
  Done done;
  std::string body;
  bool cut = false;

  // Gives up the transfer once the body is longer than anybody reads.
  static std::size_t take(char* bytes, std::size_t one, std::size_t count, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::size_t size = one * count;
    const std::size_t room = kBodyMax - transfer.body.size();
    transfer.body.append(bytes, std::min(size, room));
    if (size <= room) return size;
    transfer.cut = true;
    return 0;
  }

  HttpResponse response(CURLcode code) const {
    HttpResponse response;
    if (code == CURLE_OK || cut) {
      long status = 0;
      curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
      response.status = static_cast<int>(status);
      response.body = body;
      curl_off_t retry_after = 0;
      curl_easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &retry_after);
      if (retry_after > 0) response.retry_after = std::chrono::seconds{retry_after};
      return response;
    }
    response.error = host_of(request.url) + ": " + curl_easy_strerror(code);
    return response;
  }
};

Result<std::unique_ptr<CurlTransport>> CurlTransport::create(CurlConfig config) {
  static std::once_flag once;
  static CURLcode initialised = CURLE_FAILED_INIT;
  std::call_once(once, [] { initialised = curl_global_init(CURL_GLOBAL_DEFAULT); });
  CURLM* multi = initialised == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi == nullptr) return stop("libcurl could not be set up: is memory exhausted?");
  return std::unique_ptr<CurlTransport>(new CurlTransport(multi, std::move(config)));
}

CurlTransport::CurlTransport(void* multi, CurlConfig config)
    : config_(std::move(config)), multi_(multi) {}

CurlTransport::~CurlTransport() {
  for (const auto& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_, easy);
  transfers_.clear();
  curl_multi_cleanup(multi_);
}

bool CurlTransport::start(Transfer& transfer) {
  CURL* easy = transfer.easy.get();
  if (easy == nullptr || !append(transfer.headers, "Expect:")) return false;
  for (const auto& header : transfer.request.headers) {
    if (!append(transfer.headers, header_line(header))) return false;
  }
  Options options(easy);
  options.set(CURLOPT_URL, transfer.request.url.c_str())
      .set(CURLOPT_PROTOCOLS_STR, "http,https")
      .set(CURLOPT_FOLLOWLOCATION, 0L)
      .set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1))
      .set(CURLOPT_NOSIGNAL, 1L)
      .set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED))
      .set(CURLOPT_SSL_VERIFYPEER, 1L)
      .set(CURLOPT_SSL_VERIFYHOST, 2L)
      .set(CURLOPT_TCP_KEEPALIVE, 1L)
      .set(CURLOPT_CONNECTTIMEOUT_MS, clamped(config_.connect_timeout))
      .set(CURLOPT_TIMEOUT_MS, clamped(transfer.request.timeout))
      .set(CURLOPT_POST, 1L)
      .set(CURLOPT_POSTFIELDS, transfer.request.body.data())
      .set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer.request.body.size()))
      .set(CURLOPT_HTTPHEADER, transfer.headers.get())
      .set(CURLOPT_WRITEFUNCTION, &Transfer::take)
      .set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  if (!config_.ca_file.empty()) options.set(CURLOPT_CAINFO, config_.ca_file.c_str());
  return options.good() && curl_multi_add_handle(multi_, easy) == CURLM_OK;
}

void CurlTransport::post(HttpRequest request, Done done) {
  auto transfer = std::make_unique<Transfer>();
  transfer->request = std::move(request);
  transfer->done = std::move(done);
  if (!start(*transfer)) {
    HttpResponse response;
    response.error = host_of(transfer->request.url) + ": the request could not be made";
    refused_.emplace_back(std::move(transfer->done), std::move(response));
    return;
  }
  void* const easy = transfer->easy.get();
  transfers_.emplace(easy, std::move(transfer));
}

void CurlTransport::perform() {
  int running = 0;
  // A failing multi handle fails each transfer by itself in time; there is nothing to do here.
  static_cast<void>(curl_multi_perform(multi_, &running));
}

CurlTransport::Finished CurlTransport::collect() {
  Finished finished = std::exchange(refused_, {});
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    const auto found = transfers_.find(easy);
    if (found == transfers_.end()) continue;
    finished.emplace_back(std::move(found->second->done), found->second->response(code));
    curl_multi_remove_handle(multi_, easy);
    transfers_.erase(found);
  }
  return finished;
}

void CurlTransport::poll(Millis wait) {
  perform();
  Finished finished = collect();
  if (finished.empty() && wait > Millis{0}) {
    const int most = static_cast<int>(std::min<Millis::rep>(wait.count(), INT_MAX));
    static_cast<void>(curl_multi_poll(multi_, nullptr, 0, most, nullptr));
    perform();
    finished = collect();
  }
  for (auto& [done, response] : finished) done(response);
}

void CurlTransport::wake() { static_cast<void>(curl_multi_wakeup(multi_)); }

}  // namespace tocsin
