// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "rule/config_reader.h"
#include "rule/email_reader.h"
#include "rule/manner_reader.h"

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
    const Entry* kind = nullptr;
    std::size_t kinds = 0;
    for (const Entry& each : map->entries) {
      if (is_manner(each.key.text)) {
        good = read_manner(reader_, each, channel) && good;
      } else {
        kind = &each;
        ++kinds;
      }
    }
    if (kinds != 1) {
      reader_.error(entry.key, "a channel is one thing: slack, webhook, email, or via another");
      return std::nullopt;
    }
    if (const Node* outside = map->find("outside"); outside != nullptr && !map->find("hours")) {
      reader_.error(*outside, "outside of what? it belongs to hours",
                    "add hours: \"Mon-Fri 08:00-19:00\"");
      return std::nullopt;
    }
    const std::string& what = kind->key.text;
    good = (what == "slack"     ? slack(kind->value, channel)
            : what == "webhook" ? webhook(kind->value, channel)
            : what == "via"     ? via(kind->value, channel)
                                : email(kind->value, channel)) &&
           good;
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

  bool via(const Node& node, ChannelConfig& channel) {
    const std::string* other = reader_.text(node, "the name of another channel");
    if (other == nullptr) return false;
    channel.via = *other;
    return true;
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
