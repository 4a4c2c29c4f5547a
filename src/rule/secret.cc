// SPDX-License-Identifier: Apache-2.0
#include "rule/secret.h"

#include <algorithm>
#include <string_view>

#include "document/utf8.h"

namespace tocsin {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_secret_key(std::string_view key) {
  for (const std::string_view quote : {"\"", "'"}) {
    if (key.ends_with(quote)) key.remove_suffix(1);
  }
  return key.ends_with("url") || key.ends_with("secret") || key.ends_with("password") ||
         key.ends_with("token") || key.ends_with("jaas.config") || key.ends_with("key");
}

// Stars for the characters of text[from, to).
void star_out(std::string& text, std::size_t from, std::size_t to) {
  const auto hidden = std::string_view(text).substr(from, to - from);
  const auto stars = static_cast<std::size_t>(character_count(hidden));
  text.replace(from, to - from, stars, '*');
}

// After the secret that begins at `from`: its closing quote, or where unquoted text ends.
std::size_t secret_end(std::string_view text, std::size_t from) {
  const char quote = text[from];
  if (quote == '"' || quote == '\'') {
    const std::size_t close = text.find(quote, from + 1);
    // Something after an inner quote may be the rest of it.
    return close == std::string_view::npos || text.find(quote, close + 1) != std::string_view::npos
               ? text.size()
               : close + 1;
  }
  return text.size();
}

void hide_values(std::string& text) {
  for (std::size_t colon = text.find(':'); colon != std::string::npos;
       colon = text.find(':', colon + 1)) {
    if (!is_secret_key(std::string_view(text).substr(0, colon))) continue;
    const std::size_t from = text.find_first_not_of(kBlanks, colon + 1);
    if (from == std::string::npos) return;
    const auto value = std::string_view(text).substr(from);
    if (value.starts_with("${") || value.starts_with("\"${") || value.starts_with("'${")) continue;
    star_out(text, from, secret_end(text, from));
  }
}

// "smtps" and "mail.company.example:465", which is no secret. More in it may be a login.
bool is_mail_server(std::string_view before_colon, std::string_view server) {
  const auto digits = [](char c) { return c >= '0' && c <= '9'; };
  const auto of_name = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || digits(c) || c == '.' || c == '-';
  };
  const std::size_t colon = std::min(server.find(':'), server.size());
  const auto name = server.substr(0, colon);
  const auto port = server.substr(std::min(colon + 1, server.size()));
  return (before_colon.ends_with("smtp") || before_colon.ends_with("smtps")) &&
         std::all_of(name.begin(), name.end(), of_name) &&
         std::all_of(port.begin(), port.end(), digits);
}

void hide_urls(std::string& text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
    const std::size_t end = std::min(text.find_first_of(" \t\"',}", at), text.size());
    const auto url = std::string_view(text).substr(0, end);
    if (!is_mail_server(url.substr(0, at), url.substr(at + 3))) star_out(text, at + 3, end);
  }
}

// Does the last line of content before this one end with the key of a secret?
bool continues_secret(const SourceText& source, int line) {
  while (--line > 0) {
    auto before = source.line(line);
    before = before.substr(0, before.find(" #"));
    const std::size_t last = before.find_last_not_of(kBlanks);
    if (last == std::string_view::npos || before[before.find_first_not_of(kBlanks)] == '#')
      continue;
    before = before.substr(0, last + 1);
    while (before.ends_with('|') || before.ends_with('>') || before.ends_with('-') ||
           before.ends_with(' ')) {
      before.remove_suffix(1);
    }
    return before.ends_with(':') && is_secret_key(before.substr(0, before.size() - 1));
  }
  return false;
}

}  // namespace

std::string hide_secrets(const SourceText& source, int line) {
  std::string text(source.line(line));
  const std::size_t from = text.find_first_not_of(kBlanks);
  if (from != std::string::npos && continues_secret(source, line)) {
    star_out(text, from, text.size());
    return text;
  }
  hide_values(text);
  hide_urls(text);
  return text;
}

}  // namespace tocsin
