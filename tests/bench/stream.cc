// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace tocsin::bench {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr int kPartitions = 4;

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

const Model* pick_model(Random& random) {
  int at = static_cast<int>(random.below(64));
  for (std::size_t i = 0;; ++i) {
    if (at < kModelShares[i]) return &kModels[i];
    at -= kModelShares[i];
  }
}

std::string per_million(std::int64_t picodollars_a_token) {
  return fmt::format("\"{}.{:06}\"", picodollars_a_token / 1'000'000,
                     picodollars_a_token % 1'000'000);
}

}  // namespace

Zipf::Zipf(std::uint64_t users) {
  std::uint64_t sum = 0;
  for (std::uint64_t k = 1; k <= users; ++k) sums_.push_back(sum += (std::uint64_t{1} << 40) / k);
}

std::uint64_t Zipf::pick(Random& random) const {
  const std::uint64_t at = random.below(sums_.back());
  return static_cast<std::uint64_t>(std::upper_bound(sums_.begin(), sums_.end(), at) -
                                    sums_.begin());
}

Drawn draw(Random& random, const Zipf& users, std::uint64_t number, const Span& span) {
  Drawn e;
  e.number = number;
  const auto length = static_cast<std::uint64_t>(span.minutes * kMinute);
  const auto at = static_cast<std::int64_t>(number * length / span.count);
  const auto late = static_cast<std::int64_t>(random.below(kDisorder));
  e.time = kStart + span.after * kMinute + std::max(std::int64_t{0}, at - late);
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

void write_helicone(const Drawn& e, std::string& out) {
  const std::int64_t since = e.time - kStart;
  const std::int64_t in_day = since % kDay;
  out.clear();
  fmt::format_to(
      std::back_inserter(out),
      R"({{"authorization":"","heliconeMeta":{{"gatewayProvider":"{}","omitRequestLog":false}},)"
      R"("log":{{"request":{{"id":"{:08x}-0000-4000-8000-{:012x}","userId":"user-{}",)"
      R"("provider":"{}","heliconeApiKeyId":{},"requestCreatedAt":"2026-11-{:02}T{:02}:{:02}:{:02}.{:03}Z",)"
      R"("isStream":false,"cacheReferenceId":"00000000-0000-0000-0000-000000000000",)"
      R"("properties":{{"Feature":"{}","Environment":"{}","UserTier":"{}","Region":"{}"}}}},)"
      R"("response":{{"id":"{:016x}","status":{},"delayMs":{},"promptTokens":{},)"
      R"("promptCacheReadTokens":{},"completionTokens":{},"reasoningTokens":{},"model":"{}"}}}}}})",
      e.model->provider, e.number, e.session, e.user, e.model->provider, e.tier, 18 + since / kDay,
      in_day / kHour, in_day / 60'000 % 60, in_day / 1000 % 60, in_day % 1000, kFeatures[e.feature],
      kEnvironments[e.environment], kTiers[e.tier], kRegions[e.region], e.number, e.status,
      e.latency, e.input, e.cache_read, e.output, e.reasoning, e.model->name);
}

std::vector<PriceText> price_texts() {
  std::vector<PriceText> files;
  for (const Model& model : kModels) {  // the models of one provider stand together
    if (files.empty() || files.back().provider != model.provider) {
      files.push_back(
          {model.provider, fmt::format("version: 1\nprovider: {}\nmodels:\n", model.provider)});
    }
    files.back().text += fmt::format(
        "  - model: {}\n    prices:\n"
        "      - per_mtok: {{input: {}, cache_read: {}, output: {}}}\n",
        model.name, per_million(model.input), per_million(model.cache_read),
        per_million(model.output));
  }
  return files;
}

}  // namespace tocsin::bench
