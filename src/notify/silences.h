// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tocsin/alert.h"
#include "tocsin/result.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// What somebody wants to hear nothing of for a while. It mutes telling, not judging: what rings is
// recorded with the silence's id, and told when the silence ends and it still stands.
struct Silence {
  std::string id;    // 8 hex digits
  std::string rule;  // a rule's name, or a glob
  // All of them must match: `severity`, else a field of the rule's group_by, else a label; names
  // without regard to case, values exactly or as globs.
  std::vector<std::pair<std::string, std::string>> match;
  WallTime from{}, until{};
  std::string author, comment;
  WallTime made{};
  bool by_file = false;  // it ends when its file has it no more
  std::string ended_by;  // who ended it before its time, at `until`; empty: nobody

  bool in_force(WallTime now) const { return from <= now && now < until; }
  bool covers(const Alert& alert) const;
  friend bool operator==(const Silence&, const Silence&) = default;
};

std::string encode_silence(const Silence& silence);
// reject: these bytes are no silence that this version wrote.
Result<Silence> decode_silence(std::string_view bytes);

// All silences of a state, those to come, in force and over. Any thread.
class SilenceBook {
 public:
  explicit SilenceBook(Store& store) : store_(store) {}

  // What the last process left. Once, before all else. stop: the store is unreadable.
  Result<void> load(WallTime now);

  // From now on; synced before it answers with the id it got. reject: it ends before it begins.
  Result<Silence> add(Silence silence, WallTime now);
  // Ends one that is in force, or to come. reject: there is none of that id, or it is over.
  Result<Silence> end(std::string_view id, const std::string& by, WallTime now);
  // Those written in the configuration, which has no others any more.
  Result<void> set_written(std::vector<Silence> written, WallTime now);

  // The id of the one that keeps `alert` from being told now, of several the one that lasts
  // longest; empty: none does.
  std::string covering(const Alert& alert, WallTime now) const;
  std::optional<Silence> find(std::string_view id) const;
  // Newest first.
  std::vector<Silence> all() const;

 private:
  Result<void> write(const std::vector<Silence>& changed, Sync sync);

  Store& store_;
  std::atomic<bool> any_{false};  // most states have none, and alerts need not wait for us then
  std::mutex writing_;            // one change at a time
  mutable std::mutex mutex_;
  std::vector<Silence> silences_;  // guarded by mutex_; in the order they were made
};

}  // namespace tocsin
