// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "document/scalars.h"
#include "document/utf8.h"
#include "event/mapping.h"
#include "rule/config_reader.h"
#include "rule/nearest_word.h"

namespace tocsin {
namespace {

constexpr std::int64_t kWorkersMax = 16;

// Properties of librdkafka that Tocsin sets itself, and why.
struct Owned {
  std::string_view prefix;
  std::string_view reason;
};
constexpr std::array kOwned = {
    Owned{"group.id", "the group is named by group:, and offsets live in the state"},
    Owned{"enable.auto.", "offsets are committed with what they count, never by a timer"},
    Owned{"isolation.level",
          "only committed records are read, so that none counts that was undone"},
    Owned{"auto.offset.reset", "lost offsets must be told; start: says where a first run begins"},
};

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

class SourceReader {
 public:
  explicit SourceReader(const ConfigReader& config) : config_(config), reader_(config.reader()) {}

  std::optional<SourceConfig> read(const Node& node) {
    const Node* map = reader_.map(node, "{kafka: {…}}, {file: PATH} or {http: {}}");
    if (map == nullptr) return std::nullopt;
    SourceConfig source;
    source.origin = reader_.origin(node);
    bool good = true;
    for (const Entry& entry : map->entries) good = key(entry, source) && good;
    std::size_t places = 0;
    for (const std::string_view place : {"kafka", "file", "http"}) {
      if (map->find(place) != nullptr) ++places;
    }
    if (places == 0 && !good) return std::nullopt;  // what it was meant to be is told
    if (places != 1) {
      reader_.error(node,
                    places > 1 ? "a source is one of kafka, file and http"
                               : "this source says not where it reads",
                    "write {kafka: {…}}, {file: PATH} or {http: {}}");
      return std::nullopt;
    }
    if (map->find("format") != nullptr && map->find("mapping") != nullptr) {
      reader_.error(map->find_entry("format")->key, "a source with a mapping has no other format",
                    "leave one of them out");
      return std::nullopt;
    }
    if (!good) return std::nullopt;
    const bool kafka = std::holds_alternative<KafkaSourceConfig>(source.from);
    if (!kafka && envelope_parts(source.format) != EnvelopeParts{}) {
      reader_.warn(*map->find("mapping"), "only records of Kafka have a key and headers",
                   "here the mapping finds none; have it read a pointer as well");
    }
    return source;
  }

 private:
  bool key(const Entry& entry, SourceConfig& source) {
    if (!reader_.known(entry.key, words::kSource, "key")) return false;
    const std::string& name = entry.key.text;
    if (name == "kafka") return kafka(entry.value, source);
    if (name == "file") return file(entry.value, source);
    if (name == "http") return http(entry.value, source);
    if (name == "format") return format(entry.value, source.format);
    if (name == "mapping") return mapping(entry.value, source.format);
    if (name == "start") return start(entry.value, source.start);
    const auto workers = reader_.count(entry.value, 1);
    if (workers && *workers > kWorkersMax) {
      reader_.error(entry.value, "at most 16 workers", "write a number from 1 to 16");
      return false;
    }
    if (workers) source.workers = static_cast<unsigned>(*workers);
    return workers.has_value();
  }

  bool file(const Node& node, SourceConfig& source) {
    if (node.is_scalar() && node.text == "-") {
      source.from = FileSourceConfig{"-"};
      return true;
    }
    auto path = config_.path(node);
    if (path) source.from = FileSourceConfig{std::move(*path)};
    return path.has_value();
  }

  bool http(const Node& node, SourceConfig& source) {
    const Node* map = reader_.map(node, "{}, or {into: TOPIC, token_file: PATH}");
    if (map == nullptr || !config_.known_keys(*map, words::kSenders)) return false;
    HttpSourceConfig http;
    bool good = true;
    if (const Node* into = map->find("into")) {
      auto topic = config_.text(*into, "a topic");
      good = topic.has_value();
      if (topic) http.into = std::move(*topic);
    }
    if (const Node* file = map->find("token_file")) {
      auto token = config_.secret_file(*file);
      good = good && token;
      if (token) http.token = std::move(*token);
    }
    const SecretKeys helicone{"helicone_secret", "helicone_secret_file", false, false};
    good = config_.secret_of(*map, helicone, http.helicone_secret) && good;
    source.from = std::move(http);
    return good;
  }

  bool format(const Node& node, RecordFormat& format) {
    const auto* text = reader_.word(node, words::kFormat, "format");
    if (text == nullptr) return false;
    format = format_named(*text).value_or(Format::automatic);
    return true;
  }

  // A file's errors are told as the file's.
  bool mapping(const Node& node, RecordFormat& format) {
    if (node.bad) return false;
    std::optional<Mapping> read;
    if (node.is_map()) {
      read = read_mapping(reader_.document(), node, reader_.diagnostics());
    } else if (const auto path = config_.path(node)) {
      const auto bytes = config_.files().read(*path, kYamlBytesMax);
      if (!bytes) {
        reader_.error(node, "cannot read " + *path + ": " + bytes.error().message);
        return false;
      }
      read = read_mapping(*path, *bytes, reader_.diagnostics());
    }
    if (read) format = RecordFormat(std::move(*read));
    return read.has_value();
  }

  bool start(const Node& node, Start& start) {
    const auto* text = reader_.text(node, "windows, earliest, latest, -7d or a time");
    if (text == nullptr) return false;
    if (*text == "windows") {
      start.kind = Start::Kind::windows;
    } else if (*text == "earliest") {
      start.kind = Start::Kind::earliest;
    } else if (*text == "latest") {
      start.kind = Start::Kind::latest;
    } else if (const auto ago = text->starts_with('-') ? parse_duration(text->substr(1))
                                                       : std::optional<Millis>()) {
      start.kind = Start::Kind::ago;
      start.ago = *ago;
    } else if (const auto at = parse_time(*text)) {
      start.kind = Start::Kind::at;
      start.at = *at;
    } else {
      reader_.error(node, "unknown start " + tocsin::quoted(*text),
                    hint_for(*text, words::kStart) + ", -7d, 2026-11-20T10:00:00Z");
      return false;
    }
    return true;
  }

  bool kafka(const Node& node, SourceConfig& source) {
    const Node* map = reader_.map(node, "{brokers: [host:9092], topics: [llm.requests]}");
    if (map == nullptr) return false;
    KafkaSourceConfig kafka;
    bool good = true;
    for (const Entry& entry : map->entries) good = kafka_key(entry, kafka) && good;
    for (const std::string_view needed : {"brokers", "topics"}) {
      if (map->find(needed) != nullptr) continue;
      good = false;
      if (Reader::mistyped(*map, needed)) continue;
      reader_.error(node, tocsin::quoted(needed) + " is missing",
                    needed == "topics" ? "add topics: [llm.requests]" : "add brokers: [host:9092]");
    }
    source.from = std::move(kafka);
    return good;
  }

  bool kafka_key(const Entry& entry, KafkaSourceConfig& kafka) {
    if (!reader_.known(entry.key, words::kKafka, "key")) return false;
    const std::string& name = entry.key.text;
    if (name == "brokers") return brokers(entry.value, kafka);
    if (name == "topics") {
      auto topics = config_.texts(entry.value, "a list of topics such as [llm.requests]");
      if (topics) kafka.topics = std::move(*topics);
      return topics.has_value();
    }
    if (name == "tls") return tls(entry.value, kafka);
    if (name == "sasl") return sasl(entry.value, kafka);
    if (name == "properties") return properties(entry.value, kafka);
    auto group = config_.text(entry.value, "a name");
    if (group && !group->empty()) kafka.group = std::move(*group);
    return group.has_value();
  }

  bool brokers(const Node& node, KafkaSourceConfig& kafka) {
    auto brokers = config_.texts(node, "a list of brokers such as [host:9092]");
    if (!brokers) return false;
    for (std::size_t i = 0; i < brokers->size(); ++i) {
      const std::string& broker = (*brokers)[i];
      const std::size_t colon = broker.rfind(':');
      const auto port =
          colon == std::string::npos ? std::nullopt : parse_count(broker.substr(colon + 1));
      if (port && *port > 0 && *port < 65536 && colon > 0 &&
          broker.find_first_of(", ") == std::string::npos) {
        continue;
      }
      reader_.error(node.items[i], "a broker is host:port", "write k1.company.example:9092");
      return false;
    }
    kafka.brokers = std::move(*brokers);
    return true;
  }

  bool tls(const Node& node, KafkaSourceConfig& kafka) {
    const Node* map = reader_.map(node, "{} or {ca_file: PATH}");
    if (map == nullptr) return false;
    kafka.tls.emplace();
    bool good = true;
    for (const Entry& entry : map->entries) {
      if (!reader_.known(entry.key, words::kTls, "key")) {
        good = false;
        continue;
      }
      auto path = config_.path(entry.value);
      good = good && path;
      if (path) kafka.tls->ca_file = std::move(*path);
    }
    return good;
  }

  bool sasl(const Node& node, KafkaSourceConfig& kafka) {
    const Node* map =
        reader_.map(node, "{mechanism: scram-sha-512, user: tocsin, password_file: PATH}");
    if (map == nullptr) return false;
    KafkaSasl sasl;
    bool good = true;
    for (const Entry& entry : map->entries) good = sasl_key(entry, sasl) && good;
    const bool one_password =
        (map->find("password") != nullptr) != (map->find("password_file") != nullptr);
    if (map->find("mechanism") == nullptr || map->find("user") == nullptr || !one_password) {
      reader_.error(node, "sasl takes mechanism, user and password_file");
      return false;
    }
    kafka.sasl = std::move(sasl);
    return good;
  }

  bool sasl_key(const Entry& entry, KafkaSasl& sasl) {
    if (!reader_.known(entry.key, words::kSasl, "key")) return false;
    const std::string& name = entry.key.text;
    if (name == "mechanism") {
      const auto* text = reader_.word(entry.value, words::kSaslMechanism, "mechanism");
      if (text != nullptr) sasl.mechanism = upper_case(*text);
      return text != nullptr;
    }
    if (name == "user") {
      auto user = config_.text(entry.value, "a name");
      if (user) sasl.user = std::move(*user);
      return user.has_value();
    }
    auto password =
        name == "password" ? config_.secret(entry.value) : config_.secret_file(entry.value);
    if (password) sasl.password = std::move(*password);
    return password.has_value();
  }

  bool properties(const Node& node, KafkaSourceConfig& kafka) {
    const Node* map = reader_.map(node, "{socket.keepalive.enable: true}");
    if (map == nullptr) return false;
    bool good = true;
    for (const Entry& entry : map->entries) {
      const std::string& name = entry.key.text;
      const auto owned = std::find_if(kOwned.begin(), kOwned.end(), [&](const Owned& property) {
        return name.starts_with(property.prefix);
      });
      if (owned != kOwned.end()) {
        reader_.error(entry.key, tocsin::quoted(name) + " is Tocsin's own",
                      std::string(owned->reason));
        good = false;
        continue;
      }
      auto value = config_.text(entry.value, "one value");
      good = good && value;
      if (value) config_.note_literal(entry.value, *value);
      if (value) kafka.properties.emplace_back(name, Secret::of(std::move(*value)));
    }
    return good;
  }

  const ConfigReader& config_;
  const Reader& reader_;
};

}  // namespace

std::optional<SourceConfig> read_source(const ConfigReader& reader, const Node& node) {
  return SourceReader(reader).read(node);
}

}  // namespace tocsin
