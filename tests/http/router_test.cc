// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace tocsin {
namespace {

Api router_api() {
  Api api;
  api.healthz = [] { return Api::Health{true, "up for 3 s"}; };
  api.readyz = [] { return std::vector<std::string>{}; };
  api.metrics = [] {
    return std::vector<MetricSample>{{"a", "A.", MetricSample::Type::counter, {}, "1"}};
  };
  api.alerts_json = [](std::size_t limit) { return "alerts " + std::to_string(limit); };
  api.unpriced_json = [](std::size_t limit) { return "unpriced " + std::to_string(limit); };
  api.budgets_json = [](std::size_t limit) { return "budgets " + std::to_string(limit); };
  api.explain = [](const Api::Query& query) {
    return Api::Answer{query.contains("rule") ? 200 : 404, std::to_string(query.count("group"))};
  };
  api.remarks = [] { return std::vector<std::string>{}; };
  api.reload = [] { return Api::Answer{200, "reloaded"}; };
  api.acknowledge = [](const Api::Query& query) {
    return Api::Answer{200, "seen " + std::to_string(query.size())};
  };
  api.silences = [](std::string_view method, const Api::Query& query) {
    return Api::Answer{200, std::string(method) + " " + std::to_string(query.size())};
  };
  api.reprice = [](const Api::Query&, bool begin) {
    return Api::Answer{begin ? 202 : 200, "repriced"};
  };
  return api;
}

HttpCall get(std::string_view path) {
  HttpCall call;
  call.method = "GET";
  call.path = path;
  call.host = "127.0.0.1:8080";
  return call;
}

HttpAnswer open_answer(const HttpCall& call) { return Router(router_api(), "", true).answer(call); }

}  // namespace

TEST_CASE("Lists have a hundred rows unless the caller says how many") {
  HttpCall call = get("/api/v1/alerts");
  CHECK(open_answer(call).body == "alerts 100");
  call.query = {{"limit", "1000000"}};
  CHECK(open_answer(call).body == "alerts 1000000");
  call.path = "/api/v1/budgets";
  call.query = {{"limit", "1"}};
  CHECK(open_answer(call).body == "budgets 1");
  call.path = "/api/v1/unpriced";
  CHECK(open_answer(call).body == "unpriced 1");
}

TEST_CASE("A limit that is no number from 1 to 1,000,000 is refused") {
  HttpCall call = get("/api/v1/alerts");
  for (const auto* limit :
       {"", "0", "1000001", "-1", "ten", "1e2", "10 ", "99999999999999999999"}) {
    CAPTURE(limit);
    call.query = {{"limit", limit}};
    const HttpAnswer answer = open_answer(call);
    CHECK(answer.status == 400);
    CHECK(answer.body == "{\"error\": \"limit is a number from 1 to 1000000\"}");
  }
}

TEST_CASE("Of a parameter written twice the first counts") {
  HttpCall call = get("/api/v1/alerts");
  call.query = {{"limit", "3"}, {"other", "5"}, {"limit", "4"}};
  CHECK(open_answer(call).body == "alerts 3");
}

TEST_CASE("A question about a rule gets every parameter, and its answer's own status") {
  HttpCall call = get("/api/v1/explain");
  call.query = {{"rule", "user-day"}, {"group", "user=a"}, {"group", "team=b"}};
  CHECK(open_answer(call).status == 200);
  CHECK(open_answer(call).body == "2");
  call.query = {};
  CHECK(open_answer(call).status == 404);
}

TEST_CASE("An unknown path is 404, a known one by another method 405") {
  CHECK(open_answer(get("/")).status == 404);
  CHECK(open_answer(get("/metrics/")).status == 404);
  CHECK(open_answer(get("/api/v1/alerts/../../metrics")).status == 404);
  for (const auto* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    CAPTURE(method);
    HttpCall call = get("/metrics");
    call.method = method;
    CHECK(open_answer(call).status == 405);
    CHECK(open_answer(call).allow == "GET, HEAD");
  }
}

TEST_CASE("Health and readiness say 503 when they are not good, and why") {
  Api sick = router_api();
  sick.healthz = [] { return Api::Health{false, "the disk is \"full\"\n"}; };
  sick.readyz = [] { return std::vector<std::string>{"catching up", "Kafka"}; };
  const Router router(sick, "", true);
  const HttpAnswer health = router.answer(get("/healthz"));
  CHECK(health.status == 503);
  CHECK(health.body == R"({"ok": false, "text": "the disk is \"full\"\u000a"})");
  const HttpAnswer ready = router.answer(get("/readyz"));
  CHECK(ready.status == 503);
  CHECK(ready.body == R"({"ready": false, "reasons": ["catching up", "Kafka"]})");
  CHECK(open_answer(get("/healthz")).body == R"({"ok": true, "text": "up for 3 s"})");
  CHECK(open_answer(get("/readyz")).body == R"({"ready": true, "reasons": []})");
}

TEST_CASE("With a token every path asks for it but the probes, which then give no reasons") {
  Api busy = router_api();
  busy.readyz = [] { return std::vector<std::string>{"broker k1 is down"}; };
  const Router router(busy, "s3cret", true);
  for (const auto* path : {"/metrics", "/api/v1/alerts", "/api/v1/budgets", "/", "/nothing"}) {
    CAPTURE(path);
    for (const auto* wrong : {"", "s3cret", "Bearer ", "Bearer s3cre", "Bearer s3crets",
                              "Bearer S3cret", "Basic s3cret", "bearer"}) {
      HttpCall call = get(path);
      call.authorization = wrong;
      CHECK(router.answer(call).status == 401);
      CHECK(router.answer(call).asks_for_token);
    }
  }
  HttpCall call = get("/metrics");
  call.authorization = "Bearer s3cret";
  CHECK(router.answer(call).status == 200);
  CHECK(router.answer(get("/healthz")).status == 200);
  CHECK(router.answer(get("/readyz")).body == R"({"ready": false})");
  call.path = "/readyz";
  CHECK(router.answer(call).body == R"({"ready": false, "reasons": ["broker k1 is down"]})");
}

TEST_CASE("On loopback a page of another site cannot reach us by a name of its own") {
  HttpCall call = get("/metrics");
  for (const auto* ours :
       {"localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:1", "[::1]:80", "[::1]"}) {
    CAPTURE(ours);
    call.host = ours;
    CHECK(open_answer(call).status == 200);
  }
  for (const auto* theirs : {"", "evil.example", "evil.example:8080", "127.0.0.1.evil.example",
                             "localhost.evil.example", "[::2]:80", "10.0.0.1"}) {
    CAPTURE(theirs);
    call.host = theirs;
    CHECK(open_answer(call).status == 421);
  }
  call.host = "tocsin.company.example";
  CHECK(Router(router_api(), "token", false).answer(get("/healthz")).status == 200);
}

TEST_CASE("A reload is asked for by POST, and not by a page of another site") {
  HttpCall call = get("/api/v1/reload");
  CHECK(open_answer(call).status == 405);
  CHECK(open_answer(call).allow == "POST");
  call.method = "POST";
  CHECK(open_answer(call).status == 415);
  call.content_type = "text/plain";
  CHECK(open_answer(call).status == 415);
  call.content_type = "application/json; charset=utf-8";
  CHECK(open_answer(call).body == "reloaded");
  call.content_type = "";
  call.tocsin_request = "reload";
  CHECK(open_answer(call).status == 200);
  call.origin = "http://127.0.0.1:8080";
  CHECK(open_answer(call).status == 200);
  for (const auto* origin : {"https://evil.example", "null", "http://127.0.0.1:9090"}) {
    CAPTURE(origin);
    call.origin = origin;
    CHECK(open_answer(call).status == 403);
  }
}

TEST_CASE("With a token a reload needs it, and nothing else") {
  const Router router(router_api(), "secret", false);
  HttpCall call = get("/api/v1/reload");
  call.method = "POST";
  CHECK(router.answer(call).status == 401);
  call.authorization = "Bearer secret";
  CHECK(router.answer(call).body == "reloaded");
}

TEST_CASE("A re-pricing is looked at by GET, and begun by POST as a reload is") {
  HttpCall call = get("/api/v1/reprice");
  CHECK(open_answer(call).status == 200);
  call.method = "POST";
  CHECK(open_answer(call).status == 415);
  call.tocsin_request = "reload";
  CHECK(open_answer(call).status == 415);
  call.tocsin_request = "reprice";
  CHECK(open_answer(call).status == 202);
  call.origin = "https://evil.example";
  CHECK(open_answer(call).status == 403);
  call.method = "DELETE";
  CHECK(open_answer(call).status == 405);
  const Router router(router_api(), "secret", false);
  HttpCall asked = get("/api/v1/reprice");
  CHECK(router.answer(asked).status == 401);
  asked.method = "POST";
  CHECK(router.answer(asked).status == 401);
  asked.authorization = "Bearer secret";
  CHECK(router.answer(asked).status == 202);
}

TEST_CASE("A token that is exchanged counts from then on, and none is no token") {
  Router router(router_api(), "old", false);
  HttpCall call = get("/metrics");
  call.authorization = "Bearer new";
  CHECK(router.answer(call).status == 401);
  router.set_token("new");
  CHECK(router.answer(call).status == 200);
  router.set_token("");
  call.authorization = "";
  CHECK(router.answer(call).status == 401);
}

TEST_CASE("What is worth knowing stands beside a ready answer, for who may read it") {
  Api remarked = router_api();
  remarked.remarks = [] { return std::vector<std::string>{"running on the rules of 09:12"}; };
  const Router router(remarked, "secret", false);
  HttpCall call = get("/readyz");
  CHECK(router.answer(call).body == "{\"ready\": true}");
  call.authorization = "Bearer secret";
  CHECK(router.answer(call).status == 200);
  CHECK(router.answer(call).body ==
        "{\"ready\": true, \"reasons\": [], \"remarks\": [\"running on the rules of 09:12\"]}");
}

TEST_CASE("Silences are read by anybody who may, and changed by no page of another site") {
  HttpCall call = get("/api/v1/silences");
  CHECK(open_answer(call).body == "GET 0");
  call.method = "POST";
  call.query = {{"rule", "a"}, {"until", "midnight"}};
  CHECK(open_answer(call).status == 415);
  call.tocsin_request = "silence";
  CHECK(open_answer(call).body == "POST 2");
  call.method = "DELETE";
  CHECK(open_answer(call).body == "DELETE 2");
  call.origin = "https://evil.example";
  CHECK(open_answer(call).status == 403);
  call.origin = "";
  call.method = "PUT";
  CHECK(open_answer(call).status == 405);
  CHECK(open_answer(call).allow == "GET, HEAD, POST, DELETE");
}

TEST_CASE("An alert is acknowledged by POST, and by no page of another site") {
  HttpCall call = get("/api/v1/acknowledge");
  call.query = {{"id", "3f9c2a81"}};
  CHECK(open_answer(call).status == 405);
  call.method = "POST";
  CHECK(open_answer(call).status == 415);
  call.tocsin_request = "acknowledge";
  CHECK(open_answer(call).body == "seen 1");
}

}  // namespace tocsin
