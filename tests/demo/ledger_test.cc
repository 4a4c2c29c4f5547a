// SPDX-License-Identifier: Apache-2.0
#include "demo/ledger.h"

#include <catch2/catch.hpp>
#include <map>

#include "made_up.h"
#include "rule/memory_files.h"

namespace tocsin::demo {
namespace {

using std::chrono::milliseconds;
using Group = std::vector<std::string>;

std::vector<Rule> demo_rules() {
  MemoryFiles files({{"rules.yaml", std::string(demo_file("rules.yaml"))}});
  Loaded loaded = load_rules({"rules.yaml"}, RuleContext{files});
  for (const auto& diagnostic : loaded.diagnostics) FAIL(render(diagnostic));
  return std::move(loaded.rules);
}

constexpr Ledger::SteadyTime kStart{std::chrono::hours{1}};

std::string request(const std::string& user, const std::string& tokens) {
  return R"({"id":")" + user + tokens +
         R"(","provider":"openai","model":"gpt-4o","usage":{"input":)" + tokens + R"(},"user":")" +
         user + R"(","properties":{"Environment":"production","UserTier":"free"}})";
}

}  // namespace

TEST_CASE("The demo has four rules, and all are right") { CHECK(demo_rules().size() == 4); }

TEST_CASE("Sums are exact, by rule and group, and rungs know the request that reached them") {
  const auto rules = demo_rules();
  const PriceList prices = built_in_prices();
  Ledger ledger(rules, prices);
  // gpt-4o costs $2.50 a million: $0.50, $0.30 and $49.20 of input.
  ledger.add(request("a", "200000"), kNoon, kStart);
  ledger.add(request("b", "120000"), kNoon, kStart + milliseconds{1});
  ledger.add(request("a", "120000"), kNoon, kStart + milliseconds{2});
  ledger.add(request("c", "19560001"), kNoon, kStart + milliseconds{3});
  CHECK(ledger.requests() == 4);
  CHECK(ledger.total("production-daily", {}).text() == "50.0000025");
  CHECK(ledger.total("free-tier-user", {"a"}).text() == "0.8");
  CHECK(ledger.total("free-tier-user", {"b"}).text() == "0.3");
  CHECK(ledger.total("development-daily", {}) == Money{});
  const Money half = Money::usd(50);
  CHECK(ledger.reached("production-daily", {}, half) == kStart + milliseconds{3});
  CHECK(ledger.reached("production-daily", {}, Money::usd(80)) == std::nullopt);
  CHECK(ledger.reached("free-tier-user", Group{"a"}, *Money::parse("0.8")) ==
        kStart + milliseconds{2});
  CHECK(ledger.reached("free-tier-user", Group{"b"}, *Money::parse("0.8")) == std::nullopt);
}

TEST_CASE("A day of made-up traffic fills production's budget and little of development's") {
  const auto rules = demo_rules();
  const PriceList prices = built_in_prices();
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Ledger ledger(rules, prices);
    Traffic traffic(seed);
    std::map<std::string, int> users;
    while (ledger.total("production-daily", {}) < Money::usd(100)) {
      const auto request = traffic.next(kNoon);
      users[std::string(request.user)] = 0;
      ledger.add(request.json, kNoon, kStart);
    }
    int over = 0, near = 0;
    for (const auto& [user, unused] : users) {
      over += ledger.reached("free-tier-user", {user}, Money::usd(1)) ? 1 : 0;
      near += ledger.reached("free-tier-user", {user}, *Money::parse("0.8")) ? 1 : 0;
    }
    INFO("seed " << seed << ": " << ledger.requests() << " requests, development "
                 << ledger.total("development-daily", {}).text() << ", users " << users.size()
                 << ", " << near << " over 80%, " << over << " over $1");
    CHECK((ledger.requests() > 8'000 && ledger.requests() < 10'000));
    CHECK(ledger.total("development-daily", {}) < Money::usd(8));
    CHECK((over >= 2 && over <= 12));
    CHECK(near > over);
  }
}

}  // namespace tocsin::demo
