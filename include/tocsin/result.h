// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace tocsin {

// What the caller does about a failure; errors are sorted by reaction, not by origin.
enum class Reaction {
  retry,   // The same call may succeed later, with the same arguments.
  reject,  // The input is wrong and stays wrong; set it aside and go on.
  stop,    // Going on would break a promise: leave what is stored as it is and exit.
};

struct Error {
  Reaction reaction = Reaction::reject;
  std::string message;  // One sentence for a person: what happened, where, what to do next.
};

// A value or an Error; ignoring it does not compile cleanly.
template <class T>
struct [[nodiscard]] Result : tl::expected<T, Error> {
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> retry(std::string message) {
  return tl::unexpected<Error>(Error{Reaction::retry, std::move(message)});
}
inline tl::unexpected<Error> reject(std::string message) {
  return tl::unexpected<Error>(Error{Reaction::reject, std::move(message)});
}
inline tl::unexpected<Error> stop(std::string message) {
  return tl::unexpected<Error>(Error{Reaction::stop, std::move(message)});
}

}  // namespace tocsin
