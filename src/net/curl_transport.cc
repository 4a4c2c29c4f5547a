// SPDX-License-Identifier: Apache-2.0
#include "net/curl_transport.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <mutex>

#include "net/curl_handles.h"
#include "net/transfer.h"

namespace tocsin {
namespace {

// More at a time than any one channel makes, so that one that hangs leaves room for another of the
// same server; less than servers allow a client.
constexpr long kHostConnectionsMax = 16;
// Kept connections. Never reached, for to make room libcurl 7.88 would say QUIT to a mail server
// and wait for the answer.
constexpr long kConnectionsMax = 1'000;

}  // namespace

Result<std::unique_ptr<CurlTransport>> CurlTransport::create(CurlConfig config) {
  static std::once_flag once;
  static CURLcode initialised = CURLE_FAILED_INIT;
  std::call_once(once, [] { initialised = curl_global_init(CURL_GLOBAL_DEFAULT); });
  CURLM* multi = initialised == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi == nullptr) return stop("libcurl could not be set up: is memory exhausted?");
  return std::unique_ptr<CurlTransport>(new CurlTransport(multi, std::move(config)));
}

CurlTransport::CurlTransport(void* multi, CurlConfig config)
    : config_(std::move(config)), multi_(multi) {
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, kHostConnectionsMax);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kConnectionsMax);
}

CurlTransport::~CurlTransport() {
  for (const auto& [easy, running] : transfers_) curl_multi_remove_handle(multi_, easy);
  transfers_.clear();
  // To each mail server libcurl says QUIT here and waits for the answer; there will be none.
  for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
  curl_multi_cleanup(multi_);
}

int CurlTransport::open_socket(void* self, int, curl_sockaddr* address) noexcept {
  const int opened = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (opened >= 0) static_cast<CurlTransport*>(self)->sockets_.insert(opened);
  return opened;
}

int CurlTransport::close_socket(void* self, int socket) noexcept {
  static_cast<CurlTransport*>(self)->sockets_.erase(socket);
  return close(socket);
}

bool CurlTransport::start(Transfer& transfer) {
  if (!transfer.prepare(config_)) return false;
  Options options(transfer.easy());
  options.set(CURLOPT_OPENSOCKETFUNCTION, &CurlTransport::open_socket)
      .set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this))
      .set(CURLOPT_CLOSESOCKETFUNCTION, &CurlTransport::close_socket)
      .set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(this));
  return options.good() && curl_multi_add_handle(multi_, transfer.easy()) == CURLM_OK;
}

void CurlTransport::send(Request request, Done done) {
  auto transfer = std::visit([](auto& one) { return make_transfer(std::move(one)); }, request);
  if (!start(*transfer)) {
    Response response;
    response.error = transfer->host() + ": the request could not be made";
    refused_.emplace_back(std::move(done), std::move(response));
    return;
  }
  void* const easy = transfer->easy();
  transfers_.emplace(easy, Running{std::move(transfer), std::move(done)});
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
    finished.emplace_back(std::move(found->second.done), found->second.transfer->response(code));
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
