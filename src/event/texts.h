// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/ascii.h"

namespace tocsin::wire {

// A value longer than this is cut to its first kTextKept bytes (fewer, so that no character is
// split) and 16 hex digits of the SHA-256 of the whole.
inline constexpr std::size_t kTextMax = 256;
inline constexpr std::size_t kTextKept = 240;

// Texts that are not in the record as they stand (unescaped, cut, folded). They live until
// clear(), which keeps the memory: no allocation once warm.
class Texts {
 public:
  void clear();
  // At most kTextMax bytes.
  std::string_view store(std::string_view text);
  std::string_view store_lower(std::string_view text);  // ASCII letters only
  std::string_view store_cut(std::string_view text);    // longer than kTextMax

 private:
  static constexpr std::size_t kChunk = 64 * 1024;
  char* take(std::size_t size);

  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_ = 0;  // the one being filled
  std::size_t used_ = 0;   // of it
};

// The longest prefix of at most `size` bytes that splits no UTF-8 character.
std::string_view prefix(std::string_view text, std::size_t size);

// Appends the text a JSON string stands for. False for an escape that does not exist or that is
// half a surrogate pair.
bool unescape(std::string_view raw, std::string& out);

}  // namespace tocsin::wire
