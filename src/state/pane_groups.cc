// SPDX-License-Identifier: Apache-2.0
#include "state/pane_groups.h"

namespace tocsin {

PaneEntry& PaneGroups::add(std::string_view group) {
  const auto known = entries_.find(group);
  if (known != entries_.end()) return known->second;
  const auto added = entries_.try_emplace(std::string(group)).first;
  added->second.group = &added->first;
  return added->second;
}

void PaneGroups::erase(PaneEntry& entry) {
  make_clean(entry);
  entries_.erase(entries_.find(*entry.group));
}

void PaneGroups::erase_some(std::size_t most) {
  active_.clear();
  oldest_ = newest_ = nullptr;
  for (; most > 0 && !entries_.empty(); --most) entries_.erase(entries_.begin());
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
    if (!entry.cell.idle()) activate(entry);
  }
}

}  // namespace tocsin
