// SPDX-License-Identifier: Apache-2.0
#include "notify/email/email_text.h"

#include <catch2/catch.hpp>

#include "notify/samples.h"

using namespace tocsin;
using namespace tocsin::samples;

TEST_CASE("A mail's subject begins with how bad it is, then what, percent and money") {
  const auto subject = [](const Notice& notice) { return email_subject(notice, render(notice)); };
  CHECK(subject(told(production())) == "[warning] Production spend 80%: $80.02 of $100 today");
  CHECK(subject(told(user_over())) ==
        "[critical] Free-tier user user-123 100%: $25.04 of $25 in November");
  CHECK(subject(resolved_notice()) ==
        "[resolved] Error rate back to 1.2% (limit 5%) openai/gpt-4o, after 14 min");
  CHECK(subject(engine_notice({"lag", "p3", "Tocsin is 14 min behind", {}})) ==
        "[tocsin] Tocsin is 14 min behind");
}

TEST_CASE("The text part has aligned columns, what comes next and how to ask why") {
  const Notice notice = told(production());
  CHECK("\n" + email_text(notice, render(notice)) == R"(
Production spend reached 80% of today's $100.

  Spent      $80.02 of $100.00   $19.98 left
  Pace       $5.66 an hour       $4.17 an hour would last the day
  Gone by    17:39 today         about $136 by midnight
  Requests   31,204              $0.0026 each

  ████████████████░░░░  80% of the money, 58% of the day

What happens next: the next line is 95% ($95.00), a warning, reached about 16:46 at this pace. Nothing is blocked.
Silence it: tocsin silence production-daily --until midnight
Why it rang: tocsin explain production-daily

Sat 21 Nov 2026, 00:00–24:00 Europe/Berlin, rang 210 ms after the request. Rule production-daily (rules/production.yaml:4): Environment = production. Alert 3f9c2a81.
)");
}

TEST_CASE("The command that says why is quoted for a shell") {
  const auto command = [](std::string user) {
    return render(told(user_over(std::move(user)))).explain;
  };
  CHECK(command("user-123") == "tocsin explain free-tier-user --group user=user-123");
  CHECK(command("$(reboot) 'x'") ==
        R"(tocsin explain free-tier-user --group 'user=$(reboot) '\''x'\''')");
  // What cannot be shown cannot be typed either.
  CHECK(command("a\nb") == "tocsin explain free-tier-user");
}
