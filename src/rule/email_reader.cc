// SPDX-License-Identifier: Apache-2.0
#include "rule/email_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "document/scalars.h"
#include "document/utf8.h"
#include "rule/mail_address.h"
#include "rule/mail_api_reader.h"

namespace tocsin {
namespace {

constexpr std::size_t kRecipientsMax = 50;
constexpr std::string_view kShape =
    "{to: [finance@company.example], from: tocsin@company.example, smtp: "
    "\"smtps://mail.company.example\"}";

// Without regard to case: nobody keeps two mailboxes that differ in it.
bool same_address(const MailAddress& a, const MailAddress& b) {
  return std::equal(a.address.begin(), a.address.end(), b.address.begin(), b.address.end(),
                    [](char x, char y) {
                      const auto lower = [](char c) {
                        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
                      };
                      return lower(x) == lower(y);
                    });
}

bool is_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
}

bool is_ipv6(std::string_view host) {
  return host.size() > 1 && std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') ||
                  c == ':' || c == '.';
         });
}

// Host and port of "HOST", "HOST:PORT", "[::1]" and "[::1]:PORT"; no host: it is none of these.
struct HostPort {
  std::string_view host;
  bool good = false;
};
HostPort read_host(std::string_view text) {
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return {};
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!is_ipv6(host)) return {};
  } else {
    host = text.substr(0, text.find(':'));
    port = text.substr(host.size());
    if (!is_host(host)) return {};
  }
  if (port.empty()) return {host, true};
  const auto number = parse_count(port.substr(1));
  return {host, port.front() == ':' && number && *number > 0 && *number <= 65535};
}

class EmailReader {
 public:
  explicit EmailReader(const ConfigReader& config) : config_(config), reader_(config.reader()) {}

  std::optional<EmailTarget> read(const Node& node) {
    const Node* map = reader_.map(node, kShape);
    if (map == nullptr || !config_.known_keys(*map, words::kEmail)) return std::nullopt;
    EmailTarget email;
    const bool whom = recipients(*map, email);
    const bool who = sender(*map, email);
    const bool how = server(*map, email);
    if (!whom || !who || !how) return std::nullopt;
    return email;
  }

 private:
  bool recipients(const Node& map, EmailTarget& email) {
    const Node* to = map.find("to");
    if (to == nullptr) {
      reader_.error(map, "\"to\" is missing", "add to: [finance@company.example]");
      return false;
    }
    const auto written = config_.texts(*to, "a list such as [finance@company.example]");
    if (!written) return false;
    bool good = true;
    for (std::size_t i = 0; i < written->size(); ++i) {
      const Node& item = to->items[i];
      auto address = read_address(item, (*written)[i]);
      good = good && address;
      if (!address) continue;
      const bool again = std::any_of(email.to.begin(), email.to.end(), [&](const auto& other) {
        return same_address(other, *address);
      });
      if (again) reader_.error(item, tocsin::quoted(address->address) + " is here twice");
      good = good && !again;
      email.to.push_back(std::move(*address));
    }
    if (email.to.size() > kRecipientsMax) {
      reader_.error(*to, "at most 50 recipients", "a list of your mail server can hold more");
      return false;
    }
    return good;
  }

  bool sender(const Node& map, EmailTarget& email) {
    const Node* from = map.find("from");
    if (from == nullptr) {
      reader_.error(map, "\"from\" is missing", "add from: tocsin@company.example");
      return false;
    }
    const auto written = config_.text(*from, "tocsin@company.example");
    if (!written) return false;
    auto address = read_address(*from, *written);
    if (!address) return false;
    email.from = std::move(*address);
    return true;
  }

  std::optional<MailAddress> read_address(const Node& node, const std::string& text) {
    auto address = parse_mail_address(text);
    if (address) return std::move(*address);
    reader_.error(node, tocsin::quoted(text) + " " + address.error().message,
                  "write ada@company.example or \"Ada <ada@company.example>\"");
    return std::nullopt;
  }

  bool server(const Node& map, EmailTarget& email) {
    std::string_view way;
    const Node* by = nullptr;
    for (const std::string_view other : words::kMailWays) {
      const Node* node = map.find(other);
      if (node == nullptr) continue;
      if (by != nullptr) {
        reader_.error(*node,
                      "write " + std::string(way) + " or " + std::string(other) + ", not both");
        return false;
      }
      way = other;
      by = node;
    }
    if (by == nullptr) {
      reader_.error(map, "\"smtp\" is missing",
                    "add smtp: \"smtps://mail.company.example\", or resend: {api_key_file: PATH}");
      return false;
    }
    if (way == "smtp") return read_smtp(map, *by, email);
    bool good = true;
    for (const std::string_view key : {"user", "password", "password_file", "ca_file"}) {
      const Node* of_smtp = map.find(key);
      if (of_smtp == nullptr) continue;
      reader_.error(*of_smtp, tocsin::quoted(key) + " is for smtp; " + std::string(way) +
                                  " takes its secret in its own keys");
      good = false;
    }
    auto api = read_mail_api(config_, way, *by);
    if (!api || !good) return false;
    email.by = std::move(*api);
    return true;
  }

  bool read_smtp(const Node& map, const Node& node, EmailTarget& email) {
    SmtpTarget smtp;
    const auto url = config_.text(node, "smtps://mail.company.example");
    bool good = url && read_server(node, *url, smtp);
    if (const Node* ca_file = map.find("ca_file")) {
      auto file = config_.readable_file(*ca_file);
      good = good && file;
      if (file) smtp.ca_file = std::move(*file);
    }
    good = login(map, smtp) && good;
    email.by = std::move(smtp);
    return good;
  }

  bool read_server(const Node& node, std::string_view url, SmtpTarget& smtp) {
    const std::size_t scheme = url.starts_with("smtps://") ? 8 : url.starts_with("smtp://") ? 7 : 0;
    const std::string_view rest = url.substr(scheme);
    if (scheme != 0 && rest.find('@') != std::string_view::npos) {
      reader_.error(node, "who logs in is no part of the server",
                    "write user: NAME and password_file: PATH beside smtp");
      return false;
    }
    const HostPort server = read_host(rest);
    if (scheme == 0 || !server.good) {
      reader_.error(node, "this is no mail server",
                    "write smtps://mail.company.example, or smtp://mail.company.example:587 where "
                    "it offers STARTTLS");
      return false;
    }
    smtp.server = std::string(url);
    smtp.plaintext_allowed = scheme == 7 && is_loopback(server.host);
    return true;
  }

  bool login(const Node& map, SmtpTarget& smtp) {
    const bool given =
        config_.secret_of(map, {"password", "password_file", false, false}, smtp.password);
    const Node* user = map.find("user");
    const Node* password = map.find("password");
    if (password == nullptr) password = map.find("password_file");
    if (user == nullptr && password == nullptr) return true;
    if (user == nullptr) {
      reader_.error(*password, "a password of nobody", "add user: NAME");
      return false;
    }
    if (password == nullptr) {
      reader_.error(*user, "this user has no password", "add password_file: PATH");
      return false;
    }
    auto name = config_.text(*user, "the name to log in with");
    if (name && name->empty()) {
      reader_.error(*user, "the user is empty");
      name.reset();
    }
    if (!name || !given) return false;
    smtp.user = std::move(*name);
    return true;
  }

  const ConfigReader& config_;
  const Reader& reader_;
};

}  // namespace

std::optional<EmailTarget> read_email(const ConfigReader& reader, const Node& node) {
  return EmailReader(reader).read(node);
}

}  // namespace tocsin
