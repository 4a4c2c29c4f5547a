// SPDX-License-Identifier: Apache-2.0
#include "demo/traffic.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "made_up.h"

namespace tocsin::demo {
namespace {

constexpr std::size_t kMany = 10'000;

std::vector<std::string> lines(std::uint64_t seed, std::size_t count) {
  Traffic traffic(seed);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.emplace_back(traffic.next(kNoon).json);
  return all;
}

}  // namespace

TEST_CASE("The same seed makes the same requests, another one others") {
  CHECK(lines(7, 200) == lines(7, 200));
  CHECK(lines(7, 200) != lines(8, 200));
}

TEST_CASE("No two requests share an id, so none is taken for a copy") {
  std::set<std::string> ids;
  each_request(1, kMany, [&](const Event& event) { ids.emplace(event.id); });
  CHECK(ids.size() == kMany);
}

TEST_CASE("Every request is priced by the built-in list, cached and failed ones at nothing") {
  const PriceList prices = built_in_prices();
  std::map<CostBasis, int> bases;
  each_request(2, kMany, [&](const Event& event) {
    Cost cost;
    prices.price(event, kNoon, CostChoice::computed, cost);
    ++bases[cost.basis];
    CHECK(cost.unpriced.empty());
    CHECK((cost.amount == Money{}) == (event.cached || event.is_error()));
  });
  CHECK(bases.size() == 2);
  CHECK(bases[CostBasis::computed] > 9'800);
  CHECK(bases[CostBasis::cached] > 50);
}

TEST_CASE("The mix is a company's: environments, features, tiers, models, few failures") {
  std::map<std::string, int> environments, features, tiers, models;
  int failed = 0, cached = 0, cache_reads = 0;
  each_request(3, kMany, [&](const Event& event) {
    ++environments[property(event, "Environment")];
    ++features[property(event, "Feature")];
    ++tiers[property(event, "UserTier")];
    ++models[std::string(event.model)];
    failed += event.is_error() ? 1 : 0;
    cached += event.cached ? 1 : 0;
    cache_reads += event.usage[Unit::cache_read] > 0 ? 1 : 0;
  });
  CHECK(environments.size() == 2);
  CHECK((environments["development"] > 600 && environments["development"] < 1'000));
  CHECK(features.size() == 3);
  CHECK((features["chat"] > features["search"] && features["search"] > 500));
  CHECK((tiers["free"] > tiers["premium"] && tiers["internal"] > 0));
  CHECK(models.size() == 7);
  CHECK((failed > 40 && failed < 130));
  CHECK((cached > 50 && cached < 160));
  CHECK(cache_reads > 1'500);
}

TEST_CASE("A few users ask much and many ask little") {
  std::map<std::string, int> requests;
  int all = 0;
  each_request(4, kMany, [&](const Event& event) {
    if (property(event, "UserTier") != "free") return;
    ++requests[std::string(event.user)];
    ++all;
  });
  CHECK(requests.size() > 800);
  std::vector<int> counts;
  for (const auto& [user, count] : requests) counts.push_back(count);
  std::sort(counts.rbegin(), counts.rend());
  int ten = 0;
  for (std::size_t i = 0; i < 10; ++i) ten += counts[i];
  CHECK((ten * 100 / all >= 20 && ten * 100 / all <= 40));
}

}  // namespace tocsin::demo
