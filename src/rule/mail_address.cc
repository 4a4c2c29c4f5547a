// SPDX-License-Identifier: Apache-2.0
#include "rule/mail_address.h"

#include <algorithm>
#include <string>

#include "document/utf8.h"

namespace tocsin {
namespace {

constexpr std::size_t kAddressMax = 254, kLocalMax = 64, kLabelMax = 63;
constexpr int kNameMax = 64;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// An RFC 5322 dot-atom: what needs no quotes.
bool is_local_part(std::string_view local) {
  constexpr std::string_view kOther = "!#$%&'*+-/=?^_`{|}~.";
  return !local.empty() && local.size() <= kLocalMax && local.front() != '.' &&
         local.back() != '.' && local.find("..") == std::string_view::npos &&
         std::all_of(local.begin(), local.end(), [&](char c) {
           return is_alphanumeric(c) || kOther.find(c) != std::string_view::npos;
         });
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLabelMax && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return is_alphanumeric(c) || c == '-';
         });
}

bool is_domain(std::string_view domain) {
  for (;;) {
    const std::size_t dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

bool has_control(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Decoded one = decode_utf8(text, at);
    if (one.character == kNoCharacter || one.character < 0x20 || is_control(one.character)) {
      return true;
    }
    at = one.next;
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

Result<std::string> read_address(std::string_view text) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!std::all_of(text.begin(), text.end(), is_ascii)) {
    return reject("holds letters beyond ASCII; a domain has a form that begins with xn--");
  }
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return reject("has no @");
  if (text.find('@', at + 1) != std::string_view::npos) return reject("has more than one @");
  if (text.size() > kAddressMax) return reject("is longer than an address can be");
  if (!is_local_part(text.substr(0, at)) || !is_domain(text.substr(at + 1))) {
    return reject("is no e-mail address");
  }
  return std::string(text);
}

}  // namespace

Result<MailAddress> parse_mail_address(std::string_view text) {
  if (has_control(text)) return reject("holds a control character");
  MailAddress result;
  if (text.ends_with('>')) {
    const std::size_t open = text.find('<');
    if (open == std::string_view::npos) return reject("has a > without a <");
    auto name = trimmed(text.substr(0, open));
    if (name.size() > 1 && name.starts_with('"') && name.ends_with('"')) {
      name = name.substr(1, name.size() - 2);
    }
    if (name.find_first_of("\"\\>") != std::string_view::npos) {
      return reject("has a name with a quote, a backslash or a >");
    }
    if (character_count(name) > kNameMax) return reject("has a name of over 64 characters");
    result.name = std::string(name);
    text = text.substr(open + 1, text.size() - open - 2);
  }
  auto address = read_address(text);
  if (!address) return tl::unexpected<Error>(address.error());
  result.address = std::move(*address);
  return result;
}

}  // namespace tocsin
