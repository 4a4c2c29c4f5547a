// SPDX-License-Identifier: Apache-2.0
#include "cli/engine_parts.h"

#include <algorithm>
#include <functional>
#include <map>
#include <thread>

#include "file/file_source.h"
#include "file/local_log_source.h"
#include "kafka/kafka_source.h"
#include "notify/alertmanager/alertmanager_channel.h"
#include "notify/email/mailgun_channel.h"
#include "notify/email/postmark_channel.h"
#include "notify/email/resend_channel.h"
#include "notify/email/sendgrid_channel.h"
#include "notify/email/ses_channel.h"
#include "notify/email/smtp_channel.h"
#include "notify/pagerduty/pagerduty_channel.h"
#include "notify/slack/slack_bot.h"
#include "notify/slack/slack_channel.h"
#include "notify/teams/teams_channel.h"
#include "notify/webhook/webhook_channel.h"
#include "pipeline/repricing.h"
#include "window/calendar.h"

namespace tocsin {
namespace {

std::unique_ptr<Channel> mail_api_channel(const std::string& name, MailAddress from,
                                          const EmailTarget& email) {
  using Service = MailApiTarget::Service;
  const auto& api = std::get<MailApiTarget>(email.by);
  MailApiConfig config{.name = name,
                       .from = std::move(from),
                       .to = email.to,
                       .url = api.url,
                       .secret = api.api_key.reveal()};
  switch (api.service) {
    case Service::resend:
      config.pacing = {1, 2, 1};  // an account is allowed few requests a second
      return std::make_unique<ResendChannel>(std::move(config));
    case Service::sendgrid: return std::make_unique<SendgridChannel>(std::move(config));
    case Service::postmark: return std::make_unique<PostmarkChannel>(std::move(config), api.scope);
    case Service::mailgun: return std::make_unique<MailgunChannel>(std::move(config), api.scope);
    case Service::ses: break;
  }
  AwsCredentials credentials{api.access_key_id, api.api_key.reveal(), ""};
  config.pacing = {1, 2, 1};  // an account in its sandbox is allowed one a second
  return std::make_unique<SesChannel>(std::move(config), api.scope, std::move(credentials));
}

std::unique_ptr<Channel> mail_channel(const std::string& name, const EmailTarget& email) {
  MailAddress from = email.from;
  if (from.name.empty()) from.name = "Tocsin";
  if (const auto* smtp = std::get_if<SmtpTarget>(&email.by)) {
    return std::make_unique<SmtpChannel>(SmtpConfig{.name = name,
                                                    .from = std::move(from),
                                                    .to = email.to,
                                                    .server = smtp->server,
                                                    .plaintext_allowed = smtp->plaintext_allowed,
                                                    .ca_file = smtp->ca_file,
                                                    .user = smtp->user,
                                                    .password = smtp->password.reveal()});
  }
  return mail_api_channel(name, std::move(from), email);
}

struct ChannelMaker {
  const std::string& name;

  std::unique_ptr<Channel> operator()(const SlackTarget& slack) const {
    if (!slack.channel.empty()) {
      return std::make_unique<SlackBotChannel>(SlackBotConfig{.name = name,
                                                              .url = slack.url,
                                                              .token = slack.bot_token.reveal(),
                                                              .channel = slack.channel});
    }
    return std::make_unique<SlackChannel>(
        SlackConfig{.name = name, .webhook_url = slack.webhook_url.reveal()});
  }
  std::unique_ptr<Channel> operator()(const WebhookTarget& webhook) const {
    return std::make_unique<WebhookChannel>(
        WebhookConfig{.name = name,
                      .url = webhook.url.reveal(),
                      .hmac_secret = webhook.hmac_secret.reveal(),
                      .as_alertmanager = webhook.format == WebhookTarget::Format::alertmanager,
                      .public_url = webhook.public_url});
  }
  std::unique_ptr<Channel> operator()(const EmailTarget& email) const {
    return mail_channel(name, email);
  }
  std::unique_ptr<Channel> operator()(const PagerDutyTarget& pagerduty) const {
    return std::make_unique<PagerDutyChannel>(
        PagerDutyConfig{.name = name,
                        .url = pagerduty.url,
                        .routing_key = pagerduty.routing_key.reveal(),
                        .public_url = pagerduty.public_url});
  }
  std::unique_ptr<Channel> operator()(const AlertmanagerTarget& target) const {
    std::string url = target.url.reveal();
    while (url.ends_with('/')) url.pop_back();
    return std::make_unique<AlertmanagerChannel>(
        AlertmanagerConfig{.name = name,
                           .url = std::move(url),
                           .user = target.user,
                           .password = target.password.reveal(),
                           .public_url = target.public_url});
  }
  std::unique_ptr<Channel> operator()(const TeamsTarget& teams) const {
    return std::make_unique<TeamsChannel>(
        TeamsConfig{.name = name, .webhook_url = teams.webhook_url.reveal()});
  }
};

}  // namespace

StateLimits state_limits(const Config& config) {
  StateLimits limits;
  // Half of state.memory for cells, half for the store's cache and write buffers. Three quarters of
  // its half for those that cannot go to the store: the others then make room.
  limits.hot_bytes = static_cast<std::size_t>(config.state.memory) / 2;
  limits.pane_bytes = limits.hot_bytes / 4 * 3;
  // Beside it, a quarter as much for filters of ids.
  limits.ids.filter_bytes = static_cast<std::size_t>(config.state.memory) / 4;
  limits.retention = config.state.retention;
  limits.lateness = config.lateness;
  limits.out_of_order = config.out_of_order;
  limits.stale_after = config.stale_after;
  return limits;
}

Tariff tariff_of(const Config& config, const PriceList& prices) {
  return make_tariff(prices.bytes(), tariff_choice(config.cost));
}

namespace {

// By topic or file; the first source that reads it counts.
std::function<std::optional<RecordFormat>(const std::string&)> format_of(const Config& config) {
  std::map<std::string, RecordFormat> formats;
  for (const auto& source : config.sources) {
    if (const auto* file = std::get_if<FileSourceConfig>(&source.from)) {
      formats.try_emplace(file->path, source.format);
    } else if (const auto* kafka = std::get_if<KafkaSourceConfig>(&source.from)) {
      for (const auto& topic : kafka->topics) formats.try_emplace(topic, source.format);
    } else if (std::get<HttpSourceConfig>(source.from).into.empty()) {
      formats.try_emplace(LocalLogSource::kTopic, source.format);
    }
  }
  return [formats = std::move(formats)](const std::string& source) {
    const auto found = formats.find(source);
    return found == formats.end() ? std::nullopt : std::optional(found->second);
  };
}

}  // namespace

AggregatorSetup aggregator_setup(const Config& config, const std::vector<Rule>& rules,
                                 const PriceList& prices, State& state) {
  return {.rules = rules,
          .prices = prices,
          .cost = config.cost,
          .ids = state.ids(),
          .seed = state.seed(),
          .max_future = config.max_future,
          .out_of_order = config.out_of_order,
          .retention = config.state.retention,
          .lateness = config.lateness,
          .ticks_from_gaps = false,
          .zone = config.time_zone,
          .lookups = config.lookups,
          .drivers = &state.driver_switches(),
          .format_of = format_of(config)};
}

UnpricedWatch::Words unpriced_words(const Config& config) {
  return {.gather = config.group_interval,
          .zone = config.time_zone,
          .like = config.unknown_like ? config.unknown_like->model : ""};
}

std::vector<Silence> written_silences(const Config& config) {
  std::vector<Silence> silences;
  for (const SilenceConfig& written : config.silences) {
    Silence silence;
    silence.rule = written.rule;
    silence.match = written.match;
    if (written.from) silence.from = WallTime{written.from->time_since_epoch()};
    silence.until = WallTime{written.until.time_since_epoch()};
    silence.author = written.author;
    silence.comment = written.comment;
    silences.push_back(std::move(silence));
  }
  return silences;
}

std::map<std::string, Manners> channel_manners(const Config& config) {
  std::map<std::string, Manners> manners;
  for (const ChannelConfig& channel : config.channels) {
    manners[channel.name] = {channel.hours, channel.drops, channel.max_per_hour};
  }
  return manners;
}

std::map<std::string, Millis> repeats_of(const std::vector<Rule>& rules) {
  std::map<std::string, Millis> repeats;
  for (const Rule& rule : rules) {
    if (rule.repeat_every) repeats[rule.name] = *rule.repeat_every;
  }
  return repeats;
}

std::vector<std::unique_ptr<Channel>> make_channels(const Config& config) {
  std::vector<std::unique_ptr<Channel>> channels;
  for (const auto& channel : config.channels) {
    channels.push_back(std::visit(ChannelMaker{channel.name}, channel.to));
  }
  return channels;
}

std::unordered_map<std::string, std::string> fallbacks_of(const Config& config) {
  std::unordered_map<std::string, std::string> fallbacks;
  for (const auto& channel : config.channels) {
    if (!channel.fallback.empty()) fallbacks.emplace(channel.name, channel.fallback);
  }
  return fallbacks;
}

std::optional<EventTime> earliest_open_window(const std::vector<Rule>& rules, EventTime now) {
  EventTime earliest = now;
  for (const auto& rule : rules) {
    if (!rule.by_calendar()) {
      earliest = std::min(earliest, now - rule.window.length);
    } else if (rule.window.kind == WindowKind::lifetime && !rule.window.from) {
      return std::nullopt;
    } else if (auto calendar = Calendar::create(rule.window)) {
      earliest = std::min(earliest, calendar->window_at(now).start);
    }
  }
  return earliest;
}

unsigned decode_workers(const SourceConfig& source, unsigned cores) {
  if (!std::holds_alternative<KafkaSourceConfig>(source.from)) return 1;
  // More than a few would only wait for the state thread, which is one.
  constexpr unsigned kUnaskedMax = 4;
  return source.workers != 0 ? source.workers : std::clamp(cores, 1u, kUnaskedMax);
}

KafkaConfig kafka_config(const SourceConfig& source, const std::vector<Rule>& rules,
                         EventTime now) {
  const auto& from = std::get<KafkaSourceConfig>(source.from);
  KafkaConfig config;
  config.brokers = from.brokers;
  config.topics = from.topics;
  if (from.tls) config.tls = KafkaConfig::Tls{from.tls->ca_file};
  if (from.sasl) {
    config.sasl =
        KafkaConfig::Sasl{from.sasl->mechanism, from.sasl->user, from.sasl->password.reveal()};
  }
  config.group = from.group;
  for (const auto& [name, value] : from.properties) config.properties[name] = value.reveal();
  config.workers = decode_workers(source, std::thread::hardware_concurrency());
  const auto at = [&](EventTime time) { config.start = {KafkaStart::Kind::time, time}; };
  switch (source.start.kind) {
    case Start::Kind::earliest: config.start = {KafkaStart::Kind::earliest, {}}; break;
    case Start::Kind::latest: config.start = {KafkaStart::Kind::latest, {}}; break;
    case Start::Kind::ago: at(now - source.start.ago); break;
    case Start::Kind::at: at(source.start.at); break;
    case Start::Kind::windows:
      config.start = {KafkaStart::Kind::earliest, {}};
      if (const auto earliest = earliest_open_window(rules, now)) at(*earliest);
      break;
  }
  return config;
}

std::string source_name(const SourceConfig& source) {
  if (const auto* file = std::get_if<FileSourceConfig>(&source.from)) return "file " + file->path;
  if (std::holds_alternative<HttpSourceConfig>(source.from)) return LocalLogSource::kTopic;
  auto topics = std::get<KafkaSourceConfig>(source.from).topics;
  std::sort(topics.begin(), topics.end());
  std::string name = "topics";
  for (const auto& topic : topics) name += " " + topic;
  return name;
}

namespace {

std::optional<Position> position_of(const State& state, const std::string& topic) {
  for (const auto& row : state.partitions()) {
    if (row.name.topic == topic) return row.position;
  }
  return std::nullopt;
}

Result<std::unique_ptr<Source>> open_kafka(const SourceConfig& source, KafkaConfig kafka,
                                           const State& state, const SourceLinks& links) {
  KafkaKnown known;
  const auto identity = state.identity(source_name(source));
  if (!identity) return tl::unexpected(identity.error());
  known.identity = *identity;
  for (const auto& row : state.partitions()) {
    const auto& topics = kafka.topics;
    if (std::find(topics.begin(), topics.end(), row.name.topic) != topics.end()) {
      known.positions[row.name] = row.position;
    }
  }
  kafka.careful = links.guard.suspects(state.partitions());
  return as_source(
      KafkaSource::open(kafka, std::move(known), {links.clock, links.log, &links.guard}));
}

}  // namespace

Result<std::vector<OpenSource>> open_sources(const Config& config, const std::vector<Rule>& rules,
                                             const State& state, const SourceLinks& links) {
  std::vector<OpenSource> sources;
  for (const auto& source : config.sources) {
    Result<std::unique_ptr<Source>> opened = nullptr;
    if (const auto* file = std::get_if<FileSourceConfig>(&source.from)) {
      opened = as_source(FileSource::open({.path = file->path, .follow = true},
                                          position_of(state, file->path), links.clock));
    } else if (std::holds_alternative<HttpSourceConfig>(source.from)) {
      if (links.local_log == nullptr) continue;  // a Kafka source reads it
      opened = as_source(LocalLogSource::follow(
          *links.local_log, position_of(state, LocalLogSource::kTopic), &links.guard));
    } else {
      opened = open_kafka(source, kafka_config(source, rules, as_event_time(links.clock.wall())),
                          state, links);
    }
    if (!opened) return tl::unexpected(opened.error());
    sources.push_back({std::move(*opened), source_name(source), source.format,
                       decode_workers(source, std::thread::hardware_concurrency())});
  }
  return sources;
}

}  // namespace tocsin
