// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "file/local_log.h"
#include "http/ingest.h"
#include "pipeline/intake.h"
#include "rule/config.h"
#include "state/state.h"
#include "tocsin/clock.h"
#include "tocsin/log.h"

namespace tocsin {

// Where what is sent over HTTP is put, made of `sources: [{http: …}]`.
class IngestParts {
 public:
  struct Setup {  // all outlive the parts
    const Config& config;
    const State& state;
    std::uint64_t disk_reserve;
    const Clock& clock;
    Log& log;
  };
  // Null: the config takes none. reject: it cannot work. stop: the local log cannot be opened.
  static Result<std::unique_ptr<IngestParts>> open(const Setup& setup);

  // Null: it goes to Kafka.
  LocalLog* local_log() const { return local_.get(); }
  // What the HTTP server hands bodies to; used as long as we live.
  Ingest ingest();
  // Secrets and the format may change while all else stays. Any thread.
  void reload(const Config& config);

 private:
  IngestParts() = default;

  std::unique_ptr<LocalLog> local_;
  std::unique_ptr<IngestLog> kafka_;
  std::unique_ptr<Intake> intake_;
  std::string token_;  // at the start
  mutable std::mutex mutex_;
  std::string helicone_secret_;  // guarded by mutex_
};

// The http source of a config; null: it has none.
const HttpSourceConfig* senders_of(const Config& config);
// The folder of the local log.
std::string local_log_folder(const Config& config);

}  // namespace tocsin
