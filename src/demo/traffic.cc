// SPDX-License-Identifier: Apache-2.0
#include "demo/traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "document/json_writer.h"
#include "tocsin/decimal.h"

namespace tocsin::demo {
namespace {

enum class Tier : std::uint8_t { free, premium, internal };

struct Range {
  std::int64_t least, most;
};

// A kind of request, and how many of a thousand are of it.
struct Kind {
  std::uint64_t weight;
  std::string_view feature;
  Tier tier;
  std::string_view provider, model;
  Range input, output;
  std::int64_t shared_prefix;  // tokens of the prompt that the provider may have cached
};
constexpr std::string_view kChat = "chat", kSearch = "search", kDocuments = "document-analysis";
constexpr std::string_view kOpenAi = "openai", kAnthropic = "anthropic", kGoogle = "google";
constexpr std::string_view kSonnet = "claude-sonnet-4-5", kHaiku = "claude-haiku-4-5";
constexpr std::string_view kMini = "gpt-4o-mini", kFlash = "gemini-2.5-flash";
constexpr std::array kKinds = {
    Kind{210, kChat, Tier::free, kOpenAi, kMini, {300, 6'000}, {80, 700}, 1'024},
    Kind{270, kChat, Tier::free, kOpenAi, "gpt-4o", {400, 8'000}, {120, 1'100}, 1'024},
    Kind{60, kSearch, Tier::free, kGoogle, kFlash, {200, 2'500}, {30, 250}, 0},
    Kind{30, kDocuments, Tier::free, kOpenAi, "gpt-4.1", {3'000, 24'000}, {200, 1'500}, 0},
    Kind{160, kChat, Tier::premium, kOpenAi, "gpt-4o", {500, 11'000}, {150, 1'400}, 1'536},
    Kind{75, kChat, Tier::premium, kAnthropic, kSonnet, {600, 9'000}, {150, 1'500}, 2'048},
    Kind{55, kDocuments, Tier::premium, kAnthropic, kSonnet, {3'000, 45'000}, {300, 2'400}, 2'048},
    Kind{60, kSearch, Tier::premium, kOpenAi, kMini, {200, 2'500}, {30, 250}, 0},
    Kind{60, kChat, Tier::internal, kOpenAi, "gpt-4.1-mini", {300, 5'000}, {80, 700}, 0},
    Kind{20, kDocuments, Tier::internal, kAnthropic, kHaiku, {2'000, 20'000}, {200, 1'500}, 0},
};
constexpr std::uint64_t kWeights = 1'000;
static_assert([] {
  std::uint64_t sum = 0;
  for (const Kind& kind : kKinds) sum += kind.weight;
  return sum == kWeights;
}());

constexpr std::uint64_t kFreeUsers = 1'600;
constexpr std::uint64_t kPremiumUsers = 300;
constexpr std::uint64_t kDevelopers = 9;
// Failed and cached ones of a thousand.
constexpr std::uint64_t kFailed = 8;
constexpr std::uint64_t kCached = 10;

std::string_view name_of(Tier tier) {
  return tier == Tier::free ? "free" : tier == Tier::premium ? "premium" : "internal";
}

// Mixes well and is a bijection (splitmix64): ids of one run never meet.
constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Zipf's law, a little flatter at its head: the user of rank r asks 1 / (r + 1) as often.
std::vector<std::uint64_t> zipf(std::uint64_t users) {
  std::vector<std::uint64_t> sums;
  std::uint64_t sum = 0;
  for (std::uint64_t rank = 1; rank <= users; ++rank) {
    sums.push_back(sum += 1'000'000'000 / (rank + 1));
  }
  return sums;
}

std::uint64_t rank_at(const std::vector<std::uint64_t>& sums, std::uint64_t point) {
  const auto found = std::upper_bound(sums.begin(), sums.end(), point);
  return static_cast<std::uint64_t>(found - sums.begin()) + 1;
}

// Numbers that say nothing of the rank, and are each somebody's own.
std::string user_name(std::string_view prefix, std::uint64_t rank) {
  return fmt::format("{}-{:04}", prefix, rank * 7'919 % 10'007);
}

const Kind& kind_at(std::uint64_t point) {
  for (const Kind& kind : kKinds) {
    if (point < kind.weight) return kind;
    point -= kind.weight;
  }
  return kKinds.back();
}

}  // namespace

Traffic::Traffic(std::uint64_t seed)
    : seed_(mixed(seed)), state_(seed_), free_(zipf(kFreeUsers)), premium_(zipf(kPremiumUsers)) {}

std::uint64_t Traffic::random() { return mixed(state_ += kStep); }

std::uint64_t Traffic::below(std::uint64_t bound) {
  return static_cast<std::uint64_t>((static_cast<uint128>(random()) * bound) >> 64);
}

// Small ones more often: the square of an even draw.
std::int64_t Traffic::count(std::int64_t least, std::int64_t most) {
  const auto draw = static_cast<std::int64_t>(below(1'001));
  return least + (most - least) * draw * draw / 1'000'000;
}

Traffic::Request Traffic::next(EventTime at) {
  const std::uint64_t id = mixed(seed_ + ++requests_ * kStep);
  const Kind& kind = kind_at(below(kWeights));
  if (kind.tier == Tier::free) {
    user_ = user_name("user", rank_at(free_, below(free_.back())));
  } else if (kind.tier == Tier::premium) {
    user_ = user_name("pro", rank_at(premium_, below(premium_.back())));
  } else {
    user_ = fmt::format("dev-{}", 1 + below(kDevelopers));
  }
  const std::uint64_t fate = below(1'000);
  const bool failed = fate < kFailed;
  const bool cached = !failed && fate < kFailed + kCached;
  std::int64_t input = failed ? 0 : count(kind.input.least, kind.input.most);
  const std::int64_t output = failed ? 0 : count(kind.output.least, kind.output.most);
  const bool warm =
      !failed && kind.shared_prefix > 0 && input > kind.shared_prefix && below(10) < 6;
  const std::int64_t cache_read = warm ? kind.shared_prefix : 0;
  input -= cache_read;

  json_.clear();
  JsonWriter json(json_);
  json.begin_object().text("id", fmt::format("req_{:016x}", id)).number("timestamp", to_ms(at));
  json.text("provider", kind.provider).text("model", kind.model).text("operation", "chat");
  json.number("status", failed ? (fate < 5 ? 429 : fate < 7 ? 500 : 503) : 200);
  json.number("latency_ms", cached   ? 6 + static_cast<std::int64_t>(below(20))
                            : failed ? 40 + static_cast<std::int64_t>(below(900))
                                     : 250 + output * 11 + static_cast<std::int64_t>(below(400)));
  if (cached) json.boolean("cached", true);
  json.key("usage").begin_object().number("input", input);
  if (cache_read > 0) json.number("cache_read", cache_read);
  json.number("output", output).end_object();
  json.text("user", user_);
  if (kind.feature == kDocuments) {
    json.key("session").begin_object().text("id", fmt::format("s-{:08x}", id >> 32));
    json.text("name", "Document Analysis").text("path", "/analyze/extract").end_object();
  }
  const bool internal = kind.tier == Tier::internal;
  json.key("properties").begin_object();
  json.text("Environment", internal ? "development" : "production");
  json.text("Feature", kind.feature).text("UserTier", name_of(kind.tier));
  json.end_object().end_object();
  return {user_, json_};
}

}  // namespace tocsin::demo
