// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "rule/files.h"

namespace tocsin {

// The file system.
class RealFiles final : public Files {
 public:
  Result<std::string> read(const std::string& path, std::size_t bytes_max) override;
  Result<std::vector<std::string>> expand(const std::string& pattern) override;
  Result<Access> access(const std::string& path) override;
};

// The process's environment. Call it before other threads change theirs.
Environment real_environment();

}  // namespace tocsin
