// SPDX-License-Identifier: Apache-2.0
#include "notify/channel.h"

#include <catch2/catch.hpp>

using namespace tocsin;
using Verdict = Outcome::Verdict;

TEST_CASE("Each status has one meaning") {
  struct Case {
    const char* name;
    int status;
    std::optional<int> retry_after;
    Verdict verdict;
  };
  const Case cases[] = {
      {"no answer", 0, {}, Verdict::retry},
      {"ok", 200, {}, Verdict::delivered},
      {"accepted", 202, {}, Verdict::delivered},
      {"no content", 204, {}, Verdict::delivered},
      {"moved", 301, {}, Verdict::broken},
      {"see other", 307, {}, Verdict::broken},
      {"bad request", 400, {}, Verdict::degrade},
      {"unauthorised", 401, {}, Verdict::broken},
      {"forbidden", 403, {}, Verdict::broken},
      {"not found", 404, {}, Verdict::broken},
      {"not allowed", 405, {}, Verdict::park},
      {"request timeout", 408, {}, Verdict::retry},
      {"conflict", 409, {}, Verdict::park},
      {"gone", 410, {}, Verdict::broken},
      {"too large", 413, {}, Verdict::degrade},
      {"unprocessable", 422, {}, Verdict::park},
      {"too early", 425, {}, Verdict::retry},
      {"too many", 429, {}, Verdict::pause},
      {"too many, wait", 429, 30, Verdict::pause},
      {"server error", 500, {}, Verdict::retry},
      {"bad gateway", 502, {}, Verdict::retry},
      {"unavailable", 503, {}, Verdict::retry},
      {"unavailable, wait", 503, 30, Verdict::pause},
      {"gateway timeout", 504, {}, Verdict::retry},
      {"unknown", 599, {}, Verdict::retry},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    Response response;
    response.status = c.status;
    if (c.retry_after) response.retry_after = std::chrono::seconds{*c.retry_after};
    const Outcome outcome = outcome_by_status(response);
    CHECK(outcome.verdict == c.verdict);
    CHECK(outcome.after == response.retry_after);
    CHECK(outcome.reason.empty() == (c.verdict == Verdict::delivered));
  }
}

TEST_CASE("A reason repeats a receiver's short word, but no page that may hold the address") {
  Response response;
  response.status = 404;
  response.body = "no_service";
  CHECK(outcome_by_status(response).reason == "answered 404 (no_service)");
  response.body = "The requested URL /services/T/B/secret was not found";
  CHECK(outcome_by_status(response).reason == "answered 404");
}
