// SPDX-License-Identifier: Apache-2.0
#include "demo/ledger.h"

#include "tocsin/group.h"

namespace tocsin::demo {

struct Ledger::Taker final : Decoder::Sink {
  Taker(Ledger& of, EventTime time, SteadyTime sent_at) : ledger(of), at(time), sent(sent_at) {}

  void event(const Event& event) override {
    ++ledger.requests_;
    ledger.pricer_.price(event, event.time.value_or(at), CostChoice::computed, ledger.cost_);
    ledger.matcher_.match({event, {}}, ledger.matching_);
    for (const std::uint32_t rule : ledger.matching_) ledger.fold(rule, ledger.cost_.amount, sent);
  }
  // The engine will say so: then totals differ, and the demo says that.
  void quarantined(const Quarantined&) override {}

  Ledger& ledger;
  EventTime at;
  SteadyTime sent;
};

Ledger::Ledger(const std::vector<Rule>& rules, const PriceList& prices)
    : rules_(rules), matcher_(rules), pricer_(prices) {}

void Ledger::add(std::string_view json, EventTime at, SteadyTime sent) {
  Taker taker(*this, at, sent);
  decoder_.begin_batch();
  decoder_.decode(json, Format::native, taker);
}

void Ledger::fold(std::uint32_t index, Money cost, SteadyTime sent) {
  const Rule& rule = rules_[index];
  if (rule.metric != Metric::cost || !rule.is_budget()) return;
  group_.clear();
  matcher_.append_group(index, group_);
  Account& account = accounts_[{rule.name, group_}];
  const Money before = account.total;
  account.total += cost;
  const auto budget = rule.budgets->of(group_, {});
  if (!budget) return;
  for (const Rung& rung : rule.ladder) {
    const Money amount = Money::pico(rung_amount(rung, budget));
    if (before < amount && account.total >= amount) account.reached.emplace_back(amount, sent);
  }
}

const Ledger::Account* Ledger::find(const std::string& rule,
                                    const std::vector<std::string>& group) const {
  std::string key;
  for (const std::string& value : group) append_group_value(key, value == kNone ? "" : value);
  const auto found = accounts_.find({rule, key});
  return found == accounts_.end() ? nullptr : &found->second;
}

Money Ledger::total(const std::string& rule, const std::vector<std::string>& group) const {
  const Account* account = find(rule, group);
  return account == nullptr ? Money{} : account->total;
}

std::optional<Ledger::SteadyTime> Ledger::reached(const std::string& rule,
                                                  const std::vector<std::string>& group,
                                                  Money amount) const {
  const Account* account = find(rule, group);
  if (account == nullptr) return std::nullopt;
  for (const auto& [reached, sent] : account->reached) {
    if (reached == amount) return sent;
  }
  return std::nullopt;
}

}  // namespace tocsin::demo
