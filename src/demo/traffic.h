// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/time.h"

namespace tocsin::demo {

// Made-up requests to language models that look like a company's: some models of the built-in price
// list with token counts as seen in such use, two environments, three features, free and premium
// users of whom few ask much and many little (Zipf), one in a hundred answered from the gateway's
// cache, some failing. No costs: they are for a price list to find. Pure; one thread.
class Traffic {
 public:
  // The same seed gives the same requests, ids too: two runs of one seed are duplicates.
  explicit Traffic(std::uint64_t seed);

  struct Request {
    std::string_view user;
    std::string_view json;  // a native event (docs/events.md) on one line
  };
  // The next one, which happened at `at`. Its views live until the next call.
  Request next(EventTime at);

 private:
  std::uint64_t random();
  std::uint64_t below(std::uint64_t bound);  // 0 … bound - 1
  std::int64_t count(std::int64_t least, std::int64_t most);

  std::uint64_t seed_;
  std::uint64_t state_;
  std::uint64_t requests_ = 0;
  std::vector<std::uint64_t> free_, premium_;  // weights of users, each the sum up to its own
  std::string user_, json_;
};

}  // namespace tocsin::demo
