// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tocsin/transport.h"

namespace tocsin {

// A Transport that keeps what was sent and answers as told, at the next poll(). Never waits.
class RecordingTransport final : public Transport {
 public:
  // What to answer to the request; nothing: hang, until answer_hanging().
  using Script = std::function<std::optional<Response>(const HttpRequest&)>;
  using MailScript = std::function<std::optional<Response>(const MailRequest&)>;

  static Response status(int status, std::string body = "") {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
  }
  static Response ok() { return status(200, "ok"); }
  static Response no_answer(std::string error) {
    Response response;
    response.error = std::move(error);
    return response;
  }

  void set_script(Script script) { script_ = std::move(script); }
  void set_mail_script(MailScript script) { mail_script_ = std::move(script); }

  void send(Request request, Done done) override {
    if (const auto* http = std::get_if<HttpRequest>(&request)) posted.push_back(*http);
    if (const auto* mail = std::get_if<MailRequest>(&request)) mailed.push_back(*mail);
    under_way_.emplace_back(std::move(request), std::move(done));
  }
  void poll(Millis wait) override {
    waits.push_back(wait);
    std::deque<std::pair<Request, Done>> begun;
    begun.swap(under_way_);
    for (auto& [request, done] : begun) {
      if (const auto answer = answer_to(request)) {
        done(*answer);
      } else {
        hanging_.push_back(std::move(done));
      }
    }
  }
  void wake() override { ++wakes; }  // any thread

  // What hangs gets this answer now.
  void answer_hanging(const Response& response) {
    std::vector<Done> hanging;
    hanging.swap(hanging_);
    for (const Done& done : hanging) done(response);
  }
  std::size_t hanging() const { return hanging_.size(); }

  std::vector<HttpRequest> posted;  // every one, in order
  std::vector<MailRequest> mailed;  // every one, in order
  std::vector<Millis> waits;        // of each poll()
  std::atomic<std::size_t> wakes = 0;

 private:
  std::optional<Response> answer_to(const Request& request) const {
    if (const auto* mail = std::get_if<MailRequest>(&request)) {
      return mail_script_ ? mail_script_(*mail) : status(250, "2.0.0 Ok: queued");
    }
    return script_ ? script_(std::get<HttpRequest>(request)) : ok();
  }

  Script script_;
  MailScript mail_script_;
  std::deque<std::pair<Request, Done>> under_way_;
  std::vector<Done> hanging_;
};

}  // namespace tocsin
