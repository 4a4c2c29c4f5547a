// SPDX-License-Identifier: Apache-2.0
// Counting nothing while the state's disk has no room, and going on when it has.
#include <fmt/format.h>

#include "pipeline/engine.h"

namespace tocsin {
namespace {

constexpr Millis kLookEvery{100};

std::string megabytes(std::uint64_t bytes) { return fmt::format("{} MB", bytes / 1'000'000); }

// More than where it stops, so that it doesn't stop again at once.
std::uint64_t to_go_on(const DiskRoom& room) { return room.reserve + room.reserve / 4; }

}  // namespace

bool Engine::held() {
  if (!setup_.live || !setup_.room) return false;
  const auto now = setup_.clock.monotonic();
  if (room_ && now - looked_for_room_ < kLookEvery) return !held_.empty();
  looked_for_room_ = now;
  room_ = setup_.room();
  const bool was_held = !held_.empty();
  const bool is_short = room_->free < (was_held ? to_go_on(*room_) : room_->reserve);
  if (is_short != was_held) {
    if (is_short) begin_hold();
    if (!is_short) end_hold();
    publish();
  } else {
    const std::lock_guard lock(status_mutex_);
    status_.disk = room_;
  }
  return is_short;
}

void Engine::begin_hold() {
  held_ = fmt::format(
      "the disk of the state is full: {} are free, and {} are kept for what must still be stored",
      megabytes(room_->free), megabytes(room_->reserve));
  trouble_["disk"] = held_;
  setup_.log.error("Nothing further is counted: " + held_);
  full_.begins("Tocsin counts nothing: " + held_);
}

void Engine::end_hold() {
  const std::string text = fmt::format(
      "The disk of the state has room again ({}): Tocsin counts on", megabytes(room_->free));
  held_.clear();
  trouble_.erase("disk");
  setup_.log.info(text);
  idleness_.go_on(setup_.clock.monotonic());
  if (full_.ends()) {
    setup_.teller.trouble({"disk_room", std::to_string(full_.number()), text, {}});
  }
}

void Engine::tell_hold() {
  const auto text = full_.due(setup_.clock.monotonic());
  if (!text) return;
  setup_.teller.trouble(
      {"disk_full",
       std::to_string(full_.number()),
       *text,
       {"Nothing is lost: what was read is stored, and the source keeps the rest. Totals and "
        "alerts "
        "are late until there is room.",
        fmt::format(
            "Free space on the disk of state.path: it counts on by itself when {} are free.",
            megabytes(to_go_on(*room_)))}});
}

// What was committed is synced, so that all that was counted is safe whatever becomes of the disk.
Result<void> Engine::hold(Millis wait) {
  tell_hold();
  if (unsynced_ && setup_.clock.monotonic() - synced_at_ >= kSyncEvery) {
    if (auto synced = commit({.now = setup_.clock.wall(), .sync = Sync::yes}); !synced) {
      return synced;
    }
  }
  exchange_.rest(wait);
  return {};
}

}  // namespace tocsin
