// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "alert/alert_log.h"
#include "alert/fold.h"
#include "alert/make_alert.h"
#include "alert/peaks.h"
#include "rule/rule.h"
#include "state/backfill_row.h"
#include "state/codec.h"
#include "state/counts.h"
#include "state/driver_switches.h"
#include "state/hot_cells.h"
#include "state/id_archive.h"
#include "state/id_set.h"
#include "state/journal.h"
#include "state/repricing_row.h"
#include "state/rule_state.h"
#include "state/unpriced.h"
#include "state/version.h"
#include "tocsin/result.h"
#include "tocsin/store.h"

namespace tocsin {

class DriverBook;
class DriverNotes;
class GrowthBook;

struct StateLimits {
  std::size_t hot_bytes = 192 << 20;  // of cells in memory; colder ones live in the store
  // Of these, for groups of rolling and judged rules, which never do; more share (other).
  std::size_t pane_bytes = std::numeric_limits<std::size_t>::max();
  std::size_t journal_bytes = 32 << 20;
  // False: nobody starts from this store again, so what only a start reads is not written.
  bool starts_again = true;
  std::size_t spills_per_commit = 2'000;
  std::size_t pages_per_commit = 64;
  IdSet::Limits ids;
  Millis retention{std::chrono::days{400}};
  std::optional<Millis> lateness;  // absent: by the window (window_spec.h)
  Millis out_of_order{60'000};
  Millis stale_after{3'600'000};
};

// For further groups of rolling and judged rules: half of their memory is shared out evenly, so
// that a rule of many groups leaves others some; the other half goes to those that come first.
struct PaneRoom {
  std::size_t used = 0;   // by all
  std::size_t share = 0;  // of each rule
  std::size_t free = 0;   // beyond the shares
};

struct StateSetup {
  Store& store;
  const std::vector<Rule>& rules;  // they live as long as `keeps`, or the state
  Route fallback;                  // the config's channels by severity
  AlertLog& alert_log;
  StateLimits limits;
  std::shared_ptr<const void> keeps{};
  // Kept by index in `rules`, which it then has the size of, until they are exchanged.
  std::vector<Peaks>* peaks = nullptr;
  // What stage 1 prices by, to be kept; absent: nobody will ask what an event cost.
  std::optional<Tariff> tariff{};
  bool backfills = false;  // somebody reads for new rules what was read before
};

// Rules to take the place of those in force.
struct RuleChange {
  const std::vector<Rule>& rules;  // they live as long as `keeps`
  std::shared_ptr<const void> keeps;
  Route fallback;
  StateLimits limits;              // but for sizes of memory, which stay
  WriteBatch rows;                 // further rows of the commit that exchanges them
  std::optional<Tariff> tariff{};  // as in StateSetup
  bool backfills = false;          // the same
};

// The same, with all made ready that takes time.
struct PreparedRules {
  PreparedRules();
  ~PreparedRules();
  std::vector<std::unique_ptr<RuleState>> rules;
  std::map<std::string, StateRow> stored;  // of rules that had a state, by its key
  // Cells of rules that are put back and hold all of them in memory, by state; as of `commit`.
  std::map<std::uint32_t, PaneGroups> groups;
  std::uint64_t commit = 0;
  Route fallback;
  StateLimits limits;
  WriteBatch rows;
  std::optional<Tariff> tariff;
  bool backfills = false;
};

// How far a batch has brought a partition.
struct Progress {
  std::uint32_t partition = 0;  // id (PartitionRow)
  Position position;
  std::int64_t first_offset = -1;
  StreamTime::Saved stream_time;
};

// What one batch of stage 1 hands over: the delta log's record.
struct Work {
  std::span<const Delta> deltas;
  std::span<const ClaimedId> ids;
  std::span<const Progress> progress;
  const Counts* counts = nullptr;
  const UnpricedRows* unpriced = nullptr;
  const DriverNotes* drivers = nullptr;  // of the deltas
  EventTime oldest{};                    // least record time
};

struct CommitInput {
  std::span<const Work> work{};
  const Tick* tick = nullptr;  // applied after the work
  WallTime now{};
  bool catching_up = false;  // what rings now is old news
  Sync sync = Sync::no;
  // Of a commit of its own, while nothing is swept, by State::correct().
  const Corrections* corrections = nullptr;
  bool backfilling = false;  // by State::fill()
};

// What a backfill begins with.
struct BackfillStart {
  Backfill order;
  std::vector<std::int64_t> first;    // offset of the first record ever read, by partition id
  std::vector<std::uint32_t> states;  // StateRow::id by index in the rules in force
};

// Some of its cells.
struct BackfillChunk {
  const std::vector<std::uint32_t>& states;  // Backfill::states
  std::span<const Delta> deltas;             // `rule` is an index of these
  std::string cursor;                        // that of the last
  bool last = false;
};

struct Committed {
  std::vector<Recorded> alerts;
  std::vector<Resolved> resolved;
};

// The engine's memory: cells, rungs, positions, ids, counts. Evaluates the rules as it changes and
// stores every commit as one WriteBatch. One thread, but where said otherwise.
class State {
 public:
  // Opens what is in the store, or begins anew. reject: a format newer than ours, or a rule that
  // cannot be kept; stop: the store is damaged.
  static Result<std::unique_ptr<State>> open(const StateSetup& setup);
  ~State();

  // Applies and stores all of `input`, or fails with `stop`: then the process must end, and a new
  // one goes on from the last stored commit.
  Result<Committed> commit(const CommitInput& input);

  // Makes rules ready for exchange(). Any thread, but while another exchange is prepared or under
  // way; takes its time. reject: they cannot be kept; nothing is changed.
  Result<std::unique_ptr<PreparedRules>> prepare(RuleChange change) const;
  // Gives each of them its state. reject: one cannot have it.
  Result<void> accept(PreparedRules& next);
  // After accept(), with any commits between: a commit that judges by these rules from now on.
  // States go on by (name, fingerprint); what is left of rules taken out goes to the store, some
  // each commit. What `next` holds afterwards may be much, and is for the caller to free.
  Result<Committed> exchange(PreparedRules& next, const CommitInput& input);
  // What a re-pricing begins with. `keep`: the next commit stores that it is under way, so that a
  // start begins it anew. reject: it is not kept by which prices this state counts.
  Result<RepricingStart> begin_repricing(const RepricingRequest& request, bool keep);
  // A commit that puts cells right and stores that it is done; what rings by it is old news. Levels
  // reached stay reached. retry, changing nothing: other rules or prices are in force since it
  // began.
  Result<Committed> correct(const Corrections& corrections, WallTime now);
  // It will not be done: the next commit forgets it.
  void give_up_repricing();
  // The oldest backfill that is not done. `counts`: a process begins it, which the next commit
  // stores. Nothing: there is none.
  std::optional<BackfillStart> begin_backfill(bool counts);
  // A commit that adds some cells of it; what rings by it is old news. retry: it was not begun.
  Result<Committed> fill(const BackfillChunk& chunk, WallTime now);

  // Rows to be stored with the next commit.
  void add_rows(const WriteBatch& rows);
  // Is there something to commit without further events?
  bool has_work() const { return !batch_.empty() || sweep_.has_value() || unpriced_.changed(); }

  // Are groups still to be judged by the limits of the last edit? Other limits before that is done
  // would leave out what the rest of them had rung by these.
  bool sweeping() const { return sweep_.has_value(); }

  // Remembers with the next commit that `source` (its topics) is `identity` (its cluster). reject:
  // it was another one before.
  Result<void> identify(const std::string& source, const std::string& identity);
  // What identify() was told of it before; empty: nothing.
  Result<std::string> identity(const std::string& source) const;

  // Partitions known so far, by id. add_partition() makes the watermark wait for it.
  const std::vector<PartitionRow>& partitions() const { return partitions_; }
  std::uint32_t add_partition(const PartitionName& name);

  // Any thread.
  IdSet& ids() { return *ids_; }
  std::uint64_t seed() const { return seed_; }  // of id prints
  DriverSwitches& driver_switches() { return driver_switches_; }

  // No commit was ever made, or a rule is new: what is read first is a catch-up.
  bool first_start() const { return first_start_; }
  EventTime watermark() const { return watermark_; }
  const Counts& counts() const { return counts_; }
  // The rule in force of that name, or null.
  const Rule* rule(std::string_view name) const;
  // How a group of a rule in force stands in the calendar window of `at`; nothing: it has no
  // budget, no such window, or is not in memory.
  struct Spent {
    int128 total = 0, budget = 0;
  };
  std::optional<Spent> spent(const Rule& rule, std::string_view group, EventTime at) const;
  // What could not be priced in the last days; changes go with the next commit.
  const UnpricedBook& unpriced() const { return unpriced_; }
  UnpricedBook& unpriced() { return unpriced_; }
  // A rule in force that no request has matched for `at_least` of the stream's own time, to the
  // hour: since it is in force, or since the last one that did. Written rules, whatever their
  // parts.
  struct Unmatched {
    const Rule* rule = nullptr;
    Millis for_long{0};
    std::uint64_t requests = 0;  // that came meanwhile
    bool told = false;
  };
  std::vector<Unmatched> unmatched(Millis at_least) const;
  // As told with the next commit, until one matches.
  void tell_unmatched(const Rule& rule);
  std::uint64_t commits() const { return commit_; }
  // Does anything wait for the watermark to pass? Else time need not be logged.
  bool waits_for_time(EventTime until) const;

  struct Sizes {
    std::size_t cells = 0, hot_bytes = 0, pane_bytes = 0, journal_bytes = 0, ids = 0, id_bytes = 0;
  };
  Sizes sizes() const;

 private:
  struct Recovery;
  explicit State(const StateSetup& setup);

  Result<void> load(const StateSetup& setup);
  Result<void> load_meta();
  void put_format();
  Result<void> load_partitions();
  Result<void> load_rules(const StateSetup& setup);
  Result<void> load_matches();
  Result<void> load_unpriced();
  Result<void> load_ids();
  Result<void> load_panes();
  Result<void> load_shape(RuleState& rule) const;
  Result<void> load_backfills();
  void order_backfill(std::vector<std::uint32_t> states);
  void put_backfills();
  Result<void> load_journal();
  void put_state_row(const RuleState& rule);
  Result<void> note_version();
  Result<void> load_version();
  Result<void> keep_price_list(const std::vector<Version>& versions);
  Result<void> put_right(std::span<const Delta> deltas);
  void turn_prices(const PriceTurns& turns);
  Result<void> put_right_sum(RuleState& rule, const Delta& delta);
  Result<HotCells::Place> find_cell(RuleState& rule, WindowTable& table, std::string_view group);
  void put_right_pane(RuleState& rule, const Delta& delta);
  void keep_height(WindowTable& table, std::string_view group, int128 total);
  EventTime open_since() const;
  void retire(std::unique_ptr<RuleState> rule);
  void note_in_force();
  Result<void> find_groups(RuleState& rule, PreparedRules& next);

  Result<void> apply(std::span<const Delta> deltas);
  void apply_drivers(const Work& work);
  void add_drivers(const RuleState& rule, const Window& about, std::string_view group);
  void renew_drivers(RuleState& rule);
  void note_growth(const CommitInput& input);
  void add_before(const RuleState& rule, const Window& about, std::string_view group);
  void add_recent(const RuleState& rule, const Window& about, std::string_view group);
  void add_asides(RuleState& rule, const PaneReached& hit, std::string_view group);
  void add_elsewhere(RuleState& rule, const Window& about, std::string_view group);
  Result<void> apply_sum(RuleState& rule, WindowTable& table, const Delta& delta,
                         std::uint32_t hash);
  void apply_pane(RuleState& rule, const Delta& delta);
  void apply_session(RuleState& rule, const Delta& delta);
  void ring_sessions(RuleState& rule, const CommitInput& input);
  PaneEntry& find_group(RuleState& rule, const Delta& delta);
  void find_pane_room();
  bool take_pane_room(const RuleState& rule);
  Result<WindowTable*> window(RuleState& rule, std::int64_t start);
  Result<HotCells::Place> hot_cell(RuleState& rule, WindowTable& table, std::string_view group,
                                   std::uint32_t hash);
  Result<HotCells::Place> load_cell(RuleState& rule, WindowTable& table, std::string_view group,
                                    std::uint32_t hash);
  void touch(RuleState& rule, WindowTable& table, HotCells::Place cell, EventTime latest);
  void ring_sums(const CommitInput& input);
  GroupParts* parts_of(RuleState& rule, WindowTable& table, HotCells::Place cell);
  void keep_parts(WindowTable& table, std::string_view group, const GroupParts& parts);
  void renew_parts(RuleState& rule, WindowTable& table, std::string_view group, HotCell& entry);
  bool reach_parts(RuleState& rule, WindowTable& table, HotCells::Place cell, EventTime at,
                   const CommitInput& input);
  Result<void> judge_parts(const CommitInput& input);
  Result<void> judge_parts(RuleState& rule, WindowTable& table, const CommitInput& input);
  void advance(const CommitInput& input);
  void follow_partitions();
  struct PaneOutcome {
    std::vector<PaneReached> reached;
    std::vector<PaneEnded> ended;
  };
  void judge_panes(const CommitInput& input);
  void ring_touched(RuleState& rule, const CommitInput& input);
  void judge_groups(RuleState& rule, const CommitInput& input);
  void touch_group(RuleState& rule, PaneEntry& entry);
  void pass_by(RuleState& rule, PaneEntry& entry);
  void forget_groups(RuleState& rule);
  void renew(RuleState& rule, WindowTable& table, std::string_view group, HotCell& entry);
  bool renew(RuleState& rule, PaneEntry& entry);
  // By the ladders of before and of now that are in force at `in_force`.
  void tell_raised(RuleState& rule, const WindowTable& table, std::string_view group,
                   const SumCell& cell, std::uint64_t left, EventTime in_force);
  void tell_raised(RuleState& rule, const PaneEntry& entry, const std::vector<Episode>& before);
  Resolved ended_by_edit(RuleState& rule, std::string_view group, unsigned bit,
                         const Crossing& at) const;
  void end_levels(RuleState& rule);
  bool forgotten(RuleState& rule, const PaneEntry& entry);
  struct Judged {  // a group, by which ladder
    std::string_view group;
    const Ladder& ladder;
    EventTime in_force;  // a time at which it is
    EventTime at;
  };
  void tell(RuleState& rule, const Judged& judged, PaneOutcome& outcome, const CommitInput& input);
  void reach(RuleState& rule, WindowTable& table, HotCells::Place cell, EventTime at,
             const CommitInput& input);
  void record(RuleState& rule, const Crossing& crossing, bool continues, const CommitInput& input);
  void resolve(RuleState& rule, const Judged& judged, const PaneEnded& ended);
  std::vector<std::string> channels_of(const Rule& rule, const Crossing& crossing) const;

  struct Left {  // of what a commit may do beside its own work
    std::size_t changes = 0, looks = 0;
  };
  Result<void> sweep(const CommitInput& input);
  bool sweep_hot(RuleState& rule, const CommitInput& input, Left& left);
  bool sweep_table(RuleState& rule, WindowTable& table, const CommitInput& input, Left& left);
  bool sweep_groups(RuleState& rule, Left& left);
  // When a sweep finds something met: the watermark waits for stragglers, a reader does not.
  EventTime now_within(const Window& window) const;
  EventTime newest_time() const;  // of the partitions' stream times and the watermark
  EventTime presumed_time() const;
  Result<bool> sweep_stored(RuleState& rule, const CommitInput& input, Left& left);
  bool retired(const RuleState& rule) const;
  void drain_groups();
  void drain_windows();
  void discard();
  void close_windows();
  bool close_some(WindowTable& table, std::size_t& left);
  bool write_page(WindowTable& table);
  void find_keys(const WindowTable& table, std::span<const HotCells::Place> cells);
  bool store_all(WindowTable& table, std::size_t& left);
  void spill(WindowTable& table, HotCells::Place at);
  void put_spilled();
  void trim_journal();
  bool trim_table(WindowTable& table, JournalTail::Pass& pass, Left& left);
  void store_panes();
  void store_group(RuleState& rule, PaneEntry& entry);
  std::size_t trimmed_per_commit() const;
  std::size_t hot_bytes_max() const;
  void evict();
  void evict(WindowTable& table, std::uint32_t block);
  Result<void> drop_old(const CommitInput& input);
  Result<void> find_old(const CommitInput& input);
  std::int32_t first_unpriced_day() const;
  Result<void> find_old_ticks(EventTime before);
  Result<void> find_old_marks(WallTime now);
  void write_rows(const CommitInput& input);
  void write_shape(RuleState& rule);
  void note_matches();
  void forget_match(RuleState& rule);
  void write_partitions();
  void write_ids(const CommitInput& input);
  void write_journal();
  void end_touches();
  static void write_new_groups(RuleState& rule, JournalWriter& row);
  void finish_alerts(Committed& committed);

  Store& store_;
  AlertLog& alert_log_;
  Route fallback_;
  StateLimits limits_;
  std::optional<Tariff> tariff_;
  std::uint64_t version_ = 0;  // the commit of the newest Version
  std::unique_ptr<IdSet> ids_;
  std::unique_ptr<IdArchive> id_archive_;
  std::uint64_t seed_ = 0;
  bool first_start_ = false;
  std::uint64_t commit_ = 0;
  std::uint64_t alert_number_ = 0;
  EventTime watermark_ = StreamTime::kUnset;
  Counts counts_;
  bool counts_changed_ = false;
  UnpricedBook unpriced_;
  std::int64_t match_hour_ = INT64_MIN;  // of the watermark when matches were last noted
  std::vector<PartitionRow> partitions_;
  std::vector<bool> partition_changed_;
  std::unique_ptr<HotCells> hot_;
  mutable DriverSwitches driver_switches_;
  std::unique_ptr<DriverBook> drivers_;
  std::unique_ptr<GrowthBook> growth_;
  PaneRoom pane_room_;
  std::uint64_t made_before_ = 0;  // HotCells::made() when the hand last moved
  // Those in force by index in the rule set, then those taken out that still have cells here.
  std::vector<std::unique_ptr<RuleState>> rules_;
  std::size_t in_force_ = 0;
  std::map<std::uint32_t, RuleState*> by_id_;
  std::set<std::uint32_t> in_force_ids_;  // changes with exchanges only
  std::uint32_t last_id_ = 0;
  // States taken out, and the commit after which the store had all of them.
  std::map<std::uint32_t, std::uint64_t> drained_;
  std::vector<std::unique_ptr<RuleState>> discarded_;  // emptied bit by bit

  JournalTail journal_;
  std::optional<EventTime> catching_up_since_;  // the watermark when it began
  std::optional<SweepCursor> sweep_;
  std::vector<Backfill> backfills_;       // not done, the oldest first
  std::vector<std::string> old_windows_;  // kWindow keys to be erased

  // Of the commit under way.
  bool backfilling_ = false;
  struct TouchedWindow {
    RuleState* rule = nullptr;
    WindowTable* table = nullptr;
  };
  std::vector<TouchedWindow> touched_;
  std::vector<std::pair<std::string, std::string>> spilled_;  // rows of cells
  WriteBatch batch_;
  Committed committed_;
  std::vector<Resolved> ended_;  // by rules taken out, for the commit that takes them out
};

}  // namespace tocsin
