// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <thread>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/interruption.h"
#include "cli/plural.h"
#include "cli/real_clock.h"
#include "demo/pace.h"
#include "demo/traffic.h"
#include "kafka/producer.h"

namespace tocsin {
namespace {

constexpr Millis kTick{1};
constexpr Millis kProducerWait{10'000};

struct TrafficOptions {
  std::string brokers, topic;
  std::string out;
  std::uint64_t count = 0;  // 0: until told to end
  std::uint64_t rate = 100;
  std::string length;  // "60s"
  std::optional<std::uint64_t> seed;
};

int failed(const std::string& why) {
  std::fprintf(stderr, "tocsin traffic: %s\n", why.c_str());
  return kExitFound;
}

int wrong(const std::string& why) {
  std::fprintf(stderr, "tocsin traffic: %s\nRun tocsin traffic --help for what there is.\n",
               why.c_str());
  return kExitUsage;
}

// Two runs without --seed must not send the same ids: the engine would take them for copies.
std::uint64_t seed_of(const TrafficOptions& options) {
  if (options.seed) return *options.seed;
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// As many requests as were asked for, spread evenly up to now.
int to_file(const TrafficOptions& options) {
  const bool standard = options.out == "-";
  std::FILE* file = standard ? stdout : std::fopen(options.out.c_str(), "wbx");
  if (file == nullptr && errno == EEXIST) {
    return failed(options.out + " is there already, and is left as it is; name another file");
  }
  if (file == nullptr) {
    return failed("cannot write " + options.out + ": " + std::generic_category().message(errno));
  }
  demo::Traffic traffic(seed_of(options));
  const EventTime end = as_event_time(RealClock().wall());
  for (std::uint64_t i = 0; i < options.count && Interruption::asked() == 0; ++i) {
    const auto before = static_cast<std::int64_t>((options.count - i) * 1'000 / options.rate);
    const std::string_view line = traffic.next(end - Millis{before}).json;
    if (std::fwrite(line.data(), 1, line.size(), file) != line.size()) break;
    if (std::fputc('\n', file) == EOF) break;
  }
  const bool bad = std::ferror(file) != 0 || std::fflush(file) != 0;
  const int error = errno;
  if (!standard) std::fclose(file);
  if (bad)
    return failed("cannot write " + options.out + ": " + std::generic_category().message(error));
  return kExitOk;
}

int to_kafka(const TrafficOptions& options, std::optional<Millis> length) {
  auto producer = Producer::create({options.brokers, options.topic, {}}, kProducerWait);
  if (!producer) return failed(producer.error().message);
  const RealClock clock;
  demo::Traffic traffic(seed_of(options));
  demo::Pace pace(options.rate);
  const auto begun = clock.monotonic();
  const auto ends = [&] {
    return Interruption::asked() != 0 || (length && clock.monotonic() - begun >= *length);
  };
  std::uint64_t sent = 0;
  while (!ends() && (options.count == 0 || sent < options.count)) {
    for (auto due = pace.due(clock.monotonic()); due > 0; --due) {
      if (options.count != 0 && sent == options.count) break;
      const EventTime at = as_event_time(clock.wall());
      const auto request = traffic.next(at);
      if (auto handed = (*producer)->send({at, request.user, request.json}); !handed) {
        return failed(handed.error().message);
      }
      ++sent;
    }
    std::this_thread::sleep_for(kTick);
  }
  if (auto flushed = (*producer)->flush(kProducerWait); !flushed) {
    return failed(flushed.error().message);
  }
  std::fprintf(stderr, "%s sent to %s\n", plural(sent, "request").c_str(), options.topic.c_str());
  return kExitOk;
}

// "90", "90s", "5m", "2h".
std::optional<Millis> length_of(std::string text) {
  std::int64_t unit = 1'000;
  if (!text.empty() && (text.back() == 's' || text.back() == 'm' || text.back() == 'h')) {
    unit *= text.back() == 's' ? 1 : text.back() == 'm' ? 60 : 3'600;
    text.pop_back();
  }
  if (text.empty() || text.size() > 6 || text.find_first_not_of("0123456789") != text.npos) {
    return std::nullopt;
  }
  return Millis{std::stoll(text) * unit};
}

int traffic(const TrafficOptions& options) {
  Interruption::listen();
  if (options.out.empty() == options.brokers.empty()) {
    return wrong("say where to: --brokers HOST:PORT and --topic TOPIC, or --out FILE");
  }
  std::optional<Millis> length;
  if (!options.length.empty() && !(length = length_of(options.length))) {
    return wrong("--for takes a time such as 90s, 5m or 2h, not \"" + options.length + "\"");
  }
  if (options.out.empty()) {
    if (options.topic.empty()) return wrong("name the topic: --topic TOPIC");
    return to_kafka(options, length);
  }
  if (length || !options.topic.empty()) return wrong("--for and --topic are for --brokers");
  if (options.count == 0) return wrong("say how many: --count N");
  return to_file(options);
}

}  // namespace

void add_traffic(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<TrafficOptions>();
  CLI::App* command =
      app.add_subcommand("traffic", "Made-up requests, as in the demo, to a Kafka topic or a file");
  command->add_option("--brokers", options->brokers, "HOST:PORT, a comma between several");
  command->add_option("--topic", options->topic, "must exist: nothing is created");
  command->add_option("--out", options->out, "a new file, a request a line; - for standard output");
  command->add_option("--count", options->count, "how many; to Kafka until --for or Ctrl-C");
  command->add_option("--rate", options->rate, "requests a second, also in a file")
      ->check(CLI::Range(1, 100'000));
  command->add_option("--for", options->length, "how long: 90s, 5m, 2h");
  command->add_option("--seed", options->seed,
                      "the same number, the same requests: within the hour they are duplicates");
  command->callback([options, &slot] { slot.run = [options] { return traffic(*options); }; });
}

}  // namespace tocsin
