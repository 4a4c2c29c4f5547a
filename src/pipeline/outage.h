// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "tocsin/time.h"

namespace tocsin {

// Which outages of a source are told: the first at once, a flapping one once a minute, and each
// that was told also when it is over. State thread.
class Outage {
 public:
  static constexpr Millis kTellEvery{60'000};

  void begins(std::string text) {
    if (!text_) ++number_;
    text_ = std::move(text);
  }
  // True: it was told, so its end is to be told too.
  bool ends() {
    text_.reset();
    const bool was_told = told_;
    told_ = false;
    return was_told;
  }
  // The text to tell now, if any.
  std::optional<std::string> due(std::chrono::steady_clock::time_point now) {
    if (!text_ || told_ || (last_told_ && now - *last_told_ < kTellEvery)) return std::nullopt;
    told_ = true;
    last_told_ = now;
    return text_;
  }
  // Tells one outage from the next.
  std::uint64_t number() const { return number_; }

 private:
  std::optional<std::string> text_;
  bool told_ = false;
  std::optional<std::chrono::steady_clock::time_point> last_told_;
  std::uint64_t number_ = 0;
};

}  // namespace tocsin
