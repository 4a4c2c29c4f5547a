// SPDX-License-Identifier: Apache-2.0
#include "rule/config_reader.h"

#include <algorithm>
#include <utility>

#include "document/nearest_word.h"
#include "document/scalars.h"
#include "document/utf8.h"
#include "rule/lookup_reader.h"
#include "rule/restart_check.h"
#include "rule/route_reader.h"
#include "rule/where_reader.h"
#include "rule/window_reader.h"

namespace tocsin {
namespace {

constexpr std::string_view kEngine = "engine";
constexpr std::size_t kTeamMax = 40;

// "127.0.0.1:8080", "[::1]:8080", ":8080" for every address.
bool read_listen(std::string_view text, HttpSettings& http) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto port = parse_count(text.substr(colon + 1));
  if (!port || *port > 65535) return false;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.find_first_of(" /[]") != std::string_view::npos) return false;
  http.host = host.empty() ? "0.0.0.0" : std::string(host);
  http.port = static_cast<std::uint16_t>(*port);
  return true;
}

class TopReader {
 public:
  TopReader(const Document& document, const LoadRequest& request, Diagnostics& diagnostics)
      : reader_(document, diagnostics),
        config_(reader_, request, result_.literal_secrets),
        request_(request) {
    result_.path = request.config_path;
  }

  Config read(const Node& root) {
    const Node* map = reader_.map(root, "the keys of tocsin.yaml, such as rules: [rules/*.yaml]");
    if (map == nullptr) return std::move(result_);
    // Channels first: routes name them.
    if (const Node* channels = map->find("channels")) read_channels_of(*channels);
    for (const Entry& entry : map->entries) {
      if (reader_.known(entry.key, words::kConfig, "key")) key(entry);
    }
    link_channels();
    finish_channels(map->find("channels"));
    const Node* list = map->find("sources");
    if (list != nullptr && result_.sources.size() == list->items.size()) place_senders(*list);
    check_needs(*map);
    if (request_.running != nullptr) {
      tell_restarts({reader_, *map}, result_, *request_.running);
    }
    return std::move(result_);
  }

 private:
  void key(const Entry& entry) {
    const std::string& name = entry.key.text;
    const Node& value = entry.value;
    if (name == "sources") return sources(value);
    if (name == "state") return state(value);
    if (name == "notify") return notify(value);
    if (name == "http") {
      result_.http = read_http(config_, value);
    } else if (name == "quarantine") {
      quarantine(value);
    } else if (name == "rules") {
      rules(value);
    } else if (name == "lookup") {
      result_.lookups = read_lookups(config_, value);
    } else if (name == "silences") {
      result_.silences = read_silences(config_, value);
    } else if (name == "prices") {
      result_.price_files = config_.expand(value);
    } else if (name != "channels") {
      scalar(name, value);
    }
  }

  // Files, and those of teams.
  void rules(const Node& node) {
    const Node* list = reader_.list(node, "a list of files such as [rules/*.yaml]");
    if (list == nullptr) return;
    std::vector<const Node*> files;
    for (const Node& item : list->items) {
      if (item.is_map()) {
        mount(item);
      } else {
        files.push_back(&item);
      }
    }
    result_.rule_files = config_.expand(files);
  }

  void mount(const Node& node) {
    constexpr std::string_view kExample =
        "write {files: \"teams/search/*.yaml\", team: search, channels: [search]}";
    if (!config_.known_keys(node, words::kMount)) return;
    const Node* files = node.find("files");
    const Node* team = node.find("team");
    if (files == nullptr || team == nullptr) {
      reader_.error(node, "a team's rules need files and team", std::string(kExample));
      return;
    }
    Mount read;
    const auto pattern = config_.path(*files);
    const auto* name = reader_.text(*team, "the team's name");
    if (!pattern || name == nullptr) return;
    read.pattern = *pattern;
    read.team = *name;
    if (name->empty() || name->size() > kTeamMax || name->find_first_of("/\n") != name->npos) {
      reader_.error(*team, "a team's name is 1 to 40 characters without a /");
      return;
    }
    for (const Mount& other : result_.mounts) {
      if (other.team == *name) {
        return reader_.error(*team, "the team " + tocsin::quoted(*name) + " is written twice",
                             "its name stands before those of its rules");
      }
    }
    if (const Node* only = node.find("only")) {
      read.only = read_where(reader_, *only, request_.files);
      if (!read.only) return;
    }
    if (const Node* channels = node.find("channels")) {
      RuleContext context{.files = request_.files};
      context.channels = channel_names_;
      auto names = read_channels(reader_, *channels, context);
      if (!names) return;
      read.channels = std::move(*names);
    }
    result_.mounts.push_back(std::move(read));
  }

  void scalar(const std::string& name, const Node& value) {
    if (name == "time_zone") {
      if (auto zone = read_zone(reader_, value)) result_.time_zone = std::move(*zone);
    } else if (name == "public_url") {
      auto url = config_.text(value, "a URL");
      if (url && config_.check_url(value, *url)) result_.public_url = std::move(*url);
    } else if (name == "cost") {
      const auto* word = reader_.word(value, words::kCost, "choice");
      if (word != nullptr && *word == "reported") result_.cost = CostChoice::reported;
    } else if (name == "unknown_model") {
      unknown_model(value);
    } else if (name == "max_groups") {
      if (const auto most = reader_.count(value, 1)) {
        result_.max_groups = static_cast<std::size_t>(*most);
      }
    } else if (const auto duration = reader_.duration(value)) {
      set_duration(name, *duration);
    }
  }

  void set_duration(const std::string& name, Millis duration) {
    if (name == "max_future") result_.max_future = duration;
    if (name == "out_of_order") result_.out_of_order = duration;
    if (name == "lateness") result_.lateness = duration;
    if (name == "group_interval") result_.group_interval = duration;
    if (name == "stale_after") result_.stale_after = duration;
  }

  void sources(const Node& node) {
    const Node* list = reader_.list(node, "a list: - kafka: {…}");
    if (list == nullptr) return;
    for (const Node& item : list->items) {
      if (auto source = read_source(config_, item)) result_.sources.push_back(std::move(*source));
    }
    if (list->items.empty()) reader_.error(node, "no source is written here");
  }

  // Where what is sent is written to depends on the other sources.
  void place_senders(const Node& list) {
    std::vector<std::string> topics;
    for (const SourceConfig& source : result_.sources) {
      if (const auto* kafka = std::get_if<KafkaSourceConfig>(&source.from)) {
        topics.insert(topics.end(), kafka->topics.begin(), kafka->topics.end());
      }
    }
    const Node* first = nullptr;
    for (std::size_t i = 0; i < list.items.size() && i < result_.sources.size(); ++i) {
      auto* http = std::get_if<HttpSourceConfig>(&result_.sources[i].from);
      if (http == nullptr) continue;
      const Node& node = list.items[i];
      if (first != nullptr) return reader_.error(node, "one http source takes all that is sent");
      first = &node;
      place(node, topics, *http);
    }
  }

  void place(const Node& node, const std::vector<std::string>& topics, HttpSourceConfig& http) {
    if (!http.into.empty() && std::find(topics.begin(), topics.end(), http.into) == topics.end()) {
      reader_.error(node, "no kafka source reads " + tocsin::quoted(http.into),
                    "name one of its topics, so that what is sent is read");
    } else if (http.into.empty() && topics.size() > 1) {
      reader_.error(node, "there are several topics: which one is it written to?",
                    "write {http: {into: " + topics.front() + "}}");
    } else if (http.into.empty() && !topics.empty()) {
      http.into = topics.front();
    }
    if (request_.purpose == Purpose::run && !result_.http) {
      reader_.error(node, "nothing listens for what is sent",
                    "add http: {listen: \"127.0.0.1:8080\"}");
    }
  }

  void state(const Node& node) {
    const Node* map = reader_.map(node, "{path: /var/lib/tocsin}");
    if (map == nullptr) return;
    for (const Entry& entry : map->entries) {
      if (!reader_.known(entry.key, words::kState, "key")) continue;
      if (entry.key.text == "path") {
        if (auto path = config_.path(entry.value)) result_.state.path = std::move(*path);
      } else if (entry.key.text == "memory") {
        memory(entry.value);
      } else if (const auto retention = reader_.duration(entry.value)) {
        result_.state.retention = *retention;
      }
    }
  }

  void memory(const Node& node) {
    constexpr std::int64_t kLeast = std::int64_t{16} << 20;
    const auto* text = reader_.text(node, "a size such as 256MB");
    if (text == nullptr) return;
    const auto bytes = parse_bytes(*text);
    if (bytes && *bytes >= kLeast) {
      result_.state.memory = *bytes;
    } else {
      reader_.error(node,
                    bytes ? "memory must be at least 16MB" : tocsin::quoted(*text) + " is no size",
                    "write one such as 256MB or 4GB");
    }
  }

  void notify(const Node& node) {
    const Node* map =
        reader_.map(node, "{info: [office], warning: [alerts], critical: [alerts], engine: [ops]}");
    if (map == nullptr) return;
    RuleContext context{.files = request_.files, .channels = channel_names()};
    for (const Entry& entry : map->entries) {
      if (!reader_.known(entry.key, words::kNotify, "key")) continue;
      auto channels = read_channels(reader_, entry.value, context);
      if (!channels) continue;
      if (entry.key.text == kEngine) {
        if (channels->empty()) {
          reader_.error(entry.value, "the engine's own messages must go somewhere");
        }
        result_.engine = std::move(*channels);
      } else {
        auto& route = entry.key.text == "info"      ? result_.notify.info
                      : entry.key.text == "warning" ? result_.notify.warning
                                                    : result_.notify.critical;
        route = std::move(channels);
      }
    }
  }

  std::optional<std::vector<std::string>> channel_names() const {
    if (!channels_written_) return std::nullopt;
    return channel_names_;
  }

  void read_channels_of(const Node& node) {
    channels_written_ = true;
    const Node* map = reader_.map(node, "alerts: {slack: {webhook_url_file: PATH}}");
    if (map == nullptr) return;
    for (const Entry& entry : map->entries) {
      // A channel with an error is no unknown one.
      channel_names_.push_back(entry.key.text);
      if (auto channel = read_channel(config_, entry)) {
        result_.channels.push_back(std::move(*channel));
      }
    }
    for (const Entry& entry : map->entries) check_fallback(entry);
  }

  void check_fallback(const Entry& entry) {
    const Node* fallback = entry.value.is_map() ? entry.value.find("fallback") : nullptr;
    if (fallback == nullptr || fallback->text.empty()) return;
    const auto& names = channel_names_;
    if (std::find(names.begin(), names.end(), fallback->text) != names.end()) return;
    std::vector<std::string_view> known(names.begin(), names.end());
    std::erase(known, entry.key.text);
    reader_.error(*fallback, "unknown channel " + tocsin::quoted(fallback->text),
                  hint_for(fallback->text, known));
  }

  // What people follow from there leads here.
  void link_channels() {
    for (ChannelConfig& channel : result_.channels) {
      auto* webhook = std::get_if<WebhookTarget>(&channel.to);
      if (webhook != nullptr && webhook->format == WebhookTarget::Format::alertmanager) {
        webhook->public_url = result_.public_url;
      }
      auto* alertmanager = std::get_if<AlertmanagerTarget>(&channel.to);
      if (alertmanager != nullptr) alertmanager->public_url = result_.public_url;
      auto* pagerduty = std::get_if<PagerDutyTarget>(&channel.to);
      if (pagerduty != nullptr) pagerduty->public_url = result_.public_url;
    }
  }
  // What a channel shares with another, and the clocks its hours go by.
  void finish_channels(const Node* node) {
    for (ChannelConfig& channel : result_.channels) {
      if (channel.hours) channel.hours->zone = result_.time_zone;
      if (channel.via.empty()) continue;
      const auto other = std::find_if(result_.channels.begin(), result_.channels.end(),
                                      [&](const auto& one) { return one.name == channel.via; });
      const bool known = std::find(channel_names_.begin(), channel_names_.end(), channel.via) !=
                         channel_names_.end();
      if (other != result_.channels.end() && other->via.empty()) {
        channel.to = other->to;
      } else if (other != result_.channels.end() || !known) {
        const Node* const own = node->find(channel.name);
        reader_.error(*own->find("via"),
                      known ? tocsin::quoted(channel.via) + " goes via another channel itself"
                            : "there is no channel " + tocsin::quoted(channel.via),
                      known ? "name that one" : hint_for(channel.via, names_but(channel.name)));
      }
    }
  }
  std::vector<std::string_view> names_but(const std::string& name) const {
    std::vector<std::string_view> names(channel_names_.begin(), channel_names_.end());
    std::erase(names, name);
    return names;
  }

  void quarantine(const Node& node) {
    const Node* map = reader_.map(node, "{file: PATH}");
    if (map == nullptr) return;
    for (const Entry& entry : map->entries) {
      if (!reader_.known(entry.key, words::kQuarantine, "key")) continue;
      if (auto path = config_.path(entry.value)) result_.quarantine_file = std::move(*path);
    }
  }

  void unknown_model(const Node& node) {
    if (!node.is_map()) {
      (void)reader_.word(node, words::kUnknownWord, "choice");
      return;
    }
    for (const Entry& entry : node.entries) {
      if (!reader_.known(entry.key, words::kUnknownModel, "key")) continue;
      auto model = config_.text(entry.value, "the name of a model");
      if (!model) continue;
      result_.unknown_like =
          UnknownLike{std::move(*model), reader_.document().error(entry.value, {}, {})};
    }
    if (node.entries.empty()) reader_.error(node, "\"like\" is missing", "like: gpt-4o-mini");
  }

  void missing(const std::string& what, const std::string& hint) {
    reader_.diagnostics().push_back(
        file_error(reader_.file(), "\"" + what + "\" is missing", hint));
  }

  void check_needs(const Node& map) {
    if (request_.purpose == Purpose::price) return;
    const auto lacks = [](const Node& of, std::string_view key) {
      return of.find(key) == nullptr && !Reader::mistyped(of, key);
    };
    if (lacks(map, "rules")) missing("rules", "add rules: [rules/*.yaml]");
    if (request_.purpose != Purpose::run) return;
    if (lacks(map, "sources")) missing("sources", "add sources: [{file: PATH}]");
    const Node* state = map.find("state");
    if (state == nullptr ? lacks(map, "state") : state->is_map() && lacks(*state, "path")) {
      missing("state.path", "add state: {path: /var/lib/tocsin}");
    }
    if (lacks(map, "channels")) {
      missing("channels", "add channels: {alerts: {slack: {webhook_url_file: PATH}}}");
    }
    const Node* notify = map.find("notify");
    for (const Word& word : words::kNotify) {
      const bool there = notify != nullptr && (!notify->is_map() || !lacks(*notify, word.text));
      if (there || (notify == nullptr && !lacks(map, "notify"))) continue;
      missing("notify." + std::string(word.text),
              "nothing may be told to nobody by accident; name channels");
    }
  }

  Reader reader_;
  Config result_;  // before what adds to it
  ConfigReader config_;
  const LoadRequest& request_;
  bool channels_written_ = false;
  std::vector<std::string> channel_names_;
};

}  // namespace

std::optional<HttpSettings> read_http(const ConfigReader& config, const Node& node) {
  const Reader& reader = config.reader();
  const Node* map = reader.map(node, "{listen: \"127.0.0.1:8080\"}");
  if (map == nullptr) return std::nullopt;
  HttpSettings http;
  for (const Entry& entry : map->entries) {
    if (!reader.known(entry.key, words::kHttp, "key")) return std::nullopt;
    if (entry.key.text == "token_file") {
      auto token = config.secret_file(entry.value);
      if (!token) return std::nullopt;
      http.token = std::move(*token);
      continue;
    }
    const auto listen = config.text(entry.value, "an address");
    if (!listen) return std::nullopt;
    if (!read_listen(*listen, http)) {
      reader.error(entry.value, "this is no address to listen on", "write 127.0.0.1:8080");
      return std::nullopt;
    }
  }
  const Node* listen = map->find("listen");
  if (listen == nullptr) {
    reader.error(node, "\"listen\" is missing", "write {listen: \"127.0.0.1:8080\"}");
    return std::nullopt;
  }
  if (!is_loopback(http.host) && map->find("token_file") == nullptr) {
    reader.error(*listen, "beyond this machine a token is needed",
                 "add token_file, or listen on 127.0.0.1");
    return std::nullopt;
  }
  return http;
}

Config read_config(const Document& document, const LoadRequest& request, Diagnostics& diagnostics) {
  return TopReader(document, request, diagnostics).read(document.root);
}

}  // namespace tocsin
