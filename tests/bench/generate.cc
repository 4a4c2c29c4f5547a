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

namespace tocsin::bench {
namespace {

constexpr std::int64_t kStart = 1'794'960'000'000;  // 2026-11-18T00:00:00Z
constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDisorder = 1500;
constexpr std::int64_t kDollar = 1'000'000'000'000;
constexpr std::uint64_t kUsers = 100'000;
constexpr int kPartitions = 4;

struct Model {
  const char *provider, *name;
  std::int64_t input, cache_read, output;  // picodollars a token
};
constexpr std::array<Model, 12> kModels = {{
    {"aurora", "large-4", 2'500'000, 1'250'000, 10'000'000},
    {"aurora", "large-4-mini", 150'000, 75'000, 600'000},
    {"aurora", "large-5", 1'250'000, 125'000, 10'000'000},
    {"aurora", "large-5-nano", 50'000, 5'000, 400'000},
    {"borealis", "sonata-4", 3'000'000, 300'000, 15'000'000},
    {"borealis", "haiku-4", 800'000, 80'000, 4'000'000},
    {"borealis", "opera-4", 15'000'000, 1'500'000, 75'000'000},
    {"cirrus", "pro-2", 1'250'000, 310'000, 10'000'000},
    {"cirrus", "flash-2", 300'000, 75'000, 2'500'000},
    {"cirrus", "flash-2-lite", 100'000, 25'000, 400'000},
    {"dune", "instruct-70b", 590'000, 590'000, 790'000},
    {"dune", "instruct-8b", 50'000, 50'000, 80'000},
}};
// Of 64 requests, how many go to each.
constexpr std::array<int, 12> kModelShares = {10, 16, 8, 5, 6, 5, 1, 3, 4, 2, 2, 2};
constexpr std::array<const char*, 8> kFeatures = {"chat",      "search",      "document-analysis",
                                                  "summarize", "translate",   "export",
                                                  "agent",     "autocomplete"};
constexpr std::array<const char*, 8> kEnvironments = {"production", "production", "production",
                                                      "production", "production", "staging",
                                                      "staging",    "development"};
constexpr std::array<const char*, 3> kTiers = {"free", "premium", "enterprise"};
constexpr std::array<const char*, 5> kRegions = {"eu-west-1", "eu-central-1", "us-east-1",
                                                 "us-west-2", "ap-south-1"};

// splitmix64: the same numbers everywhere, unlike the distributions of the standard library.
class Random {
 public:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_ = 20'261'121;
};

// User k with a weight of 1/k, in whole numbers.
class Zipf {
 public:
  Zipf() {
    std::uint64_t sum = 0;
    for (std::uint64_t k = 1; k <= kUsers; ++k)
      sums_.push_back(sum += (std::uint64_t{1} << 40) / k);
  }
  std::uint64_t pick(Random& random) const {
    const std::uint64_t at = random.below(sums_.back());
    return static_cast<std::uint64_t>(std::upper_bound(sums_.begin(), sums_.end(), at) -
                                      sums_.begin());
  }

 private:
  std::vector<std::uint64_t> sums_;
};

struct Drawn {
  std::uint64_t number = 0, user = 0, feature = 0, environment = 0, tier = 0, region = 0;
  std::int64_t time = 0;
  const Model* model = nullptr;
  std::int64_t input = 0, cache_read = 0, output = 0, reasoning = 0;
  int status = 200;
  std::uint64_t latency = 0, session = 0, version = 0;
  std::int32_t partition = 0;

  std::int64_t cost() const {
    return input * model->input + cache_read * model->cache_read + output * model->output;
  }
};

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

const Model* pick_model(Random& random) {
  int at = static_cast<int>(random.below(64));
  for (std::size_t i = 0;; ++i) {
    if (at < kModelShares[i]) return &kModels[i];
    at -= kModelShares[i];
  }
}

Drawn draw(Random& random, const Zipf& users, std::uint64_t number, std::uint64_t count) {
  Drawn e;
  e.number = number;
  const auto at = static_cast<std::int64_t>(number * static_cast<std::uint64_t>(2 * kDay) / count);
  const auto late = static_cast<std::int64_t>(random.below(kDisorder));
  e.time = kStart + std::max(std::int64_t{0}, at - late);
  e.partition = static_cast<std::int32_t>(random.below(kPartitions));
  e.model = pick_model(random);
  e.user = users.pick(random);
  e.feature = std::min(random.below(8), random.below(8));
  e.environment = random.below(8);
  e.tier = e.user % 7 == 0 ? 2 : e.user % 3 == 0 ? 1 : 0;
  e.region = random.below(kRegions.size());
  e.version = random.below(20);
  e.session = e.user * 10 + random.below(10);
  e.status = random.below(20) == 0 ? (random.below(2) == 0 ? 429 : 500) : 200;
  e.latency = 120 + random.below(8000);
  e.input = static_cast<std::int64_t>(50 + random.below(3500));
  if (random.below(3) == 0) e.cache_read = static_cast<std::int64_t>(random.below(2000));
  e.output = static_cast<std::int64_t>(10 + random.below(1140));
  if (random.below(8) == 0)
    e.reasoning = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(e.output)));
  return e;
}

void write(const Drawn& e, std::string& out) {
  const std::int64_t since = e.time - kStart;
  const std::int64_t in_day = since % kDay;
  out.clear();
  fmt::format_to(
      std::back_inserter(out),
      R"({{"id":"req_{:016x}","timestamp":"2026-11-{:02}T{:02}:{:02}:{:02}.{:03}Z",)"
      R"("provider":"{}","model":"{}","operation":"chat","status":{},"latency_ms":{},"cached":false,)"
      R"("usage":{{"input":{},"cache_read":{},"output":{},"reasoning":{}}},)"
      R"("user":"user-{}","service":"gateway-{}","key":"key-{}","session":{{"id":"ses-{:08x}",)"
      R"("path":"/v1/{}"}},"properties":{{"Feature":"{}","Environment":"{}","UserTier":"{}",)"
      R"("Region":"{}","AppVersion":"4.{}.1"}}}})",
      e.number, 18 + since / kDay, in_day / kHour, in_day / 60'000 % 60, in_day / 1000 % 60,
      in_day % 1000, e.model->provider, e.model->name, e.status, e.latency, e.input, e.cache_read,
      e.output, e.reasoning, e.user, kRegions[e.region], kTiers[e.tier], e.session,
      kFeatures[e.feature], kFeatures[e.feature], kEnvironments[e.environment], kTiers[e.tier],
      kRegions[e.region], e.version);
}

std::string per_million(std::int64_t picodollars_a_token) {
  return fmt::format("\"{}.{:06}\"", picodollars_a_token / 1'000'000,
                     picodollars_a_token % 1'000'000);
}

// A file by provider; the models of one stand together.
void write_prices(const std::string& directory) {
  std::filesystem::create_directories(directory);
  std::string_view provider;
  std::ofstream file;
  for (const Model& model : kModels) {
    if (provider != model.provider) {
      provider = model.provider;
      file = std::ofstream(fmt::format("{}/{}.yaml", directory, provider));
      file << fmt::format("version: 1\nprovider: {}\nmodels:\n", provider);
    }
    file << fmt::format(
        "  - model: {}\n    prices:\n"
        "      - per_mtok: {{input: {}, cache_read: {}, output: {}}}\n",
        model.name, per_million(model.input), per_million(model.cache_read),
        per_million(model.output));
  }
}

// False: it could not be written.
using Write = std::function<bool(const Drawn& event, std::string_view key, std::string_view value)>;

int generate(std::uint64_t count, const std::string& directory, const Write& send) {
  Random random;
  const Zipf users;
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
