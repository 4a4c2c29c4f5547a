// SPDX-License-Identifier: Apache-2.0
#include "rule/restart_check.h"

#include <algorithm>

namespace tocsin {
namespace {

bool same_secret(const Secret& a, const Secret& b) {
  return a.file().empty() && b.file().empty() ? a == b : a.file() == b.file();
}

bool same(const KafkaSourceConfig& a, const KafkaSourceConfig& b) {
  if (a.brokers != b.brokers || a.topics != b.topics || a.group != b.group) return false;
  if (a.tls.has_value() != b.tls.has_value() || a.sasl.has_value() != b.sasl.has_value()) {
    return false;
  }
  if (a.tls && a.tls->ca_file != b.tls->ca_file) return false;
  if (a.sasl && (a.sasl->mechanism != b.sasl->mechanism || a.sasl->user != b.sasl->user ||
                 !same_secret(a.sasl->password, b.sasl->password))) {
    return false;
  }
  return a.properties == b.properties;
}

// `start` is of a first run: a source that runs has had it. What records are read as may change.
bool same(const SourceConfig& a, const SourceConfig& b) {
  if (a.from.index() != b.from.index() || a.workers != b.workers) return false;
  if (const auto* file = std::get_if<FileSourceConfig>(&a.from)) {
    return file->path == std::get<FileSourceConfig>(b.from).path;
  }
  if (const auto* http = std::get_if<HttpSourceConfig>(&a.from)) {
    const auto& other = std::get<HttpSourceConfig>(b.from);
    return http->into == other.into && same_secret(http->token, other.token) &&
           same_secret(http->helicone_secret, other.helicone_secret);
  }
  return same(std::get<KafkaSourceConfig>(a.from), std::get<KafkaSourceConfig>(b.from));
}

class Teller {
 public:
  explicit Teller(const RestartCheck& check) : check_(check) {}

  void sources(const Config& next, const Config& running) const {
    const Entry* entry = check_.root.find_entry("sources");
    if (entry == nullptr) return;
    const bool all = next.sources.size() == running.sources.size();
    for (std::size_t i = 0; i < std::min(next.sources.size(), running.sources.size()); ++i) {
      if (same(next.sources[i], running.sources[i])) continue;
      const auto& items = entry->value.items;
      return tell(i < items.size() ? items[i] : entry->key, "this source is not the running one",
                  "restart to read it");
    }
    if (all) return;
    tell(entry->key, "there are other sources than those running", "restart to read them");
  }

  void state(const Config& next, const Config& running) const {
    const Node* state = check_.root.find("state");
    if (state == nullptr) return;
    if (next.state.path != running.state.path) {
      part(*state, "path", "the state that runs is in " + running.state.path,
           "restart to use another");
    }
    if (next.state.memory != running.state.memory) {
      part(*state, "memory", "the running engine's memory is divided already",
           "restart to change it");
    }
  }

  void http(const Config& next, const Config& running) const {
    const bool was = running.http.has_value();
    if (!was && !next.http) return;
    const Entry* entry = check_.root.find_entry("http");
    if (entry == nullptr) {
      check_.reader.diagnostics().push_back(
          file_error(check_.reader.file(), "\"http\" is gone, but listens", "restart to close it"));
    } else if (!was) {
      tell(entry->key, "the running engine does not listen", "restart to begin");
    } else if (next.http &&
               (next.http->host != running.http->host || next.http->port != running.http->port)) {
      part(entry->value, "listen", "the running engine listens elsewhere", "restart to move it");
    } else if (next.http && next.http->token.file() != running.http->token.file()) {
      part(entry->value, "token_file", "the running engine's token is in another file",
           "restart to change it; what is in the file may change");
    }
  }

  void quarantine(const Config& next, const Config& running) const {
    if (next.quarantine_file == running.quarantine_file) return;
    const Entry* entry = check_.root.find_entry("quarantine");
    if (entry != nullptr) {
      return part(entry->value, "file", "the running engine's quarantine is another file",
                  "restart to change it");
    }
    check_.reader.diagnostics().push_back(file_error(check_.reader.file(),
                                                     "\"quarantine\" is gone, but in use",
                                                     "restart to go back to the state directory"));
  }

 private:
  void tell(const Node& node, std::string message, std::string hint) const {
    check_.reader.error(node, std::move(message), std::move(hint));
  }
  void part(const Node& map, std::string_view key, std::string message, std::string hint) const {
    const Node* node = map.is_map() ? map.find(key) : nullptr;
    tell(node == nullptr ? map : *node, std::move(message), std::move(hint));
  }

  const RestartCheck& check_;
};

}  // namespace

void tell_restarts(const RestartCheck& check, const Config& next, const Config& running) {
  // What is wrong in itself was told, and read as nothing.
  if (has_errors(check.reader.diagnostics())) return;
  const Teller teller(check);
  teller.sources(next, running);
  teller.state(next, running);
  teller.http(next, running);
  teller.quarantine(next, running);
}

}  // namespace tocsin
