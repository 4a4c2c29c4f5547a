// SPDX-License-Identifier: Apache-2.0
#include "crash/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace tocsin::crash {
namespace {

constexpr int kPatienceMs = 180'000;
constexpr std::size_t kSaidMax = 2'000;

[[noreturn]] void be_child(const std::string& log, const std::function<int()>& life) {
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file >= 0) ::dup2(file, STDERR_FILENO);
  int code = 70;
  try {
    code = life();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  std::fflush(nullptr);
  ::_exit(code);
}

std::string tail_of(const std::string& path) {
  std::ifstream file(path);
  std::string text(std::istreambuf_iterator<char>(file), {});
  return text.size() <= kSaidMax ? text : text.substr(text.size() - kSaidMax);
}

// True: the process ended in time.
bool ends_in_time(pid_t child) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  if (handle < 0) return true;  // waited for without limit
  pollfd waiting{handle, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, kPatienceMs);
  } while (ready < 0 && errno == EINTR);
  ::close(handle);
  return ready != 0;
}

}  // namespace

std::string End::text() const {
  std::string text = hung             ? "it hung"
                     : killed_by != 0 ? "ended by signal " + std::to_string(killed_by)
                                      : "exit code " + std::to_string(code);
  return said.empty() ? text : text + ": " + said;
}

End in_child(const std::string& log, const std::function<int()>& life) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) be_child(log, life);
  End end;
  end.hung = !ends_in_time(child);
  if (end.hung) ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.killed_by = WTERMSIG(status);
  end.said = tail_of(log);
  return end;
}

Tally in_shards(unsigned shards, const std::function<Tally(unsigned shard)>& work) {
  std::fflush(nullptr);
  std::vector<std::pair<pid_t, int>> running;
  for (unsigned shard = 0; shard < shards; ++shard) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) {
      const Tally tally = work(shard);
      std::fflush(nullptr);
      const bool told = ::write(ends[1], &tally, sizeof tally) == sizeof tally;
      ::_exit(told ? 0 : 1);
    }
    ::close(ends[1]);
    running.emplace_back(child, ends[0]);
  }
  Tally sum;
  for (const auto& [child, pipe] : running) {
    Tally tally;
    if (::read(pipe, &tally, sizeof tally) != sizeof tally) {
      tally = {};
      tally.failed = 1;  // it died with what it had counted
    }
    ::close(pipe);
    ::waitpid(child, nullptr, 0);
    sum.passed += tally.passed;
    sum.failed += tally.failed;
    for (std::size_t i = 0; i < std::size(sum.other); ++i) sum.other[i] += tally.other[i];
  }
  return sum;
}

}  // namespace tocsin::crash
