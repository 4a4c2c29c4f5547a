// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/aggregator.h"
#include "pipeline/ids_again.h"
#include "state/id_set.h"
#include "state/state.h"
#include "tocsin/store.h"
#include "window/calendar.h"

namespace tocsin {

// What rules that came into force later would have counted of what was read before: the records go
// through stage 1 once more, for these rules alone, with ids and a fold of their own. One thread.
class Backfilling {
 public:
  struct Setup {
    BackfillStart start;
    // The rules in force, and the state of each (StateRow::id) by index; those to be filled are
    // among them. `rules` lives as long as this.
    AggregatorSetup stage;
    Store& scratch;  // empty; for ids, which may be many
    IdSet::Limits ids{};
    std::size_t cells_max = 1'000'000;
  };
  explicit Backfilling(Setup setup);
  ~Backfilling();

  // No rule that is to be filled is in force any more.
  bool nothing_to_do() const { return rules_.empty(); }
  // From which event time on records are needed; nothing: all there are.
  std::optional<EventTime> since();

  // A partition, before its first record.
  void add_lane(std::uint32_t partition, std::string source, const RecordFormat& format);
  // The next record of a partition, by rising offset. reject: more than can be filled at once.
  Result<void> take(const Record& record, std::uint32_t partition);

  // Once all is taken: the cells to be filled, in the order of their keys.
  Result<void> finish();
  // Of these the next ones; the last says so, and comes always.
  BackfillChunk next();
  std::size_t cells() const { return deltas_.size(); }
  // The rules, by name.
  std::vector<std::string> names() const;

 private:
  Result<void> flush();
  bool open(const Delta& delta);
  static std::string cursor_of(const BackfillStart& start, const Delta& delta);

  Setup setup_;
  std::vector<Rule> rules_;              // to be filled
  std::vector<std::uint32_t> state_of_;  // index in Backfill::states, by index in rules_
  std::vector<std::optional<Calendar>> calendars_;
  IdsAgain ids_;
  std::unique_ptr<Aggregator> aggregator_;
  std::unique_ptr<Batch> batch_;
  std::vector<Delta> deltas_;
  std::vector<std::string> cursors_;  // of the last of each chunk
  std::size_t at_ = 0;
  std::size_t unflushed_ = 0;
};

}  // namespace tocsin
