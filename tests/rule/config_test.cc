// SPDX-License-Identifier: Apache-2.0
#include "rule/config.h"

#include <catch2/catch.hpp>

#include "memory_files.h"
#include "rule/key_table.h"

using namespace tocsin;

namespace {

const std::string kRules = "rules:\n  - {name: a, window: day, budget: $1}\n";

const std::string kWhole =
    "sources:\n"
    "  - kafka:\n"
    "      brokers: [\"k1.company.example:9093\", \"k2.company.example:9093\"]\n"
    "      topics: [llm.requests]\n"
    "      tls: {ca_file: kafka-ca.pem}\n"
    "      sasl: {mechanism: scram-sha-512, user: tocsin, password_file: /run/secrets/kafka}\n"
    "      group: tocsin-eu\n"
    "      properties: {socket.keepalive.enable: true}\n"
    "    format: native\n"
    "    start: -7d\n"
    "    workers: 4\n"
    "  - file: requests.jsonl\n"
    "    format: helicone\n"
    "    start: 2026-11-20T10:00:00Z\n"
    "state: {path: /var/lib/tocsin, memory: 1GB, retention: 90d}\n"
    "time_zone: Europe/Berlin\n"
    "public_url: https://tocsin.company.example\n"
    "notify: {info: [], warning: [alerts], critical: [alerts, oncall], engine: [alerts]}\n"
    "channels:\n"
    "  alerts: {slack: {webhook_url: \"${SLACK}\"}}\n"
    "  oncall: {webhook: {url_file: /run/secrets/hook, hmac_secret: abc}}\n"
    "  finance: {email: {to: [\"Ada <ada@company.example>\"], from: tocsin@company.example,\n"
    "    smtp: \"smtps://mail.company.example\", user: tocsin, password_file: "
    "/run/secrets/kafka}}\n"
    "rules: [rules/*.yaml]\n"
    "prices: [prices.yaml]\n"
    "cost: reported\n"
    "unknown_model: {like: openai/gpt-4o}\n"
    "http: {listen: \"0.0.0.0:8080\", token_file: token}\n"
    "max_future: 1m\n"
    "out_of_order: 30s\n"
    "lateness: 2h\n"
    "group_interval: 10s\n"
    "stale_after: 30m\n"
    "max_groups: 5k\n"
    "quarantine: {file: bad.jsonl}\n";

Loaded load_config(const std::string& text, Purpose purpose = Purpose::run,
                   const std::map<std::string, Files::Access>& modes = {}) {
  MemoryFiles files({{"/etc/tocsin.yaml", text},
                     {"/etc/rules/a.yaml", kRules},
                     {"/etc/prices.yaml", ""},
                     {"/etc/token", "t0ken\n"},
                     {"/run/secrets/kafka", "kafka-password\n"},
                     {"/run/secrets/hook", "https://ops.company.example/page\n"},
                     {"/run/secrets/empty", "\n"}});
  files.modes = modes;
  return load({.config_path = "/etc/tocsin.yaml",
               .purpose = purpose,
               .files = files,
               .environment = [](const std::string& name) -> std::optional<std::string> {
                 if (name == "SLACK") return "https://hooks.slack.example/T/B";
                 if (name == "EMPTY") return "";
                 return std::nullopt;
               }});
}

// The errors of a configuration that wants nothing: only `text` is judged.
std::string config_errors(const std::string& text, Purpose purpose = Purpose::price) {
  return told(load_config(text, purpose).diagnostics, "/etc/tocsin.yaml");
}

std::string kafka_errors(const std::string& more) {
  return config_errors("sources:\n  - kafka: {brokers: [\"a:9092\"], topics: [t], " + more + "}\n");
}

}  // namespace

TEST_CASE("Models without a price are told, or are like another") {
  CHECK(config_errors("unknown_model: alert\n").empty());
  CHECK_FALSE(load_config("unknown_model: alert\n", Purpose::price).config.unknown_like);
  CHECK_THAT(config_errors("unknown_model: alerts\n"), Catch::Contains("\"alert\""));
  CHECK_THAT(config_errors("unknown_model: {lik: gpt-4o}\n"), Catch::Contains("\"like\""));
  CHECK_THAT(config_errors("unknown_model: {}\n"), Catch::Contains("\"like\" is missing"));
  CHECK_THAT(config_errors("unknown_model: {like: [a]}\n"), Catch::Contains("the name of a model"));
}

TEST_CASE("Every key of tocsin.yaml is read") {
  const auto loaded = load_config(kWhole);
  REQUIRE(told(loaded.diagnostics, "/etc/tocsin.yaml").empty());
  const Config& config = loaded.config;
  REQUIRE(config.sources.size() == 2);
  const auto& kafka = std::get<KafkaSourceConfig>(config.sources[0].from);
  CHECK(kafka.brokers ==
        std::vector<std::string>{"k1.company.example:9093", "k2.company.example:9093"});
  CHECK(kafka.topics == std::vector<std::string>{"llm.requests"});
  REQUIRE(kafka.tls);
  CHECK(kafka.tls->ca_file == "/etc/kafka-ca.pem");
  REQUIRE(kafka.sasl);
  CHECK(kafka.sasl->mechanism == "SCRAM-SHA-512");
  CHECK(kafka.sasl->user == "tocsin");
  CHECK(kafka.sasl->password.reveal() == "kafka-password");
  CHECK(kafka.sasl->password.file() == "/run/secrets/kafka");
  CHECK(kafka.group == "tocsin-eu");
  CHECK(kafka.properties.at(0).first == "socket.keepalive.enable");
  CHECK(config.sources[0].format == Format::native);
  CHECK(config.sources[0].start.ago == Millis{7 * 86'400'000});
  CHECK(config.sources[0].workers == 4);
  CHECK(std::get<FileSourceConfig>(config.sources[1].from).path == "/etc/requests.jsonl");
  CHECK(config.sources[1].format == Format::helicone);
  CHECK(config.sources[1].start.kind == Start::Kind::at);
  CHECK(config.state.path == "/var/lib/tocsin");
  CHECK(config.state.memory == 1 << 30);
  CHECK(config.state.retention == Millis{std::int64_t{90} * 86'400'000});
  CHECK(config.time_zone == "Europe/Berlin");
  CHECK(config.public_url == "https://tocsin.company.example");
  CHECK(config.notify.info == std::vector<std::string>{});
  CHECK(config.notify.critical == std::vector<std::string>{"alerts", "oncall"});
  CHECK(config.engine == std::vector<std::string>{"alerts"});
  REQUIRE(config.channels.size() == 3);
  CHECK(std::get<SlackTarget>(config.channels[0].to).webhook_url.reveal() ==
        "https://hooks.slack.example/T/B");
  const auto& webhook = std::get<WebhookTarget>(config.channels[1].to);
  CHECK(webhook.url.reveal() == "https://ops.company.example/page");
  CHECK(webhook.hmac_secret.reveal() == "abc");
  const auto& email = std::get<EmailTarget>(config.channels[2].to);
  CHECK(email.from.address == "tocsin@company.example");
  CHECK(email.to == std::vector<MailAddress>{{"Ada", "ada@company.example"}});
  CHECK(std::get<SmtpTarget>(email.by).password.reveal() == "kafka-password");
  CHECK(config.rule_files == std::vector<std::string>{"/etc/rules/a.yaml"});
  CHECK(config.price_files == std::vector<std::string>{"/etc/prices.yaml"});
  CHECK(config.cost == CostChoice::reported);
  REQUIRE(config.unknown_like);
  CHECK(config.unknown_like->model == "openai/gpt-4o");
  CHECK(config.unknown_like->unknown.line == 27);
  REQUIRE(config.http);
  CHECK(config.http->host == "0.0.0.0");
  CHECK(config.http->port == 8080);
  CHECK(config.http->token.reveal() == "t0ken");
  CHECK(config.max_future == Millis{60'000});
  CHECK(config.out_of_order == Millis{30'000});
  CHECK(config.lateness == Millis{7'200'000});
  CHECK(config.group_interval == Millis{10'000});
  CHECK(config.stale_after == Millis{1'800'000});
  CHECK(config.max_groups == 5000);
  CHECK(config.quarantine_file == "/etc/bad.jsonl");
  REQUIRE(loaded.rules.size() == 1);
  CHECK(loaded.rules[0].window.zone == "Europe/Berlin");
  CHECK(loaded.rules[0].max_groups == 5000);
  REQUIRE(loaded.files.size() == 2);
  CHECK(loaded.files[0].kind == FileSummary::Kind::config);
  CHECK(loaded.files[1].path == "/etc/rules/a.yaml");
  CHECK(loaded.files[1].rules == 1);
}

TEST_CASE("Each purpose wants what it needs, and no more") {
  CHECK(config_errors("time_zone: UTC\n", Purpose::price).empty());
  CHECK(config_errors("rules: [rules/*.yaml]\n", Purpose::backtest).empty());
  CHECK(config_errors("time_zone: UTC\n", Purpose::backtest) ==
        "0:0: \"rules\" is missing | add rules: [rules/*.yaml]");
  const std::string run = config_errors("rules: [rules/*.yaml]\n", Purpose::run);
  for (const char* needed : {"sources", "state.path", "channels", "notify.info", "notify.warning",
                             "notify.critical", "notify.engine"}) {
    INFO(needed);
    CHECK(run.find("\"" + std::string(needed) + "\" is missing") != std::string::npos);
  }
}

TEST_CASE("A configuration that cannot be read says why") {
  MemoryFiles files({});
  const auto loaded = load({.config_path = "tocsin.yaml", .files = files, .environment = {}});
  CHECK(render(loaded.diagnostics.at(0)) == "tocsin.yaml: error: cannot read it: no such file");
}

TEST_CASE("Keys that are not built are refused by name, unknown ones get the nearest") {
  for (const Word& word : words::kConfig) {
    if (word.built == Built::yes) continue;
    CHECK(config_errors(std::string(word.text) + ": x\n") ==
          "1:1: \"" + std::string(word.text) + "\" is not built yet");
  }
  for (const Word& word : words::kFormat) {
    if (word.built == Built::yes) continue;
    CHECK(config_errors("sources:\n  - {file: x, format: " + std::string(word.text) + "}\n") ==
          "2:23: \"" + std::string(word.text) + "\" is not built yet");
  }
  for (const Word& word : words::kChannel) {
    if (word.built == Built::yes) continue;
    CHECK(config_errors("channels:\n  a: {" + std::string(word.text) + ": x}\n") ==
          "2:7: \"" + std::string(word.text) + "\" is not built yet");
  }
  CHECK(config_errors("rules:\n  - {files: \"x/*.yaml\", team: search, enforce: true}\n") ==
        "2:39: \"enforce\" is not built yet");
  CHECK(config_errors("chanels: {}\n")
            .starts_with("1:1: unknown key \"chanels\" | did you mean \"channels\"?"));
  CHECK(config_errors("sources:\n  - {file: x, format: avro}\n")
            .starts_with("2:23: unknown format \"avro\""));
}

TEST_CASE("Properties that are Tocsin's own are refused with the reason") {
  CHECK(
      kafka_errors("properties: {group.id: x}") ==
      "2:60: \"group.id\" is Tocsin's own | the group is named by group:, and offsets live in the "
      "state");
  for (const char* name :
       {"enable.auto.commit", "enable.auto.offset.store", "isolation.level", "auto.offset.reset"}) {
    CHECK(kafka_errors("properties: {" + std::string(name) + ": x}")
              .starts_with("2:60: \"" + std::string(name) + "\" is Tocsin's own | "));
  }
  CHECK(kafka_errors("properties: {fetch.min.bytes: 1}").empty());
}

TEST_CASE("Sources are told what they lack") {
  CHECK(
      config_errors("sources:\n  - {format: auto}\n") ==
      "2:5: this source says not where it reads | write {kafka: {…}}, {file: PATH} or {http: {}}");
  CHECK(config_errors("sources:\n  - {file: x, http: {}}\n")
            .starts_with("2:5: a source is one of kafka, file and http"));
  CHECK(config_errors("sources:\n  - {kafka: {brokers: [\"a:1\"]}}\n") ==
        "2:13: \"topics\" is missing | add topics: [llm.requests]");
  CHECK(config_errors("sources:\n  - {kafka: {brokers: [a], topics: [t]}}\n") ==
        "2:24: a broker is host:port | write k1.company.example:9092");
  CHECK(config_errors("sources:\n  - {kafka: {brokers: a:9092,b:9092, topics: [t]}}\n")
            .starts_with("2:23: \"a:9092,b:9092\" inside { } is two things to YAML"));
  CHECK(config_errors("sources:\n  - {file: x, start: later}\n")
            .starts_with("2:22: unknown start \"later\""));
  CHECK(config_errors("sources:\n  - {file: x, workers: 17}\n") ==
        "2:24: at most 16 workers | write a number from 1 to 16");
  CHECK(kafka_errors("sasl: {mechanism: scram-sha-512, user: x}") ==
        "2:53: sasl takes mechanism, user and password_file");
  CHECK(kafka_errors("sasl: {mechanism: gssapi, user: x, password: y}") ==
        "2:65: \"gssapi\" is not built yet");
  CHECK(kafka_errors("tls: {}").empty());
}

TEST_CASE("Only a source of Kafka has keys and headers for its mapping") {
  const std::string mapping = ", mapping: {cost: /c, team: header:t}}]\n";
  CHECK(config_errors("sources: [{kafka: {brokers: [\"a:1\"], topics: [t]}" + mapping).empty());
  CHECK(config_errors("sources: [{file: x" + mapping) ==
        "~1:30: only records of Kafka have a key and headers | here the mapping finds none; have "
        "it read a pointer as well");
  CHECK(config_errors("sources: [{file: x, mapping: {cost: /c, team: /t}}]\n").empty());
}

TEST_CASE("A whole text may be a variable of the environment, which must be set") {
  CHECK(config_errors("channels:\n  a: {slack: {webhook_url: \"${SLACK}\"}}\n").empty());
  CHECK(config_errors("channels:\n  a: {slack: {webhook_url: \"${NOPE}\"}}\n") ==
        "2:28: the environment variable NOPE is not set");
  CHECK(config_errors("channels:\n  a: {slack: {webhook_url: \"${EMPTY}\"}}\n") ==
        "2:28: the environment variable EMPTY is empty");
  CHECK(config_errors("channels:\n  a: {slack: {webhook_url: \"https://x/${SLACK}\"}}\n") ==
        "2:28: a variable must be the whole text | write \"${NAME}\"");
  CHECK(config_errors("channels:\n  a: {slack: {webhook_url: ${SLACK}}}\n") ==
        "2:28: quote \"${SLACK}\" in braces");
}

TEST_CASE("A webhook's URL is http or https") {
  const auto of = [](const std::string& url) {
    return config_errors("channels:\n  a: {webhook: {url: \"" + url + "\"}}\n");
  };
  CHECK(of("http://127.0.0.1:9000/x").empty());
  CHECK(of("https://h.example").empty());
  for (const char* url :
       {"ftp://h/x", "h.example/x", "https:///x", "https://h/a b", "HTTPS://h", ""}) {
    INFO(url);
    CHECK_FALSE(of(url).empty());
  }
}

TEST_CASE(
    "Secret files are read only to run, refused if others can write them, warned of if read") {
  const std::string hook = "channels:\n  a: {slack: {webhook_url_file: /run/secrets/hook}}\n";
  const auto run = [&](const std::string& text, Files::Access access) {
    const auto all =
        told(load_config(text, Purpose::run, {{"/run/secrets/hook", access}}).diagnostics,
             "/etc/tocsin.yaml");
    std::string placed;
    std::istringstream lines(all);
    for (std::string line; std::getline(lines, line);) {
      if (line.find("is missing") == std::string::npos) placed += line;
    }
    return placed;
  };
  CHECK(run(hook, {}).empty());
  CHECK(run(hook, {.others_read = true}) ==
        "~2:33: anybody can read /run/secrets/hook | chmod o-r /run/secrets/hook");
  CHECK(run(hook, {.others_write = true}) ==
        "2:33: anybody can write /run/secrets/hook | chmod o-w /run/secrets/hook");
  CHECK(run("channels:\n  a: {slack: {webhook_url_file: nope}}\n", {}) ==
        "2:33: cannot read /etc/nope: no such file");
  CHECK(run("channels:\n  a: {slack: {webhook_url_file: /run/secrets/empty}}\n", {}) ==
        "2:33: /run/secrets/empty is empty");
  CHECK(config_errors("channels:\n  a: {slack: {webhook_url_file: nope}}\n", Purpose::backtest)
            .find("nope") == std::string::npos);
}

TEST_CASE("Beyond this machine HTTP needs a token") {
  CHECK(config_errors("http: {listen: \"127.0.0.1:8080\"}\n").empty());
  CHECK(config_errors("http: {listen: \"[::1]:8080\"}\n").empty());
  CHECK(config_errors("http: {listen: \":8080\"}\n") ==
        "1:16: beyond this machine a token is needed | add token_file, or listen on 127.0.0.1");
  CHECK(
      config_errors("http: {listen: 8080}\n").starts_with("1:16: this is no address to listen on"));
  CHECK(config_errors("http: {token_file: token}\n").starts_with("1:7: \"listen\" is missing"));
}

TEST_CASE("Routes name channels that exist, and the engine's must go somewhere") {
  const std::string channels = "channels: {a: {slack: {webhook_url: \"https://h/x\"}}}\n";
  CHECK(config_errors(channels + "notify: {info: [b]}\n") ==
        "2:17: unknown channel \"b\" | did you mean \"a\"? Allowed: a");
  CHECK(config_errors(channels + "notify: {engine: []}\n") ==
        "2:18: the engine's own messages must go somewhere");
  CHECK(config_errors(channels + "notify: {engin: [a]}\n")
            .starts_with("2:10: unknown key \"engin\" | did you mean \"engine\"?"));
  CHECK(config_errors("channels: {a: {slack: {webhook_url: \"x\", webhook_url_file: y}}}\n") ==
        "1:60: write webhook_url or webhook_url_file, not both");
  CHECK(
      config_errors("channels: {a: {slack: {webhook_url: \"https://h/x\"}, webhook: {}}}\n") ==
      "1:12: a channel is one thing: slack, webhook, email, pagerduty, teams, alertmanager or via");
}

TEST_CASE("Paths are relative to the file that names them") {
  CHECK(resolve_path("/etc/tocsin.yaml", "rules/a.yaml") == "/etc/rules/a.yaml");
  CHECK(resolve_path("tocsin.yaml", "rules/a.yaml") == "rules/a.yaml");
  CHECK(resolve_path("./tocsin.yaml", "./rules/a.yaml") == "rules/a.yaml");
  CHECK(resolve_path("a/tocsin.yaml", "/x") == "/x");
}

TEST_CASE("A pattern that finds no file is an error, and the others are still read") {
  const auto loaded = load_config("rules: [\"rules/*.yaml\", nope/*.yaml]\n", Purpose::backtest);
  CHECK(told(loaded.diagnostics, "/etc/tocsin.yaml") ==
        "1:25: no file is found by \"nope/*.yaml\"");
  CHECK(loaded.rules.size() == 1);
}

TEST_CASE("Sizes and durations of the configuration are checked") {
  CHECK(config_errors("state: {path: x, memory: 1MB}\n")
            .starts_with("1:26: memory must be at least 16MB"));
  CHECK(config_errors("state: {path: x, memory: lots}\n").starts_with("1:26: \"lots\" is no size"));
  CHECK(config_errors("group_interval: 30\n").starts_with("1:17: \"30\" is no duration"));
  CHECK(config_errors("cost: theirs\n") ==
        "1:7: unknown choice \"theirs\" | Allowed: computed, reported");
  CHECK(config_errors("quarantine: {topic: b}\n") == "1:14: \"topic\" is not built yet");
}

namespace {

const std::string kEngineKeys =
    "state: {path: s}\nrules: [rules/*.yaml]\n"
    "notify: {info: [], warning: [], critical: [], engine: [a]}\n"
    "channels: {a: {slack: {webhook_url: \"${SLACK}\"}}}\n";

HttpSourceConfig senders(const std::string& sources) {
  const auto loaded =
      load_config("sources: " + sources + "\nhttp: {listen: \"127.0.0.1:1\"}\n" + kEngineKeys);
  REQUIRE(told(loaded.diagnostics, "/etc/tocsin.yaml").empty());
  return std::get<HttpSourceConfig>(loaded.config.sources.back().from);
}

const std::string kOneTopic = "{kafka: {brokers: [\"a:1\"], topics: [t]}}";
const std::string kTwoTopics = "{kafka: {brokers: [\"a:1\"], topics: [t, u]}}";

}  // namespace

TEST_CASE("What is sent goes to the only topic, to the one named, or without Kafka to a log") {
  CHECK(senders("[{http: {}}]").into.empty());
  CHECK(senders("[{file: x}, {http: {}}]").into.empty());
  CHECK(senders("[" + kOneTopic + ", {http: {}}]").into == "t");
  CHECK(senders("[" + kTwoTopics + ", {http: {into: u}}]").into == "u");
  const HttpSourceConfig secrets =
      senders("[{http: {token_file: token, helicone_secret: \"${SLACK}\"}}]");
  CHECK(secrets.token.reveal() == "t0ken");
  CHECK(secrets.helicone_secret.reveal() == "https://hooks.slack.example/T/B");
}

TEST_CASE("A place for what is sent that cannot be is told where it is written") {
  CHECK(config_errors("sources: [" + kTwoTopics + ", {http: {}}]") ==
        "1:56: there are several topics: which one is it written to? | write {http: {into: t}}");
  CHECK(config_errors("sources: [" + kOneTopic + ", {http: {into: u}}]") ==
        "1:53: no kafka source reads \"u\" | name one of its topics, so that what is sent is read");
  CHECK(config_errors("sources: [{http: {into: u}}]").starts_with("1:11: no kafka source reads"));
  CHECK(config_errors("sources: [{http: {}}, {http: {}}]") ==
        "1:23: one http source takes all that is sent");
  CHECK(config_errors("sources: [{http: {topic: u}}]").starts_with("1:19: unknown key \"topic\""));
  CHECK(config_errors("sources: [{http: {}}]\n" + kEngineKeys, Purpose::run) ==
        "1:11: nothing listens for what is sent | add http: {listen: \"127.0.0.1:8080\"}");
}
