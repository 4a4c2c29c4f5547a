// SPDX-License-Identifier: Apache-2.0
// The naive model: docs/rules.md and the architecture's promises in maps and exact integers. It
// knows no batches, journals or sweeps: all records that one set of rules judged are counted, and
// then every group is looked at. Of the engine's classes it uses plain values, and the calendar,
// which is tested by itself.
#include <algorithm>
#include <utility>

#include "hash/digest.h"
#include "sim/history.h"
#include "tocsin/group.h"
#include "window/calendar.h"

namespace tocsin::sim {
namespace {

constexpr std::int64_t kUnset = INT64_MIN, kHourMs = 3'600'000, kDayMs = 86'400'000,
                       kEndOf9999 = 253'402'300'799'000;

std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
  return value - ((value % unit) + unit) % unit;
}

// A (rule, group). Times are starts in ms: of windows where sums rise in calendar windows, else of
// panes.
struct Group {
  std::map<std::int64_t, Totals> at;
  std::set<std::int64_t> touched;                        // by requests, under the rules in force
  std::set<std::pair<std::int64_t, std::string>> marks;  // window or slot, and rung
  struct Episode {
    std::int64_t first = 0;
    bool told = false;
    std::optional<std::int64_t> below;
  };
  std::map<std::string, Episode> episodes;
  std::int64_t judged = kUnset;            // the last pane
  std::map<std::int64_t, int128> heights;  // of windows that a re-pricing took below their rungs
};

struct State {
  StateName name;
  RuleSpec spec;
  std::map<std::string, Group> groups;
  std::shared_ptr<Calendar> calendar;
  std::int64_t length, lateness, pane = 60'000;  // ms

  State(const StateName& of, const RuleSpec& rule, std::optional<Millis> allowed)
      : name(of),
        spec(rule),
        length(rule.window.length.count()),
        lateness(allowed.value_or(default_lateness(rule.window)).count()) {
    if (spec.rolling()) {
      pane = std::max<std::int64_t>(1000, length / 60);
    } else {
      calendar = std::make_shared<Calendar>(std::move(*Calendar::create(spec.window)));
    }
  }
  bool sums() const { return !spec.rolling() && !spec.judged(); }
  // The calendar window, or the slot, that holds `t`.
  Window window(std::int64_t t) const {
    if (calendar) return calendar->window_at(event_time_ms(t));
    const std::int64_t slot = floor_to(t, length);
    return {event_time_ms(slot), event_time_ms(slot + length)};
  }
  std::int64_t start(std::int64_t t) const { return to_ms(window(t).start); }
  std::int64_t end(std::int64_t t) const { return to_ms(window(t).end); }
  // Under which time of `Group` a request counts.
  std::int64_t cell(std::int64_t t) const { return sums() ? start(t) : floor_to(t, pane); }

  // What the window that ends with the cell covers.
  Totals covered(const Group& group, std::int64_t last) const {
    Totals all;
    for (auto at = group.at.lower_bound(calendar ? start(last) : last - length + pane);
         at != group.at.end() && at->first <= last; ++at) {
      all.amount += at->second.amount;
      all.requests += at->second.requests;
    }
    return all;
  }
};

class Oracle {
 public:
  explicit Oracle(const History& history) : history_(history), lanes_(history.partitions.size()) {}

  Truth run() {
    const auto& commits = history_.commits;
    for (auto commit = commits.begin(); commit != commits.end();) {
      const Version* const version = commit->version.get();
      enter(*version);
      for (; commit != commits.end() && commit->version.get() == version; ++commit) read(*commit);
      leave();
    }
    finish();
    return std::move(truth_);
  }

 private:
  struct Lane {
    std::int64_t next = 0, now = kUnset, least = 0;
    int run = 0;
    bool idle = false, was_idle = false, known = false;
  };

  // What a request counts with in a cell, and by which list.
  struct Share {
    State* state = nullptr;
    std::string group;
    std::int64_t at = 0;
    std::size_t list = 0;
  };
  struct Entry {  // a request that counts
    const EventSpec* event = nullptr;
    std::size_t partition = 0;
    std::int64_t stamp = 0, time = 0;
    std::size_t list = 0;         // whatever windows it is in
    std::set<std::size_t> lists;  // by all of these it was priced
    bool ever_unpriced = false;
    std::vector<Share> shares;
  };
  struct Repriced {
    std::uint64_t requests = 0;
    int128 before = 0, after = 0;

    void add(const EventSpec& event, std::size_t by, std::size_t now) {
      if (event.cost(by) == event.cost(now) && event.unpriced(by) == event.unpriced(now)) return;
      ++requests;
      before += event.cost(by);
      after += event.cost(now);
    }
  };
  static std::pair<std::int64_t, std::string> day_and_model(const Entry& entry) {
    return {floor_to(entry.time, kDayMs) / kDayMs,
            std::string("sim/") + kModels[entry.event->model]};
  }

  // Other rules: rungs that are met no more are armed again, and sums of open windows ring at once.
  void enter(const Version& version) {
    in_force_.clear();
    swept_at_.reset();
    for (std::size_t i = 0; i < version.specs.size(); ++i) {
      const RuleSpec& spec = version.specs[i];
      const StateName name{spec.name, version.rules[i].fingerprint()};
      State& state = states_.try_emplace(name, name, spec, history_.lateness).first->second;
      const bool same = state.spec.yaml() == spec.yaml();
      state.spec = spec;
      in_force_.push_back(&state);
      list_ = version.prices;
      for (auto& [group, cells] : state.groups) {
        for (const auto& [at, totals] : cells.at) {
          if (spec.judged() || (state.sums() && state.end(at) <= watermark_)) continue;
          // Sums of rolling windows that fell are armed again by an edit of their ladder alone.
          if (state.sums() || !same) rearm(state, group, cells, at);
          if (state.sums()) ring(state, group, cells, at, edits_);
        }
      }
    }
  }

  void read(const CommitNote& commit) {
    const std::int64_t before = watermark_;
    for (const auto& [partition, next] : commit.next) {
      Lane& lane = lanes_[partition];
      if (next > lane.next) lane.idle = false;
      for (; lane.next < next; ++lane.next) record(partition, before);
    }
    advance(commit);
    if (commit.begins) begun_ = {*commit.begins, newest_time()};
    if (commit.repriced) price_again(*commit.repriced, commit.lists);
    if (commit.settled && !swept_at_) swept_at_ = watermark_;
  }

  // All that these rules counted is there: what rang is what is met now, for sums only rise.
  void leave() {
    for (State* state : in_force_) {
      for (auto& [group, cells] : state->groups) {
        if (state->spec.judged()) judge(*state, group, cells);
      }
    }
    ring_touched();
    // The sweep after an edit has passed all windows that were still open.
    for (auto& [id, alert] : edits_) {
      const bool open = alert.end > swept_at_.value_or(watermark_);
      (open ? truth_.must : truth_.may).emplace(id, std::move(alert));
    }
    edits_.clear();
  }

  // What is met by the sums that requests were added to since the last time.
  void ring_touched() {
    for (State* state : in_force_) {
      for (auto& [group, cells] : state->groups) {
        for (const auto& [at, totals] : cells.at) {
          if (state->spec.judged() || cells.touched.empty()) break;
          // In a rolling window all that comes after a request is looked at again.
          if (state->sums() ? cells.touched.contains(at) : at >= *cells.touched.begin()) {
            ring(*state, group, cells, at, truth_.must);
          }
        }
        cells.touched.clear();
      }
    }
  }

  // All that was counted before this commit, by the list in force: in windows that were open when
  // it began (docs/decisions/0034).
  void price_again(const RepricingRow& row, const std::set<std::size_t>& kept) {
    const RepricingRequest& request = begun_.first;
    if (row.request.since != request.since || row.request.unpriced_only != request.unpriced_only) {
      truth_.broken.emplace_back("another re-pricing is done than was begun");
    }
    ring_touched();
    Repriced sum;
    std::map<std::tuple<State*, std::string, std::int64_t>, int128> changes;
    std::set<std::size_t> reached;  // partitions
    for (Entry& entry : entries_) {
      const bool starts = request.unpriced_only || entry.stamp >= to_ms(request.since);
      if (starts) reached.insert(entry.partition);
      if (!reached.contains(entry.partition)) continue;
      if (request.unpriced_only && entry.time < to_ms(request.since)) continue;
      // What it cost by a list that is not kept any more nobody knows.
      const bool known =
          std::includes(kept.begin(), kept.end(), entry.lists.begin(), entry.lists.end());
      if (!known) continue;
      entry.lists.insert(list_);
      const EventSpec& event = *entry.event;
      const auto concerned = [&](std::size_t by) {
        return !request.unpriced_only || event.unpriced(by);
      };
      for (Share& share : entry.shares) {
        if (!concerned(share.list) || !in_force(share.state) || !still_open(share)) continue;
        changes[{share.state, share.group, share.at}] += event.cost(list_) - event.cost(share.list);
        share.list = list_;
      }
      if (!concerned(entry.list)) continue;
      sum.add(event, entry.list, list_);
      turn(entry, std::exchange(entry.list, list_));
    }
    for (const auto& [of, change] : changes) {
      if (change != 0) put_right(of, change);
    }
    for (const auto& one : dropped_) truth_.doubtful.insert(one);
    if (row.requests != sum.requests || row.before.pico() != sum.before ||
        row.after.pico() != sum.after) {
      truth_.broken.push_back("a re-pricing of " + std::to_string(sum.requests) +
                              " requests says " + std::to_string(row.requests) + ": " +
                              decimal_text(sum.before, 12) + " to " + decimal_text(sum.after, 12) +
                              ", it says " + row.before.text() + " to " + row.after.text());
    }
  }

  // Its price came, or went.
  void turn(Entry& entry, std::size_t before) {
    const bool unpriced = entry.event->unpriced(entry.list);
    if (entry.event->unpriced(before) == unpriced) return;
    const bool first = unpriced && !std::exchange(entry.ever_unpriced, true);
    if (!is_kept(entry, watermark_)) return;
    auto& [requests, priced] = truth_.unpriced[day_and_model(entry)];
    if (first) {
      ++requests;
    } else if (unpriced) {
      --priced;
    } else {
      ++priced;
    }
  }

  // What has no price is kept for eight days (docs/decisions/0033): a row of before, which may not
  // have left yet, no longer changes.
  static bool is_kept(const Entry& entry, std::int64_t watermark) {
    return watermark == kUnset ||
           day_and_model(entry).first >=
               floor_to(watermark, kDayMs) / kDayMs - UnpricedRows::kDaysKept;
  }

  bool in_force(const State* state) const {
    return std::find(in_force_.begin(), in_force_.end(), state) != in_force_.end();
  }
  bool still_open(const Share& share) const {
    const State& of = *share.state;
    const std::int64_t now = begun_.second;
    return of.sums() ? of.end(share.at) > now
                     : now == kUnset || share.at > floor_to(now, of.pane) - of.length;
  }

  void put_right(const std::tuple<State*, std::string, std::int64_t>& of, int128 change) {
    const auto& [state, group, at] = of;
    Group& cells = state->groups[group];
    if (state->sums()) rearm(*state, group, cells, at);
    const int128 before = cells.at[at].amount;
    cells.at[at].amount += change;
    cells.touched.insert(state->sums() ? at : std::max(at, first_slot(*state)));
    if (!state->sums()) return;
    for (const auto& [text, amount] : state->spec.ladder(group)) {
      const bool fell =
          cells.marks.contains({at, text}) && cells.at[at].amount < std::max<int128>(amount, 1);
      if (!fell) continue;
      int128& height = cells.heights.try_emplace(at, before).first->second;
      height = std::max(height, before);
    }
  }

  // The first slot that time has not passed: what those before told is forgotten, and they ring no
  // more (docs/decisions/0034).
  std::int64_t first_slot(const State& of) const {
    return watermark_ == kUnset ? kUnset : floor_to(watermark_ - of.lateness, of.length);
  }

  std::int64_t newest_time() const {
    std::int64_t newest = watermark_;
    for (const Lane& lane : lanes_) newest = std::max(newest, lane.now);
    return newest;
  }

  void record(std::size_t partition, std::int64_t watermark) {
    const std::int64_t offset = lanes_[partition].next;
    const RecordSpec& record = history_.partitions[partition][static_cast<std::size_t>(offset)];
    ++truth_.counts[Count::records];
    for (std::size_t i = 0; i < record.events.size(); ++i) {
      const EventSpec& event = record.events[i];
      if (!event.bad) {
        take(partition, event, record, watermark);
        continue;
      }
      ++truth_.counts.quarantined[static_cast<std::size_t>(*event.bad)];
      truth_.quarantined.insert({partition, offset, i, *event.bad});
    }
  }

  // A record over an hour ahead moves the stream only when eight in a row are, to their least.
  static void observe(Lane& lane, std::int64_t t, bool trusted) {
    const bool leaps = t > lane.now && !trusted && (lane.now == kUnset || t > lane.now + kHourMs);
    if (!leaps) lane.now = std::max(lane.now, t);
    lane.least = lane.run == 0 ? t : std::min(lane.least, t);
    lane.run = leaps ? lane.run + 1 : 0;
    if (lane.run < 8) return;
    lane.now = lane.least;
    lane.run = 0;
  }

  void take(std::size_t partition, const EventSpec& event, const RecordSpec& record,
            std::int64_t watermark) {
    Lane& lane = lanes_[partition];
    Counts& counts = truth_.counts;
    const std::int64_t stamp = std::clamp<std::int64_t>(record.stamp, 0, kEndOf9999);
    std::int64_t time = event.ms.value_or(stamp);
    if (time > stamp + history_.max_future.count()) {
      ++counts[Count::future_clamped];
      time = stamp;
    }
    const std::int64_t own = std::min(time, stamp);
    observe(lane, own, record.log_append);
    if (!event.id.empty() && seen(partition, event.id, std::max(lane.now, own))) {
      ++counts[Count::duplicates];
      return;
    }
    ++counts[Count::events];
    if (event.cached) ++counts[Count::cached];
    if (lane.now != kUnset && time < lane.now - history_.retention.count()) {
      ++counts[Count::too_old];
      return;
    }
    if (!event.cached && !event.has_usage) ++counts[Count::unmetered];
    const bool unpriced = event.unpriced(list_);
    entries_.push_back({&event, partition, stamp, time, list_, {list_}, unpriced, {}});
    Entry& entry = entries_.back();
    if (unpriced) {
      ++counts[Count::unpriced];
      if (is_kept(entry, watermark)) ++truth_.unpriced[day_and_model(entry)].first;
    }
    counts.cost += Money::pico(event.cost(list_));
    if (event.cached) counts.saved += Money::pico(event.worth(list_));
    for (State* state : in_force_) {
      const std::string& only = state->spec.environment;
      if (only.empty() || only == event.environment) add(*state, lane, entry, watermark);
    }
  }

  // Within an hour of one that counted, by the stream times of the partitions that bring them.
  bool seen(std::size_t partition, const std::string& id, std::int64_t at) {
    const std::int64_t own = floor_to(at, 1000) / 1000;
    auto& counted = ids_[id];
    for (const auto& [by, second] : counted) {
      if (by != partition && std::abs(own - second) <= 3600) return true;
      const std::int64_t now = lanes_[by].now == kUnset ? 0 : floor_to(lanes_[by].now, 1000) / 1000;
      const bool year_ahead = now != 0 && second - now > 366 * 86'400;
      if (by == partition && now - second <= 3600 && !year_ahead) return true;
    }
    counted.emplace_back(partition, own);
    return false;
  }

  void add(State& state, const Lane& lane, Entry& entry, std::int64_t watermark) {
    const RuleSpec& rule = state.spec;
    const EventSpec& event = *entry.event;
    const std::int64_t time = entry.time;
    const Window window = state.window(time);
    const std::int64_t at = state.cell(time);
    const auto open = [&](std::int64_t t) {
      return window.end == kNever || to_ms(window.end) + state.lateness > t;
    };
    const bool in_time =
        lane.now == kUnset ||
        (rule.judged() ? time >= lane.now - history_.out_of_order.count() : open(lane.now));
    if (!in_time || window.start == window.end) {  // or before any window
      ++truth_.counts[Count::late];
      truth_.counts.late_cost += Money::pico(event.cost(list_));
      return;
    }
    const std::string group = event.group(rule.group_by);
    // Only a tick can have let time pass a record that its partition still admits.
    if (watermark != kUnset && (rule.judged() ? at < floor_to(watermark, state.pane)
                                              : rule.rolling() && !open(watermark))) {
      ++truth_.counts[Count::dropped_state];
      if (!lane.was_idle && lane.known) {
        truth_.broken.push_back(rule.name + ": time had passed a record of a partition never idle");
      }
      if (!rule.judged()) {
        dropped_.insert({state.name, group});
        return;
      }
      truth_.doubtful.insert({state.name, group});
    }
    Group& cells = state.groups[group];
    if (state.sums()) rearm(state, group, cells, at);  // a closed window is not swept
    cells.touched.insert(at);
    cells.at[at].amount += event.amount(rule.metric, list_);
    if (rule.metric == Metric::cost && !rule.judged()) {
      entry.shares.push_back({&state, group, at, list_});
    }
    ++cells.at[at].requests;
  }

  static bool holds(const RuleSpec& rule, const Totals& totals, int128 amount) {
    if (totals.requests < std::max<std::int64_t>(rule.min_requests, 1)) return false;
    if (is_ratio(rule.metric)) return totals.amount * power_of_ten(12) >= amount * totals.requests;
    return totals.amount >= std::max<int128>(amount, 1);
  }

  // Rungs that nothing in the window, or slot, of `t` meets any more.
  static void rearm(State& state, const std::string& group, Group& cells, std::int64_t t) {
    const std::int64_t start = state.start(t);
    for (const auto& [text, amount] : state.spec.ladder(group)) {
      bool met = false;
      for (auto at = cells.at.lower_bound(start); at != cells.at.end() && !met; ++at) {
        if (at->first >= state.end(t)) break;
        Totals totals = state.covered(cells, at->first);
        const auto height = cells.heights.find(at->first);
        if (height != cells.heights.end()) totals.amount = std::max(totals.amount, height->second);
        met = holds(state.spec, totals, amount);
      }
      if (!met) cells.marks.erase({start, text});
    }
  }

  using Alerts = std::map<std::string, Truth::Alert>;

  // What is met at `at` and was not told of its window, or slot.
  static void ring(State& state, const std::string& group, Group& cells, std::int64_t at,
                   Alerts& into) {
    const std::int64_t start = state.start(at);
    for (const auto& [text, amount] : state.spec.ladder(group)) {
      const bool met = holds(state.spec, state.covered(cells, at), amount);
      if (met && cells.marks.insert({start, text}).second) {
        into.insert(alert_of(state, group, start, {text, amount}));
      }
    }
  }

  void advance(const CommitNote& commit) {
    for (const auto partition : commit.known) {
      Lane& lane = lanes_[partition];
      // One that is added later may come behind the time of the others, as one that was idle.
      if (!std::exchange(lane.known, true) && watermark_ != kUnset) lane.was_idle = true;
    }
    for (const auto partition : commit.idle) {
      lanes_[partition].idle = lanes_[partition].was_idle = true;
    }
    if (commit.clock_ms) watermark_ = std::max(watermark_, *commit.clock_ms);
    std::int64_t least = INT64_MAX;
    for (const Lane& lane : lanes_) {
      if (lane.known && !lane.idle) least = std::min(least, lane.now);
    }
    if (least == INT64_MAX || least == kUnset) return;
    watermark_ = std::max(watermark_, least - history_.out_of_order.count());
  }

  void judge(State& state, const std::string& group, Group& cells) {
    if (watermark_ == kUnset) return;
    const std::int64_t through = floor_to(watermark_, state.pane) - state.pane;
    const std::int64_t reach = state.calendar ? 0 : state.length - state.pane;
    if (cells.judged == kUnset) {
      cells.judged = std::min(cells.at.begin()->first - state.pane, through);
    }
    for (std::int64_t at = cells.judged + state.pane; at <= through; at += state.pane) {
      // With nothing pending, only what has or covers requests matters.
      if (cells.episodes.empty()) {
        const auto next = cells.at.lower_bound(at - reach);
        if (next == cells.at.end() || next->first > through) break;
        at = std::max(at, next->first);
      }
      judge_pane(state, group, cells, at);
    }
    cells.judged = std::max(cells.judged, through);
  }

  void judge_pane(State& state, const std::string& group, Group& cells, std::int64_t pane) {
    const RuleSpec& rule = state.spec;
    const Totals totals = state.covered(cells, pane);
    const auto rungs = rule.ladder(group);
    const Millis keep = rule.keep_firing_for.value_or(Millis{rule.rolling() ? 300'000 : 0});
    for (const auto& [text, amount] : rungs) {
      if (!holds(rule, totals, amount)) continue;
      auto& episode =
          cells.episodes.try_emplace(text, Group::Episode{pane, false, {}}).first->second;
      episode.below.reset();
      if (episode.told || pane - episode.first < rule.hold.count()) continue;
      episode.told = true;
      truth_.must.insert(alert_of(state, group, episode.first, {text, amount}));
    }
    for (auto at = cells.episodes.begin(); at != cells.episodes.end();) {
      auto& [text, episode] = *at;
      const auto rung = rungs.find(text);
      const bool met = rung != rungs.end() && holds(rule, totals, rung->second);
      if (!met && !episode.below) episode.below = pane;
      const bool over = !met && (!episode.told || pane - *episode.below >= keep.count());
      at = over ? cells.episodes.erase(at) : std::next(at);
    }
  }

  // Under its id (docs/formats/state.md), what a person wants to know of it.
  static Alerts::value_type alert_of(const State& state, const std::string& group,
                                     std::int64_t start,
                                     const std::pair<std::string, int128>& rung) {
    std::string bytes, words = state.name.first + " ";
    const std::string amount = decimal_text(rung.second, 0), from = std::to_string(start);
    for (const auto& field :
         {state.name.first, state.name.second, group, from, rung.first, amount}) {
      for (int shift = 56; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<char>(field.size() >> shift));
      }
      bytes += field;
    }
    for (const char c : group) words += c < ' ' ? '/' : c;
    words += " from " + from + ": " + rung.first + " = " + amount;
    return {hex(sha256(bytes), 16),
            {state.name, group, words, state.spec.judged(), start, state.end(start)}};
  }

  void finish() {
    truth_.watermark_ms = watermark_;
    // The store is looked through every 1,000 commits.
    if (history_.commits.size() > 1'000 && watermark_ != kUnset) {
      truth_.kept_since_ms = watermark_ - history_.retention.count();
    }
    for (auto& [name, state] : states_) {
      std::map<std::int64_t, std::size_t> groups;  // by window; of panes all in one
      for (const auto& [group, cells] : state.groups) {
        if (!state.sums()) {
          ++groups[0];
          const std::int64_t newest = cells.at.rbegin()->first;
          truth_.panes[name][group] = {newest, state.covered(cells, newest)};
          continue;
        }
        for (const auto& [at, totals] : cells.at) {
          ++groups[at];
          truth_.sums[name][{at, group}] = totals;
          if (state.end(at) < truth_.kept_since_ms) truth_.erased.insert({name, at});
        }
      }
      for (const auto& [at, count] : groups) {
        if (count > state.spec.max_groups) truth_.overflowed.insert(name);
      }
    }
  }

  const History& history_;
  std::vector<Lane> lanes_;
  // Where each counted: partition, second.
  std::map<std::string, std::vector<std::pair<std::size_t, std::int64_t>>> ids_;
  std::map<StateName, State> states_;
  std::vector<State*> in_force_;
  std::size_t list_ = 0;  // of prices, in force
  std::vector<Entry> entries_;
  // The re-pricing that is under way, and the newest stream time when it began.
  std::pair<RepricingRequest, std::int64_t> begun_{{}, kUnset};
  std::set<std::pair<StateName, std::string>> dropped_;  // rolling; the re-pricing may find it
  std::int64_t watermark_ = kUnset;
  std::optional<std::int64_t> swept_at_;  // the watermark
  Alerts edits_;                          // what the limits in force made ring by themselves
  Truth truth_;
};

}  // namespace

Truth truth_of(const History& history) { return Oracle(history).run(); }

}  // namespace tocsin::sim
