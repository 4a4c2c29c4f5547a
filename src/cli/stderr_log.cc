// SPDX-License-Identifier: Apache-2.0
#include "cli/stderr_log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <mutex>

#include "cli/log_line.h"
#include "cli/log_output.h"

namespace tocsin {
namespace {

class Sink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    output_.write({line.data(), line.size()});
  }
  void flush_() override {}

 private:
  LogOutput output_{STDERR_FILENO};
};

class StderrLog final : public Log {
 public:
  StderrLog() : logger_("tocsin", std::make_shared<Sink>()) {
    // No padded flags: CVE-2025-6140 in spdlog before 1.15.2.
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  }
  void info(std::string_view text) override { logger_.info("{}", log_line(text)); }
  void warn(std::string_view text) override { logger_.warn("{}", log_line(text)); }
  void error(std::string_view text) override { logger_.error("{}", log_line(text)); }

 private:
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<Log> stderr_log() { return std::make_unique<StderrLog>(); }

}  // namespace tocsin
