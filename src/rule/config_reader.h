// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "document/document.h"
#include "rule/config.h"
#include "rule/load.h"
#include "rule/reader.h"

namespace tocsin {

// A secret given by one of two keys: in place, or in a file.
struct SecretKeys {
  std::string_view in_place;
  std::string_view in_file;
  bool is_url;
  bool needed;
};

// Reads values of tocsin.yaml: texts of which "${NAME}" is a variable of the environment, secrets,
// paths. Errors never show a secret or the value of a variable, but for paths.
class ConfigReader {
 public:
  // Secrets written in place are added to `literals`.
  ConfigReader(const Reader& reader, const LoadRequest& request,
               std::vector<LiteralSecret>& literals)
      : reader_(reader), request_(request), literals_(literals) {}

  const Reader& reader() const { return reader_; }
  Purpose purpose() const { return request_.purpose; }
  Files& files() const { return request_.files; }

  // A text, "${NAME}" replaced.
  std::optional<std::string> text(const Node& node, std::string_view wanted) const;
  std::optional<std::vector<std::string>> texts(const Node& node, std::string_view wanted) const;
  // A path, relative to the file.
  std::optional<std::string> path(const Node& node) const;
  // A secret written in place, or as "${NAME}".
  std::optional<Secret> secret(const Node& node) const;
  // The text of `node` is, or may hold, a secret.
  void note_literal(const Node& node, const std::string& value) const;
  // A secret in the file that the node names. Files that others can write are refused.
  std::optional<Secret> secret_file(const Node& node) const;
  // The secret of one of two keys of `map`, told when wrong.
  bool secret_of(const Node& map, const SecretKeys& keys, Secret& secret) const;
  // The path of a file that, to run, must be there.
  std::optional<std::string> readable_file(const Node& node) const;
  // Are all keys of `map` among `words`, and built?
  bool known_keys(const Node& map, Words words) const;
  // "http://" or "https://" and a host; the value is not shown.
  bool check_url(const Node& node, std::string_view url) const;
  // The address of a service's API, without a / at its end. What is sent there holds a secret, so
  // it is https but on this machine.
  std::optional<std::string> service_url(const Node& node) const;
  // The files that a list of patterns describes, each once; a pattern of none is an error.
  std::vector<std::string> expand(const Node& node) const;
  std::vector<std::string> expand(const std::vector<const Node*>& items) const;

 private:
  const Reader& reader_;
  const LoadRequest& request_;
  std::vector<LiteralSecret>& literals_;
};

// Is it this machine's own address, which no other can read or answer?
bool is_loopback(std::string_view host);

// The parts of tocsin.yaml, each told when wrong.
std::optional<SourceConfig> read_source(const ConfigReader& reader, const Node& node);
std::optional<ChannelConfig> read_channel(const ConfigReader& reader, const Entry& entry);
std::vector<SilenceConfig> read_silences(const ConfigReader& reader, const Node& node);
std::optional<HttpSettings> read_http(const ConfigReader& reader, const Node& node);

// The whole. Whatever is wrong is left at its default, and told.
Config read_config(const Document& document, const LoadRequest& request, Diagnostics& diagnostics);

}  // namespace tocsin
