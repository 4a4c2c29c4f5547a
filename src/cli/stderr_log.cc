// SPDX-License-Identifier: Apache-2.0
#include "cli/stderr_log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "cli/log_line.h"

namespace tocsin {
namespace {

class StderrLog final : public Log {
 public:
  StderrLog() : logger_("tocsin", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    // No padded flags: CVE-2025-6140 in spdlog before 1.15.2.
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    logger_.flush_on(spdlog::level::info);
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
