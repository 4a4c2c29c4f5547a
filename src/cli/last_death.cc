// SPDX-License-Identifier: Apache-2.0
#include "cli/last_death.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

namespace tocsin {
namespace {

std::atomic<LifeNote*> this_life{nullptr};

// The signal comes again when this returns, and then kills as ever.
void on_crash(int) {
  if (LifeNote* note = this_life) note->crashed.store(1);
}

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

// Of the whole machine, also those for the limit of a container. -1: this kernel does not say.
std::int64_t oom_kills() {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen("/proc/vmstat", "re"));
  char name[64];
  long long value = 0;
  while (file && std::fscanf(file.get(), "%63s %lld", name, &value) == 2) {
    if (std::string(name) == "oom_kill") return value;
  }
  return -1;
}

}  // namespace

Death begin_life(LifeNote& note) {
  const std::int64_t kills = oom_kills();
  // After a reboot it is counted anew, so a lower one says nothing.
  const bool for_memory = kills < 0 || note.oom_kills < 0 || kills > note.oom_kills;
  const bool own = note.lived != 0 && (note.crashed != 0 || for_memory);
  note.crashed = 0;
  note.lived = 1;
  note.oom_kills = kills;
  this_life = &note;
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    sigaction(signal, &action, nullptr);
  }
  return own ? Death::own : Death::other;
}

}  // namespace tocsin
