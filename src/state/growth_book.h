// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rule/rule.h"
#include "state/row_eraser.h"
#include "tocsin/alert.h"
#include "tocsin/decimal.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// How the totals of groups grew over their calendar windows, in some steps each: to say what the
// window before had come to at the same time. Only the store has it, but for what was asked last.
// Groups go by a hash of their keys. One thread.
class GrowthBook {
 public:
  static constexpr std::int64_t kSteps = 48;         // of a window, fewer of one so short
  static constexpr Millis kStepMin{300'000};         // that they would be shorter than this
  static constexpr std::size_t kGroupsMax = 10'000;  // of a window
  static constexpr std::size_t kDrivenMax = 100;     // of a window of which drivers are marked, too

  explicit GrowthBook(const Snapshot& store) : store_(store) {}

  // When the next mark is due, at the soonest.
  EventTime next_step = EventTime::min();

  struct Group {
    std::uint64_t hash = 0;
    int128 total = 0;
  };
  static Group group(std::string_view key, int128 total);
  // These were a window's totals from `from` to `until`, and were not looked at until then.
  struct Mark {
    EventTime from{}, until{};
    std::vector<Group> groups{};
    std::vector<std::pair<std::uint64_t, std::string>>
        drivers{};  // a group's hash, Drivers::encode
  };
  // Whether the totals of its groups are marked.
  static bool marks(const Rule& rule) {
    return rule.is_budget() && rule.keeps_drivers() && !rule.judged() && rule.by_calendar() &&
           rule.window.kind != WindowKind::lifetime;
  }
  // As far into a window as `at` is into `of`.
  static EventTime same_time(const Window& in, EventTime at, const Window& of);
  // The window's step that holds the time.
  static std::int64_t step(const Window& window, EventTime at);
  static EventTime step_end(const Window& window, std::int64_t step);

  // In the order of time.
  void put(std::uint32_t state, EventTime start, const Mark& mark, WriteBatch& batch);
  void forget_before(std::uint32_t state, EventTime start);
  void forget_all(std::uint32_t state);
  void erase_some(WriteBatch& batch) { over_.erase_some(store_, batch); }

  // What the group had in the window at the time, which is over; a straight line between two marks.
  // Nothing: it was not watched all the time.
  std::optional<int128> total(std::uint32_t state, const Window& window, EventTime at,
                              std::string_view group);
  // The same of each of these drivers, where it is known.
  std::vector<std::optional<int128>> drivers(std::uint32_t state, const Window& window,
                                             EventTime at, std::string_view group,
                                             std::span<const Alert::Driver> of);

  // What the group, which has these drivers at that time of `now`, had at the same time of the
  // window `last`. Nothing: that is not known, or was nothing.
  std::optional<Alert::Before> before(std::uint32_t state, const Window& last, const Window& now,
                                      EventTime at, std::string_view group,
                                      std::span<const Alert::Driver> drivers);
  // What came of late of the group's `value` at that time of the window. Nothing: it is not known,
  // or the window is not that old.
  std::optional<Alert::Recent> recent(std::uint32_t state, const Window& window, EventTime at,
                                      std::string_view group, int128 value);
  // How far back is recently: an hour, of longer windows a day or a week; nothing: the window is
  // too short to tell it from.
  static std::optional<Millis> recently(const Window& window);

 private:
  struct Known {
    Window window;
    std::vector<Window> marks;                         // from, until
    std::map<std::size_t, std::vector<Group>> groups;  // of the last asked, by mark
  };
  // A time behind one mark and before another; absent: the window's beginning, and no need of it.
  struct Between {
    std::optional<std::size_t> before, after;
    std::int64_t passed = 0, length = 1;  // of the way from the one to the other, ms
    int128 of(int128 then, int128 later) const { return then + (later - then) * passed / length; }
  };
  static std::optional<Between> between(const Known& known, EventTime at);
  Known& known(std::uint32_t state, const Window& window);
  const std::vector<Group>& groups(std::uint32_t state, Known& known, std::size_t mark);

  const Snapshot& store_;
  std::map<std::pair<std::uint32_t, EventTime>, Known> known_;  // by state and window
  std::map<std::uint32_t, EventTime> forgotten_before_;
  RowEraser over_;
};

}  // namespace tocsin
