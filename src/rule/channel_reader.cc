// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <string_view>
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
    const Entry* written = nullptr;
    std::size_t kinds = 0;
    for (const Entry& each : map->entries) {
      if (is_manner(each.key.text)) {
        good = read_manner(reader_, each, channel) && good;
      } else {
        written = &each;
        ++kinds;
      }
    }
    if (kinds != 1) {
      reader_.error(entry.key,
                    (kinds == 0 ? "this channel is nothing yet: " : "a channel is one thing: ") +
                        kinds_text());
      return std::nullopt;
    }
    if (const Node* outside = map->find("outside"); outside != nullptr && !map->find("hours")) {
      reader_.error(*outside, "outside of what? it belongs to hours",
                    "add hours: \"Mon-Fri 08:00-19:00\"");
      return std::nullopt;
    }
    for (const Kind& kind : kKinds) {
      if (kind.name != written->key.text) continue;
      good = (this->*kind.read)(written->value, channel) && good;
    }
    if (!good) return std::nullopt;
    return channel;
  }

 private:
  struct Kind {
    std::string_view name;
    bool (ChannelReader::*read)(const Node&, ChannelConfig&);
  };
  static const std::array<Kind, 7> kKinds;

  // "slack, webhook or via"
  static std::string kinds_text() {
    std::string text;
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      if (i > 0) text += i + 1 == kKinds.size() ? " or " : ", ";
      text += kKinds[i].name;
    }
    return text;
  }

  bool slack(const Node& node, ChannelConfig& channel) {
    const Node* map = reader_.map(node, "{webhook_url_file: PATH}");
    if (map == nullptr || !config_.known_keys(*map, words::kSlack)) return false;
    SlackTarget slack;
    const bool is_app = map->find("bot_token") != nullptr ||
                        map->find("bot_token_file") != nullptr || map->find("channel") != nullptr;
    if (is_app) return slack_app(*map, channel);
    if (const Node* url = map->find("url")) {
      reader_.error(*url, "\"url\" is of an app", "a webhook has a webhook_url");
      return false;
    }
    if (!config_.secret_of(*map, {"webhook_url", "webhook_url_file", true, true},
                           slack.webhook_url)) {
      return false;
    }
    channel.to = std::move(slack);
    return true;
  }

  bool slack_app(const Node& map, ChannelConfig& channel) {
    bool good = true;
    for (const Entry& entry : map.entries) {
      if (!entry.key.text.starts_with("webhook_url")) continue;
      reader_.error(entry.key, "an app has no webhook_url", "write one or the other");
      good = false;
    }
    SlackTarget slack;
    slack.url = "https://slack.com/api";
    good = config_.secret_of(map, {"bot_token", "bot_token_file", false, true}, slack.bot_token) &&
           good;
    const Node* where = map.find("channel");
    if (where == nullptr) {
      reader_.error(map, "\"channel\" is missing",
                    "write where the app posts: channel: \"#alerts\"");
      return false;
    }
    auto name = config_.text(*where, "\"#alerts\"");
    if (name && name->empty()) {
      reader_.error(*where, "the channel is empty");
      return false;
    }
    if (name) slack.channel = std::move(*name);
    if (const Node* url = map.find("url")) {
      auto written = config_.service_url(*url);
      good = good && written;
      if (written) slack.url = std::move(*written);
    }
    channel.to = std::move(slack);
    return good && name;
  }

  bool alertmanager(const Node& node, ChannelConfig& channel) {
    const Node* map = reader_.map(node, "{url: \"http://alertmanager:9093\"}");
    if (map == nullptr || !config_.known_keys(*map, words::kAlertmanager)) return false;
    AlertmanagerTarget target;
    bool good = config_.secret_of(*map, {"url", "url_file", true, true}, target.url);
    good = config_.secret_of(*map, {"password", "password_file", false, false}, target.password) &&
           good;
    const Node* user = map->find("user");
    const bool has_password =
        map->find("password") != nullptr || map->find("password_file") != nullptr;
    if ((user != nullptr) != has_password) {
      reader_.error(*map, user == nullptr ? "a password of nobody" : "this user has no password",
                    user == nullptr ? "add user: NAME" : "add password_file: PATH");
      return false;
    }
    if (user != nullptr) {
      auto name = config_.text(*user, "the name to log in with");
      good = good && name;
      if (name) target.user = std::move(*name);
    }
    channel.to = std::move(target);
    return good;
  }

  bool webhook(const Node& node, ChannelConfig& channel) {
    const Node* map = reader_.map(node, "{url_file: PATH}");
    if (map == nullptr || !config_.known_keys(*map, words::kWebhook)) return false;
    WebhookTarget webhook;
    const bool url = config_.secret_of(*map, {"url", "url_file", true, true}, webhook.url);
    const bool hmac = config_.secret_of(*map, {"hmac_secret", "hmac_secret_file", false, false},
                                        webhook.hmac_secret);
    bool good = url && hmac;
    if (const Node* format = map->find("format")) {
      const auto* word = reader_.word(*format, words::kWebhookFormat, "format");
      good = good && word != nullptr;
      if (word != nullptr && *word == "alertmanager") {
        webhook.format = WebhookTarget::Format::alertmanager;
      }
    }
    channel.to = std::move(webhook);
    return good;
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

  bool pagerduty(const Node& node, ChannelConfig& channel) {
    const Node* map = reader_.map(node, "{routing_key_file: PATH}");
    if (map == nullptr || !config_.known_keys(*map, words::kPagerduty)) return false;
    PagerDutyTarget pagerduty;
    pagerduty.url = "https://events.pagerduty.com";
    bool good = config_.secret_of(*map, {"routing_key", "routing_key_file", false, true},
                                  pagerduty.routing_key);
    if (const Node* url = map->find("url")) {
      auto written = config_.service_url(*url);
      good = good && written;
      if (written) pagerduty.url = std::move(*written);
    }
    channel.to = std::move(pagerduty);
    return good;
  }

  bool teams(const Node& node, ChannelConfig& channel) {
    const Node* map = reader_.map(node, "{webhook_url_file: PATH}");
    if (map == nullptr || !config_.known_keys(*map, words::kTeams)) return false;
    TeamsTarget teams;
    const bool good =
        config_.secret_of(*map, {"webhook_url", "webhook_url_file", true, true}, teams.webhook_url);
    channel.to = std::move(teams);
    return good;
  }

  const ConfigReader& config_;
  const Reader& reader_;
};

const std::array<ChannelReader::Kind, 7> ChannelReader::kKinds = {{
    {"slack", &ChannelReader::slack},
    {"webhook", &ChannelReader::webhook},
    {"email", &ChannelReader::email},
    {"pagerduty", &ChannelReader::pagerduty},
    {"teams", &ChannelReader::teams},
    {"alertmanager", &ChannelReader::alertmanager},
    {"via", &ChannelReader::via},
}};

}  // namespace

std::optional<ChannelConfig> read_channel(const ConfigReader& reader, const Entry& entry) {
  return ChannelReader(reader).read(entry);
}

}  // namespace tocsin
