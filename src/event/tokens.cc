// SPDX-License-Identifier: Apache-2.0
#include "event/tokens.h"

#include <simdjson.h>

#include <cstring>

namespace tocsin::wire {

// The parser's first stage alone: the second, and its front end "on demand", check and copy again
// what we look at anyhow, which takes more time than all of ours.
struct Tokens::Stage {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::size_t capacity = 0;

  bool make_room(std::size_t size) {
    if (size <= capacity) return true;
    std::size_t wanted = 16 * 1024;
    while (wanted < size) wanted *= 2;
    constexpr std::size_t kDepth = 1;  // of the second stage, which is never run
    capacity = 0;
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            wanted, kDepth, parser) != simdjson::SUCCESS) {
      return false;
    }
    capacity = wanted;
    return true;
  }
};

Tokens::Tokens() : stage_(std::make_unique<Stage>()) {}
Tokens::~Tokens() = default;
Tokens::Tokens(Tokens&&) noexcept = default;
Tokens& Tokens::operator=(Tokens&&) noexcept = default;

Tokens::Found Tokens::find(std::string_view text) {
  static constexpr std::uint32_t kNone = 0;
  text_ = text.data();
  at_ = end_ = &kNone;
  if (!stage_->make_room(text.size())) return Found::no_memory;
  // It takes a block that is not whole to memory of its own, so the text needs no padding.
  const auto error = stage_->parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()),
                                            text.size(), simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) return Found::no_json;
  at_ = stage_->parser->structural_indexes.get();
  end_ = at_ + stage_->parser->n_structural_indexes;
  const char opens = text_[*at_];
  const char closes = text_[end_[-1]];
  if ((opens == '{' || opens == '[') && closes != '}' && closes != ']') {
    at_ = end_;
    return Found::no_json;
  }
  has_escapes_ = std::memchr(text.data(), '\\', text.size()) != nullptr;
  return Found::tokens;
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace tocsin::wire
