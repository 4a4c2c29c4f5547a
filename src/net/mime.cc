// SPDX-License-Identifier: Apache-2.0
#include "net/mime.h"

#include <string_view>

namespace tocsin {
namespace {

constexpr std::size_t kColumnsMax = 76;

// libcurl 7.88 takes a bare \n for a byte of the text: quoted-printable would be one endless line
// of "=0A".
std::string with_crlf(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32);
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n') lines.push_back('\r');
    lines.push_back(c);
  }
  return lines;
}

bool add_part(curl_mime* mime, const char* type, std::string_view text) {
  curl_mimepart* part = curl_mime_addpart(mime);
  if (part == nullptr) return false;
  const std::string lines = with_crlf(text);
  Lines headers;
  // Without one of ours libcurl may add a Content-Disposition of its own.
  if (!append(headers, "Content-Disposition: inline")) return false;
  return curl_mime_data(part, lines.data(), lines.size()) == CURLE_OK &&
         curl_mime_type(part, type) == CURLE_OK &&
         curl_mime_encoder(part, "quoted-printable") == CURLE_OK &&
         curl_mime_headers(part, headers.release(), 1) == CURLE_OK;
}

}  // namespace

std::string folded_header(const std::string& name, const std::string& value) {
  std::string line = name + ":";
  std::size_t line_begin = 0;
  std::string_view rest = value;
  std::string word;
  while (!rest.empty()) {
    const std::size_t blank = std::min(rest.find(' '), rest.size());
    word.clear();
    for (const char c : rest.substr(0, blank)) {
      if (c > 0x20 && c < 0x7f) word.push_back(c);
    }
    rest.remove_prefix(std::min(blank + 1, rest.size()));
    if (word.empty()) continue;
    const bool first = line.size() == name.size() + 1;
    if (!first && line.size() - line_begin + 1 + word.size() > kColumnsMax) {
      line += "\r\n";
      line_begin = line.size();
    }
    line += " " + word;
  }
  return line;
}

Lines mail_headers(const MailRequest& mail) {
  Lines headers;
  for (const auto& [name, value] : mail.headers) {
    if (!append(headers, folded_header(name, value))) return {};
  }
  // libcurl adds the boundary; its own choice would be multipart/mixed.
  if (!append(headers, "Content-Type: multipart/alternative")) return {};
  return headers;
}

Mime mail_body(CURL* easy, const MailRequest& mail) {
  Mime mime(curl_mime_init(easy));
  if (!mime || !add_part(mime.get(), "text/plain; charset=utf-8", mail.text) ||
      !add_part(mime.get(), "text/html; charset=utf-8", mail.html)) {
    return {};
  }
  return mime;
}

}  // namespace tocsin
