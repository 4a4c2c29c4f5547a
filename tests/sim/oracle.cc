// SPDX-License-Identifier: Apache-2.0
// The naive model: docs/rules.md and the architecture's promises in maps and exact integers. No
// class of the engine beyond plain values; every record looks at all that it could change.
#include <date/tz.h>

#include <algorithm>
#include <functional>

#include "hash/digest.h"
#include "sim/history.h"
#include "tocsin/group.h"

namespace tocsin::sim {
namespace {

constexpr std::int64_t kUnset = INT64_MIN, kNeverMs = INT64_MAX, kHourMs = 3'600'000;
constexpr std::int64_t kEndOf9999 = 253'402'300'799'000;

struct Span {
  std::int64_t start = 0, end = 0;
};

std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
  return value - ((value % unit) + unit) % unit;
}

// The calendar window that holds `t`.
class Windows {
 public:
  explicit Windows(const WindowSpec& spec) : spec_(spec), zone_(*date::locate_zone(spec.zone)) {}

  Span at(std::int64_t t) {
    for (const Span& known : known_) {
      if (known.start <= t && t < known.end) return known;
    }
    known_.push_back(find(t));
    return known_.back();
  }

 private:
  static std::int64_t ms(date::sys_seconds t) { return t.time_since_epoch().count() * 1000; }
  static date::sys_seconds seconds(std::int64_t t) {
    return date::sys_seconds{std::chrono::seconds{floor_to(t, 1000) / 1000}};
  }

  Span find(std::int64_t t) const {
    if (spec_.kind == WindowKind::lifetime) {
      const std::int64_t from =
          spec_.from ? first_instant(day_of(*spec_.from)) : -62'135'596'800'000;
      return t < from ? Span{from, from} : Span{from, kNeverMs};
    }
    return spec_.kind == WindowKind::hour ? hour(t) : days(t);
  }

  Span hour(std::int64_t t) const {
    const auto info = zone_.get_info(seconds(t));
    const std::int64_t offset = info.offset.count() * 1000;
    Span span{floor_to(t + offset, kHourMs) - offset, 0};
    span.end = span.start + kHourMs;
    const auto odd = [&](std::chrono::seconds other) {
      return (other - info.offset).count() % 3600 != 0;
    };
    const auto before = zone_.get_info(info.begin - std::chrono::seconds{1});
    const auto after = zone_.get_info(info.end);
    if (odd(before.offset)) span.start = std::max(span.start, ms(info.begin));
    if (odd(after.offset)) span.end = std::min(span.end, ms(info.end));
    return span;
  }

  // Day by day, back to the last start and on to the next.
  Span days(std::int64_t t) const {
    const auto local = zone_.get_info(seconds(t)).offset + seconds(t).time_since_epoch();
    auto day = date::local_days{std::chrono::floor<date::days>(local)} + date::days{2};
    while (!starts(day) || first_instant(day) > t) day -= date::days{1};
    const std::int64_t start = first_instant(day);
    do day += date::days{1};
    while (!starts(day) || first_instant(day) <= start);
    return {start, first_instant(day)};
  }

  static date::local_days day_of(std::chrono::year_month_day day) {
    return date::local_days{
        date::days{static_cast<int>(std::chrono::sys_days{day}.time_since_epoch().count())}};
  }

  bool starts(date::local_days day) const {
    const date::year_month_day ymd{day};
    const auto month = static_cast<unsigned>(ymd.month()),
               number = static_cast<unsigned>(ymd.day());
    const auto first = static_cast<unsigned>(spec_.year_start.month());
    const bool on_day = number == static_cast<unsigned>(spec_.year_start.day());
    const WindowKind kind = spec_.kind;
    if (kind == WindowKind::week) {
      return date::weekday{day}.c_encoding() == spec_.week_start.c_encoding();
    }
    if (kind == WindowKind::month) return number == spec_.month_day;
    if (kind == WindowKind::quarter) return on_day && month % 3 == first % 3;
    if (kind == WindowKind::year) return on_day && month == first;
    if (kind == WindowKind::every) {
      return (day - day_of(*spec_.from)).count() % spec_.every_days == 0;
    }
    return true;
  }

  std::int64_t first_instant(date::local_days day) const {
    const date::local_seconds local = day + std::chrono::seconds{spec_.day_start};
    const auto info = zone_.get_info(local);
    if (info.result == date::local_info::nonexistent) return ms(info.second.begin);
    return ms(date::sys_seconds{local.time_since_epoch()} - info.first.offset);
  }

  const WindowSpec spec_;
  const date::time_zone& zone_;
  std::vector<Span> known_;
};

// A (rule, group): of sums by window start, of others by pane.
struct Group {
  std::map<std::int64_t, Totals> at;
  std::set<std::pair<std::int64_t, std::string>> marks;  // window or slot, and rung
  struct Episode {
    std::int64_t first = 0;
    bool told = false;
    std::optional<std::int64_t> below;
  };
  std::map<std::string, Episode> episodes;
  std::int64_t judged = kUnset;  // the last pane
};

struct State {
  StateName name;
  RuleSpec spec;
  std::map<std::string, Group> groups;
  std::map<std::int64_t, std::int64_t> ends;         // of windows by start
  std::map<std::int64_t, std::set<std::string>> in;  // groups by window; panes: all in one
  std::shared_ptr<Windows> windows;
  std::int64_t pane = 60'000, count = 1, lateness = 0;  // ms, panes in W, ms

  std::int64_t pane_at(std::int64_t t) const { return floor_to(t, pane) / pane; }
  std::int64_t slot(std::int64_t index) const { return floor_to(index, count) / count; }
  bool sums() const { return !spec.rolling() && !spec.judged(); }
};

class Oracle {
 public:
  explicit Oracle(const History& history) : history_(history), lanes_(history.partitions.size()) {}

  Truth run() {
    for (const CommitNote& commit : history_.commits) {
      enter(commit);
      const std::int64_t before = watermark_;
      for (const auto& [partition, next] : commit.next) {
        Lane& lane = lanes_[partition];
        if (next > lane.next) lane.idle = false;
        for (; lane.next < next; ++lane.next) record(partition, before);
      }
      advance(commit);
      for (State* state : in_force_) judge(*state);
      if (commit.settled) settle_edits();
    }
    settle_edits();
    finish();
    return std::move(truth_);
  }

 private:
  struct Lane {
    std::int64_t next = 0, now = kUnset, least = 0;
    int run = 0;
    bool idle = false, was_idle = false, known = false;
  };

  // Other rules: sums of open windows are judged anew.
  void enter(const CommitNote& commit) {
    if (commit.version == version_) return;
    settle_edits();
    version_ = commit.version;
    in_force_.clear();
    for (std::size_t i = 0; i < version_->specs.size(); ++i) {
      const StateName name{version_->specs[i].name, version_->rules[i].fingerprint()};
      const auto [known, is_new] = states_.try_emplace(name);
      State& state = known->second;
      state.name = name;
      state.spec = version_->specs[i];
      if (is_new) set_up(state);
      in_force_.push_back(&state);
      if (!state.sums()) continue;
      for (auto& [group, cells] : state.groups) {
        for (auto& [start, totals] : cells.at) {
          const std::int64_t end = state.ends[start];
          if (end > watermark_) ring_sum(state, group, start, &end);
        }
      }
    }
  }

  void set_up(State& state) const {
    const WindowSpec& window = state.spec.window;
    if (state.spec.rolling()) {
      state.pane = std::max<std::int64_t>(1000, window.length.count() / 60);
      state.count = window.length.count() / state.pane;
    } else {
      state.windows = std::make_shared<Windows>(window);
    }
    const bool up_to_a_day = window.kind == WindowKind::hour || window.kind == WindowKind::day ||
                             (window.kind == WindowKind::every && window.every_days == 1) ||
                             (state.spec.rolling() && window.length <= Millis{24 * kHourMs});
    state.lateness =
        history_.lateness ? history_.lateness->count() : (up_to_a_day ? kHourMs : 24 * kHourMs);
  }

  void record(std::size_t partition, std::int64_t watermark) {
    Lane& lane = lanes_[partition];
    const RecordSpec& record = history_.partitions[partition][static_cast<std::size_t>(lane.next)];
    ++truth_.counts[Count::records];
    for (std::size_t i = 0; i < record.events.size(); ++i) {
      const EventSpec& event = record.events[i];
      if (event.bad) {
        ++truth_.counts.quarantined[static_cast<std::size_t>(*event.bad)];
        truth_.quarantined.insert({partition, lane.next, i, *event.bad});
      } else {
        take(partition, event, record, watermark);
      }
    }
  }

  // A record over an hour ahead moves the stream only when eight in a row are, to their least.
  static void observe(Lane& lane, std::int64_t t, bool trusted) {
    if (t <= lane.now) {
      lane.run = 0;
    } else if (trusted || (lane.now != kUnset && t <= lane.now + kHourMs)) {
      lane.now = t;
      lane.run = 0;
    } else {
      lane.least = lane.run == 0 ? t : std::min(lane.least, t);
      if (++lane.run < 8) return;
      lane.now = lane.least;
      lane.run = 0;
    }
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
    const int128 cost = price(event);
    counts.cost += Money::pico(cost);
    for (State* state : in_force_) {
      if (!state->spec.environment.empty() && state->spec.environment != event.environment)
        continue;
      add(*state, partition, event, time, cost, watermark);
    }
  }

  // Of the hour before, by the stream time of the partition that brought it.
  bool seen(std::size_t partition, const std::string& id, std::int64_t at) {
    const auto known = ids_.find(id);
    if (known != ids_.end()) {
      const auto [by, second] = known->second;
      const std::int64_t now = lanes_[by].now == kUnset ? 0 : floor_to(lanes_[by].now, 1000) / 1000;
      const bool year_ahead = now != 0 && second - now > 366 * 86'400;
      if (now - second <= 3600 && !year_ahead) return true;
    }
    ids_[id] = {partition, floor_to(at, 1000) / 1000};
    return false;
  }

  int128 price(const EventSpec& event) {
    const ModelSpec& model = kModels[event.model];
    if (event.cached) return 0;
    if (!event.has_usage) {
      ++truth_.counts[Count::unmetered];
      return 0;
    }
    if (unpriced(event)) {
      ++truth_.counts[Count::unpriced];
      return 0;
    }
    const auto part = [](std::int64_t count, std::int64_t rate) {
      const int128 femto = int128{count} * rate, whole = femto / 1000, rest = femto % 1000;
      return whole + (rest > 500 || (rest == 500 && whole % 2 == 1) ? 1 : 0);
    };
    return part(event.input, model.input) + part(event.cache_read, model.cache_read) +
           part(event.output, model.output);
  }
  static bool unpriced(const EventSpec& event) {
    return !event.cached && event.has_usage && kModels[event.model].input == 0 &&
           event.input + event.cache_read + event.output > 0;
  }

  static int128 amount(Metric metric, const EventSpec& event, int128 cost) {
    const bool counted = event.has_usage && !event.cached;
    const int128 input = counted ? event.input + event.cache_read : 0;
    const int128 output = counted ? event.output : 0;
    switch (metric) {
      case Metric::cost: return cost;
      case Metric::requests: return 1;
      case Metric::input_tokens: return input;
      case Metric::output_tokens: return output;
      case Metric::cached_tokens: return counted ? event.cache_read : 0;
      case Metric::tokens: return input + output;
      case Metric::errors:
      case Metric::error_rate: return event.status >= 400 ? 1 : 0;
      case Metric::unpriced_requests: return unpriced(event) ? 1 : 0;
    }
    return 0;
  }

  void add(State& state, std::size_t partition, const EventSpec& event, std::int64_t time,
           int128 cost, std::int64_t watermark) {
    const RuleSpec& rule = state.spec;
    const std::int64_t now = lanes_[partition].now;
    const std::int64_t pane = state.pane_at(time);
    Span span{pane, 0};
    if (state.sums()) {
      span = state.windows->at(time);
    } else if (!rule.rolling()) {
      const Span window = state.windows->at(time);
      if (window.start < window.end) span.end = window.end;
    } else {
      span.end = (state.slot(pane) + 1) * state.count * state.pane;
    }
    const bool open =
        rule.judged() ? now == kUnset || time >= now - history_.out_of_order.count()
                      : (now == kUnset || span.end == kNeverMs || span.end + state.lateness > now);
    if (!open || span.end == (state.sums() ? span.start : 0)) {  // or before any window
      ++truth_.counts[Count::late];
      truth_.counts.late_cost += Money::pico(cost);
      return;
    }
    std::string group;
    for (const auto& field : rule.group_by) {
      append_group_value(group, field == "user"    ? std::string_view(event.user)
                                : field == "model" ? std::string_view(kModels[event.model].name)
                                                   : std::string_view(event.feature));
    }
    if (state.sums()) state.ends[span.start] = span.end;
    if (!rule.judged() && rule.rolling() && watermark != kUnset &&
        span.end + state.lateness <= watermark) {
      ++truth_.counts[Count::dropped_state];
      doubt(state, partition, group);
      return;
    }
    auto& in = state.in[state.sums() ? span.start : 0];
    in.insert(group);
    if (in.size() > rule.max_groups) truth_.overflowed.insert(state.name);
    if (rule.judged() && watermark != kUnset && pane < state.pane_at(watermark)) {
      doubt(state, partition, group);
    }
    if (!rule.judged()) rearm(state, group, span.start);
    Totals& totals = state.groups[group].at[span.start];
    totals.amount += amount(rule.metric, event, cost);
    ++totals.requests;
    if (state.sums()) ring_sum(state, group, span.start, nullptr);
    if (!state.sums() && !rule.judged()) ring_panes(state, group, pane);
  }

  // Only a tick can have let time pass a record that its partition still admits.
  void doubt(const State& state, std::size_t partition, const std::string& group) {
    if (state.spec.judged()) truth_.doubtful.insert({state.name, group});
    if (!lanes_[partition].was_idle) {
      truth_.broken.push_back("time had passed a record of partition " + std::to_string(partition) +
                              ", which was never idle");
    }
  }

  // The ladder of a group: rung to its amount.
  static std::map<std::string, int128> ladder(const RuleSpec& rule, const std::string& group) {
    std::optional<int128> budget = rule.budget;
    for (const auto& [user, own] : rule.budgets) {
      std::string key;
      append_group_value(key, user);
      if (key == group) budget = own;
    }
    std::map<std::string, int128> rungs;
    for (const auto& rung : rule.rungs) {
      if (!rule.is_budget) {
        rungs[rung.text] = rung.number;
      } else if (budget && rung.kind == RungSpec::Kind::left) {
        rungs[rung.text] = std::max<int128>(0, *budget - rung.number);
      } else if (budget) {
        const int128 share = *budget * rung.number, one = power_of_ten(12);
        rungs[rung.text] = (share + one - 1) / one;
      }
    }
    return rungs;
  }

  static bool holds(const RuleSpec& rule, const Totals& totals, int128 amount) {
    if (totals.requests < std::max<std::int64_t>(rule.min_requests, 1)) return false;
    if (is_ratio(rule.metric)) return totals.amount * power_of_ten(12) >= amount * totals.requests;
    return totals.amount >= std::max<int128>(amount, 1);
  }

  // What the window that ends with `pane` covers.
  static Totals covered(const State& state, const Group& group, std::int64_t pane) {
    std::int64_t from = pane - state.count + 1;
    if (!state.spec.rolling()) from = state.pane_at(state.windows->at(pane * state.pane).start);
    Totals all;
    for (auto at = group.at.lower_bound(from); at != group.at.end() && at->first <= pane; ++at) {
      all.amount += at->second.amount;
      all.requests += at->second.requests;
    }
    return all;
  }

  // Rungs that are met no more, for their limit was raised, are armed again.
  void rearm(State& state, const std::string& group, std::int64_t start) {
    Group& cells = state.groups[group];
    for (const auto& [text, amount] : ladder(state.spec, group)) {
      if (state.sums()) {
        if (cells.at[start].amount < std::max<int128>(amount, 1)) cells.marks.erase({start, text});
        continue;
      }
      const int128 limit = amount;
      std::erase_if(cells.marks, [&](const auto& mark) {
        if (mark.second != text) return false;
        return std::none_of(cells.at.begin(), cells.at.end(), [&](const auto& at) {
          return state.slot(at.first) == mark.first &&
                 holds(state.spec, covered(state, cells, at.first), limit);
        });
      });
    }
  }

  // `edit`: not for a request, but for other rules; the end of the window.
  void ring_sum(State& state, const std::string& group, std::int64_t start,
                const std::int64_t* edit) {
    rearm(state, group, start);
    Group& cells = state.groups[group];
    const Totals& totals = cells.at[start];
    for (const auto& [text, amount] : ladder(state.spec, group)) {
      if (totals.amount < std::max<int128>(amount, 1)) continue;
      if (totals.requests < state.spec.min_requests) continue;
      if (!cells.marks.insert({start, text}).second) continue;
      const auto alert = id_of(state, group, start, {text, amount});
      if (edit != nullptr) {
        edits_.push_back({alert, *edit});
      } else {
        truth_.must.insert(alert);
      }
    }
  }

  void ring_panes(State& state, const std::string& group, std::int64_t from) {
    Group& cells = state.groups[group];
    for (auto at = cells.at.lower_bound(from); at != cells.at.end(); ++at) {
      const Totals totals = covered(state, cells, at->first);
      const std::int64_t slot = state.slot(at->first);
      for (const auto& [text, amount] : ladder(state.spec, group)) {
        if (!holds(state.spec, totals, amount) || !cells.marks.insert({slot, text}).second)
          continue;
        truth_.must.insert(id_of(state, group, slot * state.count * state.pane, {text, amount}));
      }
    }
  }

  void advance(const CommitNote& commit) {
    for (const auto partition : commit.known) lanes_[partition].known = true;
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

  void judge(State& state) {
    if (!state.spec.judged() || watermark_ == kUnset) return;
    const std::int64_t through = state.pane_at(watermark_) - 1;
    for (auto& [group, cells] : state.groups) {
      if (cells.judged == kUnset) cells.judged = std::min(cells.at.begin()->first - 1, through);
      while (cells.judged < through) {
        // With nothing pending, only what has or covers requests matters.
        if (cells.episodes.empty()) {
          const std::int64_t back = state.spec.rolling() ? state.count - 1 : 0;
          const auto next = cells.at.lower_bound(cells.judged + 1 - back);
          if (next == cells.at.end()) break;
          cells.judged = std::max(cells.judged, std::min(next->first - 1, through));
          if (cells.judged >= through) break;
        }
        judge_pane(state, group, cells, ++cells.judged);
      }
      cells.judged = std::max(cells.judged, through);
    }
  }

  void judge_pane(State& state, const std::string& group, Group& cells, std::int64_t pane) {
    const Totals totals = covered(state, cells, pane);
    const auto rungs = ladder(state.spec, group);
    const std::int64_t keep =
        state.spec.keep_firing_for.value_or(state.spec.rolling() ? Millis{300'000} : Millis{0})
            .count();
    for (const auto& [text, amount] : rungs) {
      if (!holds(state.spec, totals, amount)) continue;
      auto& episode =
          cells.episodes.try_emplace(text, Group::Episode{pane, false, {}}).first->second;
      episode.below.reset();
      if (episode.told || (pane - episode.first) * state.pane < state.spec.hold.count()) continue;
      episode.told = true;
      truth_.must.insert(id_of(state, group, episode.first * state.pane, {text, amount}));
    }
    for (auto at = cells.episodes.begin(); at != cells.episodes.end();) {
      auto& [text, episode] = *at++;
      const auto rung = rungs.find(text);
      if (rung != rungs.end() && holds(state.spec, totals, rung->second)) continue;
      if (episode.told && !episode.below) episode.below = pane;
      const bool over = !episode.told || (pane - *episode.below) * state.pane >= keep;
      if (over) cells.episodes.erase(std::prev(at));
    }
  }

  // docs/formats/state.md, Alert id; and what a person wants to know of it.
  static std::pair<std::string, Truth::Alert> id_of(const State& state, const std::string& group,
                                                    std::int64_t start,
                                                    const std::pair<std::string, int128>& rung) {
    std::string bytes;
    const std::string amount = decimal_text(rung.second, 0);
    for (const auto& field :
         {state.name.first, state.name.second, group, std::to_string(start), rung.first, amount}) {
      append_big_endian(bytes, field.size());
      bytes += field;
    }
    std::string words;
    for (const char c : group) words += c < ' ' ? '/' : c;
    words = state.name.first + " " + words + " from " + std::to_string(start) + ": " + rung.first +
            " = " + amount;
    return {hex(sha256(bytes), 16), {state.name, group, words, state.spec.judged()}};
  }
  static void append_big_endian(std::string& bytes, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  }

  // The sweep after an edit has passed all windows that were still open.
  void settle_edits() {
    for (const auto& [alert, end] : edits_) {
      (end > watermark_ ? truth_.must : truth_.may).insert(alert);
    }
    edits_.clear();
  }

  void finish() {
    truth_.watermark_ms = watermark_;
    for (auto& [name, state] : states_) {
      for (const auto& [group, cells] : state.groups) {
        for (const auto& [at, totals] : cells.at) {
          if (state.sums()) {
            truth_.sums[name][{at, group}] = totals;
          } else {
            truth_.panes[name][group][at] = covered(state, cells, at);
          }
        }
      }
    }
  }

  const History& history_;
  std::vector<Lane> lanes_;
  std::map<std::string, std::pair<std::size_t, std::int64_t>> ids_;
  std::map<StateName, State> states_;
  std::shared_ptr<const Version> version_;
  std::vector<State*> in_force_;
  std::int64_t watermark_ = kUnset;
  std::vector<std::pair<std::pair<std::string, Truth::Alert>, std::int64_t>> edits_;
  Truth truth_;
};

}  // namespace

Truth truth_of(const History& history) { return Oracle(history).run(); }

}  // namespace tocsin::sim
