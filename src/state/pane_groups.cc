// SPDX-License-Identifier: Apache-2.0
#include "state/pane_groups.h"

#include <algorithm>

namespace tocsin {
namespace {

// Of glibc's malloc: 8 bytes a block, rounded up to 16, at least 32.
constexpr std::size_t allocated(std::size_t bytes) {
  return bytes == 0 ? 0 : std::max<std::size_t>((bytes + 8 + 15) / 16 * 16, 32);
}

template <class T>
std::size_t allocated(const std::vector<T>& of) {
  return allocated(of.capacity() * sizeof(T));
}

// A node of the table: beside the entry the next one, the hash and the group; its bucket, and its
// place among the active.
constexpr std::size_t kNode =
    allocated(sizeof(PaneEntry) + sizeof(std::string) + 2 * sizeof(void*)) + 2 * sizeof(void*);
constexpr std::size_t kShortText = 15;  // lies in the string itself

}  // namespace

PaneEntry& PaneGroups::add(std::string_view group) {
  const auto known = entries_.find(group);
  if (known != entries_.end()) return known->second;
  const auto added = entries_.try_emplace(std::string(group)).first;
  added->second.group = &added->first;
  measure(added->second);
  return added->second;
}

void PaneGroups::erase(PaneEntry& entry) {
  make_clean(entry);
  bytes_ -= entry.bytes;
  entries_.erase(entries_.find(*entry.group));
}

void PaneGroups::erase_some(std::size_t most) {
  active_.clear();
  oldest_ = newest_ = nullptr;
  for (; most > 0 && !entries_.empty(); --most) {
    bytes_ -= entries_.begin()->second.bytes;
    entries_.erase(entries_.begin());
  }
}

void PaneGroups::measure(PaneEntry& entry) {
  const std::size_t text = entry.group->size() > kShortText ? entry.group->size() + 1 : 0;
  const PaneCell& cell = entry.cell;
  const std::size_t now = kNode + allocated(text) + allocated(cell.panes.all()) +
                          allocated(cell.slots) + allocated(cell.episodes) +
                          allocated(entry.changed) + cell.panes.more_bytes();
  bytes_ += now - entry.bytes;
  entry.bytes = static_cast<std::uint32_t>(now);
}

void PaneGroups::make_dirty(PaneEntry& entry, std::uint64_t commit) {
  if (std::exchange(entry.dirty, true)) return;
  entry.dirty_since = commit;
  entry.older = newest_;
  entry.newer = nullptr;
  (newest_ == nullptr ? oldest_ : newest_->newer) = &entry;
  newest_ = &entry;
}

void PaneGroups::make_clean(PaneEntry& entry) {
  if (!std::exchange(entry.dirty, false)) return;
  (entry.older == nullptr ? oldest_ : entry.older->newer) = entry.newer;
  (entry.newer == nullptr ? newest_ : entry.newer->older) = entry.older;
  entry.older = entry.newer = nullptr;
}

void PaneGroups::activate_all() {
  for (auto& [group, entry] : entries_) {
    measure(entry);
    if (!entry.cell.idle()) activate(entry);
  }
}

}  // namespace tocsin
