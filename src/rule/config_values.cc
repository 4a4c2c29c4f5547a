// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "document/utf8.h"
#include "rule/config_reader.h"

namespace tocsin {
namespace {

constexpr std::size_t kSecretBytesMax = std::size_t{64} << 10;

bool is_variable_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

std::optional<std::string> ConfigReader::text(const Node& node, std::string_view wanted) const {
  const auto* written = reader_.text(node, wanted);
  if (written == nullptr) return std::nullopt;
  const std::size_t start = written->find("${");
  if (start == std::string::npos) return *written;
  const auto name = std::string_view(*written).substr(
      2, written->size() - std::min<std::size_t>(3, written->size()));
  if (start != 0 || !written->ends_with('}') || !is_variable_name(name)) {
    reader_.error(node, "a variable must be the whole text", "write \"${NAME}\"");
    return std::nullopt;
  }
  auto value = request_.environment(std::string(name));
  if (!value || value->empty()) {
    reader_.error(node, "the environment variable " + std::string(name) +
                            (value ? " is empty" : " is not set"));
    return std::nullopt;
  }
  return value;
}

std::optional<std::vector<std::string>> ConfigReader::texts(const Node& node,
                                                            std::string_view wanted) const {
  const Node* list = reader_.list(node, wanted);
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  bool good = !list->items.empty();
  if (!good) reader_.error(node, "this list is empty", "write " + std::string(wanted));
  for (const Node& item : list->items) {
    auto one = text(item, wanted);
    if (one && one->empty()) {
      reader_.error(item, "this text is empty");
      one.reset();
    }
    good = good && one;
    if (one) texts.push_back(std::move(*one));
  }
  if (!good) return std::nullopt;
  return texts;
}

std::optional<std::string> ConfigReader::path(const Node& node) const {
  auto written = text(node, "a path");
  if (!written) return std::nullopt;
  if (written->empty()) {
    reader_.error(node, "the path is empty");
    return std::nullopt;
  }
  return resolve_path(reader_.file(), *written);
}

std::optional<Secret> ConfigReader::secret(const Node& node) const {
  auto value = text(node, "a text or \"${NAME}\"");
  if (!value) return std::nullopt;
  if (value->empty()) {
    reader_.error(node, "the secret is empty");
    return std::nullopt;
  }
  note_literal(node, *value);
  return Secret::of(std::move(*value));
}

void ConfigReader::note_literal(const Node& node, const std::string& value) const {
  if (node.text.find("${") != std::string::npos) return;
  literals_.push_back({node.offset, node.bytes, Secret::of(value)});
}

std::optional<Secret> ConfigReader::secret_file(const Node& node) const {
  auto file = path(node);
  if (!file) return std::nullopt;
  // A trial on another machine has no need of the secrets.
  if (request_.purpose != Purpose::run) return Secret::from_file(std::move(*file), {});
  const auto access = request_.files.access(*file);
  auto value = request_.files.read_secret(*file, kSecretBytesMax);
  if (!access || !value) {
    reader_.error(node, "cannot read " + *file + ": " +
                            (access ? value.error().message : access.error().message));
    return std::nullopt;
  }
  if (access->others_write) {
    reader_.error(node, "anybody can write " + *file, "chmod o-w " + *file);
    return std::nullopt;
  }
  if (access->others_read) {
    reader_.warn(node, "anybody can read " + *file, "chmod o-r " + *file);
  }
  while (value->ends_with('\n') || value->ends_with('\r')) value->pop_back();
  if (value->empty()) {
    reader_.error(node, *file + " is empty");
    return std::nullopt;
  }
  return Secret::from_file(std::move(*file), std::move(*value));
}

bool ConfigReader::secret_of(const Node& map, const SecretKeys& keys, Secret& secret) const {
  const Node* in_place = map.find(keys.in_place);
  const Node* in_file = map.find(keys.in_file);
  if (in_place != nullptr && in_file != nullptr) {
    reader_.error(*in_file, "write " + std::string(keys.in_place) + " or " +
                                std::string(keys.in_file) + ", not both");
    return false;
  }
  if (in_place == nullptr && in_file == nullptr) {
    if (keys.needed) reader_.error(map, tocsin::quoted(keys.in_file) + " is missing");
    return !keys.needed;
  }
  const Node& node = in_place != nullptr ? *in_place : *in_file;
  auto value = in_place != nullptr ? this->secret(node) : secret_file(node);
  if (!value) return false;
  if (keys.is_url && !value->empty() && !check_url(node, value->reveal())) return false;
  secret = std::move(*value);
  return true;
}

std::optional<std::string> ConfigReader::readable_file(const Node& node) const {
  auto file = path(node);
  if (!file || request_.purpose != Purpose::run) return file;
  const auto access = request_.files.access(*file);
  if (access) return file;
  reader_.error(node, "cannot read " + *file + ": " + access.error().message);
  return std::nullopt;
}

bool ConfigReader::known_keys(const Node& map, Words words) const {
  bool good = true;
  for (const Entry& entry : map.entries) good = reader_.known(entry.key, words, "key") && good;
  return good;
}

bool is_loopback(std::string_view host) {
  const auto is_number = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  const bool is_ipv4 = std::all_of(host.begin(), host.end(), is_number);
  return (is_ipv4 && host.starts_with("127.")) || host == "localhost" || host == "::1";
}

bool ConfigReader::check_url(const Node& node, std::string_view url) const {
  const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  const auto host = url.substr(scheme, url.find_first_of("/?#", scheme) - scheme);
  const bool printable =
      std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (scheme != 0 && !host.empty() && printable) return true;
  reader_.error(node, "this is no URL", "a URL begins with its scheme, http or https, and a host");
  return false;
}

std::optional<std::string> ConfigReader::service_url(const Node& node) const {
  auto url = text(node, "a URL");
  if (!url || !check_url(node, *url)) return std::nullopt;
  if (url->starts_with("http://")) {
    std::string_view host = std::string_view(*url).substr(7);
    host = host.substr(0, host.find_first_of("/?#"));
    const bool bracketed = host.starts_with('[');
    host = bracketed ? host.substr(1, host.find(']') - 1) : host.substr(0, host.find(':'));
    if (!is_loopback(host)) {
      reader_.error(node, "the key would be sent for all to read", "write https://");
      return std::nullopt;
    }
  }
  while (url->ends_with('/')) url->pop_back();
  return url;
}

std::vector<std::string> ConfigReader::expand(const Node& node) const {
  std::vector<const Node*> items;
  const Node* list = reader_.list(node, "a list of files such as [rules/*.yaml]");
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    items.push_back(&list->items[i]);
  }
  return expand(items);
}

std::vector<std::string> ConfigReader::expand(const std::vector<const Node*>& items) const {
  std::vector<std::string> files;
  for (const Node* each : items) {
    const Node& item = *each;
    const auto pattern = path(item);
    if (!pattern) continue;
    const auto found = request_.files.expand(*pattern);
    if (!found) {
      reader_.error(item, "cannot read " + *pattern + ": " + found.error().message);
    } else if (found->empty()) {
      reader_.error(item, "no file is found by " + tocsin::quoted(item.text));
    } else {
      for (const auto& file : *found) {
        if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
      }
    }
  }
  return files;
}

}  // namespace tocsin
