// SPDX-License-Identifier: Apache-2.0
#include "notify/message.h"

#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "notify/plain_text.h"
#include "notify/samples.h"
#include "support/contains.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

std::string lines(const Notice& notice) { return "\n" + lines_of(render(notice)); }
std::string first_line(const Notice& notice) { return render(notice).first_line; }
}  // namespace

TEST_CASE("A budget at 80%: what, how bad, how much, until when") {
  CHECK(lines(told(production())) == R"(
🟠 80% Production spend: $80.02 of $100 today, gone by 17:39 at this pace
# Production spend at 80% of today's $100
Spent: $80.02 of $100.00
Left: $19.98
Pace: $5.66/h (even: $4.17/h)
Gone by: 17:39 today
By midnight: about $136
Requests: 31,204, $0.0026 each
[80] 80% of the money, 58% of the day
~ warning · rule `production-daily` · next: 95% at $95.00 (~16:46)‹Environment = production›
~ Sat 21 Nov, 00:00–24:00 Europe/Berlin · rang 210 ms after the request · id 3f9c2a81
~ Why it rang: `tocsin explain production-daily`
)");
}

TEST_CASE("A user over the budget of the month") {
  CHECK(lines(told(user_over())) == R"(
🔴 100% Free-tier user user-123: $25.04 of $25 in November
# Free-tier user user-123 at 100% of November's $25
Spent: $25.04 of $25.00
Over by: $0.04
Pace: $1.23/day (even: $0.83/day)
By 30 Nov: about $37
Requests: 1,902, $0.013 each
[100] 100% of the money, 68% of the month
~ critical · rule `free-tier-user`‹UserTier = free›
~ Sun 1 Nov – Mon 30 Nov UTC · rang 210 ms after the request · id 91aabbcc
~ Why it rang: `tocsin explain free-tier-user --group user=user-123`
)");
}

TEST_CASE("An error rate names its limit and what failed") {
  CHECK(lines(told(error_rate())) == R"(
🟠 Error rate 7.4% (limit 5%) openai/gpt-4o, last 5 min: 312 of 4,216 failed
# Error rate openai/gpt-4o at 7.4%, limit 5%, in the last 5 min
Now: 7.4%, limit 5%
Failed: 312 of 4,216
~ warning · rule `errors` · next: 20%
~ Sat 21 Nov, 10:38–10:43 UTC · rang 210 ms after the request · id 0c0c0c0c
~ Why it rang: `tocsin explain errors --group provider=openai --group model=gpt-4o`
)");
}

TEST_CASE("A digest counts the groups by rung and lists those furthest over") {
  const std::string text = lines(digest_of(2'345));
  CHECK(contains(text, R"(
🔴 Free-tier user: 2,345 crossed in 30 s: 391 over $25, 1,954 over 80%
# Free-tier user: 2,345 users crossed a line between 10:04:10 and 10:04:40
Over 100%: 391 users, $457.47 above their budgets
Over 80%: 1,954 users
- user-2340   $27.34 of $25   109%
)"));
  CHECK(contains(text, "all 2,345 are recorded"));
}

TEST_CASE("A digest whose first group has no value says how to fill it in") {
  Notice notice = digest_of(12);
  const std::string hint =
      "(none) has no user: a table under lookup in tocsin.yaml can fill it in.";
  CHECK_FALSE(contains(lines(notice), hint));
  notice.alerts[3].group[0].second = "(none)";
  CHECK_FALSE(contains(lines(notice), hint));
  notice.alerts[3].value *= 100;
  CHECK(contains(lines(notice), hint));
}

TEST_CASE("A digest says a group once, at its highest rung") {
  Notice notice = digest_of(12);
  Notice again = digest_of(12);
  for (Alert& alert : again.alerts) {
    alert.rung = "50%";
    alert.amount = usd("12.5");
    notice.alerts.push_back(alert);
  }
  CHECK(first_line(notice) == "🔴 Free-tier user: 12 crossed in 30 s: 2 over $25, 10 over 80%");
}

TEST_CASE("What was over before the rule started is told as such") {
  Notice notice = digest_of(2'345);
  notice.kind = Notice::Kind::catch_up;
  Alert old = user_over("user-1");
  old.stale = true;
  old.window = {utc(2026, 10, 1), utc(2026, 11, 1)};
  notice.alerts.push_back(old);
  const std::string text = lines(notice);
  CHECK(contains(text, R"(
🔴 Free-tier user: 2,345 already over when Tocsin caught up: 391 over $25, 1,954 over 80%
# Free-tier user: 2,345 users already over when Tocsin caught up
)"));
  CHECK(contains(text,
                 "\n| 1 crossing of windows that closed long before, 1 Oct to 31 Oct: "
                 "recorded, not told one by one.\n"));
}

TEST_CASE("A rule without groups that was over before it started is told with its amounts") {
  Notice notice = told(production());
  notice.kind = Notice::Kind::catch_up;
  CHECK(first_line(notice) ==
        "🟠 80% Production spend: $80.02 of $100 today, already over when Tocsin caught up");
}

TEST_CASE("What is over by a re-pricing is told as such") {
  Notice notice = told(production());
  notice.kind = Notice::Kind::catch_up;
  notice.alerts[0].repriced = true;
  CHECK(first_line(notice) ==
        "🟠 80% Production spend: $80.02 of $100 today, over now that prices were put right");
  notice = digest_of(12);
  notice.kind = Notice::Kind::catch_up;
  for (Alert& alert : notice.alerts) alert.repriced = true;
  CHECK(first_line(notice) ==
        "🔴 Free-tier user: 12 over now that prices were put right: 2 over "
        "$25, 10 over 80%");
}

TEST_CASE("Where only windows long closed were over, nothing rings in today's words") {
  Notice notice = told(production());
  notice.kind = Notice::Kind::catch_up;
  notice.alerts[0].stale = true;
  CHECK(first_line(notice) == "🔵 Production spend: over 1 time in windows long closed, not now");
}

TEST_CASE("A resolution says from when to when and how high") {
  CHECK(lines(resolved_notice()) == R"(
✅ Error rate back to 1.2% (limit 5%) openai/gpt-4o, after 14 min
# Error rate openai/gpt-4o is back to 1.2%
| Over 5% from 10:41 to 10:55, highest 9.1%. Reason: below the limit.
~ resolved · rule `errors`
~ Sat 21 Nov, 10:41–10:55 UTC · id f0f0f0f0
~ Why it rang: `tocsin explain errors --group provider=openai --group model=gpt-4o`
)");
}

TEST_CASE("The engine's own troubles have marks of their own") {
  CHECK(lines(engine_notice(
            {"source", "1", "No broker of requests answers", {"Nothing is lost."}})) == R"(
🛠 No broker of requests answers
# No broker of requests answers
| ‹Nothing is lost.›
~ Tocsin itself · Sat 21 Nov, 10:36 UTC · id e0e0e0e0
)");
  CHECK(first_line(unpriced_notice(unpriced_report())) ==
        "⚪ No price for openai/gpt-6-nano: 1,240 requests since 09:12 are in no budget");
  CHECK(first_line(engine_notice({"lag",
                                  "p3",
                                  "Tocsin is 14 min behind: budget alerts are late "
                                  "(Kafka partition 3: no leader)",
                                  {}})) ==
        "🛠 Tocsin is 14 min behind: budget alerts are late (Kafka partition 3: no leader)");
}

TEST_CASE("A zone east of UTC has its own day") {
  Alert alert = production();
  alert.zone = "Asia/Tokyo";
  alert.window = {utc(2026, 11, 20, 15), utc(2026, 11, 21, 15)};
  const std::string text = lines(told(alert));
  CHECK(contains(text, "$80.02 of $100 today\n"));  // past its pace: gone only after midnight
  CHECK(contains(text, "Sat 21 Nov, 00:00–24:00 Asia/Tokyo"));
  CHECK(contains(text, "By midnight: about $87\n"));
}

TEST_CASE("In a night the clock is set back a moment is told with its offset") {
  Alert alert = production();
  alert.window_kind = WindowKind::hour;
  alert.window = {utc(2026, 10, 25, 0), utc(2026, 10, 25, 1)};
  alert.at = utc(2026, 10, 25, 0, 40);
  CHECK(first_line(told(alert)) ==
        "🟠 80% Production spend: $80.02 of $100 this hour, gone by 02:49 CEST at this pace");
}

TEST_CASE("A user's name of 256 Arabic bytes pushes neither percent nor money off") {
  std::string name;
  while (name.size() < 256) name += "\xD9\x85";
  const Message message = render(told(user_over(name)));
  CHECK(characters(message.first_line) <= kFirstLineMax);
  CHECK(message.first_line.starts_with("🔴 100% Free-tier user \xE2\x81\xA8\xD9\x85"));
  CHECK(message.first_line.ends_with("\xE2\x81\xA9: $25.04 of $25 in November"));
  CHECK(contains(message.title.text, name));
}

TEST_CASE("What next is said only from twenty requests on, and not after the window's end") {
  Alert few = production();
  few.requests = 19;
  CHECK(first_line(told(few)) == "🟠 80% Production spend: $80.02 of $100 today");
  Alert slow = production();
  slow.value = usd("40");
  CHECK_FALSE(contains(first_line(told(slow)), "gone by"));
}

TEST_CASE("A value just below its budget is not told as the budget") {
  Alert alert = production();
  alert.value = usd("99.996");
  alert.rung = "95%";
  CHECK(first_line(told(alert)).starts_with("🟠 99% Production spend: $99.99 of $100 today"));
}

TEST_CASE("Other rungs passed in the same moment are named") {
  Alert alert = production();
  alert.crossed = {"50%", "$30left"};
  CHECK(contains(lines(told(alert)), "\n| ‹Passed in the same moment: 50%, $30 left›\n"));
}

TEST_CASE("Description, runbook and labels are carried, as text from elsewhere") {
  Alert alert = production();
  alert.description = "Ask *finance*";
  alert.runbook = "https://runbooks.company.example/1";
  alert.labels = {{"team", "search"}};
  const std::string text = lines(told(alert));
  CHECK(contains(text, "| ‹Ask *finance*›"));
  CHECK(contains(text, "Runbook: ‹https://runbooks.company.example/1›\n"));
  CHECK(contains(text, "‹team = search›"));
}

TEST_CASE("A summary made from the rule's name begins with a capital") {
  Alert alert = production();
  alert.rule = "unusual-hour";
  alert.summary = "unusual hour";
  alert.budget.reset();
  alert.amount = usd("10");
  alert.value = usd("10.42");
  alert.window_kind = WindowKind::rolling;
  alert.window_length = Millis{3'600'000};
  CHECK(first_line(told(alert)) == "🟠 Unusual hour: $10.42 (limit $10) in the last hour");
}

TEST_CASE("A budget of nothing is over with the first spend") {
  Alert alert = production();
  alert.budget = 0;
  alert.value = usd("0.0041");
  CHECK(first_line(told(alert)) == "🟠 Over: Production spend: $0.0041 of $0 today");
}

TEST_CASE("No first line is longer than a phone shows, whatever is in it") {
  CHECK(rc::check([] {
    Alert alert = *rc::gen::element(production(), user_over(), error_rate());
    alert.summary = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    alert.rule = *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
    for (auto& [name, value] : alert.group) value = *rc::gen::arbitrary<std::string>();
    if (!alert.group.empty()) alert.group.front().second += std::string(300, 'x');
    if (*rc::gen::arbitrary<bool>()) alert.summary += std::string(200, 'y');
    const auto dollars = *rc::gen::inRange<std::int64_t>(0, 9'000'000'000);
    alert.value = dollars * power_of_ten(10);
    alert.requests = alert.numerator = *rc::gen::inRange<std::int64_t>(0, 10'000'000'000);
    const Notice notice = told(alert);
    const std::string line = render(notice).first_line;
    RC_ASSERT(characters(line) <= kFirstLineMax);
    for (const char c : line) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20);
    if (alert.budget) RC_ASSERT(contains(line, " of $"));
  }));
}
