// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "notify/channel.h"
#include "sim/random.h"
#include "support/manual_clock.h"
#include "tocsin/transport.h"

namespace tocsin::sim {

// How the world's receivers of messages fail: probabilities of each, drawn per request.
struct TransportFaults {
  double server_error = 0, too_many = 0, no_answer = 0, lost_answer = 0, hang = 0, refused = 0,
         too_large = 0;
};

// What receivers took, for ever; requests of dead processes too.
struct Received {
  struct Message {
    std::uint64_t taken = 0;    // by the receiver
    std::uint64_t excused = 0;  // times the sender could not know that it was
    std::uint64_t refused = 0;  // for good
  };
  std::map<std::pair<std::string, std::string>, Message> messages;  // by url and idempotency key
};

// A Transport to receivers that fail as drawn. Answers come when the clock has reached them.
class SimTransport final : public Transport {
 public:
  SimTransport(Received& received, const TransportFaults& faults, Random& random,
               ManualClock& clock)
      : received_(received), faults_(faults), random_(random), clock_(clock) {}
  // The process dies: what is under way was perhaps taken, and nobody will know.
  ~SimTransport() override {
    for (auto& exchange : under_way_) {
      if (!exchange.arrives || random_.chance(0.5)) continue;
      auto& message = received_.messages[exchange.message];
      ++message.taken;
      ++message.excused;
    }
  }

  // Sees each request before it is sent.
  std::function<void(const HttpRequest&, const std::string& key)> sent;

  void send(Request request, Done done) override {
    const auto& http = std::get<HttpRequest>(request);
    std::string key;
    for (const auto& [name, value] : http.headers) {
      if (name == "Idempotency-Key") key = value;
    }
    if (sent) sent(http, key);
    under_way_.push_back(drawn({http.url, key}, std::move(done)));
  }

  // Who waits, waits until the next answer.
  void poll(Millis wait) override {
    WallTime until = clock_.wall() + wait;
    for (const auto& exchange : under_way_) until = std::min(until, exchange.at);
    if (until > clock_.wall()) clock_.advance(until - clock_.wall());
    std::deque<Exchange> later;
    std::deque<Exchange> due;
    for (auto& exchange : under_way_) {
      (exchange.at <= clock_.wall() ? due : later).push_back(std::move(exchange));
    }
    under_way_ = std::move(later);
    for (auto& exchange : due) {
      if (exchange.arrives) {
        auto& message = received_.messages[exchange.message];
        ++message.taken;
        if (exchange.answer.status == 0) ++message.excused;
      } else if (exchange.answer.status == 404 || exchange.answer.status == 413) {
        ++received_.messages[exchange.message].refused;
      }
      exchange.done(exchange.answer);
    }
  }
  void wake() override {}
  bool idle() const { return under_way_.empty(); }

 private:
  struct Exchange {
    std::pair<std::string, std::string> message;
    Done done;
    WallTime at;
    bool arrives = false;
    Response answer;
  };

  Exchange drawn(std::pair<std::string, std::string> message, Done done) {
    Exchange exchange{std::move(message), std::move(done), clock_.wall(), false, {}};
    exchange.at += Millis{random_.pick({0, 0, 3, 200})};
    const auto status = [&](int code) { exchange.answer.status = code; };
    if (random_.chance(faults_.server_error)) {
      status(500);
    } else if (random_.chance(faults_.too_many)) {
      status(429);
      if (random_.chance(0.5))
        exchange.answer.retry_after = std::chrono::seconds{random_.below(40)};
    } else if (random_.chance(faults_.refused)) {
      status(404);
    } else if (random_.chance(faults_.too_large)) {
      status(413);
    } else if (random_.chance(faults_.no_answer)) {
      exchange.answer.error = "connection refused";
    } else if (random_.chance(faults_.hang)) {
      exchange.at += Millis{10'000};
      exchange.answer.error = "timed out";
    } else {
      exchange.arrives = true;
      status(200);
      if (random_.chance(faults_.lost_answer)) {
        status(0);
        exchange.answer.error = "connection reset";
      }
    }
    return exchange;
  }

  Received& received_;
  const TransportFaults& faults_;
  Random& random_;
  ManualClock& clock_;
  std::deque<Exchange> under_way_;
};

// A channel with two destinations, each of which answers for itself.
class PairChannel final : public Channel {
 public:
  explicit PairChannel(std::string name) : name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  Pacing pacing() const override { return {2, 5, 2}; }
  std::vector<std::string> destinations() const override { return {"ann", "bob"}; }
  Request request(const Telling& telling) const override {
    HttpRequest request;
    request.url = "sim://" + name_ + "/" + std::string(telling.destination);
    request.headers = {{"Idempotency-Key", telling.notice.id}};
    return request;
  }
  Outcome classify(const Response& response) const override { return outcome_by_status(response); }

 private:
  std::string name_;
};

}  // namespace tocsin::sim
