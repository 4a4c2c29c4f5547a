// SPDX-License-Identifier: Apache-2.0
#include "cli/file_watch.h"

#include <fnmatch.h>
#include <glob.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <system_error>

namespace tocsin {
namespace {

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                  IN_ONLYDIR;
constexpr int kLinksMax = 40;

std::deque<std::string> names_of(const std::string& path) {
  std::deque<std::string> names;
  for (std::size_t from = 0; from < path.size();) {
    const std::size_t end = std::min(path.find('/', from), path.size());
    if (end > from) names.push_back(path.substr(from, end - from));
    from = end + 1;
  }
  return names;
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

std::string target_of(const std::string& link) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  return size < 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

// A regular file just made is still being written: read now it may be half of one. When it is
// closed is an event of its own.
bool is_being_written(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

bool is_pattern(const std::string& name) { return name.find_first_of("*?[") != std::string::npos; }

}  // namespace

FileWatch::FileWatch(Log& log) : log_(log), descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (descriptor_ >= 0) return;
  log_.warn("changes of files will not be noticed (" + std::generic_category().message(errno) +
            "): reload by SIGHUP or POST /api/v1/reload");
}

FileWatch::~FileWatch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

// The file in its folder, and each symbolic link on the way in its.
void FileWatch::add_path(const std::string& path, Points& points) {
  std::string folder = path.starts_with('/') ? "/" : ".";
  std::deque<std::string> names = names_of(path);
  for (int links = 0; !names.empty() && links < kLinksMax;) {
    const std::string name = std::move(names.front());
    names.pop_front();
    const std::string here = joined(folder, name);
    struct stat status {};
    const bool there = ::lstat(here.c_str(), &status) == 0;
    const bool link = there && S_ISLNK(status.st_mode);
    if (!there || link || names.empty()) points[folder].insert(name);
    if (!there) return;  // when it comes, the rest is found
    if (!link) {
      folder = here;
      continue;
    }
    ++links;
    const std::string target = target_of(here);
    if (target.starts_with('/')) folder = "/";
    std::deque<std::string> rest = names_of(target);
    names.insert(names.begin(), rest.begin(), rest.end());
  }
}

void FileWatch::add_pattern(const std::string& pattern, Points& points) {
  const std::deque<std::string> names = names_of(pattern);
  std::vector<std::string> folders = {pattern.starts_with('/') ? "/" : "."};
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<std::string> next;
    for (const std::string& folder : folders) {
      add_path(folder, points);
      if (is_pattern(names[i])) points[folder].insert(names[i]);
      glob_t found{};
      if (::glob(joined(folder, names[i]).c_str(), 0, nullptr, &found) == 0) {
        for (std::size_t k = 0; k < found.gl_pathc; ++k) next.emplace_back(found.gl_pathv[k]);
      }
      ::globfree(&found);
    }
    if (next.empty()) {
      for (const std::string& folder : folders) points[folder].insert(names[i]);
    }
    folders = std::move(next);
  }
}

bool FileWatch::watch(const FileSet& set) {
  if (descriptor_ < 0) return false;
  Points points;
  for (const auto& [path, text] : set.texts) add_path(path, points);
  for (const auto& [path, print] : set.secrets) add_path(path, points);
  for (const auto& path : set.missing) add_path(path, points);
  for (const auto& [pattern, paths] : set.expansions) add_pattern(pattern, points);
  bool more = false;
  for (const auto& [folder, names] : points) {
    const int watch = ::inotify_add_watch(descriptor_, folder.c_str(), kEvents);
    if (watch < 0) {
      if (errno == ENOSPC)
        log_.warn("changes in " + folder + " will not be noticed: too many watches");
      continue;
    }
    const auto known = watches_.find(folder);
    more =
        more || known == watches_.end() || known->second != watch ||
        !std::includes(points_[folder].begin(), points_[folder].end(), names.begin(), names.end());
    watches_[folder] = watch;
    folders_[watch] = folder;
  }
  for (auto old = watches_.begin(); old != watches_.end();) {
    if (points.contains(old->first)) {
      ++old;
      continue;
    }
    const int watch = old->second;
    old = watches_.erase(old);
    const bool shared = std::any_of(watches_.begin(), watches_.end(),
                                    [&](const auto& other) { return other.second == watch; });
    if (!shared) ::inotify_rm_watch(descriptor_, watch);
    if (!shared) folders_.erase(watch);
  }
  points_ = std::move(points);
  return more;
}

bool FileWatch::changed() {
  if (descriptor_ < 0) return false;
  bool any = false;
  alignas(inotify_event) std::array<char, 16 * 1024> bytes{};
  for (;;) {
    const ssize_t size = ::read(descriptor_, bytes.data(), bytes.size());
    if (size <= 0) return any;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, bytes.data() + at, sizeof event);
      const std::string name = event.len == 0 ? "" : bytes.data() + at + sizeof event;
      any = any || (event.mask & IN_Q_OVERFLOW) != 0 ||
            (concerns(event.wd, name) && !begins(event.mask, event.wd, name));
      at += sizeof event + event.len;
    }
  }
}

bool FileWatch::begins(std::uint32_t events, int folder, const std::string& name) const {
  return (events & IN_CREATE) != 0 && is_being_written(joined(folders_.at(folder), name));
}

bool FileWatch::concerns(int folder, const std::string& name) const {
  const auto found = folders_.find(folder);
  if (found == folders_.end()) return false;
  if (name.empty()) return true;  // the folder itself
  // Two paths may lead to one folder, which then has one watch.
  for (const auto& [path, names] : points_) {
    const auto watch = watches_.find(path);
    if (watch == watches_.end() || watch->second != folder) continue;
    const auto meant = [&](const std::string& pattern) {
      return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
    };
    if (std::any_of(names.begin(), names.end(), meant)) return true;
  }
  return false;
}

}  // namespace tocsin
