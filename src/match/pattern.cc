// SPDX-License-Identifier: Apache-2.0
#include "match/pattern.h"

#include <re2/re2.h>

#include <utility>

namespace tocsin {
namespace {

RE2::Options options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(std::int64_t{1} << 20);
  return options;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct Pattern::Compiled {
  explicit Compiled(std::string_view expression) : re(piece(expression), options()) {}
  RE2 re;
};

Pattern::Pattern(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

Result<Pattern> Pattern::compile(std::string_view expression) {
  auto compiled = std::make_unique<Compiled>(expression);
  if (!compiled->re.ok()) {
    return reject("this is no regular expression: " + compiled->re.error());
  }
  return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view value) const {
  return RE2::FullMatch(piece(value), compiled_->re);
}

}  // namespace tocsin
