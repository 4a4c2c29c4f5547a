// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tocsin/transport.h"

namespace tocsin {

// A Transport that keeps what was posted and answers as told, at the next poll(). Never waits.
class RecordingTransport final : public Transport {
 public:
  // What to answer to the request; nothing: hang, until answer_hanging().
  using Script = std::function<std::optional<HttpResponse>(const HttpRequest&)>;

  static HttpResponse status(int status, std::string body = "") {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
  }
  static HttpResponse ok() { return status(200, "ok"); }
  static HttpResponse no_answer(std::string error) {
    HttpResponse response;
    response.error = std::move(error);
    return response;
  }

  void set_script(Script script) { script_ = std::move(script); }

  void post(HttpRequest request, Done done) override {
    posted.push_back(request);
    under_way_.emplace_back(std::move(request), std::move(done));
  }
  void poll(Millis wait) override {
    waits.push_back(wait);
    std::deque<std::pair<HttpRequest, Done>> begun;
    begun.swap(under_way_);
    for (auto& [request, done] : begun) {
      const auto answer = script_ ? script_(request) : ok();
      if (answer) {
        done(*answer);
      } else {
        hanging_.push_back(std::move(done));
      }
    }
  }
  void wake() override { ++wakes; }  // any thread

  // What hangs gets this answer now.
  void answer_hanging(const HttpResponse& response) {
    std::vector<Done> hanging;
    hanging.swap(hanging_);
    for (const Done& done : hanging) done(response);
  }
  std::size_t hanging() const { return hanging_.size(); }

  std::vector<HttpRequest> posted;  // every one, in order
  std::vector<Millis> waits;        // of each poll()
  std::atomic<std::size_t> wakes = 0;

 private:
  Script script_;
  std::deque<std::pair<HttpRequest, Done>> under_way_;
  std::vector<Done> hanging_;
};

}  // namespace tocsin
