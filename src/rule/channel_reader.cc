// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "document/utf8.h"
#include "rule/config_reader.h"

namespace tocsin {
namespace {

class ChannelReader {
 public:
  explicit ChannelReader(const ConfigReader& config) : config_(config), reader_(config.reader()) {}

  std::optional<ChannelConfig> read(const Entry& entry) {
    ChannelConfig channel;
    channel.name = entry.key.text;
    channel.origin = reader_.origin(entry.key);
    const Node* map = reader_.map(entry.value, "{slack: {webhook_url_file: PATH}}");
    if (map == nullptr) return std::nullopt;
    bool good = !map->entries.empty();
    for (const Entry& kind : map->entries) {
      good = reader_.known(kind.key, words::kChannel, "kind of channel") && good;
    }
    if (!good) return std::nullopt;
    if (map->entries.size() != 1) {
      reader_.error(entry.key, "a channel is one thing: slack or webhook");
      return std::nullopt;
    }
    const Entry& kind = map->entries.front();
    good = kind.key.text == "slack" ? slack(kind.value, channel) : webhook(kind.value, channel);
    if (!good) return std::nullopt;
    return channel;
  }

 private:
  // A secret given by one of two keys: in place, or in a file.
  struct Pair {
    std::string_view in_place;
    std::string_view in_file;
    bool is_url;
    bool needed;
  };

  bool secret(const Node& map, const Pair& keys, Secret& secret) {
    const Node* in_place = map.find(keys.in_place);
    const Node* in_file = map.find(keys.in_file);
    if (in_place != nullptr && in_file != nullptr) {
      reader_.error(*in_file, "write " + std::string(keys.in_place) + " or " +
                                  std::string(keys.in_file) + ", not both");
      return false;
    }
    if (in_place == nullptr && in_file == nullptr) {
      if (keys.needed) reader_.error(map, quoted(keys.in_file) + " is missing");
      return !keys.needed;
    }
    const Node& node = in_place != nullptr ? *in_place : *in_file;
    auto value = in_place != nullptr ? config_.secret(node) : config_.secret_file(node);
    if (!value) return false;
    if (keys.is_url && !value->empty() && !config_.check_url(node, value->reveal())) return false;
    secret = std::move(*value);
    return true;
  }

  bool known(const Node& map, Words words) {
    bool good = true;
    for (const Entry& entry : map.entries) good = reader_.known(entry.key, words, "key") && good;
    return good;
  }

  bool slack(const Node& node, ChannelConfig& channel) {
    const Node* map = reader_.map(node, "{webhook_url_file: PATH}");
    if (map == nullptr || !known(*map, words::kSlack)) return false;
    SlackTarget slack;
    if (!secret(*map, {"webhook_url", "webhook_url_file", true, true}, slack.webhook_url)) {
      return false;
    }
    channel.to = std::move(slack);
    return true;
  }

  bool webhook(const Node& node, ChannelConfig& channel) {
    const Node* map = reader_.map(node, "{url_file: PATH}");
    if (map == nullptr || !known(*map, words::kWebhook)) return false;
    WebhookTarget webhook;
    const bool url = secret(*map, {"url", "url_file", true, true}, webhook.url);
    const bool hmac =
        secret(*map, {"hmac_secret", "hmac_secret_file", false, false}, webhook.hmac_secret);
    channel.to = std::move(webhook);
    return url && hmac;
  }

  const ConfigReader& config_;
  const Reader& reader_;
};

}  // namespace

std::optional<ChannelConfig> read_channel(const ConfigReader& reader, const Entry& entry) {
  return ChannelReader(reader).read(entry);
}

}  // namespace tocsin
