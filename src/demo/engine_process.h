// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "tocsin/result.h"

namespace tocsin::demo {

// `tocsin run` as a child of this process, so that it can be killed. It never outlives us: it is
// killed and waited for when destroyed, and the kernel kills it when the thread that started it
// ends, however that ends. It stands in a process group of its own: a Ctrl-C at the terminal is for
// us to handle. Main thread only.
class EngineProcess {
 public:
  struct Paths {
    std::string program;  // "/proc/self/exe"
    std::string folder;   // where it runs, and finds tocsin.yaml
    std::string log;      // gets what it prints, appended
  };
  // stop: it could not be started.
  static Result<EngineProcess> start(const Paths& paths);
  ~EngineProcess() { kill(); }
  EngineProcess(EngineProcess&& other) noexcept;
  EngineProcess& operator=(EngineProcess&& other) noexcept;

  pid_t pid() const { return pid_; }
  // What became of it, in words ("it ended with 1"); nothing while it runs.
  std::optional<std::string> ended();
  // kill -9, and waits until it is gone. Nothing if it is already.
  void kill();

 private:
  explicit EngineProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_ = -1;
  std::optional<std::string> fate_;
};

}  // namespace tocsin::demo
