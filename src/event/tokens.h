// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tocsin::wire {

// Walks the tokens of a JSON text, which is read where it lies. simdjson's first stage says where
// each begins, and that the text is UTF-8 and its strings end; grammar is up to who walks. One
// thread; reused for ever, no allocation once warm.
class Tokens {
 public:
  Tokens();
  ~Tokens();
  Tokens(Tokens&&) noexcept;
  Tokens& operator=(Tokens&&) noexcept;

  enum class Found : std::uint8_t { tokens, no_json, no_memory };
  // `text` must live as long as it is walked; not a byte beyond its end is read. With tokens there
  // is a first; if that opens an object or an array, the last closes one.
  Found find(std::string_view text);

  // What follows is allowed while a token is left. One always is behind any but a closing one.
  bool done() const { return at_ == end_; }
  char first() const { return text_[*at_]; }
  void pass() { ++at_; }
  // A token of any length, whole.
  std::string_view take() {
    const char* const begin = text_ + *at_;
    const char* end = text_ + *++at_;
    while (end[-1] <= ' ' && is_blank(end[-1])) --end;
    return {begin, static_cast<std::size_t>(end - begin)};
  }

  // Goes back to a token that was next before.
  using Place = const std::uint32_t*;
  Place place() const { return at_; }
  void go_to(Place place) { at_ = place; }

  // Is there an escape anywhere in the text?
  bool has_escapes() const { return has_escapes_; }
  // Where the next token begins, or the text ends.
  std::size_t offset() const { return *at_; }
  const char* here() const { return text_ + *at_; }

 private:
  struct Stage;

  static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

  const char* text_ = nullptr;
  const std::uint32_t* at_ = nullptr;
  const std::uint32_t* end_ = nullptr;  // holds the text's size
  bool has_escapes_ = false;
  std::unique_ptr<Stage> stage_;
};

bool is_utf8(std::string_view text);

}  // namespace tocsin::wire
