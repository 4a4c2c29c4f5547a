// SPDX-License-Identifier: Apache-2.0
// What the show does over and over while it waits for its next part.
#include <fmt/format.h>

#include <algorithm>

#include "cli/demo_config.h"
#include "cli/demo_show.h"
#include "cli/interruption.h"

namespace tocsin {
namespace {

using demo::Delivery;
using demo::EngineApi;

constexpr Millis kTurn{20};
constexpr Millis kLookEvery{200};
constexpr Millis kPaceOver{1'000};
constexpr Millis kUnmatched{1'000};        // after that a message is not of one alert
constexpr std::size_t kShortId = 8;        // of an alert, as messages show it
constexpr int kNear = 80;                  // percent
const std::string kGathered = "gathered";  // in place of the milliseconds of no one request

std::string milliseconds(std::chrono::nanoseconds took) {
  const auto tenths = (took.count() + 50'000) / 100'000;
  return fmt::format("{}.{}", tenths / 10, tenths % 10);
}

std::string name_of(const Delivery& delivery) {
  return delivery.kind == Delivery::Kind::slack ? "#" + delivery.channel : delivery.channel + "@";
}

void add_user(DemoProgress& progress, const EngineApi::Budget& budget) {
  ++progress.users;
  progress.user_budget = budget.budget;
  if (budget.total.pico() * 100 >= budget.budget.pico() * kNear) ++progress.users_near;
  if (budget.total >= budget.budget) ++progress.users_over;
}

}  // namespace

Result<void> DemoShow::turn() {
  // As if nobody asked for more: what is printed is read by nobody.
  if (Interruption::asked() != 0 || !screen_.alive()) return stop("");
  if (engine_) {
    if (const auto fate = engine_->ended()) return stop("the engine is gone: " + *fate);
  }
  if (feed_) {
    if (const auto failed = feed_->failure()) return tl::unexpected(*failed);
  }
  take_deliveries();
  if (feed_ && now() - last_look_ >= kLookEvery) update_progress();
  return {};
}

Result<void> DemoShow::turn_until(const std::function<bool()>& done, const std::string& what) {
  while (!done()) {
    if (auto turned = turn(); !turned) return turned;
    if (now() > give_up_) return stop(what + " within the time it should have taken");
  }
  return {};
}

void DemoShow::take_deliveries() {
  for (Delivery& delivery : stand_ins_.take(kTurn)) {
    last_delivery_ = delivery.received;
    pending_.push_back(std::move(delivery));
  }
  if (pending_.empty() || !api_) return;
  const auto alerts = api_->alerts(kAlertsAsked);
  if (!alerts) return;  // it is down: asked again at the next turn
  std::erase_if(pending_, [&](const Delivery& each) { return tell(each, *alerts); });
}

// False: whose message it is cannot be said yet.
bool DemoShow::tell(const Delivery& delivery, const std::vector<EngineApi::Alert>& alerts) {
  const auto alert = std::find_if(alerts.begin(), alerts.end(), [&](const auto& each) {
    return delivery.body.find(each.id.substr(0, kShortId)) != std::string::npos;
  });
  if (alert == alerts.end()) {
    // A digest or the engine's own, which no single request caused; or the alert is new and the
    // list was made before it.
    if (now() - delivery.received < kUnmatched) return false;
    show({kGathered, name_of(delivery), delivery.first_line});
    return true;
  }
  if (!told_.emplace(delivery.channel, alert->id).second) ++told_twice_;
  // Of a rule with groups only the first message goes at once; the others are gathered on purpose.
  const bool at_once =
      groups_told_.emplace(delivery.channel, alert->rule).second || alert->group.empty();
  std::optional<SteadyTime> sent;
  const auto look = [&](const demo::Ledger& ledger) {
    sent = ledger.reached(alert->rule, alert->group, alert->amount);
  };
  if (feed_ && at_once) feed_->read(look);
  // From just before the request was handed to the producer to when the receiver had the whole
  // message: the producer, the broker, the engine with its fsync, and HTTP are all in it.
  const std::string took = sent ? milliseconds(delivery.received - *sent) : "";
  if (!took.empty()) stand_ins_.took(delivery.number, took);
  // A request that somebody else wrote has no stopwatch of ours.
  const std::string beside = !at_once ? kGathered : took.empty() ? took : took + " ms";
  show({beside, name_of(delivery), delivery.first_line});
  if (alert->rule == kProductionRule) {
    Money& highest = delivery.kind == Delivery::Kind::slack ? rung_told_ : rung_mailed_;
    highest = std::max(highest, alert->amount);
  }
  return true;
}

void DemoShow::show(DemoMessage message) {
  if (holding_) {
    held_.push_back(std::move(message));
  } else {
    screen_.message(message);
  }
}

void DemoShow::update_progress() {
  last_look_ = now();
  const auto counts = api_->counts();
  const auto budgets = api_->budgets();
  if (!counts || !budgets) return;  // it is down
  DemoProgress progress;
  progress.requests = counts->requests;
  progress.unpriced = counts->unpriced;
  progress.quarantined = counts->quarantined;
  const std::uint64_t handed_over = sent().requests;
  progress.lag = handed_over - std::min(handed_over, counts->requests);
  for (const auto& budget : *budgets) {
    if (budget.rule == kProductionRule) {
      progress.production = budget.total;
      progress.production_budget = budget.budget;
    } else if (budget.rule == kDevelopmentRule) {
      progress.development = budget.total;
      progress.development_budget = budget.budget;
    } else if (budget.rule == kFreeUserRule) {
      add_user(progress, budget);
    }
  }
  // Before its first request a rule has no total to show.
  if (progress.production_budget == Money{} || progress.development_budget == Money{}) return;
  paces_.emplace_back(last_look_, progress.production);
  while (last_look_ - paces_.front().first > kPaceOver) paces_.erase(paces_.begin());
  const int128 grown = (progress.production - paces_.front().second).pico();
  const int128 left = (progress.production_budget - progress.production).pico();
  const auto over = std::chrono::floor<Millis>(last_look_ - paces_.front().first).count();
  if (grown > 0 && left > 0) {
    progress.full_in_seconds = static_cast<std::int64_t>(divide_up(left * over, grown * 1'000));
  }
  screen_.progress(progress);
}

DemoShow::Sent DemoShow::sent() const {
  Sent all;
  feed_->read([&](const demo::Ledger& ledger) {
    all = {ledger.requests(), ledger.total(std::string(kProductionRule), {})};
  });
  return all;
}

Result<void> DemoShow::wait_for_count(std::uint64_t requests) {
  return turn_until(
      [&] {
        const auto counts = api_->counts();
        return counts && counts->requests >= requests;
      },
      fmt::format("the engine did not count all {} requests", grouped(requests)));
}

Result<Money> DemoShow::production_told() const {
  const auto budgets = api_->budgets();
  if (!budgets) return tl::unexpected(budgets.error());
  for (const auto& budget : *budgets) {
    if (budget.rule == kProductionRule) return budget.total;
  }
  return stop("the engine has no total of production");
}

Result<void> DemoShow::compare(const Sent& sent, const demo::EngineApi::Counts& counts,
                               Money production) {
  const auto offset = static_cast<std::uint64_t>(counts.next_offset);
  if (offset > sent.requests) {
    return stop(
        fmt::format("somebody else wrote {} records to `{}`, so totals cannot be compared "
                    "with what the demo sent",
                    grouped(offset - sent.requests), kDemoTopic));
  }
  if (counts.requests == sent.requests && offset == sent.requests &&
      production == sent.production) {
    return {};
  }
  return stop(fmt::format(
      "the engine's totals are not what was sent: ${} of ${}, {} of {} requests", production.text(),
      sent.production.text(), grouped(counts.requests), grouped(sent.requests)));
}

}  // namespace tocsin
