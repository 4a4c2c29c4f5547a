// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace tocsin {

// Takes as long for a wrong secret as for the right one.
inline bool same_secret(std::string_view given, std::string_view secret) {
  bool same = given.size() == secret.size();
  for (std::size_t i = 0; i < secret.size(); ++i) {
    const char c = i < given.size() ? given[i] : '\0';
    same = same & (c == secret[i]);  // not &&, which would stop at the first difference
  }
  return same;
}

// Does the header Authorization bear the token? An empty one is not asked for.
inline bool bears(std::string_view authorization, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  if (token.empty()) return true;
  return authorization.starts_with(kScheme) &&
         same_secret(authorization.substr(kScheme.size()), token);
}

}  // namespace tocsin
