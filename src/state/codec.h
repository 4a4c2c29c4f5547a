// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alert/pane_cell.h"
#include "alert/sum_cell.h"
#include "alert/week_shape.h"
#include "state/id_set.h"
#include "tocsin/row.h"
#include "tocsin/source.h"
#include "window/stream_time.h"

namespace tocsin {

// The layouts of values, each in one place (docs/formats/state.md). Reading answers false for what
// was not written by the matching function.

void write_sum(RowWriter& out, const SumCell& cell);
SumCell read_sum(RowReader& in);
std::string encode_sum(const SumCell& cell);

// The cell without its panes, then `panes` (all, or those changed).
void write_panes(RowWriter& out, const PaneCell& cell, std::span<const PaneSum> panes);
// Sets the cell's small parts, and adds to or replaces its panes.
void read_panes(RowReader& in, PaneCell& cell);
std::string encode_panes(const PaneCell& cell);  // with all its panes

// A page: cells of one closed window by rising group.
struct PageCell {
  std::string_view group;
  SumCell cell;
};
std::string encode_page(std::span<const PageCell> cells);
bool decode_page(std::string_view bytes, std::vector<PageCell>& cells);

// A row of the journal: the cells one commit changed, as absolute values.
class JournalWriter {
 public:
  JournalWriter();
  void begin_sums(std::uint32_t state, std::int64_t start, std::size_t cells);
  void sum(std::string_view group, const SumCell& cell);
  // Groups that begin with this commit: what there was of them before is forgotten.
  void begin_new_groups(std::uint32_t state, std::size_t groups);
  void new_group(std::string_view group);
  void begin_panes(std::uint32_t state, std::size_t cells);
  void panes(std::string_view group, const PaneCell& cell, std::span<const PaneSum> changed);
  bool empty() const { return bytes_.size() == 1; }
  std::string take();

 private:
  std::string bytes_;
};

struct JournalSink {
  virtual ~JournalSink() = default;
  virtual void sum(std::uint32_t state, std::int64_t start, std::string_view group,
                   const SumCell& cell) = 0;
  // The cell to bring up to date with the row's changes, or to begin anew.
  virtual PaneCell& panes(std::uint32_t state, std::string_view group) = 0;
};
bool read_journal(std::string_view bytes, JournalSink& sink);

std::string encode_ids(std::span<const std::span<const ClaimedId>> claims);
bool decode_ids(std::string_view bytes, const std::function<void(const ClaimedId&)>& id);

// A source partition as the state knows it.
struct PartitionRow {
  PartitionName name;
  Position position;
  std::int64_t first_offset = -1;  // where the engine began to read it; -1: not yet
  StreamTime::Saved stream_time;
  bool idle = false;
};
// The second of its stream time; 0 if that is not set.
std::int64_t stream_second(const PartitionRow& row);
// The least of those that are not idle; the greatest there is if all are.
std::int64_t least_second(const std::vector<PartitionRow>& partitions);
std::string encode_partition(const PartitionRow& row);
bool decode_partition(std::string_view bytes, PartitionRow& row);

// What came in an hour, of which the shape of a rule's week is made.
std::string encode_hour(const WeekShape::Hour& hour);
bool decode_hour(std::string_view bytes, WeekShape::Hour& hour);

// What is known of a window beside its cells.
struct WindowRow {
  EventTime end{};
  std::uint64_t groups = 0;  // cells, wherever they are
  bool paged = false;        // it closed: its cells are in pages, later changes beside them
  // Once all of them are: what the journal says of it up to this commit is in the pages. Else 0.
  std::uint64_t paged_through = 0;
};
std::string encode_window(const WindowRow& row);
bool decode_window(std::string_view bytes, WindowRow& row);

// The identity of a rule's state.
struct StateRow {
  std::uint32_t id = 0;
  std::string rule;
  std::string fingerprint;
  std::vector<std::string> group_by;
  std::uint8_t metric = 0;
  std::vector<std::string> rungs;  // texts by RungBits bit
  std::string ladder;              // the ladder and budgets last swept, as text
  // Of first_seen the earliest request: all is new to a rule that begins.
  EventTime began = StreamTime::kUnset;
  // The watermark when its rule was taken out; unset: it is in force, or that was not noted.
  EventTime left = StreamTime::kUnset;
};
// Rules of one name whose state-bearing fields differ have states of their own.
std::string state_key(const std::string& rule, const std::string& fingerprint);
std::string encode_state(const StateRow& row);
bool decode_state(std::string_view bytes, StateRow& row);

// Time that went on without records, logged where it took effect.
struct Tick {
  std::vector<std::uint32_t> idle;       // partition ids that left the watermark's minimum
  EventTime clock = StreamTime::kUnset;  // all idle: the watermark follows the clock to here
  std::vector<std::pair<std::uint32_t, std::int64_t>> at;  // next offset of each partition then
};
std::string encode_tick(const Tick& tick);
bool decode_tick(std::string_view bytes, Tick& tick);

}  // namespace tocsin
