// SPDX-License-Identifier: Apache-2.0
// Writes the same stream of native events to a Kafka topic, or to a file, every time, with what it
// adds up to:
//   bench_generate BROKERS TOPIC COUNT DIRECTORY [NAME=VALUE…]
//   bench_generate FILE COUNT DIRECTORY [NAME=VALUE…]
// DIRECTORY gets prices/ (what the truth was priced with) and truth.json. Options are numbers:
// users, minutes (of event time), after (minutes before the first), first (number of the first
// event), ids (0: none that is read), in_turn (1: users one after the other), rate (events a
// second).

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "producer.h"
#include "stream.h"
#include "truth.h"

namespace tocsin::bench {
namespace {

struct Options {
  Span span;
  std::uint64_t users = 100'000;
  std::uint64_t first = 0;  // number of the first event; its id is made of it
  bool ids = true;          // false: the id stands under a name that nobody reads
  bool in_turn = false;     // users one after the other in place of Zipf
  std::uint64_t rate = 0;   // events a second; 0: as fast as can be
};

void write_prices(const std::string& directory) {
  std::filesystem::create_directories(directory);
  for (const PriceText& file : price_texts()) {
    std::ofstream(fmt::format("{}/{}.yaml", directory, file.provider)) << file.text;
  }
}

// False: it could not be written.
using Write = std::function<bool(const Drawn& event, std::string_view key, std::string_view value)>;

int generate(const Options& options, const std::string& directory, const Write& send) {
  Random random;
  const Zipf users(options.in_turn ? 1 : options.users);
  Truth truth;
  std::string value, key(8, '\0');
  std::uint64_t bytes = 0;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < options.span.count; ++i) {
    if (options.rate > 0) {
      std::this_thread::sleep_until(start +
                                    std::chrono::microseconds(i * 1'000'000 / options.rate));
    }
    Drawn e = draw(random, users, i, options.span);
    e.number += options.first;
    if (options.in_turn) e.user = e.number % options.users;
    truth.add(e);
    write(e, value);
    if (!options.ids) value.replace(value.find("id"), 2, "no");  // as many bytes
    bytes += value.size();
    std::uint64_t bits = random.next();
    for (char& c : key) {
      c = static_cast<char>(bits);
      bits >>= 8;
    }
    if (!send(e, key, value)) return 1;
  }
  write_prices(directory + "/prices");
  std::ofstream(directory + "/truth.json") << truth.json(bytes);
  return 0;
}

int to_kafka(const ProducerSettings& settings, const Options& options,
             const std::string& directory) {
  const auto producer = Producer::create(settings);
  if (producer == nullptr) return 1;
  const int code = generate(options, directory,
                            [&](const Drawn& e, std::string_view key, std::string_view value) {
                              return producer->send({e.partition, e.time, key, value});
                            });
  return code == 0 && !producer->flush() ? 1 : code;
}

int to_file(const std::string& path, const Options& options, const std::string& directory) {
  std::ofstream file(path, std::ios::binary);
  return generate(options, directory, [&](const Drawn&, std::string_view, std::string_view value) {
    return (file << value << '\n').good();
  });
}

// False: there is no such option.
bool set(Options& options, std::string_view name, std::uint64_t value) {
  if (name == "users" && value > 0) {
    options.users = value;
  } else if (name == "minutes" && value > 0) {
    options.span.minutes = static_cast<std::int64_t>(value);
  } else if (name == "after") {
    options.span.after = static_cast<std::int64_t>(value);
  } else if (name == "first") {
    options.first = value;
  } else if (name == "ids") {
    options.ids = value != 0;
  } else if (name == "in_turn") {
    options.in_turn = value != 0;
  } else if (name == "rate") {
    options.rate = value;
  } else {
    return false;
  }
  return true;
}

int usage() {
  std::fprintf(stderr,
               "usage: bench_generate BROKERS TOPIC COUNT DIRECTORY [NAME=VALUE…]\n"
               "       bench_generate FILE COUNT DIRECTORY [NAME=VALUE…]\n"
               "names: users, minutes, after, first, ids, in_turn, rate\n");
  return 64;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  using namespace tocsin::bench;
  std::vector<std::string> words(argv + 1, argv + argc);
  Options options;
  while (!words.empty() && words.back().find('=') != std::string::npos) {
    const std::string& word = words.back();
    const std::size_t at = word.find('=');
    if (!set(options, word.substr(0, at), std::strtoull(word.c_str() + at + 1, nullptr, 10))) {
      return usage();
    }
    words.pop_back();
  }
  if (words.size() != 3 && words.size() != 4) return usage();
  options.span.count = std::strtoull(words[words.size() - 2].c_str(), nullptr, 10);
  if (words.size() == 3) return to_file(words[0], options, words[2]);
  return to_kafka({words[0], words[1], "20"}, options, words[3]);
}
