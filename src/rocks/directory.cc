// SPDX-License-Identifier: Apache-2.0
#include "rocks/directory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

namespace tocsin::rocks {
namespace {

namespace fs = std::filesystem;

std::string named(const std::string& path) { return "state directory \"" + path + "\""; }

std::string reason(int error) { return std::generic_category().message(error); }

Result<void> make(const std::string& path) {
  std::error_code error;
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty()) fs::create_directories(parent, error);
  if (!error && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    error = {errno, std::generic_category()};
  }
  if (!error) return {};
  return reject(named(path) + " cannot be made: " + error.message() +
                "; create it, owned by the user Tocsin runs as");
}

// What a start that died half-way can leave behind before there is a database.
bool left_by_a_first_start(std::string_view name) {
  constexpr std::array<std::string_view, 5> kPrefixes = {"LOCK", "LOG", "IDENTITY", "MANIFEST-",
                                                         "reserve"};
  constexpr std::array<std::string_view, 2> kSuffixes = {".dbtmp", ".log"};
  return name == "lost+found" ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); }) ||
         std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

// Without a database in it, may one be created here? RocksDB would delete tables it doesn't know.
Result<void> check_unused(const std::string& path) {
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".sst") || name.starts_with("OPTIONS-")) {
      return reject(named(path) + " is damaged: it has files of a database (" + name +
                    ") but no file CURRENT; restore it from a backup, or empty it to start anew");
    }
    if (!left_by_a_first_start(name)) {
      return reject(named(path) + " holds something else (" + name +
                    "); give state.path a directory of its own");
    }
  }
  if (!error) return {};
  return stop(named(path) + " cannot be read: " + error.message());
}

}  // namespace

bool holds_database(const std::string& path) {
  return ::access((path + "/CURRENT").c_str(), F_OK) == 0;
}

Result<void> prepare_directory(const std::string& path) {
  if (path.empty()) return reject("state.path is empty; name a directory for the state");
  struct stat status {};
  // Who owns the link can lead us to another directory at the next start.
  if (::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode) && status.st_uid != 0 &&
      status.st_uid != ::geteuid()) {
    return reject(named(path) + " is a link that belongs to another user (number " +
                  std::to_string(status.st_uid) + "); name the directory itself");
  }
  if (auto made = make(path); !made) return made;
  if (::stat(path.c_str(), &status) != 0) {
    return stop(named(path) + " cannot be read: " + reason(errno));
  }
  if (!S_ISDIR(status.st_mode)) return reject(named(path) + " is a file; name a directory");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return reject(named(path) + " can be written by other users; chmod 700 it and start again");
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return reject(named(path) + " cannot be used: " + reason(errno) +
                  "; it must belong to the user Tocsin runs as");
  }
  if (holds_database(path)) return {};
  return check_unused(path);
}

std::optional<pid_t> lock_holder(const std::string& path) {
  const int file = ::open((path + "/LOCK").c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool known = ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0;
  ::close(file);
  return known ? std::optional(lock.l_pid) : std::nullopt;
}

bool is_dying(pid_t process) {
  constexpr unsigned long kExiting = 4;  // PF_EXITING of Linux
  constexpr unsigned long kKill = 1UL << (SIGKILL - 1);
  const std::string folder = "/proc/" + std::to_string(process);
  std::ifstream stat(folder + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return true;  // gone
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 6; ++i) fields >> skipped;  // state to terminal's group
  unsigned long flags = 0;
  if (fields >> flags && (flags & kExiting) != 0) return true;
  std::ifstream status(folder + "/status");
  while (std::getline(status, text)) {
    if (!text.starts_with("SigPnd:") && !text.starts_with("ShdPnd:")) continue;
    if ((std::strtoul(text.c_str() + 7, nullptr, 16) & kKill) != 0) return true;
  }
  return false;
}

}  // namespace tocsin::rocks
