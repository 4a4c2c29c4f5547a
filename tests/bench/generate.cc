// SPDX-License-Identifier: Apache-2.0
// Writes the same stream of native events to a Kafka topic, or to a file, every time, with what it
// adds up to:
//   bench_generate BROKERS TOPIC COUNT DIRECTORY
//   bench_generate FILE COUNT DIRECTORY
// DIRECTORY gets prices/ (what the truth was priced with) and truth.json.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "producer.h"
#include "stream.h"

namespace tocsin::bench {
namespace {

constexpr std::uint64_t kUsers = 100'000;

// What the stream adds up to under the five rules of the bench.
class Truth {
 public:
  void add(const Drawn& e) {
    const auto day = static_cast<std::uint64_t>((e.time - kStart) / kDay);
    const auto hour = static_cast<std::uint64_t>((e.time - kStart) / kHour);
    const std::uint64_t environment = e.environment < 5 ? 0 : e.environment < 7 ? 1 : 2;
    const std::int64_t cost = e.cost();
    cells_[0][day] += cost;
    cells_[1][day << 2 | environment] += cost;
    cells_[2][hour << 3 | e.feature] += cost;
    cells_[3][day << 17 | e.user] += cost;
    cells_[4][hour << 20 | e.user << 3 | e.feature] += cost;
    ++events_;
  }

  std::string json(std::uint64_t bytes) const {
    constexpr std::array<const char*, 5> kRules = {"total-day", "environment-day", "feature-hour",
                                                   "user-day", "user-feature-hour"};
    constexpr std::array<std::int64_t, 5> kBudgets = {8000, 3000, 60, 20, 2};
    std::string days, rules;
    for (std::uint64_t day = 0; cells_[0].contains(day); ++day) {
      days += fmt::format("{}\"{}\"", day == 0 ? "" : ",", cells_[0].at(day));
    }
    std::size_t all_cells = 0, all_rungs = 0;
    for (std::size_t i = 0; i < kRules.size(); ++i) {
      std::size_t rungs = 0;
      for (const auto& [key, total] : cells_[i]) {
        for (const std::int64_t percent : {50, 80, 100}) {
          if (total >= kBudgets[i] * kDollar / 100 * percent) ++rungs;
        }
      }
      all_cells += cells_[i].size();
      all_rungs += rungs;
      rules += fmt::format("{}\"{}\":{{\"cells\":{},\"rungs\":{}}}", i == 0 ? "" : ",", kRules[i],
                           cells_[i].size(), rungs);
    }
    return fmt::format(
        "{{\"events\":{},\"bytes\":{},\"cells\":{},\"rungs\":{},"
        "\"days_picodollars\":[{}],\"rules\":{{{}}}}}\n",
        events_, bytes, all_cells, all_rungs, days, rules);
  }

 private:
  std::uint64_t events_ = 0;
  std::array<std::unordered_map<std::uint64_t, std::int64_t>, 5> cells_;
};

void write_prices(const std::string& directory) {
  std::filesystem::create_directories(directory);
  for (const PriceText& file : price_texts()) {
    std::ofstream(fmt::format("{}/{}.yaml", directory, file.provider)) << file.text;
  }
}

// False: it could not be written.
using Write = std::function<bool(const Drawn& event, std::string_view key, std::string_view value)>;

int generate(std::uint64_t count, const std::string& directory, const Write& send) {
  Random random;
  const Zipf users(kUsers);
  Truth truth;
  std::string value, key(8, '\0');
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Drawn e = draw(random, users, i, count);
    truth.add(e);
    write(e, value);
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

int to_kafka(const ProducerSettings& settings, std::uint64_t count, const std::string& directory) {
  const auto producer = Producer::create(settings);
  if (producer == nullptr) return 1;
  const int code =
      generate(count, directory, [&](const Drawn& e, std::string_view key, std::string_view value) {
        return producer->send({e.partition, e.time, key, value});
      });
  return code == 0 && !producer->flush() ? 1 : code;
}

int to_file(const char* path, std::uint64_t count, const std::string& directory) {
  std::ofstream file(path, std::ios::binary);
  return generate(count, directory, [&](const Drawn&, std::string_view, std::string_view value) {
    return (file << value << '\n').good();
  });
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  if (argc == 4) {
    return tocsin::bench::to_file(argv[1], std::strtoull(argv[2], nullptr, 10), argv[3]);
  }
  if (argc != 5) {
    std::fprintf(stderr,
                 "usage: bench_generate BROKERS TOPIC COUNT DIRECTORY\n"
                 "       bench_generate FILE COUNT DIRECTORY\n");
    return 64;
  }
  return tocsin::bench::to_kafka({argv[1], argv[2], "20"}, std::strtoull(argv[3], nullptr, 10),
                                 argv[4]);
}
