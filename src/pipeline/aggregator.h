// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "alert/driver_notes.h"
#include "event/decoder.h"
#include "pipeline/batch.h"
#include "pipeline/correction.h"
#include "pipeline/cost_mark.h"
#include "pipeline/decode_ahead.h"
#include "pipeline/event_watch.h"
#include "pipeline/unpriced_counter.h"
#include "price/price_list.h"
#include "rule/lookup.h"
#include "rule/matcher.h"
#include "rule/rule.h"
#include "state/driver_switches.h"
#include "state/id_set.h"
#include "window/calendar.h"
#include "window/stream_time.h"

namespace tocsin {

// What stage 1 goes by. Rules and prices live as long as `keeps`, or all aggregators.
struct AggregatorSetup {
  const std::vector<Rule>& rules;
  const PriceList& prices;
  CostChoice cost = CostChoice::computed;
  std::reference_wrapper<IdSet> ids;
  std::uint64_t seed = 0;
  Millis max_future{300'000};
  Millis out_of_order{60'000};
  Millis retention{std::chrono::days{400}};
  std::optional<Millis> lateness;  // absent: by the window
  // A plain file has no clock beside it: gaps of over 2 min between its records are time passing.
  bool ticks_from_gaps = false;
  std::shared_ptr<const void> keeps{};
  EventWatch* watch = nullptr;
  std::string zone = "UTC";                  // whose days count what has no price
  std::shared_ptr<const Lookups> lookups{};  // null: none
  Correction* correction = nullptr;
  DriverSwitches* drivers = nullptr;  // null: nobody wants to know what drives a group
  // What the records of a source are read as, by what `where: {source: …}` is compared with; null,
  // or nothing: as their lanes say.
  std::function<std::optional<RecordFormat>(const std::string& source)> format_of{};
};

// Stage 1 for the partitions of one worker: decode, de-duplicate, price, match, admit, fold. Holds
// nothing between batches but each partition's stream time. One thread.
class Aggregator final : Decoder::Sink {
 public:
  explicit Aggregator(const AggregatorSetup& setup);

  // A partition of ours, before its first record.
  struct Lane {
    std::uint32_t partition = 0;  // id
    std::string source;           // what `where: {source: …}` is compared with
    RecordFormat format;
    StreamTime stream_time;
  };
  void add_lane(const Lane& lane);
  bool has_lane(std::uint32_t partition) const { return lanes_.contains(partition); }
  // Goes on with the partitions of `old`, between two batches, and reads their records in our
  // formats.
  void take_over(Aggregator& old);

  // The partition goes on at `offset`, though no record was taken: it begins there, or what was
  // before is lost.
  void go_on_at(std::uint32_t partition, std::int64_t offset, Batch& batch) const;
  // Texts of the batch's records may be forgotten from here on.
  void begin_records() { decoder_.begin_batch(); }
  // Folds the record in. False: time passed before it, as batch.tick says; the batch must go first,
  // and the record be taken again with the next one.
  bool take(const Record& record, std::uint32_t partition, Batch& batch);
  // The same of a record that is decoded already: the `index`th of `chunk`.
  bool take(const DecodedChunk& chunk, std::size_t index, std::uint32_t partition, Batch& batch);

 private:
  struct RuleLane {
    std::optional<std::size_t> calendar;  // in calendars_; absent: panes
    Panes panes;
    bool judged = false;
    bool keeps_cost = false;
    bool plain = true;                    // one delta an event, of its amount
    std::optional<Millis> session;        // how long nothing comes when it is over; `at` is in ms
    EventTime begins = EventTime::min();  // by panes: before it no window is
    Millis lateness{0};
    Metric metric = Metric::cost;
    const Budgets* dated = nullptr;  // of a calendar rule some of whose budgets change
    std::shared_ptr<DriverSwitches::Switch> drives;  // null: nothing is kept of what drives it
    std::array<bool, kDriverFields> driven_by{};     // fields that are not its group's
  };
  struct SpecCalendar {
    WindowSpec spec;
    Calendar calendar;
    Millis lateness{0};
    std::uint64_t event = 0;  // that what follows is of
    bool admitted = false;
    std::int64_t at = 0;  // start of its window
  };

  void begin(const Record& record, std::uint32_t partition, Batch& batch);
  void set_format(Lane& lane) const;
  bool finish(std::uint32_t partition, const DecodeCounts& mended);
  void event(const Event& event) override;
  void quarantined(const Quarantined& bad) override;

  void take_event(const Event& event);
  EventTime time_of(const Event& event, EventTime record_time);
  std::optional<ClaimedId> id_of(const Event& event, EventTime own);
  bool claim(ClaimedId& id, const Event& event);
  void note_copy(const Event& event);
  void count_cost(const Event& event, EventTime time);
  void correct(const Event& event, EventTime time, EventTime record_time);
  void fold(const Event& event, EventTime time, Money cost);
  std::uint32_t add(const RuleLane& rule, const Event& event, Money cost, Delta delta);
  bool admitted(const RuleLane& rule, EventTime time, std::int64_t& at);
  const SpecCalendar& admission(std::size_t calendar, EventTime time);
  bool measure(Metric metric, const Event& event, Money cost, Delta& delta) const;
  int128 amount(Metric metric, const Event& event, Money cost) const;
  void note_drivers(const RuleLane& rule, std::uint32_t delta, const Event& event, int128 amount);
  void note_values(const Event& event);
  bool gap_before(const Event& event);

  const AggregatorSetup setup_;
  Decoder decoder_;
  Matcher matcher_;
  CostMark cost_mark_;
  Pricer pricer_;
  UnpricedCounter unpriced_;
  std::vector<RuleLane> rules_;
  std::vector<SpecCalendar> calendars_;
  struct LaneState {
    Lane lane;
    EventTime last_record_time{};
    bool gap_told = false;
    std::size_t progress = 0;  // index in the batch under way, checked against its partition
  };
  std::unordered_map<std::uint32_t, LaneState> lanes_;

  // Of the record and event under way.
  LaneState* lane_ = nullptr;
  const Record* record_ = nullptr;
  Batch* batch_ = nullptr;
  std::optional<EventTime> gap_;  // time passed before the record, up to here
  bool first_ = false;            // nothing of the record was handed over yet
  std::uint64_t event_ = 0;
  Cost cost_;
  UnpricedRow* unpriced_row_ = nullptr;  // of an event that has no price
  Event filled_;                         // from tables, if need be
  std::vector<std::uint32_t> matching_;
  std::uint64_t drivers_of_ = 0;  // the event that driving_ is of
  std::array<DriverNotes::Value, kDriverFields> driving_{};
  std::int64_t driver_weight_ = 0;  // of the event; 0: it says nothing of them
  std::string group_, id_;          // the one under way, and what is left of longer ones
  std::string model_;
};

}  // namespace tocsin
