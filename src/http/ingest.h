// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/result.h"

namespace tocsin {

// What the HTTP server hands bodies of requests to. Each is called from any of its threads, several
// at once. All must be set, but for signed_well.
struct Ingest {
  struct Problem {
    std::size_t element = 0;
    std::string reason, detail;
  };
  struct Answer {
    enum class Kind {
      taken,        // durable
      unreadable,   // no event of it can be read
      too_large,    // a part of it is
      unavailable,  // not now
    };
    Kind kind = Kind::taken;
    std::size_t events = 0;         // that can be read
    std::size_t set_aside = 0;      // that cannot
    std::vector<Problem> problems;  // the first of these
    std::string text;               // unless taken: why, for people
    std::chrono::microseconds durable_in{0};
  };
  // Waits until what the body holds is durable, or cannot be.
  std::function<Answer(std::string_view body)> take;
  // What a body of gzip holds; nothing: more than `max` bytes. reject: it is damaged.
  std::function<Result<std::optional<std::string>>(std::string_view body, std::size_t max)> gunzip;
  // Whether a body has this Helicone-Signature; empty: no secret is known, and none is looked at.
  std::function<bool(std::string_view body, std::string_view signature)> signed_well{};
  std::string token{};  // of those who send; empty: that of the API
};

}  // namespace tocsin
