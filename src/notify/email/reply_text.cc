// SPDX-License-Identifier: Apache-2.0
#include "notify/email/reply_text.h"

#include <algorithm>

#include "notify/email/base64_text.h"
#include "notify/plain_text.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

constexpr std::size_t kCharactersMax = 160;
constexpr std::string_view kHidden = "\xE2\x80\xA6";

bool may_be_shown(std::string_view word, const std::vector<std::string>& shown) {
  if (word.find('@') == std::string_view::npos) return true;
  constexpr std::string_view kAround = "<>()[]{}\"':;,.";
  const std::size_t from = word.find_first_not_of(kAround);
  if (from == std::string_view::npos) return true;
  const std::size_t last = word.find_last_not_of(kAround);
  const std::string address = to_lower(word.substr(from, last - from + 1));
  return std::any_of(shown.begin(), shown.end(),
                     [&](const std::string& one) { return to_lower(one) == address; });
}

bool tells_any(std::string_view text, const std::vector<std::string>& secrets) {
  return std::any_of(secrets.begin(), secrets.end(), [&](const std::string& secret) {
    return !secret.empty() && text.find(secret) != std::string_view::npos;
  });
}

}  // namespace

std::string reply_text(std::string_view said, const ReplyLimits& limits) {
  if (tells_any(said, limits.secrets)) return "";
  const std::string clean = clean_text(said);
  std::string text;
  for (std::string_view rest = clean; !rest.empty();) {
    const std::size_t blank = std::min(rest.find(' '), rest.size());
    const auto word = rest.substr(0, blank);
    rest.remove_prefix(std::min(blank + 1, rest.size()));
    if (word.empty()) continue;
    if (!text.empty()) text += ' ';
    text += may_be_shown(word, limits.shown) ? word : kHidden;
  }
  // What is left out above may have stood within a secret.
  return tells_any(text, limits.secrets) ? "" : cut_end(text, kCharactersMax);
}

std::vector<std::string> login_secrets(const std::string& user, const std::string& password) {
  if (password.empty()) return {};
  const std::string plain = std::string(1, '\0') + user + std::string(1, '\0') + password;
  return {password, base64_text(password), base64_text(plain)};
}

}  // namespace tocsin
