// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tocsin {

// Where the engine tells its operator what it does. Any thread; never blocks for long. Text is one
// record whatever it holds: the implementation escapes line ends and control characters.
class Log {
 public:
  virtual ~Log() = default;
  virtual void info(std::string_view text) = 0;
  virtual void warn(std::string_view text) = 0;
  virtual void error(std::string_view text) = 0;
};

}  // namespace tocsin
