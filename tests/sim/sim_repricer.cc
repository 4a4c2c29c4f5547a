// SPDX-License-Identifier: Apache-2.0
#include "sim/sim_repricer.h"

#include <map>
#include <stdexcept>

#include "pipeline/unpriced_request.h"
#include "state/keys.h"

namespace tocsin::sim {
namespace {

constexpr std::uint64_t kLivesMax = 5;
constexpr int kAttemptsMax = 20;
constexpr Millis kCopies{3'600'000};
constexpr std::int64_t kRecordsBefore = 30;

PriceList price_list(std::size_t list) {
  Diagnostics diagnostics;
  auto made = PriceList::with_texts({{"sim.yaml", price_file(list)}}, diagnostics);
  if (!made) throw std::runtime_error("the simulated prices are refused");
  return std::move(*made);
}

// What the state keeps must be there and be readable; reading it each time takes too long.
std::optional<TariffInForce> kept(const Store& store, const Tariff& of) {
  static std::map<std::string, std::optional<TariffInForce>> known;
  const auto row = store.get(key::kPriceList + of.list);
  if (!row || !*row) return std::nullopt;
  auto found = known.find(of.list);
  if (found == known.end()) {
    auto restored = restore_tariff(store, of);
    found = known.emplace(of.list, restored ? *restored : std::nullopt).first;
  }
  return found->second;
}

}  // namespace

const PriceList& prices(std::size_t list) {
  static std::map<std::size_t, PriceList> made;
  auto found = made.find(list);
  if (found == made.end()) found = made.emplace(list, price_list(list)).first;
  return found->second;
}

const Tariff& tariff(std::size_t list) {
  static std::map<std::size_t, Tariff> made;
  auto found = made.find(list);
  if (found == made.end()) {
    found =
        made.emplace(list, make_tariff(prices(list).bytes(), tariff_choice(CostChoice::computed)))
            .first;
  }
  return found->second;
}

void SimRepricer::start() {
  look_ = true;
  const auto left = pending_repricing(setup_.store);
  if (!left || !*left) return;
  order(**left);
  if (++request_->lives <= kLivesMax) return;
  ending_ = true;
  offer(std::make_unique<RepricingStep>());
}

void SimRepricer::order(const RepricingRequest& request) {
  if (request_) return;
  request_ = request;
  attempts_ = 0;
}

void SimRepricer::offer(std::unique_ptr<RepricingStep> step) {
  step_ = step->done.get_future();
  setup_.engine.offer(std::move(step));
  setup_.offered();
}

void SimRepricer::turn() {
  if (step_) return stepped();
  if (repricing_) return read_some();
  if (request_) return begin();
  if (!std::exchange(look_, false)) return;
  const AggregatorSetup stage = setup_.stage();
  const auto found = request_for_unpriced(
      setup_.store, {stage.prices, stage.cost, stage.zone, as_event_time(setup_.now())});
  if (found) order(*found);
}

void SimRepricer::begin() {
  auto step = std::make_unique<RepricingStep>();
  step->begin = *request_;
  step->keep = true;
  offer(std::move(step));
}

void SimRepricer::stepped() {
  if (step_->wait_for(std::chrono::seconds{0}) != std::future_status::ready) return;
  const auto done = step_->get();
  step_.reset();
  if (std::exchange(ending_, false)) {
    request_.reset();
  } else if (!done) {
    anew(done.error());
  } else if (!repricing_) {
    open(*done);
  } else {
    repricing_.reset();
    result_.reset();
    request_.reset();
  }
}

void SimRepricer::anew(const Error& error) {
  repricing_.reset();
  result_.reset();
  if (error.reaction == Reaction::retry && ++attempts_ < kAttemptsMax) return;
  ending_ = true;
  offer(std::make_unique<RepricingStep>());
}

void SimRepricer::open(const RepricingStart& start) {
  const AggregatorSetup stage = setup_.stage();
  if (!setup_.tariff().is(start.tariff) || stage.rules.size() != start.states.size()) {
    return anew({Reaction::retry, "other rules or prices"});
  }
  scratch_ = std::make_unique<MemoryStore>();
  const Store& store = setup_.store;
  repricing_ = std::make_unique<Repricing>(
      Repricing::Setup{.request = *request_,
                       .start = start,
                       .versions = *read_versions(store),
                       .done = *read_repricings(store),
                       .tariff = [&store](const Tariff& of) { return kept(store, of); },
                       .stage = stage,
                       .scratch = *scratch_});
  lanes_.clear();
  // A file is read from its beginning, a topic from some records before those of the hour before.
  const bool topic = setup_.random.chance(0.5);
  const auto rows = setup_.engine.status().partitions;
  for (std::uint32_t i = 0; i < start.until.size(); ++i) {
    Lane lane{i, static_cast<std::size_t>(rows[i].name.partition), 0, start.until[i]};
    const auto& log = setup_.log[lane.partition];
    const auto stamp = [&] { return log[static_cast<std::size_t>(lane.next)].stamp; };
    while (topic && lane.next < lane.until && stamp() < to_ms(request_->since - kCopies)) {
      ++lane.next;
    }
    lane.next = std::max<std::int64_t>(lane.next - kRecordsBefore, 0);
    repricing_->add_lane(i, kTopic, Format::automatic);
    lanes_.push_back(lane);
  }
}

void SimRepricer::read_some() {
  std::erase_if(lanes_, [](const Lane& lane) { return lane.next >= lane.until; });
  if (!lanes_.empty()) {
    Lane& lane = lanes_[static_cast<std::size_t>(setup_.random.below(std::ssize(lanes_)))];
    for (auto some = setup_.random.between(1, 60); some > 0 && lane.next < lane.until; --some) {
      const RecordSpec& spec = setup_.log[lane.partition][static_cast<std::size_t>(lane.next)];
      Record record;
      record.partition = lane.id;
      record.offset = lane.next++;
      record.timestamp = event_time_ms(spec.stamp);
      record.log_append_time = spec.log_append;
      record.value = spec.value;
      if (auto taken = repricing_->take(record, lane.id); !taken) return anew(taken.error());
    }
    return;
  }
  auto result = repricing_->finish();
  if (!result) return anew(result.error());
  result_ = std::move(*result);
  corrections_ = repricing_->corrections(*result_);
  auto apply = std::make_unique<RepricingStep>();
  apply->corrections = &corrections_;
  offer(std::move(apply));
}

}  // namespace tocsin::sim
