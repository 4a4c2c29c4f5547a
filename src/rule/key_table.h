// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tocsin {

// The words of the language: what the reader takes, what errors offer, what the schema of editors
// and the tables of the documentation say. A word that is not built yet is refused as such, which
// is another thing than an unknown word.
enum class Built : std::uint8_t { yes, not_yet };

// What may stand behind a key, for the schema; the readers are what decides.
enum class Value : std::uint8_t {
  text,  // any scalar
  line,
  name,
  truth,
  count,
  workers,
  duration,
  bytes,
  path,
  paths,
  secret,
  url,
  zone,
  listen,
  // of rules
  rules,
  defaults,
  where,
  fields,
  window,
  starts,
  metric,
  budget,
  budgets,
  amount,
  alert,
  threshold,
  severity,
  route,
  labels,
  // of tocsin.yaml
  sources,
  senders,
  kafka,
  brokers,
  names,
  tls,
  sasl,
  mechanism,
  properties,
  format,
  start,
  state,
  notify,
  channel_list,
  channels,
  slack,
  webhook,
  webhook_format,
  email,
  smtp,
  resend,
  sendgrid,
  postmark,
  mailgun,
  ses,
  pagerduty,
  teams,
  alertmanager,
  address,
  addresses,
  cost,
  unknown_model,
  http,
  quarantine,
  mapping,
  lookup,
  mounts,
  table,
  silences,
  hours,
  outside,
};

struct Word {
  std::string_view text;
  Built built = Built::yes;
  std::string_view says = {};      // what it is, in a line of Markdown
  Value value = Value::text;       // of a key
  std::string_view standard = {};  // what holds where the key is not written, in Markdown
};

using Words = std::span<const Word>;

namespace words {

constexpr Word key(std::string_view text, Value value, std::string_view says,
                   std::string_view standard = {}) {
  return {text, Built::yes, says, value, standard};
}
// One of several words that may stand as a value.
constexpr Word choice(std::string_view text, std::string_view says) {
  return {text, Built::yes, says, Value::text, {}};
}
constexpr Word later(std::string_view text) { return {.text = text, .built = Built::not_yet}; }

inline constexpr std::array kRuleFile = {
    key("rules", Value::rules, "the rules of this file", "required"),
    key("defaults", Value::defaults,
        "keys for all rules of the file: `where` narrows, `labels` merge, anything else is "
        "replaced by the rule's own",
        "none"),
};

inline constexpr std::array kRule = {
    key("name", Value::name,
        "one line, no `/`; unique over all files; the identity of the rule's state", "required"),
    key("summary", Value::line, "begins the message", "made from the name"),
    key("where", Value::where, "which requests count", "all"),
    key("group_by", Value::fields, "1 to 4 fields; every group is counted by itself", "one group"),
    key("window", Value::window,
        "`hour day week month quarter year`, `last …`, `every …d`, `lifetime`, `session`",
        "required"),
    key("starts", Value::starts, "where a window starts", "midnight, monday, the 1st, January"),
    key("time_zone", Value::zone, "an IANA name", "that of tocsin.yaml, else UTC"),
    key("metric", Value::metric, "what is counted", "`cost`"),
    key("budget", Value::budget, "an amount, or `none`"),
    key("budgets", Value::budgets, "amounts by group: a map, rows, or a CSV or YAML file of rows"),
    key("alert", Value::alert, "rung to severity, or to `{severity, notify}`",
        "`{80%: warning, 100%: critical}`"),
    key("threshold", Value::threshold, "an amount, or a map from amounts as in `alert`",
        "alone it is a warning"),
    key("min_requests", Value::count, "no alert from fewer requests in the window",
        "0; 20 for rates, averages and percentiles"),
    key("for", Value::duration, "a threshold must hold that long", "0"),
    key("keep_firing_for", Value::duration, "and stays that long after", "5m in rolling windows"),
    key("notify", Value::route, "channels, or severity to channels; `[]` tells nobody",
        "that of tocsin.yaml"),
    key("notify_resolved", Value::truth, "`true` or `false`", "thresholds yes, budgets no"),
    key("repeat_every", Value::duration,
        "how often what still stands [is told again](#told-again); at least 1m", "never"),
    key("labels", Value::labels, "names and values, carried in messages", "none"),
    key("description", Value::text, "text, carried in messages", "none"),
    key("runbook", Value::text, "what to do, carried in messages", "none"),
    key("enabled", Value::truth, "`false`: checked, not run", "`true`"),
    key("max_groups", Value::count, "groups beyond share the group `(other)`, which fires nothing",
        "that of tocsin.yaml, else 1,000,000"),
    key("renamed_from", Value::name,
        "the rule's [name of before](#the-identity-of-a-rule), whose state it goes on with",
        "none"),
    key("compare_to", Value::duration,
        "the threshold is how many times as much as in the same window that long ago", "none"),
    key("min_cost", Value::amount, "no alert from less cost in the window", "$0"),
    key("resolve_at", Value::amount, "where what was reached ends", "the line itself"),
    later("enforce"),
    key("backfill", Value::truth,
        "`false`: where it comes into force later it "
        "[counts from then on](#new-rules-and-what-was-read-before)",
        "`true`"),
};

inline constexpr std::array kMetric = {
    choice("cost", "dollars"),
    choice("requests", "requests, whatever came of them"),
    choice("input_tokens", "tokens of prompts, cached or not"),
    choice("output_tokens", "tokens of answers"),
    choice("cached_tokens", "tokens of prompts that the provider read from its cache"),
    choice("tokens", "input and output tokens"),
    choice("errors", "requests that failed"),
    choice("unpriced_requests", "requests whose cost is not known"),
    choice("error_rate", "the share of requests that failed"),
    choice("cache_hit_rate", "the share of requests answered from the gateway's cache"),
    choice("prompt_cache_rate", "the share of prompt tokens that the provider read from its cache"),
    choice("cost_per_request", "dollars a request"),
    choice("cost_per_session", "dollars by different sessions"),
    choice("cost_per_user", "dollars by different users"),
    choice("latency_p50", "the time that half of the requests take at most"),
    choice("latency_p90", "the time that 90 % of the requests take at most"),
    choice("latency_p95", "the time that 95 % of the requests take at most"),
    choice("latency_p99", "the time that 99 % of the requests take at most"),
    choice("first_seen", "the first request of a group"),
};

inline constexpr std::array kWindow = {
    choice("hour", "from hour to hour"),
    choice("day", "from midnight to midnight"),
    choice("week", "from Monday to Monday"),
    choice("month", "from the 1st to the 1st"),
    choice("quarter", "from January, April, July and October on"),
    choice("year", "from 1 January on"),
    choice("lifetime", "never starts anew"),
    choice("session", "from a session's first request until 30 min without one"),
};

inline constexpr std::array kSeverity = {
    choice("info", "to be read some time"),
    choice("warning", "to be looked at today"),
    choice("critical", "to be looked at now"),
};

inline constexpr std::array kRung = {
    key("severity", Value::severity, "`info`, `warning` or `critical`", "required"),
    key("notify", Value::route, "channels of this rung alone", "that of the rule"),
};

// What a field of `where` may be asked.
inline constexpr std::array kCondition = {
    choice("not", "a value or a list: none of these, or no value at all"),
    choice("matches", "a regular expression of RE2 for the whole value"),
    choice("exists", "`true`: it has a value; `false`: it has none"),
    choice("above", "a number: greater than"),
    choice("below", "a number: less than"),
    choice("in", "a file, a value a line: any of these"),
};

// Columns of a table of budgets beside its groups.
inline constexpr std::array kBudgetColumn = {
    key("budget", Value::budget, "an amount, or `none`", "required"),
    key("from", Value::text, "a date: the first day of the row", "since ever"),
    key("until", Value::text, "a date: its last day", "for ever"),
    key("notify", Value::route, "channels: a list, or in a CSV file `alerts; finance`",
        "the rule's"),
};

// A mount of rules: `- {files: …, team: …}`.
inline constexpr std::array kMount = {
    key("files", Value::path, "a team's rule files: a path or pattern"),
    key("team", Value::name, "stands before the names of its rules: `search/month`"),
    key("only", Value::where, "narrows each of its rules, like a `where`", "all"),
    key("channels", Value::channel_list, "the channels that its rules may name", "none"),
    later("enforce"),
};

inline constexpr std::array kConfig = {
    key("sources", Value::sources, "where events come from: a list", "required"),
    key("state", Value::state, "what the engine remembers", "required"),
    key("rules", Value::mounts, "list of rule files, patterns, or files of a team", "required"),
    key("prices", Value::paths, "list of price files over the built-in prices", "built-in only"),
    key("cost", Value::cost, "`computed` (ours, else what was reported) or `reported`",
        "`computed`"),
    key("unknown_model", Value::unknown_model,
        "models without a price: `alert`, or [`like`](events.md#models-without-a-price) another",
        "`alert`"),
    key("channels", Value::channels, "names for places that messages go to", "required"),
    key("notify", Value::notify, "the channels of each severity", "required"),
    key("time_zone", Value::zone, "of rules that name none", "`UTC`"),
    key("group_interval", Value::duration,
        "how long alerts of one grouped rule gather after a message", "`30s`"),
    key("stale_after", Value::duration,
        "while catching up, windows closed longer ago are summed up in a line", "`1h`"),
    key("max_groups", Value::count, "groups of a rule beyond it share `(other)`", "1,000,000"),
    key("lateness", Value::duration, "how long after its end a window still counts late events",
        "`1h` up to a day, else `24h`"),
    key("out_of_order", Value::duration, "how long judged rules wait for stragglers", "`1m`"),
    key("max_future", Value::duration,
        "events stamped further ahead of their record get the record's time", "`5m`"),
    key("quarantine", Value::quarantine, "records that cannot be read", "noted in a file"),
    key("http", Value::http, "the API and the metrics", "none"),
    key("public_url", Value::url, "where people reach this Tocsin, for links", "none"),
    key("lookup", Value::lookup,
        "tables of what producers do not send, a list; what an event has stays", "none"),
    key("silences", Value::path,
        "a file of what is [not told for a while](operations.md#silences), reloaded when it "
        "changes",
        "none"),
    later("dimensions"),
    later("reports"),
    later("requests"),
};

inline constexpr std::array kSource = {
    key("kafka", Value::kafka, "topics of a Kafka cluster; this, `file` or `http`"),
    key("file", Value::path, "a file that is followed as it grows, or `-`"),
    key("http", Value::senders,
        "what is [sent](events.md#sending-events) to `http.listen`; `{}` is enough"),
    key("format", Value::format, "of the events", "`auto`"),
    key("start", Value::start,
        "where a topic's first run begins: `windows` (the earliest start of a window that is open "
        "now), `earliest`, `latest`, `-7d`, a time",
        "`windows`"),
    key("workers", Value::workers,
        "decode threads of a Kafka source, 1 to 16; each reads some of the partitions",
        "as many as the machine has cores, at most 4"),
    key("mapping", Value::mapping,
        "how records in a format of your own are read: a file, or keys and pointers here "
        "([events](events.md#mappings)); in place of `format`",
        "none"),
};

inline constexpr std::array kKafka = {
    key("brokers", Value::brokers, "list of `host:port`", "required"),
    key("topics", Value::names, "list of names, no patterns", "required"),
    key("tls", Value::tls, "`{}` for the system's roots", "no TLS"),
    key("sasl", Value::sasl, "how to log in", "none"),
    key("group", Value::text, "the group to which offsets are mirrored, for lag dashboards",
        "`tocsin`"),
    key("properties", Value::properties, "further properties of librdkafka", "none"),
};
inline constexpr std::array kSenders = {
    key("into", Value::text, "the topic of a Kafka source that it is written to",
        "the only topic there is; without Kafka a log in `state.path`"),
    key("token_file", Value::path, "a file with a token of those who send events",
        "that of `http.token_file`"),
    key("helicone_secret_file", Value::path,
        "a file with the key of Helicone's webhook: what it signs needs no token", "none"),
    key("helicone_secret", Value::secret, "the key itself, as `\"${NAME}\"`"),
};
inline constexpr std::array kTls = {
    key("ca_file", Value::path, "certificates to trust, as PEM", "the system's"),
    later("cert_file"),
    later("key_file"),
};
inline constexpr std::array kSasl = {
    key("mechanism", Value::mechanism, "`plain`, `scram-sha-256` or `scram-sha-512`", "required"),
    key("user", Value::text, "the name to log in with", "required"),
    key("password_file", Value::path, "a file with the password"),
    key("password", Value::secret, "the password itself, as `\"${NAME}\"`"),
};
inline constexpr std::array kSaslMechanism = {
    choice("plain", "the password itself"),
    choice("scram-sha-256", "SCRAM with SHA-256"),
    choice("scram-sha-512", "SCRAM with SHA-512"),
    later("gssapi"),
    later("oauthbearer"),
};

inline constexpr std::array kFormat = {
    choice("auto", "told record by record"),
    choice("native", "Tocsin's own"),
    choice("helicone", "Helicone's"),
    choice("litellm", "LiteLLM's"),
    choice("otlp_proto", "OpenTelemetry's spans in protobuf"),
    choice("otlp_json", "OpenTelemetry's spans in JSON"),
    choice("response", "what a provider answered, bare or as the `response` of an object"),
    choice("cloudevents", "CloudEvents whose `data` is any of these"),
    choice("apisix", "APISIX's log entries"),
    choice("kong", "Kong's log entries"),
    choice("envoy-ai-gateway", "Envoy AI Gateway's log entries"),
    choice("higress", "Higress's log entries"),
    choice("openrouter", "OpenRouter's answers, at its prices"),
    choice("portkey", "Portkey's log export"),
    choice("langfuse", "Langfuse's observations"),
    choice("litellm-spendlogs", "Rows of LiteLLM's table LiteLLM_SpendLogs"),
};
inline constexpr std::array kLookup = {
    key("by", Value::text, "the field that is looked up: `key`, `user`, a property", "required"),
    key("file", Value::path,
        "a CSV file whose first column is `by`, the others what to fill in; this or `table`"),
    key("table", Value::table, "the same written here: `{checkout-prod: {team: payments}}`"),
};
inline constexpr std::array kStart = {
    choice("windows", "the earliest start of a window that is open now"),
    choice("earliest", "all that the topic holds"),
    choice("latest", "only what comes from now on"),
};

inline constexpr std::array kState = {
    key("path", Value::path, "the state's directory", "required"),
    key("memory", Value::bytes,
        "half for cells (some 95 bytes each: 1.3 million; colder ones are in the store; a group of "
        "a rolling or judged rule some 500, [these stay](#memory)), half for the store's cache and "
        "buffers; at least `16MB`",
        "`256MB`"),
    key("retention", Value::duration,
        "older events are only counted; older windows, alerts, marks of delivery and what "
        "recordings need leave the state",
        "`400d`"),
};
inline constexpr std::array kNotify = {
    key("info", Value::channel_list, "channels of alerts that are `info`", "required"),
    key("warning", Value::channel_list, "channels of warnings", "required"),
    key("critical", Value::channel_list, "channels of what is critical", "required"),
    key("engine", Value::channel_list, "channels of the engine's own messages", "required"),
};
inline constexpr std::array kChannel = {
    key("slack", Value::slack, "an incoming webhook of Slack, or [an app](channels.md#slack)"),
    key("webhook", Value::webhook, "an address that gets JSON by POST"),
    key("email", Value::email, "a mail to each of one or more addresses"),
    key("pagerduty", Value::pagerduty, "incidents of [PagerDuty](channels.md#pagerduty)"),
    key("teams", Value::teams, "a webhook of [Microsoft Teams](channels.md#microsoft-teams)"),
    key("alertmanager", Value::alertmanager,
        "[Alertmanager](channels.md#alertmanager) by its API, so that its receivers are told"),
    key("fallback", Value::text,
        "the channel that is [told instead](channels.md#when-a-channel-is-broken) what this one "
        "cannot be told",
        "none"),
    key("via", Value::text,
        "another channel, whose target it shares: for [hours](#channels-with-hours) of its own"),
    key("hours", Value::hours,
        "when it is told things, `\"Mon-Fri 08:00-19:00\"`, by the clocks of `time_zone`; several "
        "with commas",
        "always"),
    key("outside", Value::outside, "what comes outside them: `hold` or `drop`", "`hold`"),
    key("max_per_hour", Value::count,
        "messages; further ones of the hour [become one](#channels-with-hours)", "no limit"),
};
inline constexpr std::array kOutside = {
    choice("hold", "told as one message when the hours begin"),
    choice("drop", "recorded, and not told on this channel"),
};
inline constexpr std::array kSlack = {
    key("webhook_url_file", Value::path, "a file with its address"),
    key("webhook_url", Value::secret, "its address, as `\"${NAME}\"`"),
    key("bot_token_file", Value::path, "of an app, in place of an address: a file with its token"),
    key("bot_token", Value::secret, "the token itself, as `\"${NAME}\"`"),
    key("channel", Value::text, "of an app: where it posts, `#alerts` or better the channel's id"),
    key("url", Value::url, "of an app: where Slack's Web API is", "`https://slack.com/api`"),
};
inline constexpr std::array kWebhook = {
    key("url", Value::secret, "its address"),
    key("url_file", Value::path, "a file with its address"),
    key("hmac_secret_file", Value::path, "a file with the secret that signs", "not signed"),
    key("hmac_secret", Value::secret, "the secret itself, as `\"${NAME}\"`"),
    key("format", Value::webhook_format,
        "of the JSON: `tocsin`, or `alertmanager` for [its version "
        "4](channels.md#alertmanagers-form)",
        "`tocsin`"),
};
inline constexpr std::array kWebhookFormat = {
    choice("tocsin", "Tocsin's own"),
    choice("alertmanager", "that of Alertmanager's webhooks, version 4"),
};
inline constexpr std::array kEmail = {
    key("to", Value::addresses, "list of addresses, `ada@company.example` or `\"Ada <…>\"`",
        "required"),
    key("from", Value::address, "the sender's address", "required"),
    key("smtp", Value::smtp,
        "mail server: `smtps://HOST` (TLS), `smtp://HOST:587` (STARTTLS, required but on this "
        "machine)",
        "this or one of the services below"),
    key("user", Value::text, "the name to log in with", "no login"),
    key("password_file", Value::path, "a file with the password"),
    key("password", Value::secret, "the password itself, as `\"${NAME}\"`"),
    key("ca_file", Value::path, "certificates to trust, as PEM", "the system's"),
    key("resend", Value::resend, "the API of Resend in place of a mail server"),
    key("sendgrid", Value::sendgrid, "the API of SendGrid, likewise"),
    key("postmark", Value::postmark, "the API of Postmark, likewise"),
    key("mailgun", Value::mailgun, "the API of Mailgun, likewise"),
    key("ses", Value::ses, "the API of Amazon SES, likewise"),
};
// Of which a mail has exactly one.
inline constexpr std::array<std::string_view, 6> kMailWays = {"smtp",     "resend",  "sendgrid",
                                                              "postmark", "mailgun", "ses"};
inline constexpr std::array kResend = {
    key("api_key_file", Value::path, "a file with the key"),
    key("api_key", Value::secret, "the key itself, as `\"${NAME}\"`"),
    key("url", Value::url, "where the API is, if not at Resend's", "`https://api.resend.com`"),
};
inline constexpr std::array kSendgrid = {
    key("api_key_file", Value::path, "a file with the key"),
    key("api_key", Value::secret, "the key itself, as `\"${NAME}\"`"),
    key("url", Value::url, "where the API is; of the EU `https://api.eu.sendgrid.com`",
        "`https://api.sendgrid.com`"),
};
inline constexpr std::array kPostmark = {
    key("token_file", Value::path, "a file with the server's token"),
    key("token", Value::secret, "the token itself, as `\"${NAME}\"`"),
    key("stream", Value::text, "the message stream", "`outbound`"),
    key("url", Value::url, "where the API is", "`https://api.postmarkapp.com`"),
};
inline constexpr std::array kMailgun = {
    key("domain", Value::text, "the sending domain as Mailgun knows it", "required"),
    key("api_key_file", Value::path, "a file with the key"),
    key("api_key", Value::secret, "the key itself, as `\"${NAME}\"`"),
    key("url", Value::url, "where the API is; of the EU `https://api.eu.mailgun.net`",
        "`https://api.mailgun.net`"),
};
inline constexpr std::array kSes = {
    key("region", Value::text, "as AWS names it, `eu-central-1`", "required"),
    key("access_key_id", Value::text, "the id of the access key", "required"),
    key("secret_access_key_file", Value::path, "a file with its secret"),
    key("secret_access_key", Value::secret, "the secret itself, as `\"${NAME}\"`"),
    key("url", Value::url, "where the API is", "`https://email.REGION.amazonaws.com`"),
};
inline constexpr std::array kPagerduty = {
    key("routing_key_file", Value::path, "a file with the integration key of a service"),
    key("routing_key", Value::secret, "the key itself, as `\"${NAME}\"`"),
    key("url", Value::url, "where the API is; of the EU `https://events.eu.pagerduty.com`",
        "`https://events.pagerduty.com`"),
};
inline constexpr std::array kAlertmanager = {
    key("url", Value::secret, "its address, `http://alertmanager:9093`"),
    key("url_file", Value::path, "a file with its address"),
    key("user", Value::text, "the name to log in with", "no login"),
    key("password_file", Value::path, "a file with the password"),
    key("password", Value::secret, "the password itself, as `\"${NAME}\"`"),
};
inline constexpr std::array kTeams = {
    key("webhook_url_file", Value::path, "a file with its address"),
    key("webhook_url", Value::secret, "its address, as `\"${NAME}\"`"),
};
inline constexpr std::array kHttp = {
    key("listen", Value::listen, "address of the API; beyond loopback it needs a token",
        "required"),
    key("token_file", Value::path, "a file with the token of `Authorization: Bearer TOKEN`",
        "none"),
};
inline constexpr std::array kQuarantine = {
    key("file", Value::path, "where unreadable records are noted",
        "`quarantine.jsonl` in `state.path`"),
    later("topic"),
};
inline constexpr std::array kCost = {
    choice("computed", "ours, else what was reported"),
    choice("reported", "what was reported, else none"),
};
inline constexpr std::array kUnknownModel = {
    key("like", Value::text, "the model whose prices estimate their cost"),
};
inline constexpr std::array kUnknownWord = {
    choice("alert", "they are in no budget, and told"),
};
// A file of silences, and one of them.
inline constexpr std::array kSilenceFile = {
    key("silences", Value::silences, "a list", "required"),
};
inline constexpr std::array kSilence = {
    key("rule", Value::text, "a rule's name, or a glob such as `production-*`", "required"),
    key("match", Value::labels,
        "fields of the rule's `group_by`, `severity`, labels, each with a value or a glob; all "
        "must match",
        "all of the rule"),
    key("from", Value::text, "a time with `Z` or an offset, `2026-11-28T09:00+01:00`",
        "when the file is read"),
    key("until", Value::text, "the same: when it ends", "required"),
    key("author", Value::line, "who wants it", "the file's name"),
    key("comment", Value::line, "why", "none"),
};
// Tests of rules: the file, a test, an event of it beside its fields, an alert that is expected.
inline constexpr std::array kTestFile = {
    key("rules", Value::paths, "the rule files that are tested", "required"),
    key("time_zone", Value::zone, "of rules that name none, as in tocsin.yaml", "UTC"),
    key("prices", Value::paths, "price files beside the built-in prices", "none"),
    key("tests", Value::text, "the tests", "required"),
};
inline constexpr std::array kTest = {
    key("name", Value::line, "a sentence", "required"),
    key("events", Value::text, "what happens", "required"),
    key("until", Value::text, "time passes up to here after the last event",
        "as long as a rule could wait for it"),
    key("expect", Value::text, "the alerts that must come, and no other; `[]` is silence",
        "required"),
};
inline constexpr std::array kTestEvent = {
    key("at", Value::text, "when the first one comes", "required"),
    key("every", Value::duration, "how long after it the next one comes", "at once"),
    key("times", Value::count, "how many there are", "1"),
};
inline constexpr std::array kExpectation = {
    key("rule", Value::name, "its rule", "required"),
    key("rung", Value::text, "as the rule writes it", "any"),
    key("at", Value::text, "the second of the request that reached it", "any"),
    key("group", Value::labels, "its fields and values", "any"),
    key("value", Value::text, "of the metric, when it was reached", "any"),
    key("budget", Value::budget, "the group's budget", "any"),
    key("severity", Value::severity, "`info`, `warning` or `critical`", "any"),
};

}  // namespace words
}  // namespace tocsin
