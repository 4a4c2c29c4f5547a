// SPDX-License-Identifier: Apache-2.0
#include "state/growth_book.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "alert/driver_values.h"
#include "alert/drivers.h"
#include "hash/fingerprint.h"
#include "state/keys.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kMarkVersion = 2;  // 1 knows no drivers, and is written where there are none
constexpr std::size_t kKnownMax = 64;     // states of which marks are at hand
constexpr std::size_t kWithGroupsMax = 2;  // marks of each

std::string marks_of(std::uint32_t state, EventTime start) {
  return key::window(key::kGrowth, state, to_ms(start));
}

std::string mark_key(std::uint32_t state, EventTime start, EventTime from) {
  std::string key = marks_of(state, start);
  key::append_i64(key, to_ms(from));
  return key;
}

std::string encode(const GrowthBook::Mark& mark) {
  std::string bytes;
  bytes.reserve(16 * (mark.groups.size() + 1));
  RowWriter out(bytes);
  out.byte(mark.drivers.empty() ? 1 : kMarkVersion);
  out.signed_number((mark.until - mark.from).count());
  out.number(mark.groups.size());
  for (const auto& group : mark.groups) {
    out.fixed(group.hash);
    out.amount(group.total);
  }
  if (mark.drivers.empty()) return bytes;
  out.number(mark.drivers.size());
  for (const auto& [group, drivers] : mark.drivers) {
    out.fixed(group);
    out.text(drivers);
  }
  return bytes;
}

bool is_mark(RowReader& in) {
  const auto version = in.byte();
  return version >= 1 && version <= kMarkVersion;
}

std::vector<GrowthBook::Group> read_groups(RowReader& in) {
  std::vector<GrowthBook::Group> groups;
  if (!is_mark(in)) return groups;
  in.signed_number();
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    const std::uint64_t hash = in.fixed();
    groups.push_back({hash, in.amount()});
  }
  return groups;
}

// By rising hash. What cannot be read holds no group.
std::vector<GrowthBook::Group> decode_groups(std::string_view bytes) {
  RowReader in(bytes);
  auto groups = read_groups(in);
  std::sort(groups.begin(), groups.end(),
            [](const auto& a, const auto& b) { return a.hash < b.hash; });
  return groups;
}

// What drove the group; false: it is not known.
bool decode_drivers(std::string_view bytes, std::uint64_t group, Drivers& drivers,
                    DriverValues& held) {
  RowReader in(bytes);
  read_groups(in);
  if (!in.ok() || in.done()) return false;
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    const std::uint64_t hash = in.fixed();
    const std::string_view of = in.text();
    if (hash == group) return in.ok() && Drivers::decode(of, drivers, held);
  }
  return false;
}

std::optional<Window> decode_times(std::string_view key, std::string_view bytes) {
  RowReader in(bytes);
  if (!is_mark(in)) return std::nullopt;
  const EventTime from = event_time_ms(key::read_i64(key.substr(key::kGroupAt)));
  const Window times{from, from + Millis{in.signed_number()}};
  return in.ok() ? std::optional(times) : std::nullopt;
}

int128 total_in(const std::vector<GrowthBook::Group>& groups, std::uint64_t hash) {
  const auto known =
      std::lower_bound(groups.begin(), groups.end(), hash,
                       [](const auto& group, std::uint64_t of) { return group.hash < of; });
  return known == groups.end() || known->hash != hash ? int128{0} : known->total;
}

Millis step_length(const Window& window) {
  return std::max((window.end - window.start) / GrowthBook::kSteps, GrowthBook::kStepMin);
}

}  // namespace

GrowthBook::Group GrowthBook::group(std::string_view key, int128 total) {
  return {hash64(key, 0), total};
}

EventTime GrowthBook::same_time(const Window& in, EventTime at, const Window& of) {
  const auto length = [](const Window& window) {
    return static_cast<int128>((window.end - window.start).count());
  };
  const int128 passed = (at - of.start).count();
  return in.start + Millis{static_cast<std::int64_t>(passed * length(in) / length(of))};
}

std::int64_t GrowthBook::step(const Window& window, EventTime at) {
  return floor_div((at - window.start).count(), step_length(window).count());
}

EventTime GrowthBook::step_end(const Window& window, std::int64_t step) {
  return std::min(window.start + step_length(window) * (step + 1), window.end);
}

void GrowthBook::put(std::uint32_t state, EventTime start, const Mark& mark, WriteBatch& batch) {
  batch.put(mark_key(state, start, mark.from), encode(mark));
  known_.erase({state, start});
}

void GrowthBook::forget_before(std::uint32_t state, EventTime start) {
  const auto [known, first] = forgotten_before_.try_emplace(state, start);
  if (!first && known->second >= start) return;
  known->second = start;
  over_.add(marks_of(state, EventTime::min()), marks_of(state, start));
}

void GrowthBook::forget_all(std::uint32_t state) {
  forgotten_before_.erase(state);
  known_.erase(known_.lower_bound({state, EventTime::min()}),
               known_.upper_bound({state, EventTime::max()}));
  std::string rows(1, key::kGrowth);
  key::append_u32(rows, state);
  over_.add(rows, key::after(rows));
}

// A window that has no mark is read in vain once, for it stays so.
GrowthBook::Known& GrowthBook::known(std::uint32_t state, const Window& window) {
  const std::pair of{state, window.start};
  const auto at_hand = known_.find(of);
  if (at_hand != known_.end() && at_hand->second.window == window) return at_hand->second;
  if (at_hand == known_.end() && known_.size() == kKnownMax) known_.clear();
  Known& known = known_[of];
  known = {window, {}, {}};
  const std::string rows = marks_of(state, window.start);
  [[maybe_unused]] const auto scanned =
      store_.scan(rows, key::after(rows), [&](auto key, auto value) {
        if (const auto times = decode_times(key, value)) known.marks.push_back(*times);
        return true;
      });
  return known;
}

const std::vector<GrowthBook::Group>& GrowthBook::groups(std::uint32_t state, Known& known,
                                                         std::size_t mark) {
  const auto at_hand = known.groups.find(mark);
  if (at_hand != known.groups.end()) return at_hand->second;
  if (known.groups.size() == kWithGroupsMax) known.groups.clear();
  const auto row = store_.get(mark_key(state, known.window.start, known.marks[mark].start));
  auto& groups = known.groups[mark];
  if (row && *row) groups = decode_groups(**row);
  return groups;
}

std::optional<GrowthBook::Between> GrowthBook::between(const Known& known, EventTime at) {
  const Millis step = step_length(known.window);
  const auto& marks = known.marks;
  Between found;
  // It was watched all the time until then if no two marks are too far apart.
  EventTime watched = known.window.start - step;
  std::size_t after = 0;  // the first mark behind `at`
  while (after < marks.size() && marks[after].start <= at) {
    if (marks[after].start > watched + 2 * step) return std::nullopt;
    watched = std::max(watched, marks[after].end);
    found.before = after++;
  }
  if (found.before && marks[*found.before].end >= at) return found;
  if (after == marks.size() || marks[after].start > watched + 2 * step) return std::nullopt;
  found.after = after;
  const EventTime from = found.before ? marks[*found.before].end : known.window.start;
  found.passed = (at - from).count();
  found.length = std::max((marks[after].start - from).count(), Millis::rep{1});
  return found;
}

std::optional<int128> GrowthBook::total(std::uint32_t state, const Window& window, EventTime at,
                                        std::string_view group) {
  Known& of = known(state, window);
  const auto marks = between(of, at);
  if (!marks) return std::nullopt;
  const std::uint64_t hash = hash64(group, 0);
  const int128 then = marks->before ? total_in(groups(state, of, *marks->before), hash) : 0;
  if (!marks->after) return then;
  return marks->of(then, total_in(groups(state, of, *marks->after), hash));
}

std::vector<std::optional<int128>> GrowthBook::drivers(std::uint32_t state, const Window& window,
                                                       EventTime at, std::string_view group,
                                                       std::span<const Alert::Driver> of) {
  std::vector<std::optional<int128>> all(of.size());
  Known& in = known(state, window);
  const auto marks = between(in, at);
  if (!marks) return all;
  const std::uint64_t hash = hash64(group, 0);
  // Of a mark: each as it was then.
  const auto amounts = [&](std::optional<std::size_t> mark) {
    std::vector<std::optional<int128>> then(of.size(), int128{0});
    if (!mark) return then;
    const auto& marked = groups(state, in, *mark);
    const int128 total = total_in(marked, hash);
    if (total == 0) return then;
    if (marked.size() > kDrivenMax) return std::vector<std::optional<int128>>(of.size());
    DriverValues held;
    Drivers drivers;
    const auto row = store_.get(mark_key(state, window.start, in.marks[*mark].start));
    const bool known = row && *row && decode_drivers(**row, hash, drivers, held);
    for (std::size_t i = 0; i < of.size(); ++i) {
      then[i] = known ? drivers.amount(of[i].field, of[i].value, held, total) : std::nullopt;
    }
    return then;
  };
  all = amounts(marks->before);
  if (!marks->after) return all;
  const auto later = amounts(marks->after);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i]) all[i] = later[i] ? std::optional(marks->of(*all[i], *later[i])) : std::nullopt;
  }
  return all;
}

std::optional<Alert::Before> GrowthBook::before(std::uint32_t state, const Window& last,
                                                const Window& now, EventTime at,
                                                std::string_view group,
                                                std::span<const Alert::Driver> of) {
  const EventTime then = same_time(last, at, now);
  const auto had = total(state, last, then, group);
  if (had.value_or(0) <= 0) return std::nullopt;
  return Alert::Before{last, *had, drivers(state, last, then, group, of)};
}

std::optional<Alert::Recent> GrowthBook::recent(std::uint32_t state, const Window& window,
                                                EventTime at, std::string_view group,
                                                int128 value) {
  const auto span = recently(window);
  if (!span || at - *span <= window.start) return std::nullopt;
  const auto then = total(state, window, at - *span, group);
  if (!then || *then > value) return std::nullopt;
  return Alert::Recent{*span, value - *then};
}

std::optional<Millis> GrowthBook::recently(const Window& window) {
  using std::chrono::hours;
  const Millis length = window.end - window.start;
  if (length <= hours{2}) return std::nullopt;
  if (length <= hours{48}) return hours{1};
  return length <= hours{24 * 62} ? Millis{hours{24}} : Millis{hours{24 * 7}};
}

}  // namespace tocsin
