// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "document/diagnostic.h"
#include "event/decoder.h"
#include "price/price_list.h"
#include "rule/condition.h"
#include "rule/lookup.h"
#include "rule/rule.h"
#include "rule/secret.h"
#include "tocsin/mail_address.h"
#include "tocsin/time.h"
#include "window/hours.h"

namespace tocsin {

struct KafkaTls {
  std::string ca_file;  // empty: the system's roots
};

struct KafkaSasl {
  std::string mechanism;  // as librdkafka names it: "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"
  std::string user;
  Secret password;
};

struct KafkaSourceConfig {
  std::vector<std::string> brokers;  // host:port
  std::vector<std::string> topics;
  std::optional<KafkaTls> tls;
  std::optional<KafkaSasl> sasl;
  std::string group = "tocsin";
  std::vector<std::pair<std::string, Secret>> properties;  // of librdkafka; may hold credentials
};

struct FileSourceConfig {
  std::string path;  // "-": standard input
};

// What is sent to HttpSettings; at most one of a config.
struct HttpSourceConfig {
  std::string into;        // the topic of a Kafka source of the config; empty: the local log
  Secret token;            // of those who send; empty: HttpSettings::token
  Secret helicone_secret;  // empty: signatures are not looked at
};

// Where a source is read from at its first run.
struct Start {
  enum class Kind : std::uint8_t { windows, earliest, latest, ago, at };
  Kind kind = Kind::windows;
  Millis ago{0};   // of kind ago
  EventTime at{};  // of kind at
};

struct SourceConfig {
  std::variant<KafkaSourceConfig, FileSourceConfig, HttpSourceConfig> from;
  RecordFormat format;
  Start start;
  unsigned workers = 0;  // decode workers, 1 to 16; 0: as many as suit the machine
  Origin origin;
};

// An incoming webhook; or, where it has a token, an app.
struct SlackTarget {
  Secret webhook_url;
  Secret bot_token;
  std::string channel;  // of the app: a name or an id
  std::string url;      // of the Web API, without a / at its end
  friend bool operator==(const SlackTarget&, const SlackTarget&) = default;
};

struct WebhookTarget {
  enum class Format : std::uint8_t { tocsin, alertmanager };
  Secret url;
  Secret hmac_secret;  // empty: not signed
  Format format = Format::tocsin;
  std::string public_url;  // that of Config, for what is named in Alertmanager's manner
  friend bool operator==(const WebhookTarget&, const WebhookTarget&) = default;
};

struct SmtpTarget {
  std::string server;              // "smtps://HOST:PORT", or "smtp://…" with STARTTLS
  bool plaintext_allowed = false;  // on this machine, where it offers no STARTTLS
  std::string ca_file;             // empty: the system's roots
  std::string user;                // empty: no login
  Secret password;
  friend bool operator==(const SmtpTarget&, const SmtpTarget&) = default;
};

// A service that sends mails.
struct MailApiTarget {
  enum class Service : std::uint8_t { resend, sendgrid, postmark, mailgun, ses };
  Service service = Service::resend;
  std::string url;            // without a / at its end
  Secret api_key;             // of SES the secret access key, of Postmark the token
  std::string scope;          // Postmark's stream, Mailgun's domain, SES' region
  std::string access_key_id;  // of SES
  friend bool operator==(const MailApiTarget&, const MailApiTarget&) = default;
};

struct EmailTarget {
  MailAddress from;
  std::vector<MailAddress> to;  // at least one, no two the same
  std::variant<SmtpTarget, MailApiTarget> by;
  friend bool operator==(const EmailTarget&, const EmailTarget&) = default;
};

struct PagerDutyTarget {
  Secret routing_key;
  std::string url;         // without a / at its end
  std::string public_url;  // that of Config
  friend bool operator==(const PagerDutyTarget&, const PagerDutyTarget&) = default;
};

struct AlertmanagerTarget {
  Secret url;
  std::string user;
  Secret password;
  std::string public_url;  // that of Config
  friend bool operator==(const AlertmanagerTarget&, const AlertmanagerTarget&) = default;
};

struct TeamsTarget {
  Secret webhook_url;
  friend bool operator==(const TeamsTarget&, const TeamsTarget&) = default;
};

struct ChannelConfig {
  std::string name;
  std::variant<SlackTarget, WebhookTarget, EmailTarget, PagerDutyTarget, TeamsTarget,
               AlertmanagerTarget>
      to;
  std::string via;               // another channel, whose target `to` is; empty: it has its own
  std::optional<Hours> hours;    // when it is told things; absent: always
  bool drops = false;            // what comes outside them; else it is held
  std::size_t max_per_hour = 0;  // messages; 0: no limit
  std::string fallback;  // the channel that is told what this one cannot be told; empty: none
  Origin origin;
};

struct StateConfig {
  std::string path;
  std::int64_t memory = std::int64_t{256} << 20;  // bytes: block cache, write buffers, hot cells
  Millis retention{std::int64_t{400} * 86'400'000};
};

struct HttpSettings {
  std::string host;
  std::uint16_t port = 0;
  Secret token;  // empty: loopback needs none
};

// What is not told for a while, by a file that `silences` names.
struct SilenceConfig {
  std::string rule;  // a name, or a glob
  std::vector<std::pair<std::string, std::string>> match;
  std::optional<EventTime> from;  // absent: from when it is read
  EventTime until{};
  std::string author, comment;
  Origin origin;
};

// A secret written in place: where, in the text of tocsin.yaml.
struct LiteralSecret {
  std::size_t offset = 0;
  std::size_t bytes = 0;
  Secret value;
};

// `unknown_model: {like: MODEL}`.
struct UnknownLike {
  std::string model;
  Diagnostic unknown;  // said, with a message of its own, if the price list has no such model
};

// Rule files of a team: `rules: - {files: …, team: search}`.
struct Mount {
  std::string team;
  std::string pattern;  // resolved
  std::optional<Where> only;
  std::vector<std::string> channels;  // that its rules may name
};

// tocsin.yaml as values. All paths are resolved.
struct Config {
  std::string path;
  std::vector<SourceConfig> sources;
  StateConfig state;
  std::string time_zone = "UTC";
  std::string public_url;  // empty: none
  Route notify;
  std::vector<std::string> engine;  // channels of the engine's own messages
  std::vector<ChannelConfig> channels;
  std::vector<std::string> rule_files;   // expanded, sorted within each pattern
  std::vector<Mount> mounts;             // after them
  std::vector<std::string> price_files;  // as rule_files
  CostChoice cost = CostChoice::computed;
  std::optional<UnknownLike> unknown_like;  // absent: what has no price is in no budget
  std::optional<HttpSettings> http;
  Millis max_future{300'000};
  Millis out_of_order{60'000};
  std::optional<Millis> lateness;  // absent: by the window's length
  Millis group_interval{30'000};
  Millis stale_after{3'600'000};
  std::size_t max_groups = 1'000'000;
  std::shared_ptr<const Lookups> lookups;  // null: none
  std::vector<SilenceConfig> silences;
  std::string quarantine_file;  // empty: quarantine.jsonl in the state directory
  std::vector<LiteralSecret> literal_secrets;
};

}  // namespace tocsin
