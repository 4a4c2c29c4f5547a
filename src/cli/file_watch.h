// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "rule/file_set.h"
#include "tocsin/log.h"
#include "tocsin/time.h"

namespace tocsin {

// A save is often several events, and what comes all the time must not put a reload off for ever:
// events are settled when none came for a while, or a long one after the first.
class Settling {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr Millis kQuiet{300};
  static constexpr Millis kLongest{3'000};

  void happened(Time now) {
    if (!waits_) first_ = now;
    waits_ = true;
    last_ = now;
  }
  bool settled(Time now) const { return waits_ && now >= due(); }
  // How long until they are; -1: there are none.
  Millis wait(Time now) const {
    if (!waits_) return Millis{-1};
    return std::max(Millis{0}, std::chrono::ceil<Millis>(due() - now));
  }
  void reset() { waits_ = false; }

 private:
  Time due() const { return std::min(last_ + kQuiet, first_ + kLongest); }

  bool waits_ = false;
  Time first_{}, last_{};
};

// Notices that files of a configuration change, come or go: by inotify on their folders, so that
// editors that replace a file and symbolic links that are swapped are noticed too. One thread.
class FileWatch {
 public:
  explicit FileWatch(Log& log);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // To wait on; -1: nothing will be noticed, which is logged.
  int descriptor() const { return descriptor_; }
  // From now on the files of `set`. True: some are watched that were not before, and may have
  // changed unnoticed.
  bool watch(const FileSet& set);
  // What has happened since the last call. True: one of the files may have changed.
  bool changed();

 private:
  // Names, with `*` and `?`, to look for in a folder.
  using Points = std::map<std::string, std::set<std::string>>;

  static void add_path(const std::string& path, Points& points);
  static void add_pattern(const std::string& pattern, Points& points);
  bool concerns(int folder, const std::string& name) const;
  bool begins(std::uint32_t events, int folder, const std::string& name) const;

  Log& log_;
  int descriptor_ = -1;
  Points points_;
  std::map<std::string, int> watches_;  // by folder
  std::map<int, std::string> folders_;  // by watch
};

}  // namespace tocsin
