// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "rule/config_reader.h"
#include "rule/email_reader.h"

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
      reader_.error(entry.key, "a channel is one thing: slack, webhook or email");
      return std::nullopt;
    }
    const Entry& kind = map->entries.front();
    const std::string& what = kind.key.text;
    good = what == "slack"     ? slack(kind.value, channel)
           : what == "webhook" ? webhook(kind.value, channel)
                               : email(kind.value, channel);
    if (!good) return std::nullopt;
    return channel;
  }

 private:
  bool slack(const Node& node, ChannelConfig& channel) {
    const Node* map = reader_.map(node, "{webhook_url_file: PATH}");
    if (map == nullptr || !config_.known_keys(*map, words::kSlack)) return false;
    SlackTarget slack;
    if (!config_.secret_of(*map, {"webhook_url", "webhook_url_file", true, true},
                           slack.webhook_url)) {
      return false;
    }
    channel.to = std::move(slack);
    return true;
  }

  bool webhook(const Node& node, ChannelConfig& channel) {
    const Node* map = reader_.map(node, "{url_file: PATH}");
    if (map == nullptr || !config_.known_keys(*map, words::kWebhook)) return false;
    WebhookTarget webhook;
    const bool url = config_.secret_of(*map, {"url", "url_file", true, true}, webhook.url);
    const bool hmac = config_.secret_of(*map, {"hmac_secret", "hmac_secret_file", false, false},
                                        webhook.hmac_secret);
    channel.to = std::move(webhook);
    return url && hmac;
  }

  bool email(const Node& node, ChannelConfig& channel) {
    auto email = read_email(config_, node);
    if (!email) return false;
    channel.to = std::move(*email);
    return true;
  }

  const ConfigReader& config_;
  const Reader& reader_;
};

}  // namespace

std::optional<ChannelConfig> read_channel(const ConfigReader& reader, const Entry& entry) {
  return ChannelReader(reader).read(entry);
}

}  // namespace tocsin
