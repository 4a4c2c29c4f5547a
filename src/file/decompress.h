// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tocsin/result.h"

namespace tocsin {

// Compressed bytes in, plain bytes out, piece by piece; several members or frames in a row are one
// stream, as their tools have it.
class Decompressor {
 public:
  virtual ~Decompressor() = default;
  struct Step {
    std::size_t taken = 0;  // of the input
    std::size_t made = 0;   // of the output
  };
  // reject: the data is damaged.
  virtual Result<Step> step(std::span<const char> in, std::span<char> out) = 0;
  // Whether all that was taken ends with a whole member or frame.
  virtual bool at_boundary() const = 0;
};

// By the first bytes, for names lie; none for plain text. Four bytes are enough.
std::unique_ptr<Decompressor> decompressor_for(std::span<const char> first_bytes);

// All that `bytes`, of gzip, hold; nothing: that is more than `max`, of which no more is made than
// that. reject: they are damaged or cut short.
Result<std::optional<std::string>> gunzip(std::string_view bytes, std::size_t max);

}  // namespace tocsin
