// SPDX-License-Identifier: Apache-2.0
#include "cli/backtest_compare.h"

#include <catch2/catch.hpp>

using namespace tocsin;

namespace {

constexpr std::int64_t kCompareNine = 1'795'165'200'000;  // Fri 20 Nov 2026, 09:00Z

Alert alert(const std::string& rule, const std::string& rung, std::int64_t minute = 0) {
  Alert made;
  made.rule = rule;
  made.rung = rung;
  made.zone = "UTC";
  made.at = event_time_ms(kCompareNine + minute * 60'000);
  return made;
}

}  // namespace

TEST_CASE("What two sets of rules tell is compared rule by rule") {
  AlertSet old, now;
  old.add(alert("same", "80%"));
  now.add(alert("same", "80%"));
  old.add(alert("gone", "80%"));
  now.add(alert("fresh", "100%", 5));
  old.add(alert("other", "50%"));
  old.add(alert("other", "80%", 1));
  now.add(alert("other", "80%", 2));
  now.add(alert("other", "100%", 3));
  CHECK(compare_text(old, now) == R"(+ fresh  0 → 1 alert, 1 new
    + 100% Fri 20 Nov 09:05
− gone   1 → 0 alerts, 1 gone
    − 80% Fri 20 Nov 09:00
~ other  2 → 2 alerts, 1 new, 1 gone, 1 at another time
    + 100% Fri 20 Nov 09:03
    − 50% Fri 20 Nov 09:00
    ~ 80% Fri 20 Nov 09:01 → 80% Fri 20 Nov 09:02
  same   1 alert, all as before
)");
}

TEST_CASE("Only some examples are shown, the earliest first") {
  AlertSet old, now;
  for (int i = 9; i >= 1; --i) now.add(alert("r", std::to_string(i) + "%", i));
  CHECK(compare_text(old, now) == R"(+ r  0 → 9 alerts, 9 new
    + 1% Fri 20 Nov 09:01
    + 2% Fri 20 Nov 09:02
    + 3% Fri 20 Nov 09:03
    + 6 more
)");
  CHECK(compare_text(old, old) == "Neither set of rules rings.\n");
}
