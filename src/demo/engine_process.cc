// SPDX-License-Identifier: Apache-2.0
#include "demo/engine_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace tocsin::demo {
namespace {

constexpr int kNotStarted = 127;

// Ours without what would lead the engine away from the stand-ins: a proxy for this machine, or a
// service manager that waits for word from us.
std::vector<std::string> environment() {
  std::vector<std::string> kept;
  for (char** each = ::environ; *each != nullptr; ++each) {
    const std::string_view name =
        std::string_view(*each).substr(0, std::string_view(*each).find('='));
    if (name == "no_proxy" || name == "NO_PROXY" || name == "NOTIFY_SOCKET" ||
        name == "WATCHDOG_USEC" || name == "WATCHDOG_PID") {
      continue;
    }
    kept.emplace_back(*each);
  }
  kept.emplace_back("no_proxy=127.0.0.1,localhost");
  return kept;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

struct Image {
  const char* program;
  const char* folder;
  char** arguments;
  char** variables;
};

// In the child of a process with threads: only what a signal handler may call.
[[noreturn]] void become_engine(const Image& image, int log, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kNotStarted);  // it died before that took effect
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (::chdir(image.folder) == 0) ::execve(image.program, image.arguments, image.variables);
  ::_exit(kNotStarted);
}

std::string fate_text(int status) {
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status)) + " ended it";
  return "it ended with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<EngineProcess> EngineProcess::start(const Paths& paths) {
  const int log = ::open(paths.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) {
    return stop("cannot write " + paths.log + ": " + std::generic_category().message(errno));
  }
  std::vector<std::string> words = {"tocsin", "run", "--config", "tocsin.yaml"};
  std::vector<std::string> variables = environment();
  std::vector<char*> arguments = pointers(words);
  std::vector<char*> pairs = pointers(variables);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    become_engine({paths.program.c_str(), paths.folder.c_str(), arguments.data(), pairs.data()},
                  log, parent);
  }
  const int error = errno;
  ::close(log);
  if (child < 0) {
    return stop("the engine cannot be started: " + std::generic_category().message(error));
  }
  return EngineProcess(child);
}

EngineProcess::EngineProcess(EngineProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), fate_(std::move(other.fate_)) {}

EngineProcess& EngineProcess::operator=(EngineProcess&& other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, -1);
    fate_ = std::move(other.fate_);
  }
  return *this;
}

std::optional<std::string> EngineProcess::ended() {
  if (pid_ < 0 || fate_) return fate_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) fate_ = fate_text(status);
  return fate_;
}

void EngineProcess::kill() {
  if (pid_ < 0 || fate_) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  fate_ = fate_text(status);
}

}  // namespace tocsin::demo
