// SPDX-License-Identifier: Apache-2.0
#include "rule/mail_api_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "document/utf8.h"

namespace tocsin {
namespace {

using Service = MailApiTarget::Service;

struct ServiceKeys {
  std::string_view name;
  Service service;
  Words words;
  std::string_view secret, secret_file;
  std::string_view url;          // where it is, "REGION" replaced
  std::string_view scope;        // a key, or empty
  std::string_view scope_usual;  // empty: it must be written
  std::string_view shape;
};

const std::array<ServiceKeys, 5> kServices = {{
    {"resend", Service::resend, words::kResend, "api_key", "api_key_file", "https://api.resend.com",
     "", "", "{api_key_file: PATH}"},
    {"sendgrid", Service::sendgrid, words::kSendgrid, "api_key", "api_key_file",
     "https://api.sendgrid.com", "", "", "{api_key_file: PATH}"},
    {"postmark", Service::postmark, words::kPostmark, "token", "token_file",
     "https://api.postmarkapp.com", "stream", "outbound", "{token_file: PATH}"},
    {"mailgun", Service::mailgun, words::kMailgun, "api_key", "api_key_file",
     "https://api.mailgun.net", "domain", "", "{domain: mg.company.example, api_key_file: PATH}"},
    {"ses", Service::ses, words::kSes, "secret_access_key", "secret_access_key_file",
     "https://email.REGION.amazonaws.com", "region", "",
     "{region: eu-central-1, access_key_id: AKIA…, secret_access_key_file: PATH}"},
}};

// These become part of an address or a signature.
bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string usual_url(const ServiceKeys& keys, const std::string& scope) {
  std::string url(keys.url);
  const std::size_t at = url.find("REGION");
  if (at != std::string::npos) url.replace(at, 6, scope);
  return url;
}

class ServiceReader {
 public:
  ServiceReader(const ConfigReader& config, const ServiceKeys& keys)
      : config_(config), reader_(config.reader()), keys_(keys) {}

  std::optional<MailApiTarget> read(const Node& node) {
    const Node* map = reader_.map(node, std::string(keys_.shape));
    if (map == nullptr || !config_.known_keys(*map, keys_.words)) return std::nullopt;
    MailApiTarget target;
    target.service = keys_.service;
    bool good =
        config_.secret_of(*map, {keys_.secret, keys_.secret_file, false, true}, target.api_key);
    if (!keys_.scope.empty()) {
      good = word(*map, keys_.scope, keys_.scope_usual, target.scope) && good;
    }
    if (keys_.service == Service::ses) {
      good = word(*map, "access_key_id", "", target.access_key_id) && good;
    }
    target.url = usual_url(keys_, target.scope);
    if (const Node* url = map->find("url")) {
      auto written = config_.service_url(*url);
      good = good && written;
      if (written) target.url = std::move(*written);
    }
    if (!good) return std::nullopt;
    return target;
  }

 private:
  bool word(const Node& map, std::string_view key, std::string_view usual, std::string& into) {
    const Node* node = map.find(key);
    if (node == nullptr) {
      into = usual;
      if (usual.empty()) {
        reader_.error(map, tocsin::quoted(key) + " is missing",
                      "write " + std::string(keys_.shape));
      }
      return !usual.empty();
    }
    auto text = config_.text(*node, "a name");
    if (!text) return false;
    if (!is_word(*text)) {
      reader_.error(*node, "this is no " + std::string(key),
                    "it has letters, digits, dots and hyphens only");
      return false;
    }
    into = std::move(*text);
    return true;
  }

  const ConfigReader& config_;
  const Reader& reader_;
  const ServiceKeys& keys_;
};

}  // namespace

std::optional<MailApiTarget> read_mail_api(const ConfigReader& config, std::string_view service,
                                           const Node& node) {
  const auto keys = std::find_if(kServices.begin(), kServices.end(),
                                 [&](const auto& one) { return one.name == service; });
  if (keys == kServices.end()) return std::nullopt;
  return ServiceReader(config, *keys).read(node);
}

}  // namespace tocsin
