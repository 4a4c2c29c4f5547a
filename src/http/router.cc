// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <array>
#include <charconv>
#include <utility>

#include "http/ingest_routes.h"
#include "http/json_text.h"
#include "http/listen_address.h"
#include "http/metrics_text.h"
#include "http/secret_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kLimitDefault = 100;
constexpr std::size_t kLimitMax = 1'000'000;
// Explanations under way: more would take the machine from the engine. Nobody is made to wait.
constexpr std::size_t kExplainMax = 4;

HttpAnswer json_answer(int status, std::string body) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

bool names_this_machine(std::string_view host) {
  const std::size_t bracket = host.find(']');
  if (host.starts_with('[') && bracket != std::string_view::npos) {
    return is_loopback(std::string(host.substr(1, bracket - 1)));
  }
  return is_loopback(std::string(host.substr(0, host.find(':'))));
}

std::optional<std::size_t> limit_of(const HttpCall& call) {
  const auto given = call.parameter("limit");
  if (!given) return kLimitDefault;
  std::size_t limit = 0;
  const char* const end = given->data() + given->size();
  const auto [rest, error] = std::from_chars(given->data(), end, limit);
  if (error != std::errc{} || rest != end || limit < 1 || limit > kLimitMax) return std::nullopt;
  return limit;
}

HttpAnswer list_answer(const HttpCall& call, const std::function<std::string(std::size_t)>& list) {
  const auto limit = limit_of(call);
  if (!limit) return error_answer(400, "limit is a number from 1 to 1000000");
  return json_answer(200, list(*limit));
}

HttpAnswer health_answer(const Api::Health& health) {
  return json_answer(health.ok ? 200 : 503, std::string("{\"ok\": ") +
                                                (health.ok ? "true" : "false") +
                                                ", \"text\": " + json_string(health.text) + "}");
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (std::size_t i = 0; i < texts.size(); ++i)
    list += (i > 0 ? ", " : "") + json_string(texts[i]);
  return list + "]";
}

// Probes carry no token, and reasons may name what only its holder should know.
HttpAnswer ready_answer(const Api& api, bool with_reasons) {
  const std::vector<std::string> reasons = api.readyz();
  std::string body = reasons.empty() ? "{\"ready\": true" : "{\"ready\": false";
  if (with_reasons) {
    body += ", \"reasons\": " + json_list(reasons);
    const std::vector<std::string> remarks = api.remarks();
    if (!remarks.empty()) body += ", \"remarks\": " + json_list(remarks);
  }
  return json_answer(reasons.empty() ? 200 : 503, body + "}");
}

HttpAnswer metrics_answer(const std::vector<MetricSample>& samples) {
  HttpAnswer answer;
  answer.type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = metrics_text(samples);
  return answer;
}

constexpr std::string_view kReload = "/api/v1/reload";
constexpr std::string_view kReprice = "/api/v1/reprice";
constexpr std::string_view kSilences = "/api/v1/silences";
constexpr std::string_view kAcknowledge = "/api/v1/acknowledge";
constexpr std::string_view kNotifications = "/api/v1/notifications";
constexpr std::string_view kResend = "/api/v1/notifications/resend";
constexpr std::array<std::string_view, 13> kPaths = {
    "/healthz",        "/readyz",          "/metrics", "/api/v1/alerts", "/api/v1/budgets",
    "/api/v1/explain", "/api/v1/unpriced", kReload,    kReprice,         kSilences,
    kAcknowledge,      kNotifications,     kResend};

bool known(std::string_view path) {
  for (const std::string_view ours : kPaths) {
    if (path == ours) return true;
  }
  return false;
}

}  // namespace

HttpAnswer error_answer(int status, std::string_view text) {
  return json_answer(status, "{\"error\": " + json_string(text) + "}");
}

bool foreign_origin(const HttpCall& call) {
  if (call.origin.empty()) return false;
  const std::size_t scheme = call.origin.find("://");
  return scheme == std::string_view::npos || call.origin.substr(scheme + 3) != call.host;
}

// What a page of another site can have a browser send: a request without these headers, or with an
// Origin that says whose it is.
std::optional<HttpAnswer> refused_as_foreign(const HttpCall& call, std::string_view what,
                                             bool by_token) {
  if (foreign_origin(call)) return error_answer(403, "pages of other sites may not ask for this");
  if (by_token || call.tocsin_request == what ||
      call.content_type.starts_with("application/json")) {
    return std::nullopt;
  }
  return error_answer(415, "send the header Tocsin-Request: " + std::string(what));
}

void Router::set_token(std::string token) {
  const std::lock_guard lock(mutex_);
  if (!token.empty()) token_ = std::move(token);
}

std::string Router::token() const {
  const std::lock_guard lock(mutex_);
  return token_;
}

void Router::set_sender_token(std::string token) {
  if (ingest_) ingest_->set_token(std::move(token));
}

Router::Router(Api api, std::string token, bool only_loopback)
    : api_(std::move(api)),
      ingest_(api_.ingest ? std::make_unique<IngestRoutes>(*api_.ingest) : nullptr),
      token_(std::move(token)),
      only_loopback_(only_loopback) {}
Router::~Router() = default;

std::optional<HttpAnswer> Router::refused_host(const HttpCall& call) const {
  if (!only_loopback_ || names_this_machine(call.host)) return std::nullopt;
  return error_answer(421, "this server answers to localhost only");
}

IngestRoutes* Router::ingest(const HttpCall& call) const {
  return IngestRoutes::serves(call.path) ? ingest_.get() : nullptr;
}

std::optional<HttpAnswer> Router::refused_at_head(const HttpCall& call) const {
  if (auto refused = refused_host(call)) return refused;
  return ingest_->refused_at_head(call, token());
}

HttpAnswer Router::answer(const HttpCall& call) const {
  if (auto refused = refused_host(call)) return *refused;
  const bool authorized = bears(call.authorization, token());
  const bool probe = call.path == "/healthz" || call.path == "/readyz";
  if (!authorized && !probe) {
    HttpAnswer refused = error_answer(401, "a token is needed: Authorization: Bearer TOKEN");
    refused.asks_for_token = true;
    return refused;
  }
  if (IngestRoutes::serves(call.path)) {
    return error_answer(404, "no events are taken here: add `- http: {}` to sources");
  }
  if (!known(call.path)) return error_answer(404, "there is nothing here");
  if (call.path == kReload) return reload(call);
  if (call.path == kAcknowledge) return acknowledge(call);
  if (call.path == kReprice && call.method == "POST") return reprice(call);
  if (call.path == kSilences) return silences(call);
  if (call.path == kResend) return resend(call);
  if (call.method != "GET" && call.method != "HEAD") {
    HttpAnswer refused = error_answer(405, "this can only be read: GET or HEAD");
    refused.allow = "GET, HEAD";
    return refused;
  }
  return route(call, authorized);
}

std::optional<HttpAnswer> Router::refused_change(const HttpCall& call,
                                                 std::string_view what) const {
  if (call.method == "POST") return refused_as_foreign(call, what, !token().empty());
  HttpAnswer refused = error_answer(405, "this changes something: POST");
  refused.allow = "POST";
  return refused;
}

HttpAnswer Router::reload(const HttpCall& call) const {
  if (auto refused = refused_change(call, "reload")) return *refused;
  Api::Answer answer = api_.reload();
  return json_answer(answer.status, std::move(answer.body));
}

HttpAnswer Router::acknowledge(const HttpCall& call) const {
  if (auto refused = refused_change(call, "acknowledge")) return *refused;
  Api::Answer answer = api_.acknowledge(call.query);
  return json_answer(answer.status, std::move(answer.body));
}

HttpAnswer Router::reprice(const HttpCall& call) const {
  if (auto refused = refused_as_foreign(call, "reprice", !token().empty())) return *refused;
  Api::Answer answer = api_.reprice(call.query, true);
  return json_answer(answer.status, std::move(answer.body));
}

HttpAnswer Router::silences(const HttpCall& call) const {
  const bool reads = call.method == "GET" || call.method == "HEAD";
  if (!reads && call.method != "POST" && call.method != "DELETE") {
    HttpAnswer refused = error_answer(405, "a silence is made by POST and ended by DELETE");
    refused.allow = "GET, HEAD, POST, DELETE";
    return refused;
  }
  if (!reads) {
    if (auto refused = refused_as_foreign(call, "silence", !token().empty())) return *refused;
  }
  Api::Answer answer = api_.silences(reads ? "GET" : call.method, call.query);
  return json_answer(answer.status, std::move(answer.body));
}

HttpAnswer Router::resend(const HttpCall& call) const {
  if (auto refused = refused_change(call, "resend")) return *refused;
  Api::Answer answer = api_.notifications(call.query, true);
  return json_answer(answer.status, std::move(answer.body));
}

HttpAnswer Router::explain(const HttpCall& call) const {
  struct Place {
    explicit Place(const Router& of) : router(of) {
      const std::lock_guard lock(router.mutex_);
      taken = router.explaining_ < kExplainMax;
      if (taken) ++router.explaining_;
    }
    ~Place() {
      const std::lock_guard lock(router.mutex_);
      if (taken) --router.explaining_;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    const Router& router;
    bool taken = false;
  };
  const Place place(*this);
  if (!place.taken) return error_answer(503, "too many questions at once: ask again in a second");
  Api::Answer answer = api_.explain(call.query);
  return json_answer(answer.status, std::move(answer.body));
}

HttpAnswer Router::route(const HttpCall& call, bool authorized) const {
  if (call.path == "/healthz") return health_answer(api_.healthz());
  if (call.path == "/readyz") return ready_answer(api_, authorized);
  if (call.path == "/metrics") {
    auto samples = api_.metrics();
    if (ingest_) {
      for (auto& sample : ingest_->metrics()) samples.push_back(std::move(sample));
    }
    return metrics_answer(samples);
  }
  if (call.path == "/api/v1/alerts") return list_answer(call, api_.alerts_json);
  if (call.path == "/api/v1/explain") return explain(call);
  if (call.path == "/api/v1/unpriced") return list_answer(call, api_.unpriced_json);
  if (call.path == kNotifications) {
    Api::Answer answer = api_.notifications(call.query, false);
    return json_answer(answer.status, std::move(answer.body));
  }
  if (call.path == kReprice) {
    Api::Answer answer = api_.reprice(call.query, false);
    return json_answer(answer.status, std::move(answer.body));
  }
  return list_answer(call, api_.budgets_json);
}

}  // namespace tocsin
