// SPDX-License-Identifier: Apache-2.0
// What a reload needs of reading: what must not change, what is kept of it.
#include <catch2/catch.hpp>

#include "rule/file_set.h"
#include "rule/kept_text.h"
#include "rule/memory_files.h"

using namespace tocsin;

namespace {

const std::string kConfig =
    "sources: [{kafka: {brokers: [\"b:9092\"], topics: [t]}}]\n"
    "state: {path: s, memory: 64MB}\n"
    "channels: {alerts: {slack: {webhook_url: \"https://h.example/s3cr3t-hook\"}}}\n"
    "notify: {info: [alerts], warning: [alerts], critical: [alerts], engine: [alerts]}\n"
    "rules: [r.yaml]\n"
    "http: {listen: \"127.0.0.1:8080\"}\n";
const std::string kReloadRules = "rules:\n  - {name: r, window: day, budget: $5}\n";

Loaded load_beside(const std::string& text, const Config* running = nullptr) {
  MemoryFiles files({{"tocsin.yaml", text}, {"r.yaml", kReloadRules}});
  const Environment none = [](const std::string&) { return std::optional<std::string>(); };
  return load({"tocsin.yaml", Purpose::run, files, none, running});
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

std::string refused(const std::string& from, const std::string& to) {
  const Loaded running = load_beside(kConfig);
  REQUIRE(running.ok());
  const Loaded next = load_beside(with(kConfig, from, to), &running.config);
  return told(next.diagnostics, "tocsin.yaml");
}

}  // namespace

TEST_CASE("What needs a restart is refused where it is written, and says so") {
  CHECK(refused("path: s", "path: other") ==
        "2:15: the state that runs is in s | restart to use another");
  CHECK(refused("64MB", "128MB") ==
        "2:26: the running engine's memory is divided already | restart to change it");
  CHECK(refused("topics: [t]", "topics: [t, u]") ==
        "1:11: this source is not the running one | restart to read it");
  CHECK(refused("topics: [t]}}", "topics: [t]}}, {file: f}") ==
        "1:1: there are other sources than those running | restart to read them");
  CHECK(refused("8080", "8081") ==
        "6:16: the running engine listens elsewhere | restart to move it");
  CHECK(refused("http: {listen: \"127.0.0.1:8080\"}\n", "") ==
        "0:0: \"http\" is gone, but listens | restart to close it");
  CHECK(refused("rules:", "quarantine: {file: q}\nrules:") ==
        "5:20: the running engine's quarantine is another file | restart to change it");
}

TEST_CASE("Where what is sent goes needs a restart, but not what is in a file of secrets") {
  const auto beside = [](const std::string& senders, const Config* running) {
    const std::string text =
        with(kConfig, "topics: [t]}}", "topics: [t, u]}}, {http: " + senders + "}");
    return load_beside(text, running);
  };
  const Loaded running = beside("{into: t}", nullptr);
  REQUIRE(running.ok());
  const auto refused_senders = [&](const std::string& senders) {
    return told(beside(senders, &running.config).diagnostics, "tocsin.yaml");
  };
  CHECK(refused_senders("{into: t}").empty());
  CHECK(refused_senders("{into: u}") ==
        "1:59: this source is not the running one | restart to read it");
  CHECK(refused_senders("{into: t, helicone_secret: x}") ==
        "1:59: this source is not the running one | restart to read it");
}

TEST_CASE("All else may change while it runs") {
  CHECK(refused("s3cr3t-hook", "another") == "");
  CHECK(refused("rules:", "lateness: 2h\nstale_after: 3h\nmax_groups: 5\nrules:") == "");
  CHECK(refused("topics: [t]}}", "topics: [t]}, start: earliest}") == "");
  CHECK(refused("memory: 64MB", "memory: 64MB, retention: 30d") == "");
}

TEST_CASE("Secrets and comments are not in the text that is kept") {
  const std::string text = "# https://h.example/in-a-comment\n" +
                           with(kConfig, "rules: [", "rules:  # s3cr3t-note\n  [");
  const Loaded loaded = load_beside(text);
  REQUIRE(loaded.config.literal_secrets.size() == 1);
  const auto kept = text_to_keep(text, loaded.config.literal_secrets);
  REQUIRE(kept);
  CHECK(kept->find("s3cr3t") == std::string::npos);
  CHECK(kept->find("in-a-comment") == std::string::npos);
  CHECK(kept->find("127.0.0.1:8080") != std::string::npos);
  CHECK(kept->size() == text.size());
}

TEST_CASE("A secret that cannot be kept out keeps the text from being kept") {
  const std::string text =
      kConfig + "time_zone: UTC  #\npublic_url: https://x.example/s3cr3t-hook\n";
  CHECK_FALSE(text_to_keep(text, {{0, 0, Secret::of("s3cr3t-hook")}}));
}

TEST_CASE("A number sign within quotes or a word begins no comment") {
  const std::string text = "a: \"x # y\"\nb: z#1\nc: it's # gone\n";
  CHECK(text_to_keep(text, {}) == "a: \"x # y\"\nb: z#1\nc: it's       \n");
}

TEST_CASE("The state is found in a tocsin.yaml that is no YAML any more") {
  CHECK(find_state_path("rules: [\nstate: {path: /var/lib/t, memory: 1GB}\n") == "/var/lib/t");
  CHECK(find_state_path("state:\n  # path: no\n  memory: 1GB\n  path: \"s\"\nfoo: {\n") == "s");
  CHECK(find_state_path("foo: {path: x}\n") == "");
  CHECK(find_state_path("") == "");
}

TEST_CASE("A set of files holds what was read, and of secrets a hash alone") {
  MemoryFiles files({{"a", "text"}, {"secret", "s3cr3t"}});
  RecordingFiles recording(files);
  CHECK(recording.read("a", 100));
  CHECK_FALSE(recording.read("b", 100));
  CHECK(recording.read_secret("secret", 100));
  CHECK(recording.expand("*"));
  const FileSet set = recording.take();
  CHECK(set.texts == std::map<std::string, std::string>{{"a", "text"}});
  CHECK(set.missing == std::set<std::string>{"b"});
  CHECK(set.secrets.at("secret").find("s3cr3t") == std::string::npos);

  KeptFiles kept(set, files);
  CHECK(*kept.read("a", 100) == "text");
  CHECK_FALSE(kept.read("b", 100));
  CHECK(*kept.read_secret("secret", 100) == "s3cr3t");
  CHECK(kept.expand("*")->size() == 2);
  CHECK_FALSE(kept.expand("other"));
}
