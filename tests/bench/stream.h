// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::bench {

inline constexpr std::int64_t kStart = 1'794'960'000'000;  // 2026-11-18T00:00:00Z
inline constexpr std::int64_t kDay = 86'400'000;
inline constexpr std::int64_t kHour = 3'600'000;
inline constexpr std::int64_t kDisorder = 1500;
inline constexpr std::int64_t kDollar = 1'000'000'000'000;

struct Model {
  const char *provider, *name;
  std::int64_t input, cache_read, output;  // picodollars a token
};

// One request, as drawn: all its texts are made from these.
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
  explicit Zipf(std::uint64_t users);
  std::uint64_t pick(Random& random) const;

 private:
  std::vector<std::uint64_t> sums_;
};

// Where in event time so many requests spread evenly.
struct Span {
  std::uint64_t count = 0;
  std::int64_t minutes = 2 * 24 * 60;
  std::int64_t after = 0;  // minutes from kStart to the first
};

// Request `number` of those of the span. The same stream every time.
Drawn draw(Random& random, const Zipf& users, std::uint64_t number, const Span& span);

// The request as a native event, and as a message of Helicone's internal topic, into `out`.
void write(const Drawn& e, std::string& out);
void write_helicone(const Drawn& e, std::string& out);

// The price list of the stream's models: files of YAML, one a provider, by its name.
struct PriceText {
  std::string provider, text;
};
std::vector<PriceText> price_texts();

}  // namespace tocsin::bench
