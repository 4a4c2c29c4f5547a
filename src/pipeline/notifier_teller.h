// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "notify/notifier.h"
#include "pipeline/teller.h"

namespace tocsin {

// Hands what the state thread commits to the notifier.
class NotifierTeller final : public Teller {
 public:
  explicit NotifierTeller(Notifier& notifier) : notifier_(notifier) {}

  void committed(Committed committed) override {
    std::vector<Outgoing> outgoing;
    outgoing.reserve(committed.alerts.size());
    for (auto& recorded : committed.alerts) {
      if (recorded.channels.empty()) continue;
      outgoing.push_back(
          {recorded.number, std::move(recorded.alert), std::move(recorded.channels)});
    }
    if (!outgoing.empty()) notifier_.offer(std::move(outgoing));
    for (auto& resolved : committed.resolved) {
      notifier_.resolve(std::move(resolved.resolution), std::move(resolved.channels));
    }
  }
  void catch_up_ended() override { notifier_.catch_up_ended(); }
  void trouble(const EngineMessage& message) override { notifier_.engine(message); }

 private:
  Notifier& notifier_;
};

}  // namespace tocsin
