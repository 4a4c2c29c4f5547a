// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tocsin/result.h"

namespace tocsin {

// Where to listen: "127.0.0.1:8080", "[::1]:8080", "localhost:0", ":8080" (every address).
struct ListenAddress {
  std::string host;  // without brackets
  int port = 0;      // 0: any free one
  bool loopback = false;

  // reject: no such text.
  static Result<ListenAddress> parse(std::string_view text);
  std::string text() const;
};

// Does `host`, without brackets and port, name this machine to itself?
bool is_loopback(const std::string& host);

}  // namespace tocsin
