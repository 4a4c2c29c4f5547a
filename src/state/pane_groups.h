// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "alert/pane_cell.h"
#include "hash/fingerprint.h"

namespace tocsin {

// All panes of one group of a rolling or judged rule.
struct PaneEntry {
  PaneCell cell;
  const std::string* group = nullptr;
  std::uint64_t commit = 0;                      // the last that changed it
  std::uint64_t dirty_since = 0;                 // the first commit that its key does not hold
  PaneEntry *older = nullptr, *newer = nullptr;  // among those dirty
  bool dirty = false;                            // the journal alone holds its newest value
  bool stored = false;                           // it has a key of its own
  bool active = false;                           // it has something to judge
  bool begins = false;                           // with the commit under way
  std::uint16_t edition = 0;                     // of the ladder that its slots and episodes are of
  std::uint32_t bytes = 0;                       // when it was last measured
  std::vector<std::int64_t> changed;             // panes, by the commit under way
  EventTime latest{};                            // event time, of the commit under way
};

// The groups of a rolling or judged rule, all in memory. Entries stay where they are until erased.
// State thread, or whoever makes it ready.
class PaneGroups {
 public:
  explicit PaneGroups(std::uint64_t seed) : entries_(16, TextHash{seed}) {}
  PaneGroups(PaneGroups&&) = default;
  PaneGroups& operator=(PaneGroups&&) = default;

  PaneEntry* find(std::string_view group) {
    const auto found = entries_.find(group);
    return found == entries_.end() ? nullptr : &found->second;
  }
  // What is there already, or a new one.
  PaneEntry& add(std::string_view group);
  void erase(PaneEntry& entry);
  // At most so many, whichever.
  void erase_some(std::size_t most);
  std::size_t size() const { return entries_.size(); }

  // What they take, as the memory allocator gives it: each as when it came or was last measured.
  std::size_t bytes() const { return bytes_; }
  void measure(PaneEntry& entry);

  // Commits in their order.
  void make_dirty(PaneEntry& entry, std::uint64_t commit);
  void make_clean(PaneEntry& entry);
  PaneEntry* oldest_dirty() const { return oldest_; }

  // Those with something to judge; who judges them drops those that have no more.
  std::vector<PaneEntry*>& active() { return active_; }
  void activate(PaneEntry& entry) {
    if (std::exchange(entry.active, true)) return;
    active_.push_back(&entry);
  }
  // Every one that might, and measures all: after reading them.
  void activate_all();

  template <class Each>
  void each(const Each& each) const {
    for (const auto& [group, entry] : entries_) each(entry);
  }
  // For walks that take several commits. An entry that `each` erases must be the one it was given.
  std::size_t buckets() const { return entries_.bucket_count(); }
  template <class Each>
  void in_bucket(std::size_t bucket, const Each& each) {
    for (auto at = entries_.begin(bucket); at != entries_.end(bucket);) {
      PaneEntry& entry = (at++)->second;
      each(entry);
    }
  }

 private:
  struct TextHash {
    using is_transparent = void;
    std::uint64_t seed = 0;
    std::size_t operator()(std::string_view text) const { return hash64(text, seed); }
  };

  std::unordered_map<std::string, PaneEntry, TextHash, std::equal_to<>> entries_;
  std::size_t bytes_ = 0;
  std::vector<PaneEntry*> active_;
  PaneEntry *oldest_ = nullptr, *newest_ = nullptr;
};

}  // namespace tocsin
