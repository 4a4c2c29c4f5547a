// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/real_clock.h"
#include "cli/real_files.h"
#include "cli/starter.h"
#include "cli/topic_report.h"
#include "document/utf8.h"
#include "rule/load.h"
#include "tocsin/log.h"
#include "window/calendar.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;

constexpr Millis kGlance{3'000};

struct InitOptions {
  std::string brokers;
  std::string topic;
  std::string from;
  std::string slack_webhook_file;
  std::string folder = ".";
};

// What librdkafka says while one looks: the report tells what matters.
class Silence final : public Log {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t comma = std::min(list.find(',', from), list.size());
    if (comma > from) parts.push_back(list.substr(from, comma - from));
    from = comma + 1;
  }
  return parts;
}

// The zone of this machine, if its name can be told.
std::string machine_zone() {
  const char* named = std::getenv("TZ");
  if (named != nullptr && *named != '\0') return zone_exists(named) ? named : "UTC";
  std::error_code ignored;
  const std::string link = fs::read_symlink("/etc/localtime", ignored).string();
  constexpr std::string_view kFolder = "zoneinfo/";
  const std::size_t at = link.find(kFolder);
  if (at == std::string::npos) return "UTC";
  std::string zone = link.substr(at + kFolder.size());
  // "Etc/UTC" is what installations call it.
  return zone_exists(zone) && zone != "Etc/UTC" ? zone : "UTC";
}

// A path given here as the file in `folder` is to name it.
std::string as_seen_from(const fs::path& folder, const std::string& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  const fs::path beside = whole.lexically_relative(fs::absolute(folder).lexically_normal());
  const bool within = !beside.empty() && *beside.begin() != "..";
  return within ? beside.string() : whole.string();
}

enum class Written { yes, kept, failed };

// Never over what is there.
Written write_new(const fs::path& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wxe");
  if (file == nullptr) return errno == EEXIST ? Written::kept : Written::failed;
  const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (whole && closed) return Written::yes;
  const int error = errno;
  unlink(path.c_str());
  errno = error;
  return Written::failed;
}

bool write_files(const fs::path& folder, const std::vector<StarterFile>& files) {
  std::error_code error;
  fs::create_directories(folder / "rules", error);
  for (const auto& file : files) {
    const fs::path path = folder / file.name;
    const Written written = error ? Written::failed : write_new(path, file.text);
    if (written == Written::failed) {
      const std::string reason = error ? error.message() : std::generic_category().message(errno);
      std::fprintf(stderr, "tocsin: cannot write %s: %s\n", path.c_str(), reason.c_str());
      return false;
    }
    std::printf("  %s  %s\n", written == Written::yes ? "written" : "kept   ",
                path.lexically_normal().c_str());
  }
  return true;
}

void look_at_topic(const Starter& starter) {
  KafkaConfig config;
  config.brokers = starter.brokers;
  config.topics = {starter.topic};
  const RealClock clock;
  Silence silence;
  const auto glance = glance_at_topic(config, kGlance, clock, silence);
  if (glance) {
    for (const auto& line : topic_report(starter.topic, *glance)) std::printf("%s\n", line.c_str());
  } else {
    std::printf(
        "Kafka does not answer: %s\nIf it wants TLS or a login, fill in tls and sasl in "
        "tocsin.yaml.\n",
        glance.error().message.c_str());
  }
  std::printf("\n");
}

// As `check` does, but for secrets that are not there yet.
bool check(const fs::path& config, bool has_secrets) {
  RealFiles files;
  const Loaded loaded = load(
      {config.string(), has_secrets ? Purpose::run : Purpose::backtest, files, real_environment()});
  for (const auto& diagnostic : loaded.diagnostics) {
    std::fprintf(stderr, "%s\n", render(diagnostic).c_str());
  }
  if (!loaded.ok()) return false;
  std::printf("  checked  %zu rules, no error\n", written_rules(loaded.rules));
  return true;
}

void print_next(const InitOptions& options, const Starter& starter, bool placeholder) {
  std::printf("\nNext:\n");
  const auto step = [](std::string_view command, std::string_view what) {
    std::printf("  %s\n", fmt::format("{:36} {}", command, what).c_str());
  };
  if (options.folder != ".") std::printf("  cd %s\n", options.folder.c_str());
  if (placeholder) step("$EDITOR tocsin.yaml", "name your brokers and topic under sources");
  if (options.slack_webhook_file.empty()) {
    step("(umask 077; cat > slack-webhook)", "paste the address of a Slack webhook, Ctrl-D");
  }
  step("tocsin check", "is all of it right?");
  step("tocsin backtest --from " + (starter.file.empty() ? "FILE" : starter.file),
       "what would have rung?");
  step("tocsin send-test alerts", "does the channel take messages?");
  step("tocsin run", "watch from now on");
}

bool is_broker(std::string_view broker) {
  const std::size_t colon = broker.rfind(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < broker.size() &&
         broker.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
}

int init(const InitOptions& options) {
  const fs::path folder(options.folder);
  Starter starter{.brokers = split(options.brokers.empty() ? "localhost:9092" : options.brokers),
                  .topic = options.topic.empty() ? "llm.requests" : options.topic,
                  .file = {},
                  .slack_webhook_file = "slack-webhook",
                  .time_zone = machine_zone()};
  for (const auto& broker : starter.brokers) {
    if (is_broker(broker)) continue;
    std::fprintf(stderr, "tocsin: a broker is HOST:PORT, not %s\n", tocsin::quoted(broker).c_str());
    return kExitUsage;
  }
  if (!options.from.empty()) starter.file = as_seen_from(folder, options.from);
  if (!options.slack_webhook_file.empty()) {
    starter.slack_webhook_file = as_seen_from(folder, options.slack_webhook_file);
  }
  const fs::path config = folder / "tocsin.yaml";
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(config, ignored))) {
    std::fprintf(stderr,
                 "tocsin: %s is there already, and nothing was written. Name another folder: "
                 "tocsin init … FOLDER\n",
                 config.c_str());
    return kExitFound;
  }
  if (!options.brokers.empty()) look_at_topic(starter);
  if (!write_files(folder, starter_files(starter))) return kExitFound;
  if (!check(config, !options.slack_webhook_file.empty())) return kExitConfig;
  print_next(options, starter, options.brokers.empty() && options.from.empty());
  return kExitOk;
}

}  // namespace

void add_init(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command = app.add_subcommand("init", "Write a first tocsin.yaml and rules");
  auto* brokers = command->add_option("--brokers", options->brokers, "of Kafka: HOST:PORT,…");
  auto* topic = command->add_option("--topic", options->topic, "to read events from");
  auto* from = command->add_option("--from", options->from, "a file of events in place of Kafka");
  command->add_option("--slack-webhook-file", options->slack_webhook_file,
                      "a file with the address of a Slack webhook");
  command->add_option("FOLDER", options->folder, "where to; here if none is named");
  brokers->needs(topic);
  topic->needs(brokers);
  from->excludes(brokers);
  command->callback([options, &slot] { slot.run = [options] { return init(*options); }; });
}

}  // namespace tocsin
